"""The virtual slice where a neuromodulator comes and goes: dopamine minutes after the pairing.

What waits for it is slow and the windows are fast, so the silences between the pairings are cut short and the slow parts of the
stacks run faster by as much: an identity where every silence is cut alike and the traces have died away in what is left of it.
A modulator reaches all of a simulation, so that there is one for each time course.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from isocortex.errors import DescriptionError
from isocortex.invitro import forward
from isocortex.invitro import slice as slices
from isocortex.invitro.pathway import Pathway, pathways, targets_of
from isocortex.invitro.protocol import LEVEL, START, Protocol
from isocortex.invitro.table import Point, studies
from isocortex.plasticity.rule import Part, SlowPart
from isocortex.plasticity.rules.conversion import Conversion
from isocortex.plasticity.stack import Stack

SomePart = TypeVar("SomePart", bound=Part)
DT = 1.0
"""Step (ms): spikes fall on whole milliseconds."""
TICK = 100.0
LATER = 60e3
"""Without a read-out, weights are read so long (ms) after the last pairing and the modulator: then they stand still."""


def shortened(made: SomePart, factor: float) -> SomePart:
    """The part with time constants that are shorter by a factor; amplitudes and rates stay."""
    return made.replace(**{n: getattr(made, n) / factor for n, q in _quantities(made).items() if q["unit"] == "ms"})


def hastened(slow: SlowPart, factor: float) -> SlowPart:
    """The part on a clock that runs `factor` times as fast: what it does a second is more by as much."""
    rates = {n: getattr(slow, n) * factor for n, q in _quantities(slow).items() if q["role"] == "rate"}
    return shortened(slow, factor).replace(**rates)


def _quantities(made: Part) -> dict[str, Mapping[str, Any]]:
    return {f.name: f.metadata["quantity"] for f in dataclasses.fields(made) if "quantity" in f.metadata}


def compressed(stack: Stack, protocol: Protocol, length: float) -> tuple[Stack, Protocol, float]:
    """A stack and a protocol with shorter silences, slow parts faster by as much, and that factor. length : a train's (ms)."""
    least = slices.memory(stack.replace(slow=())) + length
    factor = max(protocol.every / (TICK * math.ceil(least / TICK)), 1.0)
    slow = tuple(hastened(s, factor) for s in stack.slow)
    return stack.replace(slow=slow), dataclasses.replace(protocol, every=protocol.every / factor), factor


Course = tuple[str, float, float, int, float, float]
"""A modulator, from when to when (ms after the last train), how many trains, how far apart (ms), and how much faster."""


def run(points: Sequence[Point], stacks: Sequence[Stack]) -> np.ndarray:
    """The weight after over the weight before of points, each with its own stack, shape (points,)."""
    made = [_case(p, stack) for p, stack in zip(points, stacks, strict=True)]
    out = np.ones(len(points))
    for course in dict.fromkeys(c for _, c in made):
        members = [i for i, (_, c) in enumerate(made) if c == course]
        out[members] = _one(course, [made[i][0] for i in members])
    return out


def _case(point: Point, stack: Stack) -> tuple[slices.Case, Course]:
    train = np.concatenate(point.protocol_of().train(point.frequency, point.lag))
    faster, protocol, factor = compressed(stack, point.protocol_of(), float(train.max(initial=0.0)))
    pre, post = protocol.trains(point.frequency, point.lag)
    window = studies()[point.study].readout
    readout = None if window is None else (window[0] / factor, max(window[1] / factor, window[0] / factor + TICK))
    case = slices.Case(faster, pre, post, protocol.duration, readout, pathways()[point.pathway].post)
    when = protocol.modulator, protocol.modulator_from, protocol.modulator_to
    return case, (*when, protocol.repetitions, protocol.every, factor)


def _one(course: Course, cases: Sequence[slices.Case]) -> np.ndarray:
    """All cases of one time course: the mean over the paper's read-out, or where it has none the weight in the end."""
    name, begins, ends, repetitions, every, factor = course
    sim, groups = slices.prepared(cases, DT, sampled=TICK if any(c.readout for c in cases) else 0.0)
    last = START + every * (repetitions - 1)
    if name:
        sim.run(max(last + begins / factor, 0.0))
        sim.set_modulator(name, LEVEL)
        sim.run(max(last + ends / factor - sim.time, 0.0))
        sim.set_modulator(name, 1.0)
    sim.run(max(last - sim.time, 0.0) + LATER / factor)
    out = slices.ratios(sim, groups, len(cases))
    read = [c.duration + c.readout[1] for c in cases if c.readout]
    if read:
        sim.run(max(max(read) - sim.time, 0.0))
        means = slices.read_out(sim, groups, cases)
        out = np.array([m if c.readout else w for m, w, c in zip(means, out, cases, strict=True)])
    return out


def model(pathway: Pathway, chosen: Sequence[Point], base: Mapping[str, float]) -> Callable[[Mapping[str, float]], np.ndarray]:
    """A fast model of `Conversion` for the optimiser; the rule is the inherited one, so that only the slow part is fitted.

    Raises
    ------
    DescriptionError : another slow part, or a parameter of the rule is to be fitted as well.
    """
    if pathway.slow != Conversion.name:
        raise DescriptionError(
            f"{pathway.name}.slow: the fast model does not know {pathway.slow!r}; allowed: {Conversion.name}"
        )
    of_slow = Conversion.field_names()
    for name in pathway.free:
        if name not in of_slow:
            raise DescriptionError(f"{pathway.name}.free.{name}: beside a slow part, the rule's parameters are not fitted")
    histories = [_history(pathway, p, base) for p in chosen]
    changes = [pathway.under(targets_of(p.drug)) for p in chosen]

    def ratios(values: Mapping[str, float]) -> np.ndarray:
        full = Conversion().values() | dict(base) | pathway.complete(values)
        sets = [full | c for c in changes]
        return np.array([_converted(w, p.protocol_of(), own) for w, p, own in zip(histories, chosen, sets, strict=True)])

    return ratios


def _history(pathway: Pathway, point: Point, base: Mapping[str, float]) -> np.ndarray:
    """The weight after each train by the rule alone, from 1 on, shape (repetitions + 1,)."""
    protocol = point.protocol_of()
    pre, post = protocol.trains(point.frequency, point.lag)
    ends = START + protocol.every * np.arange(protocol.repetitions + 1) - 0.5 * protocol.every
    trains = forward.Trains.of([(pre[pre < end], post[post < end]) for end in ends], slices.DT)
    own = forward.parameters(pathway.rule, dict(base) | dict(pathway.fixed) | pathway.under(targets_of(point.drug)))
    return forward.ratios(trains, np.tile(own, (len(ends), 1)), slices.DT)


def _converted(w: np.ndarray, protocol: Protocol, own: Mapping[str, float]) -> float:
    """The last weight of a history, and what the modulator makes of the tag of each depression.

    A read-out is taken to begin after the modulator, where weights stand still.
    """
    begun = protocol.every * np.arange(len(w) - 1)
    since = begun[-1] + protocol.modulator_from - begun, begun[-1] + protocol.modulator_to - begun
    from_, to = (np.maximum(s, 0.0) / own["tau_tag"] for s in since)
    held = own["tau_tag"] * (np.exp(-from_) - np.exp(-to)) if protocol.modulator else np.zeros(len(begun))
    gain = (LEVEL - 1.0) * (own["back"] + own["more"]) * 1e-3
    return float(w[-1] + gain * np.maximum(-np.diff(w), 0.0) @ held)
