"""What becomes of tetani within hours: synaptic tagging and capture, by the protocols of Frey and Morris (1997).

Hours are run as minutes: no spike falls between the tetani, and the slow parts are faster by as much (`modulated.hastened`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from functools import cache, partial

import numpy as np

from isocortex.anatomy.circuit import Area, Cortex, Population, Projection
from isocortex.cells.forced import Forced
from isocortex.cells.sources import SpikeTrain
from isocortex.engine.simulation import Simulation
from isocortex.invitro.modulated import hastened
from isocortex.invitro.protocol import LEVEL
from isocortex.plasticity.rule import SlowPart, Soft
from isocortex.plasticity.rules.consolidation import Relaxation
from isocortex.plasticity.rules.pair import PairSTDP
from isocortex.plasticity.rules.tagging import TagAndCapture
from isocortex.plasticity.stack import Stack

FASTER = 60.0
MINUTE = 60e3 / FASTER
WEAK = 10.0 * np.arange(21)
"""Pulses (ms): 21 at 100 Hz."""
STRONG = (10.0 * MINUTE * np.arange(3)[:, None] + 10.0 * np.arange(100)).ravel()
"""Three trains of 100 pulses at 100 Hz, 10 min apart."""
INPUTS = {"S1": 10, "S2": 10, "silent": 5}
"""Synapses of the pathway that is looked at, of another onto the same cell, and of a third where nothing happens."""
INDUCTION = PairSTDP(A_plus=0.035, A_minus=0.0)
"""A stand-in: each pulse of a tetanus potentiates, by as much (chosen by hand) that the weak tetanus adds half."""
FATE: tuple[SlowPart, ...] = (TagAndCapture(), Relaxation())
UNTIL = 240.0
"""When weights are read, after the tetanus of S1 (min)."""


@dataclasses.dataclass(frozen=True)
class Tetani:
    """When (min) a tetanus falls on S1, and on S2; which on S1; whether proteins are made; when dopamine is at `LEVEL`."""

    first: float
    kind: np.ndarray
    other: float | None = None
    synthesis: float = 1.0
    dopamine: tuple[float, float] | None = None


PROTOCOLS = {
    "weak": Tetani(1.0, WEAK),
    "strong": Tetani(1.0, STRONG),
    "weak_before": Tetani(1.0, WEAK, 31.0),
    "weak_after": Tetani(51.0, WEAK, 1.0),
    "weak_long_before": Tetani(1.0, WEAK, 181.0),
    "weak_dopamine": Tetani(1.0, WEAK, dopamine=(1.0, 31.0)),
    "strong_blocked": Tetani(1.0, STRONG, synthesis=0.0),
    "weak_before_blocked": Tetani(1.0, WEAK, 31.0, synthesis=0.0),
}
"""A weak tetanus alone, a strong one; a weak one 30 min before a strong one on S2 (which begins then), 30 min after its last
train, three hours before it; a weak one and dopamine for half an hour; and under a blocker of protein synthesis."""


@dataclasses.dataclass(frozen=True)
class Course:
    """Mean weights of the pathways of a protocol, in units of the first: just after the tetanus of S1, and `UNTIL` after it."""

    early: dict[str, float]
    late: dict[str, float]


def courses(fate: Sequence[SlowPart] = FATE) -> dict[str, Course]:
    """All of `PROTOCOLS`, each on a cell of its own. fate : the slow parts of every synapse, on the clock of real time."""
    areas = tuple(_area(name) for name in PROTOCOLS)
    stacks = {
        p.name: Stack(rules=(INDUCTION,), weight=Soft(w_max=2.0), slow=_hastened(fate, PROTOCOLS[area.name].synthesis))
        for area in areas
        for p in Cortex((area,)).all_projections()
    }
    sim = Simulation(Cortex(areas, name="tetani"), stacks, dt=1.0, seed=0, spikes=())
    for name, tetani in PROTOCOLS.items():
        _stimulate(sim, name, tetani)
    seen: dict[str, dict[str, dict[str, float]]] = {name: {} for name in PROTOCOLS}

    def look(name: str, when: str) -> None:
        seen[name][when] = {s: float(sim.weights(f"{name}.{s}->{name}.E").w.mean()) for s in INPUTS}

    events: list[tuple[float, Callable[[], None]]] = []
    for name, t in PROTOCOLS.items():
        events.append((t.first * MINUTE + t.kind[-1] + 200.0, partial(look, name, "early")))
        events.append(((t.first + UNTIL) * MINUTE, partial(look, name, "late")))
        heard = t.dopamine if any(hasattr(part, "modulator") for part in fate) else None
        for minute, level in zip(heard or (), (LEVEL, 1.0), strict=False):
            events.append((minute * MINUTE, partial(sim.set_modulator, "DA", level, name)))
    for time, act in sorted(events, key=lambda e: e[0]):
        sim.run(time - sim.time)
        act()
    return {name: Course(**found) for name, found in seen.items()}


def _hastened(fate: Sequence[SlowPart], synthesis: float) -> tuple[SlowPart, ...]:
    own = [p.replace(synthesis=synthesis) if isinstance(p, TagAndCapture) else p for p in fate]
    return tuple(hastened(p, FASTER) for p in own)


def _area(name: str) -> Area:
    inputs = tuple(Population(s, n, SpikeTrain()) for s, n in INPUTS.items())
    ends = dict(axonal_delay=1.0, dendritic_delay=1.0)
    links = tuple(Projection(s, "E", 1.0, probability=1.0, **ends) for s in INPUTS)  # type: ignore[arg-type]
    return Area(name, (*inputs, Population("E", 1, Forced())), links)


def _stimulate(sim: Simulation, name: str, tetani: Tetani) -> None:
    pulses = {"S1": tetani.first * MINUTE + tetani.kind}
    if tetani.other is not None:
        pulses["S2"] = tetani.other * MINUTE + STRONG
    for s, times in pulses.items():
        sim.set_spikes(f"{name}.{s}", np.tile(times, INPUTS[s]), np.repeat(np.arange(INPUTS[s]), len(times)))
    sim.set_spikes(f"{name}.E", np.sort(np.concatenate([t + 5.0 for t in pulses.values()])), 0)


@cache
def known() -> dict[str, Course]:
    """`courses` by the library's own constants."""
    return courses()


def late(protocol: str) -> float:
    """The weight of S1 four hours after its tetanus over the one before, by the library's own constants."""
    return known()[protocol].late["S1"]
