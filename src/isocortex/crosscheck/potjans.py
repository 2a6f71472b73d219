"""The Potjans-Diesmann area at a tenth of the neurons and in-degree, compensated, against the published layer rates.

Stated first, for the published model (Potjans and Diesmann 2014, doi:10.1093/cercor/bhs358):

- ordering of the excitatory rates L5 > L4 > L6 and L4 > L2/3, and in each layer I above E, in the mean over seeds;
- every population's mean rate within the spread that a tenth of the cells brings: a factor of 2 either way, or 0.5 Hz;
- distributions, against NEST with the same populations and projections, which it draws itself, of the rates and of the
  irregularity (CV of the intervals): the Kolmogorov-Smirnov distance, averaged over the populations, between a seed here
  and a seed there (median) is at most the largest between two seeds of one simulator. The average makes this one test
  instead of eight, of which one would fail by chance.
"""

from __future__ import annotations

import itertools

import numpy as np

from isocortex.anatomy.circuit import Area
from isocortex.anatomy.potjans import full_rates, potjans_area
from isocortex.bench.peers import ask_peer
from isocortex.bench.process import Json, Say
from isocortex.crosscheck.result import Check
from isocortex.engine.simulation import Simulation

SEEDS, WARM_UP, DURATION, SCALE, DT = (1, 2, 3), 500.0, 2000.0, 0.1, 0.1
LAYERS = ("L23", "L4", "L5", "L6")
Cells = dict[str, np.ndarray]
"""Population -> a number of each cell."""


def run(say: Say) -> list[Check]:
    """Run all seeds here and in NEST and compare."""
    area = potjans_area("A", SCALE)
    here, there = [], []
    for seed in SEEDS:
        here.append(statistics_here(area, seed))
        say(f"potjans: seed {seed}: " + ", ".join(f"{n} {r.mean():.2f}" for n, r in here[-1][0].items()) + " Hz")
        there.append(statistics_in_nest(area, seed, say))
    means = {n: float(np.mean([r[n].mean() for r, _ in here])) for n in here[0][0]}
    rates, irregularity = ([(a[k], b[k]) for a, b in zip(here, there, strict=True)] for k in (0, 1))
    return [*ordering(means), *closeness(means, full_rates()), distributions("rates", rates),
            distributions("CVs of intervals", irregularity)]  # fmt: skip


def statistics_here(area: Area, seed: int) -> tuple[Cells, Cells]:
    """Rates (Hz) and CVs of the intervals, after the warm-up."""
    sim = Simulation(area, dt=DT, seed=seed)
    sim.run(WARM_UP + DURATION)
    spikes = {p.name: sim.spikes(f"{area.name}.{p.name}") for p in area.populations}
    return statistics(area, {n: (t[t > WARM_UP], i[t > WARM_UP]) for n, (t, i) in spikes.items()})


def statistics_in_nest(area: Area, seed: int, say: Say) -> tuple[Cells, Cells]:
    """The same of NEST."""
    spikes = ask_peer("nest", "layers", spec(area) | dict(seed=seed), say=say)["spikes"]
    return statistics(area, {n: (np.array(s["times"], float), np.array(s["ids"], int)) for n, s in spikes.items()})


def statistics(area: Area, spikes: dict[str, tuple[np.ndarray, np.ndarray]]) -> tuple[Cells, Cells]:
    """Rate of each cell, and CV of the intervals of each cell with at least ten spikes."""
    rates, irregular = {}, {}
    for name, (times, ids) in spikes.items():
        counts = np.bincount(ids, minlength=area[name].n)
        rates[name] = counts / DURATION * 1e3
        order = np.lexsort((times, ids))
        trains = np.split(times[order], np.cumsum(counts)[:-1])
        intervals = [np.diff(t) for t in trains if len(t) >= 10]
        irregular[name] = np.array([d.std() / d.mean() for d in intervals])
    return rates, irregular


def spec(area: Area) -> Json:
    """The area as NEST gets it."""
    noise = {b.post.partition(".")[2]: b for b in area.backgrounds}
    cell = area.populations[0].cell
    populations = [dict(name=p.name, n=p.n, rate=noise[p.name].rate * noise[p.name].sources, weight=noise[p.name].weight,
                        **{k: getattr(p.cell, k) for k in ("I_e", "V_0", "V_0_sd")}) for p in area.populations]  # fmt: skip
    projections = []
    for q in area.projections:
        pre, post = (end.partition(".")[2] for end in (q.pre, q.post))
        number = round(q.synapses) if q.synapses is not None else round((q.indegree or 0) * area[post].n)
        signed, delay = q.weight * (1 if area[pre].excitatory else -1), q.dendritic_delay
        projections.append(dict(pre=pre, post=post, synapses=number, weight=signed, weight_sd=q.weight_sd, delay=delay.mean,
                                delay_sd=delay.sd))  # fmt: skip
    same = {k: getattr(cell, k) for k in ("C_m", "tau_m", "E_L", "V_th", "V_reset", "t_ref")}
    return same | dict(tau_syn=cell.tau_AMPA, dt=DT, warm_up=WARM_UP, duration=DURATION,  # type: ignore[attr-defined]
                       populations=populations, projections=projections)  # fmt: skip


def ordering(means: dict[str, float]) -> list[Check]:
    """Each stated inequality as a ratio above 1."""
    pairs = [("L5E", "L4E"), ("L4E", "L6E"), ("L4E", "L23E"), *((f"{a}I", f"{a}E") for a in LAYERS)]
    return [Check(f"potjans: rate of {a} over {b}", means[a] / max(means[b], 1e-9), "", least=1.0) for a, b in pairs]


def closeness(means: dict[str, float], published: dict[str, float]) -> list[Check]:
    """Deviation of each mean rate as a share of what is allowed: a factor of 2 either way, or 0.5 Hz where that is more."""
    out = []
    for name, rate in published.items():
        here = means[name]
        octaves = abs(np.log2(max(here, 1e-9) / rate))
        share = float(min(octaves, abs(here - rate) / 0.5))
        out.append(Check(f"potjans: deviation of the rate of {name}", share, "of what is allowed", most=1.0,
                         note=f"{here:.2f} Hz, published {rate:g} Hz"))  # fmt: skip
    return out


def distributions(what: str, seeds: list[tuple[Cells, Cells]]) -> Check:
    """Distance between the simulators over the largest between two seeds of one. `seeds`: of each what is here and there."""
    here, there = ([s[k] for s in seeds] for k in (0, 1))
    enough = [n for n in here[0] if min(len(c[n]) for c in (*here, *there)) >= 20]  # few cells of L23E fire ten spikes

    def apart(a: Cells, b: Cells) -> float:
        return float(np.mean([distance(a[n], b[n]) for n in enough]))

    within = max(apart(a, b) for side in (here, there) for a, b in itertools.combinations(side, 2))
    across = float(np.median([apart(a, b) for a in here for b in there]))
    return Check(f"potjans: distance of the {what} from NEST's, over that between seeds", across / within, "", most=1.0,
                 note=f"{across:.4f} against {within:.4f}, {len(enough)} populations")  # fmt: skip


def distance(a: np.ndarray, b: np.ndarray) -> float:
    """Kolmogorov-Smirnov distance of two samples."""
    at = np.concatenate([a, b])
    above = np.searchsorted(np.sort(a), at, side="right") / len(a) - np.searchsorted(np.sort(b), at, side="right") / len(b)
    return float(np.abs(above).max())
