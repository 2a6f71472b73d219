"""Means with intervals over seeds."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from scipy import stats

LEVEL = 0.95
LEAST = 3  # seeds from which an interval says something: that of two is 12.7 standard errors wide, or 0 by chance


@dataclasses.dataclass(frozen=True)
class Mean:
    """A mean over seeds and its 95 % interval; with one seed the interval is not known (NaN)."""

    mean: float
    low: float
    high: float
    n: int

    @property
    def half(self) -> float:
        """Half the width of the interval."""
        return (self.high - self.low) / 2

    @property
    def clear(self) -> bool:
        """Whether the interval is clear of zero; never of fewer than three seeds."""
        return self.n >= LEAST and (self.low > 0 or self.high < 0)


def mean_interval(values: Sequence[float]) -> Mean:
    """Mean and interval ``mean -+ t s / sqrt(n)``, t of Student's distribution with n - 1 degrees of freedom.

    It covers what the seeds vary (the order, the draws of the learner, and the split where data have no test part), not the
    choice of the held-out samples where they are fixed.
    """
    x = np.asarray(values, float)
    if not len(x):
        return Mean(np.nan, np.nan, np.nan, 0)
    mean = float(np.mean(x))
    if len(x) < 2 or not np.isfinite(x).all():
        return Mean(mean, np.nan, np.nan, len(x))
    half = float(stats.t.ppf((1 + LEVEL) / 2, len(x) - 1) * np.std(x, ddof=1) / np.sqrt(len(x)))
    return Mean(mean, mean - half, mean + half, len(x))


def paired_difference(values: Sequence[float], others: Sequence[float]) -> Mean:
    """Mean and interval of the differences seed by seed; the two must hold the same seeds in the same order."""
    if len(values) != len(others):
        raise ValueError(f"paired_difference: {len(values)} and {len(others)} seeds; the same seeds are needed")
    return mean_interval(np.asarray(values, float) - np.asarray(others, float))
