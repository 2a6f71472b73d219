"""The Potjans-Diesmann area at a tenth of the neurons and in-degree, compensated, against the published layer rates.

Stated first, for the published model (Potjans and Diesmann 2014, doi:10.1093/cercor/bhs358):

- ordering of the excitatory rates L5 > L4 > L6 and L4 > L2/3, and in each layer I above E, in the mean over seeds;
- every population's mean rate within the spread that a tenth of the cells brings: a factor of 2, or 1.5 Hz;
- distributions: the Kolmogorov-Smirnov distance of the rates of two halves of the seeds, pooled, stays within three
  times the median distance between two single seeds.
"""

from __future__ import annotations

import itertools

import numpy as np

from isocortex.anatomy.potjans import full_rates, potjans_area
from isocortex.bench.process import Say
from isocortex.crosscheck.result import Check
from isocortex.engine.simulation import Simulation

SEEDS, WARM_UP, DURATION, SCALE = (1, 2, 3, 4), 500.0, 2000.0, 0.1
LAYERS = ("L23", "L4", "L5", "L6")
Rates = dict[str, np.ndarray]


def run(say: Say) -> list[Check]:
    """Run all seeds and compare."""
    runs = []
    for seed in SEEDS:
        runs.append(rates_of(seed))
        say(f"potjans: seed {seed}: " + ", ".join(f"{n} {r.mean():.2f}" for n, r in runs[-1].items()) + " Hz")
    means = {n: float(np.mean([r[n].mean() for r in runs])) for n in runs[0]}
    return [*ordering(means), *closeness(means, full_rates()), distributions(runs)]


def rates_of(seed: int) -> Rates:
    """Population -> rate of each cell (Hz), after the warm-up."""
    sim = Simulation(potjans_area("A", SCALE), dt=0.1, seed=seed)
    sim.run(WARM_UP + DURATION)
    out = {}
    for name, span in sim.net.spans.items():
        times, ids = sim.spikes(name)
        counts = np.bincount(ids[times > WARM_UP], minlength=span.n)
        out[name.partition(".")[2]] = counts / DURATION * 1e3
    return out


def ordering(means: dict[str, float]) -> list[Check]:
    """Each stated inequality as a ratio above 1."""
    pairs = [("L5E", "L4E"), ("L4E", "L6E"), ("L4E", "L23E"), *((f"{a}I", f"{a}E") for a in LAYERS)]
    return [Check(f"potjans: rate of {a} over {b}", means[a] / max(means[b], 1e-9), "", least=1.0) for a, b in pairs]


def closeness(means: dict[str, float], published: dict[str, float]) -> list[Check]:
    """Deviation of each mean rate as a share of what is allowed."""
    out = []
    for name, rate in published.items():
        allowed = max(rate, 1.5)  # a factor of 2 upwards, 1.5 Hz for the slow ones
        note = f"{means[name]:.2f} Hz, published {rate:g} Hz"
        out.append(Check(f"potjans: deviation of the rate of {name}", abs(means[name] - rate) / allowed, "of what is allowed",
                         most=1.0, note=note))  # fmt: skip
    return out


def distributions(runs: list[Rates]) -> Check:
    """Distance of the pooled halves over the distance between two seeds, the largest of all populations."""
    worst = 0.0
    for name in runs[0]:
        each = [distance(a[name], b[name]) for a, b in itertools.combinations(runs, 2)]
        half = len(runs) // 2
        pooled = distance(np.concatenate([r[name] for r in runs[:half]]), np.concatenate([r[name] for r in runs[half:]]))
        worst = max(worst, pooled / max(float(np.median(each)), 1e-9))
    return Check("potjans: distance of rate distributions, over the median between seeds", worst, "", most=3.0)


def distance(a: np.ndarray, b: np.ndarray) -> float:
    """Kolmogorov-Smirnov distance of two samples."""
    at = np.concatenate([a, b])
    above = np.searchsorted(np.sort(a), at, side="right") / len(a) - np.searchsorted(np.sort(b), at, side="right") / len(b)
    return float(np.abs(above).max())
