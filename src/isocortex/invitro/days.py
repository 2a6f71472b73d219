"""The virtual slice over a day: scaling, which knows the rate of a cell over hours and not when its spikes fall.

A protocol runs `Protocol.faster` times as fast at rates that cells have: a spike stands for many, and the time constants of the
rule are shorter by as much. An identity as far as the rule is linear in the rate.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from isocortex.errors import DescriptionError
from isocortex.invitro import slice as slices
from isocortex.invitro.modulated import shortened
from isocortex.invitro.pathway import Pathway, targets_of
from isocortex.invitro.protocol import START, Protocol
from isocortex.invitro.table import Point
from isocortex.plasticity.registry import part
from isocortex.plasticity.rules.scaling import SynapticScaling

BEFORE = START - slices.DT
"""What is left out of the time before a protocol (ms): the first spike may fall on the first step."""
RESOLVED = 100
"""Steps that the rule's average of the rate lasts at least: a spike counts for half a step too little."""


def run(cases: Sequence[slices.Case], faster: Sequence[float]) -> np.ndarray:
    """The weight when each protocol ends over that before, shape (cases,). faster : how many times as fast each is run.

    Raises
    ------
    DescriptionError : so fast that the average of the rate is not resolved.
    """
    cases = [_faster(case, factor) for case, factor in zip(cases, faster, strict=True)]
    out = np.ones(len(cases))
    for duration in dict.fromkeys(c.duration for c in cases):
        members = [i for i, c in enumerate(cases) if c.duration == duration]
        sim, groups = slices.prepared([cases[i] for i in members], slices.DT)
        sim.run(duration)
        out[members] = slices.ratios(sim, groups, len(members))
    return out


def from_zero(case: slices.Case) -> slices.Case:
    """The case without the time before its protocol begins, in which scaling would go on."""
    return dataclasses.replace(case, pre=case.pre - BEFORE, post=case.post - BEFORE, duration=case.duration - START)


def _faster(case: slices.Case, factor: float) -> slices.Case:
    rules = tuple(shortened(rule, factor) for rule in case.stack.rules)
    for rule in rules:
        if isinstance(rule, SynapticScaling) and rule.tau_rate < RESOLVED * slices.DT:
            raise DescriptionError(
                f"{rule.title}.tau_rate: is {rule.tau_rate:g} ms where a protocol runs {factor:g} times as fast; at least "
                f"{RESOLVED * slices.DT:g} ms is needed: a lower 'faster', or a longer tau_rate"
            )
    return dataclasses.replace(case, stack=case.stack.replace(rules=rules))


def model(pathway: Pathway, chosen: Sequence[Point], base: Mapping[str, float]) -> Callable[[Mapping[str, float]], np.ndarray]:
    """A fast model of scaling for the optimiser: the logarithm of a weight is linear in the spikes of the cell."""
    rule = part(pathway.rule)
    assert issubclass(rule, SynapticScaling)
    trains = [p.protocol_of().trains(p.frequency, p.lag)[1] - BEFORE for p in chosen]
    changes = [pathway.under(targets_of(p.drug)) for p in chosen]

    def ratios(values: Mapping[str, float]) -> np.ndarray:
        full = rule().values() | dict(base) | pathway.complete(values)
        each = zip(trains, chosen, changes, strict=True)
        return np.exp([rule.sign * _growth(post, p.protocol_of(), full | c) for post, p, c in each])

    return ratios


def _growth(post: np.ndarray, protocol: Protocol, v: Mapping[str, float]) -> float:
    """The integral of (rho - rho_0) / (rho_0 tau) over a protocol, on its own clock; rho starts at rho_0."""
    tau, tau_rate, duration = v["tau"] / protocol.faster, v["tau_rate"] / protocol.faster, protocol.duration - START
    counted = -np.expm1(-(duration - post) / tau_rate).sum() * 1e3  # per Hz: what each spike adds to the integral of rho
    missed = v["rho_0"] * (duration + tau_rate * math.expm1(-duration / tau_rate))
    return float(v["strength"] * (counted - missed) / (v["rho_0"] * tau))
