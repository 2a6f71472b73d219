"""How deep accuracy falls where the world changes, and how soon it is back."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

SHARE = 0.95
_LEAST = 0.02  # a smaller loss is within the noise of a test


@dataclasses.dataclass(frozen=True)
class Change:
    """What happened at one boundary between experiences.

    before : accuracy on the current experience at the end of the one before. worst : the lowest afterwards.
    at_once : right after the change, before learning anything. last : at the end of the experience.
    recovery : samples until 95 % of `before` are reached again and held to the end; inf if never, 0 if never lost.
    """

    before: float
    at_once: float
    worst: float
    last: float
    recovery: float

    @property
    def dip(self) -> float:
        """How deep the accuracy fell: ``before - worst``, at least 0."""
        return max(0.0, self.before - self.worst)

    @property
    def regained(self) -> float:
        """``(last - at_once) / (before - at_once)``: share of what the change cost that came back; NaN if it cost < 0.02."""
        cost = self.before - self.at_once
        return (self.last - self.at_once) / cost if cost >= _LEAST else np.nan


def changes(experience: Sequence[int], samples: Sequence[float], current: Sequence[float]) -> list[Change]:
    """The changes of a stream.

    Parameters
    ----------
    experience : (checks,) which experience each check belongs to, ascending.
    samples : (checks,) samples of that experience learned by then; 0 for a check before any.
    current : (checks,) accuracy on the current experience, by the labels that are right now.
    """
    which, at, now = np.asarray(experience), np.asarray(samples, float), np.asarray(current, float)
    found = []
    for i in np.unique(which)[1:]:
        before, here = now[which == i - 1][-1], which == i
        found.append(Change(float(before), float(now[here][0]), float(now[here].min()), float(now[here][-1]),
                            _recovery(at[here], now[here], SHARE * before)))  # fmt: skip
    return found


def _recovery(at: np.ndarray, now: np.ndarray, wanted: float) -> float:
    """The first check from which on the accuracy stays at least `wanted`."""
    below = np.flatnonzero(now < wanted)
    if not len(below):
        return 0.0
    return float(at[below[-1] + 1]) if below[-1] + 1 < len(at) else np.inf


def dip(found: Sequence[Change]) -> float:
    """Mean over the changes of how deep accuracy on the current experience falls. NaN without a change."""
    return float(np.mean([c.dip for c in found])) if found else np.nan


def recovery(found: Sequence[Change]) -> float:
    """Median over the changes of the samples until 95 % of the accuracy before is reached and held; inf: mostly never."""
    return float(np.median([c.recovery for c in found])) if found else np.nan


def regained(found: Sequence[Change]) -> float:
    """Mean share of what a change cost at once that came back by the end of the experience; NaN where nothing cost 0.02."""
    values = [c.regained for c in found if not np.isnan(c.regained)]
    return float(np.mean(values)) if values else np.nan
