"""AdEx cells under constant currents against Brian2's Runge-Kutta at 0.005 ms.

Stated first: at dt = 0.05 ms spike times differ by at most 1 % of the mean interval times the number of intervals (an
integration error grows with every spike), spike counts by at most one, and a cell below threshold by at most 0.05 mV.
"""

from __future__ import annotations

import numpy as np

from isocortex.anatomy.circuit import Area, Population
from isocortex.bench.peers import ask_peer
from isocortex.bench.process import Json, Say
from isocortex.cells.adex import AdEx
from isocortex.crosscheck.result import Check
from isocortex.engine.record import Record
from isocortex.engine.simulation import Simulation

CURRENTS = (400.0, 600.0, 700.0, 800.0, 1000.0, 1300.0)
"""pA; the first stays below threshold (rheobase about 0.65 nA)."""
DURATION, DT, FINE = 500.0, 0.05, 0.005
CELL = AdEx(V_spread=0.0)


def run(say: Say) -> list[Check]:
    """Compare spike counts, spike times and the voltage of the silent cell."""
    theirs = ask_peer("brian2", "adex", spec(), say=say)
    area = Area("A", (Population("E", len(CURRENTS), CELL),))
    sim = Simulation(area, dt=DT, currents=["A.E"], record=[Record("A.E", "V", every=1.0)])
    sim.set_input("A.E", np.array(CURRENTS), "current")
    sim.run(DURATION)
    t, ids = sim.spikes("A.E")
    mine, other = by_cell(t, ids), by_cell(np.array(theirs["times"]), np.array(theirs["ids"], int))
    times, values = sim.samples("A.E", "V")
    return [*spike_checks(mine, other), voltage_check(times, values[:, 0], np.array(theirs["v"]))]


def spec() -> Json:
    """The cell as Brian2 gets it."""
    names = ("C_m", "g_L", "E_L", "Delta_T", "tau_w", "a", "b", "V_reset", "V_peak", "t_ref")
    return {k: getattr(CELL, k) for k in names} | dict(V_th=CELL.V_T, currents=CURRENTS, duration=DURATION, dt=FINE)


def by_cell(times: np.ndarray, ids: np.ndarray) -> list[np.ndarray]:
    """Sorted spike times of each cell."""
    return [np.sort(times[ids == i]) for i in range(len(CURRENTS))]


def spike_checks(mine: list[np.ndarray], other: list[np.ndarray]) -> list[Check]:
    """Difference of counts, and of times relative to the time passed."""
    counts = max(abs(len(a) - len(b)) for a, b in zip(mine, other, strict=True))
    worst = 0.0
    for a, b in zip(mine, other, strict=True):
        n = min(len(a), len(b))
        if n:
            worst = max(worst, float(np.max(np.abs(a[:n] - b[:n]) / b[:n])))
    total = sum(len(b) for b in other)
    return [Check("adex: largest difference of spike counts in 500 ms", float(counts), "", most=1, note=f"{total} spikes"),
            Check("adex: largest relative difference of a spike time", worst * 100, "%", most=1.0),
            Check("adex: spikes below rheobase", float(len(mine[0]) + len(other[0])), "", most=0)]  # fmt: skip


def voltage_check(times: np.ndarray, v: np.ndarray, theirs: np.ndarray) -> Check:
    """Sampled every ms by both; `theirs[k]` is at k ms."""
    k = np.round(times).astype(int)
    inside = (k < len(theirs)) & (np.abs(times - k) < 1e-6)
    return Check("adex: largest difference of the silent cell's potential", float(np.abs(v[inside] - theirs[k[inside]]).max()),
                 "mV", most=0.05)  # fmt: skip
