"""A plastic pair under the same trains: NEST and Brian2, with the delay placed as each places it.

NEST: the whole delay in the dendrite. Brian2: the delay before the synapse, in the axon. Stated first: weights agree within
2e-5 of the initial weight (float32 against float64, additive changes with hard bounds).
"""

from __future__ import annotations

import numpy as np

from isocortex.anatomy.circuit import Area, Cortex, Delay, Population, Projection
from isocortex.bench.peers import ask_peer
from isocortex.bench.process import Json, Say
from isocortex.cells.forced import Forced
from isocortex.cells.sources import SpikeTrain
from isocortex.crosscheck.result import Check
from isocortex.engine.simulation import Simulation
from isocortex.plasticity.rule import Additive
from isocortex.plasticity.rules.pair import PairSTDP
from isocortex.plasticity.stack import Stack

PAIRS, DURATION, DT, SEED, TOLERANCE = 24, 2000.0, 0.1, 5, 2e-5
RULE = dict(A_plus=0.02, A_minus=0.021, tau_plus=17.0, tau_minus=34.0)
W_MAX, DELAY = 2.0, 3.0


def run(say: Say) -> list[Check]:
    """Compare the weights after two seconds, once for each place of the delay."""
    pre, post = trains(SEED, 0), trains(SEED + 1, 1)
    spec: Json = RULE | dict(w_max=W_MAX, delay=DELAY, dt=DT, pre=pre, post=post, close=DURATION)
    out = []
    for peer, axonal, dendritic in (("nest", 0.0, DELAY), ("brian2", DELAY, 0.0)):
        theirs = np.array(ask_peer(peer, "pair", spec, say=say)["weights"])
        mine = weights(pre, post, axonal, dendritic)
        other = weights(pre, post, dendritic, axonal)
        place = "dendritic" if dendritic else "axonal"
        out.append(Check(f"pair: largest difference of a weight, {peer} ({place} delay {DELAY:g} ms)",
                         float(np.abs(mine - theirs).max()), "of w0", most=TOLERANCE))  # fmt: skip
        out.append(Check(f"pair: the same with the delay at the other end, {peer}", float(np.abs(other - theirs).max()),
                         "of w0", least=50 * TOLERANCE, note="that the comparison sees where the delay stands"))  # fmt: skip
    return out


def trains(seed: int, parity: int) -> list[list[float]]:
    """Poisson trains of 5 to 50 Hz on the grid of 0.1 ms (ms).

    The first and the last 50 ms are silent. Two spikes of one cell are at least 0.2 ms apart. Presynaptic spikes fall on even
    steps and postsynaptic ones on odd steps, so that none arrive together: what coincident spikes do is a convention.
    """
    rng = np.random.default_rng(seed)
    steps = round((DURATION - 100) / DT)
    out = []
    for rate in np.linspace(5, 50, PAIRS):
        at = 2 * np.flatnonzero(rng.random(steps // 2) < rate * 2 * DT * 1e-3) + parity
        out.append(np.round((at + 500) * DT, 1).tolist())
    return out


def weights(pre: list[list[float]], post: list[list[float]], axonal: float, dendritic: float) -> np.ndarray:
    """Final weights of isocortex, as fractions of the initial one.

    Each pair is an area of its own, so that every cell has one synapse. A closing presynaptic spike, as the peers have.
    """
    link = Projection("in", "E", 1.0, indegree=1, axonal_delay=Delay(axonal), dendritic_delay=Delay(dendritic))
    areas = tuple(Area(f"P{i}", (Population("in", 1, SpikeTrain(), "E"), Population("E", 1, Forced())), (link,))
                  for i in range(PAIRS))  # fmt: skip
    stack = Stack(rules=(PairSTDP.make(RULE),), weight=Additive(w_max=W_MAX))
    sim = Simulation(Cortex(areas), {f"P{i}.in->P{i}.E": stack for i in range(PAIRS)}, dt=DT)
    for i in range(PAIRS):
        sim.set_spikes(f"P{i}.in", [*pre[i], DURATION], 0)
        sim.set_spikes(f"P{i}.E", post[i], 0)
    sim.run(DURATION + 5 + DELAY)
    return np.array([sim.weights(f"P{i}.in->P{i}.E").w[0] for i in range(PAIRS)])
