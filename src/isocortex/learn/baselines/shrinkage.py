"""How far to shrink a covariance towards a sphere."""

from __future__ import annotations

import numpy as np


def oas(square: float, trace: float, d: int, n: float) -> float:
    """Oracle approximating shrinkage, 0 to 1, of a covariance of d features; no tuning.

    Parameters
    ----------
    square, trace : the sum of the squares of its entries, and of its diagonal. n : samples.

    Chen, Wiesel, Eldar & Hero 2010, eq. 23, https://doi.org/10.1109/TSP.2010.2053029, without the terms in ``2 / d``, as
    scikit-learn has it: ``(a + m^2) / ((n + 1) (a - m^2 / d))`` with a the mean square of the entries and m the mean variance.
    """
    square, mean = square / d**2, trace / d
    excess = (n + 1) * (square - mean**2 / d)
    return 1.0 if excess <= 0 else min(1.0, (square + mean**2) / excess)


def shrunk(upper: np.ndarray, amount: float) -> np.ndarray:
    """``(1 - amount) C + amount (trace C / d) I`` of the upper triangle of C, or of all of it; the unit matrix where C is 0."""
    d = len(upper)
    mean = float(np.trace(upper, dtype=np.float64)) / d
    if mean <= 0:
        return np.eye(d, dtype=upper.dtype)
    out = upper * upper.dtype.type(1 - amount)
    out[np.diag_indices(d)] += amount * mean
    return out


def condition(d: int, amount: float) -> float:
    """The largest condition number that a shrunk covariance can have: all variance in one direction, ``1 + d (1 - a) / a``."""
    return 1 + d * (1 - amount) / amount
