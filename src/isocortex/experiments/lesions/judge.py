"""What the lesion matrix says: a verdict for each arm and capability, and what was expected.

The unit is the column: wiring and input of its own. Each arm has the same columns, so that what is lost there is the score at
the full sheet less that at the arm, paired by column. Whether that is clear of zero is asked by a paired t-test, with the
share of false discoveries over the whole matrix held at 5 % (Benjamini and Hochberg 1995).
"""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import false_discovery_control, ttest_rel

from isocortex.experiments.controls import CONTROLS, FULL
from isocortex.experiments.estimate import Estimate, plain
from isocortex.experiments.lesions.arms import LESION, Arm
from isocortex.experiments.lesions.capabilities import CAPABILITIES, Capability

FALSE = 0.05
"""The share of false ones among the differences that are called clear."""
LOST, LESS, SAME, MORE = "lost", "less", "same", "more"
SIGNS = {LOST: "▼", LESS: "▽", SAME: "", MORE: "▲"}
LEGEND = f"{', '.join(f'{sign} {verdict}' for verdict, sign in SIGNS.items() if sign)} than with the full sheet"
Scores = Mapping[str, Mapping[str, Sequence[float]]]
"""Arm -> capability -> a score a column."""


@dataclasses.dataclass(frozen=True)
class Cell:
    """One arm and one capability.

    score : over columns. less : the full sheet less this arm, paired by column. q : p of the paired t-test, adjusted for all
    of the matrix. expected : whether the capability needs a part that is not there.
    """

    score: Estimate
    less: Estimate
    q: float
    expected: bool

    @property
    def clear(self) -> bool:
        """Whether the difference is clear of zero."""
        return self.q <= FALSE

    @property
    def verdict(self) -> str:
        """``lost``: clearly less, and not clear above zero; ``less``: clearly less; ``more``; ``same``: cannot be told."""
        if not self.clear:
            return SAME
        if self.less.mean < 0:
            return MORE
        return LESS if self.score.low > 0 else LOST

    @property
    def breaks(self) -> bool:
        """Whether there is clearly less of the capability."""
        return self.verdict in (LOST, LESS)


@dataclasses.dataclass(frozen=True)
class Row:
    """An arm and its cells, by capability; none where it is absent."""

    arm: Arm
    cells: Mapping[str, Cell]


@dataclasses.dataclass(frozen=True)
class Matrix:
    """The full sheet's scores by capability, and a row for every other arm."""

    capabilities: tuple[Capability, ...]
    full: Mapping[str, Estimate]
    rows: tuple[Row, ...]

    def row(self, arm: str) -> Row | None:
        """The row of an arm, where there is one."""
        return next((r for r in self.rows if r.arm.name == arm), None)

    def there(self, capability: str) -> bool:
        """Whether the full sheet has the capability: its score is clear above zero."""
        return self.full[capability].low > 0

    def layer_specific(self, capability: str) -> bool | None:
        """Whether both controls have clearly less of it than the full sheet; None where one of them was not asked."""
        asked = [r.cells[capability].breaks for arm in CONTROLS if (r := self.row(arm)) is not None and r.cells]
        return None if len(asked) < len(CONTROLS) else self.there(capability) and all(asked)

    def needed(self, capability: Capability) -> dict[str, str]:
        """What became of each part that it should not do without: the verdict without it, ``absent`` or ``not asked``."""
        out = {}
        for part in capability.needs:
            row = self.row(f"{LESION}{part}")
            out[part] = "not asked" if row is None else row.cells[capability.name].verdict if row.cells else "absent"
        return out

    def unexpected(self) -> list[tuple[str, str, Cell]]:
        """Arm, capability and cell of lesions that take what they were not expected to."""
        return [
            (row.arm.name, name, cell)
            for row in self.rows
            for name, cell in row.cells.items()
            if row.arm.name.startswith(LESION) and cell.breaks and not cell.expected and self.there(name)
        ]


def judge(arms: Sequence[Arm], scores: Scores, capabilities: Sequence[Capability] = CAPABILITIES) -> Matrix:
    """Judge the scores of arms, the full sheet among them; an absent arm has none."""
    full = scores[FULL]
    asked = [a for a in arms if a.name != FULL and not a.absent]
    p = {(a.name, c.name): _p(full[c.name], scores[a.name][c.name]) for a in asked for c in capabilities}
    adjusted = false_discovery_control(list(p.values())) if p else []
    q = dict(zip(p, map(float, adjusted), strict=True))
    rows = []
    for arm in arms:
        if arm.name != FULL:
            cells = {c.name: _cell(arm, c, full, scores[arm.name], q[arm.name, c.name]) for c in capabilities if arm in asked}
            rows.append(Row(arm, cells))
    return Matrix(tuple(capabilities), {c.name: _over(full[c.name]) for c in capabilities}, tuple(rows))


def _cell(arm: Arm, c: Capability, full: Mapping[str, Sequence[float]], mine: Mapping[str, Sequence[float]], q: float) -> Cell:
    less = np.subtract(full[c.name], mine[c.name])
    return Cell(_over(mine[c.name]), _over(less.tolist()), q, bool(arm.lost.intersection(c.needs)))


def _over(values: Sequence[float]) -> Estimate:
    found = Estimate.of(values)
    assert found is not None and found.spread, "a configuration has several columns"
    return found


def _p(full: Sequence[float], arm: Sequence[float]) -> float:
    """Of the paired t-test, two-sided; 1 where all is the same."""
    if np.array_equal(full, arm):
        return 1.0
    with warnings.catch_warnings():  # one difference for all columns: p is 0, as it should be
        warnings.simplefilter("ignore", RuntimeWarning)
        return float(ttest_rel(full, arm).pvalue)


def document(matrix: Matrix) -> dict[str, Any]:
    """What was found, as plain values."""

    def score(e: Estimate) -> dict[str, Any]:
        return dict(plain(e) or {}, columns=e.values)

    return dict(
        capabilities=[
            dict(name=c.name, text=c.text, unit=c.unit, there=matrix.there(c.name), full=score(matrix.full[c.name]),
                 layer_specific=matrix.layer_specific(c.name), needs=matrix.needed(c))
            for c in matrix.capabilities
        ],
        arms=[
            dict(arm=row.arm.name, absent=row.arm.absent, parts_lost=sorted(row.arm.lost), scores={
                name: score(cell.score) | dict(less=plain(cell.less), q=cell.q, verdict=cell.verdict, expected=cell.expected)
                for name, cell in row.cells.items()
            })
            for row in matrix.rows
        ],
        unexpected=[dict(arm=arm, capability=name, verdict=cell.verdict) for arm, name, cell in matrix.unexpected()],
    )  # fmt: skip
