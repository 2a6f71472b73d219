"""The end of the critical period: from early inputs and a sheet to a learner that stands."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import numpy as np

from isocortex.engine.random import generator
from isocortex.errors import DescriptionError, nearest
from isocortex.learn.association import BLOCK, Association
from isocortex.learn.bank import Bank
from isocortex.learn.early import Early
from isocortex.learn.front import Front, learn_front
from isocortex.learn.inputs import Shape
from isocortex.learn.judge import Judge
from isocortex.learn.layout import SIZES, Layout, layout
from isocortex.learn.mature import Mature
from isocortex.learn.rate_cortex import rate_cortex
from isocortex.learn.rate_parts import RateRule
from isocortex.learn.rates import Rates, default_sheet, rates
from isocortex.learn.vector_front import VectorFront, learn_vector_front
from isocortex.learn.views import WIDE, occurrence, views_of_nth
from isocortex.learn.worlds import Worlds
from isocortex.plasticity.registry import part_name
from isocortex.plasticity.rule import Rule
from isocortex.plasticity.sheet import Sheet

MOST = 4000  # rows that a draft solves for at once
UNITS = ("learned", "imprinted", "random")
WORDS = ("full", "uniform", "swapped", "without NAME")
_WITHOUT = re.compile(r"without[\s:]+(.+)")


@dataclasses.dataclass(frozen=True)
class Plan:
    """What a learner is to become: everything that its constructor says."""

    shape: Shape
    layout: Layout
    rates: Rates
    units: str
    shrinkage: float | None
    seed: int


def plan(
    shape: Shape,
    *,
    size: str,
    mirror: bool | str,
    sheet: Sheet | str | Path | None,
    units: str,
    shrinkage: float | None,
    random_state: int | None,
) -> Plan:
    """Check and resolve the constructor's parameters for inputs of this shape."""
    if units not in UNITS:
        raise DescriptionError(f"CorticalClassifier.units: {units!r} is not known; {nearest(str(units), UNITS)}")
    if size not in SIZES:
        raise DescriptionError(f"CorticalClassifier.size: {size!r} is not known; {nearest(str(size), SIZES)}")
    if not (mirror == "auto" or isinstance(mirror, bool | np.bool_)):
        raise DescriptionError(f"CorticalClassifier.mirror: is {mirror!r}; 'auto', True or False is needed")
    if not (shrinkage is None or (_is_real(shrinkage) and 0 <= shrinkage <= 1)):
        raise DescriptionError(f"CorticalClassifier.shrinkage: is {shrinkage!r}; None (estimated) or 0 to 1 is needed")
    if not (random_state is None or (_is_real(random_state) and random_state >= 0 and int(random_state) == random_state)):
        raise DescriptionError(
            f"CorticalClassifier.random_state: is {random_state!r}; None or a whole number from 0 on is needed"
        )
    if shape.image:
        banks = layout(shape.dimensions, size, mirror)
    else:
        banks = Layout((Bank(name="V1", patch=1, units=200, components=256, grid=1),), False)
    cortex = rate_cortex(banks.banks, shape.size)
    table = chosen_sheet(sheet, banks.banks, shape.size)
    return Plan(shape, banks, rates(table, cortex, banks.banks), units, shrinkage, int(random_state or 0))


def _is_real(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool) and bool(np.isfinite(value))


def chosen_sheet(sheet: Sheet | str | Path | None, banks: tuple[Bank, ...], inputs: int) -> Sheet:
    """A sheet from what the constructor takes.

    sheet : a `Sheet`; the path of a TOML file; None or ``full``, the default sheet; ``uniform``, ``swapped`` (L2/3 with L5)
        or ``without NAME``, a lesion of it; several names at commas, and ``without:NAME`` as the command line has it.
    """
    if isinstance(sheet, Sheet):
        return _of_learners(sheet)
    table = default_sheet()
    if sheet in (None, "full"):
        return table
    if sheet == "uniform":
        return table.uniform(rate_cortex(banks, inputs))
    if sheet == "swapped":
        return table.swapped("L23", "L5")
    if lesion := _WITHOUT.fullmatch(str(sheet)):
        for name in lesion[1].split(","):
            table = table.without(name.strip())
        return table
    if Path(str(sheet)).is_file():
        return _of_learners(Sheet.read(str(sheet)))
    raise DescriptionError(f"CorticalClassifier.sheet: {str(sheet)!r} is no file; {nearest(str(sheet), WORDS)}")


def _of_learners(sheet: Sheet) -> Sheet:
    for part in (p for e in sheet.entries for p in e.parts):
        if isinstance(part, Rule) and not isinstance(part, RateRule):
            raise DescriptionError(
                f"CorticalClassifier.sheet: {sheet.name!r} is a sheet of the simulator ({part_name(part)} reads spikes); "
                f"one from `isocortex.learn.rates.default_sheet()` is needed, or a word: {', '.join(WORDS)}"
            )
    return sheet


def taught(
    plan: Plan, early: Early | None, mature: Mature | None, inputs: np.ndarray, numbers: np.ndarray, weights: np.ndarray
) -> tuple[Early | None, Mature | None]:
    """What the early inputs and the learner become by more inputs, in their order; number -1 is no label.

    What is given stays as it was, so that a call that is interrupted has taught nothing; only less than a block is learned in
    place, since a copy of the covariance costs more than to learn that.
    """
    done = 0
    if early is not None:
        done = min(early.room, len(inputs))
        early = early.with_more(inputs, numbers, weights)
        if early.room == 0:
            mature, early = grow(plan, early, BLOCK), None
    elif mature is not None and len(inputs) >= BLOCK:
        mature = mature.apart()
    if mature is not None and done < len(inputs):
        mature.front.check(inputs[done:])
        mature.learn(inputs[done:], numbers[done:], weights[done:])
    return early, mature


def grow(plan: Plan, early: Early, block: int) -> Mature:
    """Learn the superficial layers from the early inputs, then let the association layer learn those with a label."""
    assert early.inputs is not None
    front = _front(plan, early)
    r = plan.rates
    judge = Judge.of(front.d, generator(plan.seed, "judge"), r.gate, r.reopening)
    association = Association(front.d, block, judge, r.eta, r.floor)
    labelled = early.labels >= 0
    worlds = Worlds(early.inputs[~labelled], r.adapting) if plan.shape.image else None
    shrinkage = plan.shrinkage if r.decorrelated else 1.0
    mature = Mature(front, association, worlds, shrinkage=shrinkage, guessing=r.guessing, fixations=_fixations(plan))
    mature.learn(early.inputs[labelled], early.labels[labelled], early.weights[labelled])
    return mature


def draft(plan: Plan, early: Early) -> Mature:
    """What `grow` would give now, from few inputs: solved in one block where that is not too large."""
    labels = early.labels[early.labels >= 0]
    rows = views_of_nth(occurrence(labels, np.zeros(labels.max(initial=-1) + 1)), *_fixations(plan)).sum()
    return grow(plan, early, int(min(max(1, rows), MOST)))


def _fixations(plan: Plan) -> tuple[int, int]:
    return plan.rates.fixations if _wide(plan.shape) else (0, 0)


def _wide(shape: Shape) -> bool:
    """On small images and vectors a displacement or a turn is no small change."""
    return shape.image and min(shape.dimensions[:2]) >= WIDE


def _front(plan: Plan, early: Early) -> Front | VectorFront:
    assert early.inputs is not None
    learning = {area: dataclasses.replace(how, units=plan.units) for area, how in plan.rates.learning.items()}
    if plan.shape.image:
        turned = plan.rates.turned and not plan.layout.mirror and _wide(plan.shape)
        return learn_front(plan.layout, early.inputs, learning, plan.seed, turn=turned)
    return learn_vector_front(early.inputs, learning["V1"], plan.seed)
