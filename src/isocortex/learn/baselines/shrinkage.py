"""How far to shrink a covariance towards a sphere."""

from __future__ import annotations

import numpy as np


def oas(covariance: np.ndarray, n: float) -> float:
    """Oracle approximating shrinkage, 0 to 1, of a covariance (divided by n) of n samples; no tuning.

    Chen, Wiesel, Eldar & Hero 2010, eq. 23, https://doi.org/10.1109/TSP.2010.2053029, without the terms in ``2 / d``, as
    scikit-learn has it: ``(a + m^2) / ((n + 1) (a - m^2 / d))`` with a the mean square of the entries and m the mean variance.
    """
    d = len(covariance)
    square, mean = float(np.mean(covariance**2)), float(np.trace(covariance)) / d
    excess = (n + 1) * (square - mean**2 / d)
    return 1.0 if excess <= 0 else min(1.0, (square + mean**2) / excess)


def shrunk(covariance: np.ndarray, amount: float) -> np.ndarray:
    """``(1 - amount) C + amount (trace C / d) I``; the unit matrix where C is zero."""
    d = len(covariance)
    mean = float(np.trace(covariance)) / d
    if mean <= 0:
        return np.eye(d)
    out = (1 - amount) * covariance
    out[np.diag_indices(d)] += amount * mean
    return out
