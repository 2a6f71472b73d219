"""A static network of `LIF` cells against NEST's ``iaf_psc_exp``: the same synapses, the same input trains, the same spikes.

Stated first: every spike of one is a spike of the other at the same step of 0.1 ms. The two differ in precision (float32
here, float64 there), and a recurrent network multiplies any difference, so the network is driven by its inputs: recurrent
synapses shape its spikes and do not keep it going by themselves.
"""

from __future__ import annotations

import numpy as np

from isocortex.anatomy.circuit import Area, Cortex, Delay, Population, Projection
from isocortex.bench.peers import ask_peer
from isocortex.bench.process import Json, Say
from isocortex.cells.lif import LIF
from isocortex.cells.sources import SpikeTrain
from isocortex.crosscheck.result import Check
from isocortex.engine.simulation import Simulation

N_E, N_I, N_IN = 160, 40, 400
DURATION, DT, SEED = 1000.0, 0.1, 11
DELAYS = {"E": 1.5, "I": 0.8, "in": 1.0}
FIRST = {"E": 0, "I": N_E, "in": N_E + N_I}
CELL = LIF(tau_AMPA=0.5, tau_GABA_A=0.5, V_0=-65.0, V_0_sd=0.0)


def run(say: Say) -> list[Check]:
    """Compare all spikes of both within a second."""
    times, ids = trains()
    sim = Simulation(cortex(), dt=DT, seed=SEED)
    sim.set_spikes("A.in", times, ids)
    sim.run(DURATION)
    say("static: isocortex ran; NEST is next")
    theirs = ask_peer("nest", "static", spec(sim, times, ids), say=say)
    return compare(ours(sim), as_set(theirs["times"], theirs["ids"]))


def cortex() -> Cortex:
    """E and I cells, and spike trains that drive them; every weight its own."""
    names, weight = ("E", "I"), {"E": 90.0, "I": 400.0, "in": 350.0}
    inside = [Projection(a, b, weight[a], probability=0.1, weight_sd=0.1, axonal_delay=Delay(DELAYS[a]))
              for a in ("E", "I", "in") for b in names]  # fmt: skip
    populations = (Population("E", N_E, CELL), Population("I", N_I, CELL), Population("in", N_IN, SpikeTrain(), "E"))
    return Cortex((Area("A", populations, tuple(inside)),))


def trains() -> tuple[np.ndarray, np.ndarray]:
    """Poisson trains of 45 Hz on the grid of 0.1 ms; times (ms) and indices."""
    rng = np.random.default_rng(SEED)
    steps, ids = np.nonzero(rng.random((round((DURATION - 5) / DT), N_IN)) < 45e-3 * DT)
    return np.round((steps + 10) * DT, 1), ids


def spec(sim: Simulation, times: np.ndarray, ids: np.ndarray) -> Json:
    """The network as NEST gets it: every synapse with its sign and delay."""
    pre, post, weight, delay = [], [], [], []
    for name in sim.net.wired:
        a, b = (end.partition(".")[2] for end in name.split("->"))
        s = sim.weights(name)
        pre.append(s.pre + FIRST[a])
        post.append(s.post + FIRST[b])
        weight.append(s.w.astype(float) * (-1 if a == "I" else 1))
        delay.append(np.full(len(s.pre), DELAYS[a]))
    cell = {k: getattr(CELL, k) for k in ("C_m", "tau_m", "E_L", "V_th", "V_reset", "t_ref")}
    joined = {k: np.concatenate(v).tolist() for k, v in dict(pre=pre, post=post, weight=weight, delay=delay).items()}
    return cell | joined | dict(tau_syn=CELL.tau_AMPA, n=N_E + N_I, V_0=[CELL.E_L] * (N_E + N_I), dt=DT, duration=DURATION,
                                trains=[times[ids == i].tolist() for i in range(N_IN)])  # fmt: skip


def ours(sim: Simulation) -> set[tuple[int, int]]:
    """All spikes of the cells as (step, cell)."""
    found: set[tuple[int, int]] = set()
    for name in ("E", "I"):
        times, ids = sim.spikes(f"A.{name}")
        found |= as_set(times, ids + FIRST[name])
    return found


def as_set(times: object, ids: object) -> set[tuple[int, int]]:
    """Spikes as pairs of step and cell."""
    steps = np.round(np.asarray(times, float) / DT).astype(int).tolist()
    return set(zip(steps, np.asarray(ids, int).tolist(), strict=True))


def compare(a: set[tuple[int, int]], b: set[tuple[int, int]]) -> list[Check]:
    """Spikes that only one has, and that there are enough to mean something."""
    cells, seconds = N_E + N_I, DURATION / 1e3
    first = min((s for s, _ in a ^ b), default=None)
    note = f"{len(a)} and {len(b)} spikes" + ("" if first is None else f", the first difference at {first * DT:.1f} ms")
    return [Check("static: spikes that only one of isocortex and NEST has", float(len(a ^ b)), "", most=0, note=note),
            Check("static: mean rate", len(a) / cells / seconds, "Hz", least=2.0, most=60.0)]  # fmt: skip
