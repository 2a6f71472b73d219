"""Small networks for the tests of the engine, and parts that only tests need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np

from isocortex.anatomy.circuit import Area, Background, Delay, Population, Projection
from isocortex.cells.forced import Forced
from isocortex.cells.lif import LIF
from isocortex.describe import quantity
from isocortex.engine.simulation import Simulation
from isocortex.plasticity.rule import SlowPart, WeightDependence
from isocortex.plasticity.stack import Stack

Train = np.ndarray


class Unbounded(WeightDependence):
    """No bounds to speak of, also below 0: for comparisons with references that know no bounds."""

    w_min: float = quantity(-1e4, "1")
    w_max: float = quantity(1e4, "1", above=0)


class Held(SlowPart):
    """A slow weight that stays at 0.4 of the reference weight."""

    variables: ClassVar[dict[str, float | str]] = {"w_slow": 0.4}

    @staticmethod
    def tick(c: SimpleNamespace, syn: dict[str, Any], modulators: dict[str, Any]) -> dict[str, Any]:
        return {}


def give(sim: Simulation, population: str, trains: Sequence[Train]) -> None:
    """Give one train a cell; trains are step numbers from 0 on: step s of a train is the engine's step s + 1."""
    times = np.concatenate([(np.asarray(t, np.int64) + 1) * sim.dt for t in trains])
    sim.set_spikes(population, times, np.repeat(np.arange(len(trains)), [len(t) for t in trains]))


def forced(
    pre: Sequence[Train],
    post: Sequence[Train],
    stacks: Mapping[tuple[str, int, int], Stack],
    dt: float,
    *,
    weight: float = 1.0,
    **options: Any,
) -> Simulation:
    """All pairs of given trains, connected once for each (tag, axonal steps, dendritic steps) with the stack there."""
    projections = [
        Projection("A", "B", weight, probability=1.0, axonal_delay=a * dt, dendritic_delay=d * dt, tag=f"{tag}_{a}_{d}")
        for tag, a, d in stacks
    ]
    populations = (Population("A", len(pre), Forced(), "E"), Population("B", len(post), Forced(), "E"))
    named = {f"V.A->V.B#{tag}_{a}_{d}": stack for (tag, a, d), stack in stacks.items()}
    sim = Simulation(Area("V", populations, tuple(projections)), named, dt=dt, **options)
    give(sim, "V.A", pre)
    give(sim, "V.B", post)
    return sim


def matrix(sim: Simulation, tag: str, a: int, d: int) -> np.ndarray:
    """Weights of one projection of `forced`, (pre, post), float64."""
    s = sim.weights(f"V.A->V.B#{tag}_{a}_{d}")
    out = np.full((sim.net.spans["V.A"].n, sim.net.spans["V.B"].n), np.nan)
    out[s.pre, s.post] = s.w
    return out


def pair(
    rules: Iterable[Any], pre: Train, post: Train, steps: int, dt: float = 1.0, a: int = 1, d: int = 0, **stack: Any
) -> float:
    """Change of one weight, from 1, by one pair of trains."""
    return pairs(rules, [pre], [post], steps, dt, a, d, **stack)[0, 0]


def pairs(
    rules: Iterable[Any],
    pre: Sequence[Train],
    post: Sequence[Train],
    steps: int,
    dt: float = 1.0,
    a: int = 1,
    d: int = 0,
    **stack: Any,
) -> np.ndarray:
    """Changes of the weights, from 1, by all pairs of trains, (pre, post)."""
    stacked = Stack(rules=tuple(rules), **({"weight": Unbounded()} | stack))
    sim = forced(pre, post, {("r", a, d): stacked}, dt)
    sim.run(steps * dt)
    return matrix(sim, "r", a, d) - 1.0


def balanced(
    stack: Stack | None,
    *,
    n: int = 60,
    probability: float = 0.2,
    axonal: Delay | float = 0.4,
    dendritic: Delay | float = 0.3,
    **options: Any,
) -> Simulation:
    """A small network of excitatory and inhibitory cells with background that fires at some 10 Hz; E to E has the stack."""
    populations = (Population("E", n, LIF(V_0_sd=5.0)), Population("I", n // 4, LIF(V_0_sd=5.0)))
    delays = dict(probability=probability, axonal_delay=axonal, dendritic_delay=dendritic)
    projections = (
        Projection("E", "E", 60.0, weight_sd=0.3, **delays),
        Projection("E", "I", 60.0, **delays),
        Projection("I", "E", 300.0, **delays),
        Projection("I", "I", 300.0, **delays),
    )
    backgrounds = tuple(Background(name, 87.8, rate=8.0, sources=1100) for name in ("E", "I"))
    stacks = {} if stack is None else {"net.E->net.E": stack}
    return Simulation(Area("net", populations, projections, backgrounds), stacks, **options)
