"""What the dendrites of the pyramidal cells do: critical frequency and coincidence (Larkum et al. 1999).

The soma is made to fire by an electrode, a conductance of 0.3 ms that is far above threshold. Every condition is a cell of its
own, all in one simulation.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isocortex.anatomy.circuit import Area, Cortex, Delay, Population, Projection
from isocortex.cells.pyramidal import Pyramidal
from isocortex.cells.sources import SpikeTrain
from isocortex.cells.trunk import Trunk
from isocortex.engine.record import Record
from isocortex.engine.simulation import Simulation

CELL = Pyramidal(V_spread=0.0, tau_AMPA=0.3, tau_NMDA=5.0)
"""The default cell at rest; AMPA stands for the electrode, NMDA (without block here) for an apical EPSC of 5 ms."""
TRUNK = Trunk()
ELECTRODE = 900.0  # nS
START, LASTS, DT = 100.0, 350.0, 0.1
SPIKES = 5
FREQUENCIES = np.arange(20.0, 201.0, 5.0)
WEIGHTS = np.arange(10.0, 101.0, 5.0)
LAGS = np.arange(-40.0, 41.0, 2.5)
STEP = 0.25
SHARE = 0.6
"""The apical EPSC of the coincidence experiment, as a share of the one that makes a plateau alone (Larkum: about a half)."""

Condition = tuple[Sequence[float] | np.ndarray, float | None, float]
"""Somatic spikes (ms), time of the apical EPSC (ms) or None, its weight (nS)."""


def respond(conditions: Sequence[Condition], cell: Pyramidal = CELL) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Highest plateau (0 to 1), its integral (ms), number of somatic spikes of every condition, each (conditions,)."""
    areas = []
    for i, (_, epsc, weight) in enumerate(conditions):
        names = (("electrode", SpikeTrain()), ("tuft", SpikeTrain()), ("L5E", cell))
        populations = tuple(Population(name, 1, c) for name, c in names)
        links = [Projection("electrode", "L5E", ELECTRODE, probability=1.0, axonal_delay=Delay(DT), receptors=(("AMPA", 1.0),))]
        if epsc is not None:
            links.append(Projection("tuft", "L5E", weight, probability=1.0, axonal_delay=Delay(DT), compartment="apical",
                                    receptors=(("NMDA", 1.0),)))  # fmt: skip
        areas.append(Area(f"D{i}", populations, tuple(links)))
    targets = [f"D{i}.L5E" for i in range(len(conditions))]
    records = [Record(t, "plateau", every=DT) for t in targets]
    sim = Simulation(Cortex(tuple(areas), name="dendrite"), None, dt=DT, record=records)
    for i, (soma, epsc, _) in enumerate(conditions):
        if len(soma):
            sim.set_spikes(f"D{i}.electrode", np.asarray(soma), np.zeros(len(soma), int))
        if epsc is not None:
            sim.set_spikes(f"D{i}.tuft", [epsc], [0])
    sim.run(LASTS)
    plateaus = [sim.samples(t, "plateau")[1] for t in targets]
    integral = DT * np.array([p.sum() for p in plateaus])
    return np.array([p.max() for p in plateaus]), integral, np.array([len(sim.spikes(t)[0]) for t in targets])


def critical_frequency(cell: Pyramidal = CELL) -> float:
    """The frequency (Hz) of five somatic spikes at which the integral of the plateau rises most steeply, as a step.

    A step is a rise, within 5 Hz, by a quarter of the highest integral: without a regenerative current the integral
    grows gradually, and the answer is infinity.
    """
    trains: list[Condition] = [(START + np.arange(SPIKES) * 1e3 / f, None, 0.0) for f in FREQUENCIES]
    _, integral, _ = respond(trains, cell)
    rises = np.diff(integral)
    steepest = int(np.argmax(rises))
    if rises[steepest] < STEP * integral.max():
        return float(np.inf)
    return float(FREQUENCIES[steepest : steepest + 2].mean())


def coincidence(cell: Pyramidal = CELL) -> float:
    """How long the window of intervals is (ms) in which one somatic spike and an apical EPSC make a burst.

    The EPSC is `SHARE` of the one that makes a plateau by itself, and lasts 5 ms, so that it may come first. 0 where no EPSC
    after the spike makes a burst: the spike that goes back into the dendrite is what opens it.
    """
    alone: list[Condition] = [((), START, w) for w in WEIGHTS]
    enough = WEIGHTS[respond(alone, cell)[0] > 0.5]
    if not len(enough):
        return 0.0
    both: list[Condition] = [((START,), START + lag, SHARE * enough.min()) for lag in LAGS]
    _, _, spikes = respond(both, cell)
    bursts = LAGS[spikes >= 2]
    return float(np.ptp(bursts)) if (bursts > 0).any() else 0.0


def trunk_critical_frequency(cell: Trunk = TRUNK) -> float:
    """The lowest of `FREQUENCIES` (Hz) at which five somatic spikes make a calcium spike in the trunk; else infinity."""
    n = len(FREQUENCIES)
    area = Area("D", (Population("L5E", n, cell),), ())
    sim = Simulation(Cortex((area,), name="trunk"), None, dt=DT, record=[Record("D.L5E", "calcium", every=DT)])
    times = START + np.arange(SPIKES) * 1e3 / FREQUENCIES[:, None]
    sim.set_spikes("D.L5E", times.ravel(), np.repeat(np.arange(n), SPIKES))
    sim.run(LASTS)
    fired = sim.samples("D.L5E", "calcium")[1].max(0) > 0
    return float(FREQUENCIES[fired].min(initial=np.inf))
