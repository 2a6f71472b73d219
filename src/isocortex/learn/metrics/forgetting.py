"""What later learning did to earlier knowledge."""

from __future__ import annotations

import numpy as np


def forgetting(R: np.ndarray) -> float:
    """``mean_{j < T} (max_{j <= i <= T} R[i, j] - R[T, j])``, at least 0: the best on an experience less the last.

    Others define it otherwise: Avalanche takes the first instead of the best, and so can be negative, as `backward_transfer`
    with its sign changed. NaN where there is one experience.
    """
    last = len(R) - 1
    if last < 1:
        return np.nan
    return float(np.mean([np.max(R[j:, j]) - R[last, j] for j in range(last)]))


def backward_transfer(R: np.ndarray) -> float:
    """``mean_{j < T} (R[T, j] - R[j, j])``: above 0, later learning helped. Lopez-Paz & Ranzato 2017, arXiv 1706.08840."""
    last = len(R) - 1
    if last < 1:
        return np.nan
    return float(np.mean([R[last, j] - R[j, j] for j in range(last)]))


def forward_transfer(R: np.ndarray, chance: float) -> float:
    """``mean_{j > 0} (R[j - 1, j] - chance)``: accuracy on an experience before learning it, less guessing.

    The original takes the accuracy of the untrained model in place of chance; a classifier without labels has none.
    Means nothing where an experience brings classes that were never seen. NaN where there is one experience.
    """
    if len(R) < 2:
        return np.nan
    return float(np.mean([R[j - 1, j] - chance for j in range(1, len(R))]))
