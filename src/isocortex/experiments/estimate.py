"""A mean and how far it can be trusted."""

from __future__ import annotations

import dataclasses
import math
import statistics
from collections.abc import Iterable
from typing import Any

from scipy.stats import t as student


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A mean over seeds or columns and its 95 % interval (Student's t); without an interval (NaN) where there is but one."""

    values: tuple[float, ...]
    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Estimate | None:
        """None where there are no values."""
        given = tuple(values)
        if not given:
            return None
        mean, half = statistics.fmean(given), math.nan
        if len(given) > 1:
            half = float(student.ppf(0.975, len(given) - 1)) * statistics.stdev(given) / math.sqrt(len(given))
        return cls(given, mean, mean - half, mean + half)

    @property
    def spread(self) -> bool:
        """Whether there is an interval."""
        return not math.isnan(self.low)

    @property
    def clear(self) -> bool:
        """Whether the interval is clear of zero."""
        return self.low > 0 or self.high < 0


def plain(e: Estimate | None) -> dict[str, Any] | None:
    """As JSON values: mean, interval where there is one, number of values."""
    return None if e is None else dict(mean=e.mean, interval=[e.low, e.high] if e.spread else None, n=len(e.values))
