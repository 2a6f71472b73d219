"""From a sheet to the numbers that the learner runs on."""

from __future__ import annotations

import dataclasses
from importlib import resources
from typing import TypeVar

from isocortex.anatomy.circuit import Cortex
from isocortex.learn import judge, rate_parts
from isocortex.learn.bank import Bank, Learning
from isocortex.learn.rate_cortex import ASSOCIATION
from isocortex.learn.worlds import Adapting
from isocortex.plasticity.rule import Gate, Part
from isocortex.plasticity.sheet import Sheet
from isocortex.plasticity.stack import Stack

P = TypeVar("P", bound=Part)


def default_sheet() -> Sheet:
    """The learner's sheet that ships with the library (``learn/profiles/default.toml``)."""
    file = resources.files("isocortex.learn") / "profiles" / "default.toml"
    return Sheet.from_toml(file.read_text(encoding="utf-8"), "learn/default.toml")


@dataclasses.dataclass(frozen=True)
class Rates:
    """How each layer learns."""

    learning: dict[str, Learning]  # of each area
    adapting: Adapting
    eta: float  # of the association layer
    floor: float
    guessing: float  # weight with which it learns unlabelled inputs as what it takes them for
    decorrelated: bool  # whether the within-class covariance is learned
    gate: judge.Gate | None
    reopening: judge.Reopening | None
    fixations: tuple[int, int]  # samples of a class that are looked at from all sides, and several times at all
    turned: bool  # whether units learn from images turned in all directions
    modulators: tuple[tuple[str, float], ...]  # (name, gain) of its gates


def rates(sheet: Sheet, cortex: Cortex, banks: tuple[Bank, ...]) -> Rates:
    """Resolve a sheet.

    Raises
    ------
    DescriptionError : as `Sheet.resolve`.
    """
    stacks = sheet.resolve(cortex)
    deep = [s for name, s in stacks.items() if name.endswith(f"->{ASSOCIATION}.L5E:basal")]
    association = deep[0] if deep else Stack()
    above = [stacks.get(name, Stack()) for name in _superficial(cortex)]
    follows = [f.strength for s in above for f in _all(s, rate_parts.Following)]
    reversal = [r for s in above for r in _all(s, rate_parts.Reversal)]
    adapting = Adapting(
        strength=sum(follows) / len(above),
        reversible=bool(reversal),
        span=round(reversal[0].span) if reversal else Adapting.span,
    )
    rule = _one(association, rate_parts.HebbianStep)
    guess = _one(association, rate_parts.Following)
    gate, reopening = _one(association, rate_parts.SurpriseGate), _one(association, rate_parts.Reopening)
    return Rates(
        learning={b.name: _learning(b, stacks) for b in banks},
        adapting=adapting,
        eta=rule.eta if rule else 0.0,
        floor=rule.floor if rule else 0.0,
        guessing=guess.strength if guess else 0.0,
        decorrelated=bool(_all(stacks.get(f"{ASSOCIATION}.L5E->{ASSOCIATION}.L5E", Stack()), rate_parts.Decorrelation)),
        gate=judge.Gate(gate.young, gate.doubt, gate.far, gate.share) if gate else None,
        reopening=judge.Reopening(excess=reopening.excess, restart=reopening.restart) if reopening else None,
        fixations=_fixations(association),
        turned=any(_all(s, rate_parts.Turning) for s in above),
        modulators=tuple((g.modulator, g.gain) for g in _all(association, Gate)),
    )


def _fixations(association: Stack) -> tuple[int, int]:
    found = _one(association, rate_parts.Fixation)
    return (round(found.closely), round(found.samples)) if found else (0, 0)


def _superficial(cortex: Cortex) -> list[str]:
    """The projections that bring input to L4 and L2/3."""
    lines = [p for p in cortex.all_projections() if p.pre != p.post and p.post.split(".")[1] in ("L4E", "L23E")]
    return [p.name for p in lines]


def _learning(bank: Bank, stacks: dict[str, Stack]) -> Learning:
    units = _one(stacks.get(f"{bank.name}.L4E->{bank.name}.L23E", Stack()), rate_parts.HebbianStep)
    lateral = _all(stacks.get(f"{bank.name}.L4E->{bank.name}.L4E", Stack()), rate_parts.Decorrelation)
    return Learning(eta=units.eta if units else 0.0, floor=units.floor if units else 0.0, whiten=bool(lateral))


def _all(stack: Stack, kind: type[P]) -> list[P]:
    return [p for p in stack.parts if isinstance(p, kind)]


def _one(stack: Stack, kind: type[P]) -> P | None:
    found = _all(stack, kind)
    return found[0] if found else None
