"""One arm of the main job, from building to measuring."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from isocortex.errors import RunError
from isocortex.experiments import summary as S
from isocortex.experiments.arms import arm_sheet
from isocortex.experiments.circuit import digits_cortex
from isocortex.experiments.config import Config
from isocortex.experiments.materials import RETINA, SIDE, Materials, sheet_of
from isocortex.experiments.session import Session, Timing
from isocortex.measure.fields import count_weighted_fields
from isocortex.measure.selectivity import class_variance

SAMPLE_MS = 1500.0  # of the raster


def run_arm(arm: str, config: Config, shown: Materials, tell: Callable[[float, Mapping[str, float]], bool]) -> dict[str, Any]:
    """One arm, in a process of its own: everything from building to measuring.

    With `config.out` the arm is saved there at the end of every phase, at its own end, and where `tell` stops it.

    Raises
    ------
    RunError : the state is no longer finite, or a file cannot be written.
    """
    from isocortex.engine.simulation import Simulation  # noqa: PLC0415

    cortex = digits_cortex(config.neurons, SIDE)
    sim = Simulation(cortex, arm_sheet(arm, sheet_of(config), cortex), dt=config.dt, seed=config.seed)
    timing = Timing(config.shown, config.pause, RETINA["base"])
    session = Session.start(sim, shown.schedule, shown.rates, shown.noise, timing)
    folder = Path(config.out) if config.out else None
    if folder:
        session.load(folder, arm)
    keep = (lambda: session.save(folder, arm)) if folder else None
    try:
        finished = session.run(lambda s, _: tell(s.time, by_layer(s)), keep)
    except RunError as e:
        raise RunError(f"arm {arm}: {e}") from e
    if not finished:
        if keep:
            keep()
        return dict(finished=False)
    return _measured(config, session) | dict(bio_s=sim.time / 1e3, run_s=session.spent, checksum=sim.checksum())


def by_layer(sim: Any) -> dict[str, float]:
    """Mean rates of the excitatory populations of the area, for the progress line."""
    return {name.partition(".")[2]: rate for name, rate in sim.rates().items() if name.startswith("V1.") and name.endswith("E")}


def _measured(config: Config, session: Session) -> dict[str, Any]:
    s = session.schedule
    phases = tuple(str(p["name"]) for p in s.phases)
    layers, courses = {}, {}
    for name, counts in session.counts.items():
        span = session.sim.net.spans[name]
        if span.population.layer is None:
            continue
        values, course = S.layer_measures(counts, s, config.shown)
        weights = S.weight_measures(session.weights, name, ("start", phases[0], phases[1]))
        layers[span.population.layer], courses[span.population.layer] = values | weights, course
    order = [layer for layer in ("L23", "L4", "L5", "L6") if layer in layers]
    return dict(
        finished=True,
        layers={layer: layers[layer] for layer in order},
        time_courses={layer: courses[layer] for layer in order},
        weights=S.weight_samples(session.weights, phases[-1]),
        receptive_fields=_fields(session),
        raster=_raster(session),
    )


def _fields(session: Session, most: int = 24, spikes: int = 20) -> dict[str, dict[str, np.ndarray]]:
    """Receptive fields before learning and after the last phase, (cells, h, w) each, of the same cells.

    Those whose counts tell classes apart best, on the mean of both looks, so that neither is favoured.
    """
    s = session.schedule
    images = s.image[s.look(s.start)]  # the same at both looks
    out = {}
    for name, counts in session.counts.items():
        layer = session.sim.net.spans[name].population.layer
        before, after = (counts[s.look(c)].astype(float) for c in (s.start, s.back))
        active = np.flatnonzero(np.minimum(before.sum(0), after.sum(0)) >= spikes)
        if layer is None or not len(active):
            continue
        told = sum(np.nan_to_num(class_variance(seen[:, active], s.labels[images]), nan=-1.0) for seen in (before, after))
        best = active[np.argsort(-told, kind="stable")[:most]]
        looks = {"before": before, "after": after}
        out[layer] = {when: count_weighted_fields(s.images[images], seen[:, best]) for when, seen in looks.items()}
    return out


Raster = tuple[np.ndarray, np.ndarray, list[tuple[str, int, int]], list[tuple[float, str]]]


def _raster(session: Session) -> Raster:
    """The last stretch of all spikes of the area, ids counted from the top layer down; onsets and classes of what was shown."""
    sim, s, timing = session.sim, session.schedule, session.timing
    since = sim.time - SAMPLE_MS
    times, ids, bounds, first = [], [], [], 0
    for name in sorted((n for n in sim.net.spans if n.startswith("V1.")), key=lambda n: n[3:]):
        t, i = sim.spikes(name)
        late = t >= since
        times.append(t[late] - since)
        ids.append(i[late] + first)
        bounds.append((name, first, first + sim.net.spans[name].n - 1))
        first += sim.net.spans[name].n
    onsets = SAMPLE_MS - (timing.shown + timing.pause) * np.arange(len(s), 0, -1)
    shown = [(float(at), str(s.labels[image])) for at, image in zip(onsets, s.image, strict=True) if at >= 0]
    return np.concatenate(times), np.concatenate(ids), bounds, shown
