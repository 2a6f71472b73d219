"""How much is right: at the end, on the way, on what was just learned."""

from __future__ import annotations

import numpy as np


def final_accuracy(R: np.ndarray) -> float:
    """Mean accuracy on all experiences after the last one: ``mean_j R[T, j]``.

    R[i, j] is the accuracy (0 to 1) on experience j after learning experiences 0 to i; entries that were not measured are NaN.
    """
    return float(np.mean(R[-1]))


def newest_accuracy(R: np.ndarray) -> float:
    """Accuracy on the last experience after it: ``R[T, T]``."""
    return float(R[-1, -1])


def average_accuracy(R: np.ndarray) -> float:
    """Average incremental accuracy: ``mean_i mean_{j <= i} R[i, j]``."""
    return float(np.mean([np.mean(row[: i + 1]) for i, row in enumerate(R)]))


def learning_accuracy(R: np.ndarray) -> float:
    """Accuracy on each experience right after it was learned: ``mean_j R[j, j]``. What a learner that learned nothing did not
    forget is no merit: always read forgetting beside this."""
    return float(np.mean(np.diag(R)))


def anytime_accuracy(samples: np.ndarray, seen: np.ndarray, start: int = 0) -> float:
    """Mean over the stream of the accuracy on all that was seen so far, ``(1 / n) integral A(t) dt``, by trapezoids.

    Parameters
    ----------
    samples : (checks,) samples learned at each check, ascending. seen : (checks,) accuracy then.
    start : samples learned before the stream; from there to the first check the accuracy counts as that of the first check.
    """
    samples, seen = np.asarray(samples, float), np.asarray(seen, float)
    area = seen[0] * (samples[0] - start) + np.sum(np.diff(samples) * (seen[1:] + seen[:-1]) / 2)
    return float(area / (samples[-1] - start))
