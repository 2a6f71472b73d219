"""The end of the critical period: from early inputs and a sheet to a learner that stands."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from isocortex.engine.random import generator
from isocortex.errors import DescriptionError, nearest
from isocortex.learn.association import Association
from isocortex.learn.bank import Bank
from isocortex.learn.early import Early
from isocortex.learn.front import Front, learn_front
from isocortex.learn.inputs import Shape
from isocortex.learn.judge import Judge
from isocortex.learn.layout import Layout, layout
from isocortex.learn.mature import Mature
from isocortex.learn.rate_cortex import rate_cortex
from isocortex.learn.rates import Rates, default_sheet, rates
from isocortex.learn.vector_front import VectorFront, learn_vector_front
from isocortex.learn.views import occurrence, views_of_nth
from isocortex.learn.worlds import Worlds
from isocortex.plasticity.sheet import Sheet

MOST = 4000  # rows that a draft solves for at once
UNITS = ("learned", "imprinted", "random")
WORDS = ("full", "uniform", "swapped", "without NAME")


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
    seed: int,
) -> Plan:
    """Check and resolve the constructor's parameters for inputs of this shape."""
    if units not in UNITS:
        raise DescriptionError(f"CorticalClassifier.units: {units!r} is not known; {nearest(str(units), UNITS)}")
    if shape.image:
        banks = layout(shape.dimensions, size, mirror)
    else:
        banks = Layout((Bank(name="V1", patch=1, units=200, components=256, grid=1),), False)
    cortex = rate_cortex(banks.banks, shape.size)
    table = chosen_sheet(sheet, banks.banks, shape.size)
    return Plan(shape, banks, rates(table, cortex, banks.banks), units, shrinkage, seed)


def chosen_sheet(sheet: Sheet | str | Path | None, banks: tuple[Bank, ...], inputs: int) -> Sheet:
    """A sheet from what the constructor takes.

    sheet : a `Sheet`; the path of a TOML file; None or ``full``, the default sheet; ``uniform``, ``swapped`` (L2/3 with L5)
        or ``without NAME``, a lesion of it.
    """
    if isinstance(sheet, Sheet):
        return sheet
    table = default_sheet()
    if sheet in (None, "full"):
        return table
    if sheet == "uniform":
        return table.uniform(rate_cortex(banks, inputs))
    if sheet == "swapped":
        return table.swapped("L23", "L5")
    if str(sheet).startswith("without "):
        return table.without(str(sheet).removeprefix("without "))
    if Path(str(sheet)).is_file():
        return Sheet.read(str(sheet))
    raise DescriptionError(f"CorticalClassifier.sheet: {str(sheet)!r} is no file; {nearest(str(sheet), WORDS)}")


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
    return shape.image and min(shape.dimensions[:2]) >= 20


def _front(plan: Plan, early: Early) -> Front | VectorFront:
    assert early.inputs is not None
    learning = {area: dataclasses.replace(how, units=plan.units) for area, how in plan.rates.learning.items()}
    if plan.shape.image:
        turned = plan.rates.turned and not plan.layout.mirror and _wide(plan.shape)
        return learn_front(plan.layout, early.inputs, learning, plan.seed, turn=turned)
    return learn_vector_front(early.inputs, learning["V1"], plan.seed)
