"""A self-test of a few seconds: does the kernel compile, and does it agree with its twin?"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from isocortex.anatomy.circuit import Area, Background, Population, Projection
from isocortex.cells.lif import LIF
from isocortex.engine.simulation import Simulation
from isocortex.plasticity.rules.pair import PairSTDP
from isocortex.plasticity.stack import Stack


def self_test() -> dict[str, Any]:
    """Run a small plastic network with both kernels.

    Returns ``ok``, the largest difference of a weight (fraction of the mean weight), the spikes, and the seconds to the first
    result and of a second biological second.
    """
    began = time.perf_counter()
    sim = _network("numba")
    sim.run(100)
    first = time.perf_counter() - began
    name = "net.E->net.E"
    twin = _network("jax")
    twin.run(100)
    same = np.array_equal(sim.spikes("net.E"), twin.spikes("net.E"))
    difference = float(np.abs(sim.weights(name).w - twin.weights(name).w).max() / 60.0)
    began = time.perf_counter()
    sim.run(1000)
    second = time.perf_counter() - began
    spikes = len(sim.spikes("net.E")[0])
    return dict(
        ok=bool(same and difference < 1e-5 and spikes > 0), difference=difference, spikes=spikes, first_s=first, second_s=second
    )


def _network(kernel: str) -> Simulation:
    populations = (Population("E", 80, LIF(V_0_sd=5.0)), Population("I", 20, LIF(V_0_sd=5.0)))
    ends = ((a, b) for a in ("E", "I") for b in ("E", "I"))
    projections = tuple(Projection(a, b, 60.0 if a == "E" else 300.0, probability=0.2) for a, b in ends)
    backgrounds = tuple(Background(a, 87.8, rate=8.0, sources=1000) for a in ("E", "I"))
    stacks = {"net.E->net.E": Stack.of([PairSTDP()])}
    return Simulation(Area("net", populations, projections, backgrounds), stacks, kernel=kernel, seed=1)
