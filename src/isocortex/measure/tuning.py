"""Tuning at checkpoints, compared without the bias of counting noise.

All comparisons rest on one quantity. Each checkpoint's presentations are split into two halves, which give two estimates
of the tuning T (neuron by condition, its mean over conditions taken off). For checkpoints s and t and neuron n

    K[n, s, t] = ( <T1_s, T2_t> + <T2_s, T1_t> ) / (2 (C - 1)),

the covariance over the C conditions across halves. Noise is independent between halves, so K has no bias: its diagonal is
the variance of the true tuning, and ``K_ss + K_tt - 2 K_st`` the cross-validated squared distance (Walther et al. 2016,
https://doi.org/10.1016/j.neuroimage.2015.12.012). Conditions may be classes shown by different images, or single images
shown repeatedly; show them in the same order at every checkpoint (`tasks.stream.probe_order`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from isocortex.errors import DescriptionError
from isocortex.measure.trials import checked, class_means, half_of


@dataclasses.dataclass(frozen=True, eq=False)
class Tuning:
    """Mean counts of each neuron to each condition in the two halves of the presentations: (neurons, conditions) each."""

    first: np.ndarray
    second: np.ndarray
    conditions: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """Tuning from all presentations: (neurons, conditions)."""
        return (self.first + self.second) / 2


def tuning(counts: np.ndarray, labels: np.ndarray) -> Tuning:
    """Tuning from counts (presentations, neurons) to conditions `labels` (presentations,).

    Raises
    ------
    DescriptionError : fewer than two conditions, or one shown only once.
    """
    counts, labels = checked(counts, labels, "tuning")
    conditions, shown = np.unique(labels, return_counts=True)
    if len(conditions) < 2 or shown.min() < 2:
        raise DescriptionError(
            f"tuning.labels: {len(conditions)} conditions, the rarest shown {shown.min()} times; "
            "at least 2, each twice, are needed"
        )
    half = half_of(labels)
    first, second = (class_means(counts[half == h], labels[half == h], conditions) for h in (0, 1))
    return Tuning(first, second, conditions)


def tuning_covariance(checkpoints: Sequence[Tuning]) -> np.ndarray:
    """K of the module's head: (neurons, checkpoints, checkpoints) float64, symmetric; in squared counts."""
    if not checkpoints:
        raise DescriptionError("tuning_covariance.checkpoints: is empty; at least one tuning is needed")
    shapes = {c.first.shape for c in checkpoints}
    if len(shapes) > 1 or any(not np.array_equal(c.conditions, checkpoints[0].conditions) for c in checkpoints):
        raise DescriptionError(
            "tuning_covariance.checkpoints: differ in neurons or conditions; the same probes are needed at each"
        )
    one, two = (np.stack([getattr(c, h) for c in checkpoints], axis=1) for h in ("first", "second"))
    one, two = (x - x.mean(axis=2, keepdims=True) for x in (one, two))
    across = np.einsum("nsc,ntc->nst", one, two) / (one.shape[2] - 1)
    return (across + across.transpose(0, 2, 1)) / 2


def reliable(covariance: np.ndarray, z: float = 3.0) -> np.ndarray:
    """Whether there is tuning at each checkpoint: the mean of K_ss over neurons is more than `z` standard errors above 0.

    With fewer than three neurons a positive mean is enough. Shape (checkpoints,), bool.
    """
    variance = np.diagonal(covariance, axis1=1, axis2=2)
    n, mean = len(variance), variance.mean(0)
    return mean > (z * variance.std(0, ddof=1) / np.sqrt(n) if n >= 3 else 0)


def similarity(covariance: np.ndarray, z: float = 3.0) -> np.ndarray:
    """Correlation of tuning between checkpoints, corrected for noise: ``R_st = K_st / sqrt(K_ss K_tt)``, K summed over neurons.

    1 where tuning is the same up to one gain for the whole population, 0 where unrelated; noise may carry it a little past
    1. NaN in the row and column of a checkpoint without reliable tuning.

    Returns
    -------
    (checkpoints, checkpoints) float64.
    """
    return np.where(np.logical_and.outer(*[reliable(covariance, z)] * 2), shape(covariance.mean(0)), np.nan)


def shape(gram: np.ndarray) -> np.ndarray:
    """Normalise a matrix of inner products (checkpoints, checkpoints) to a diagonal of 1; NaN where that is not positive."""
    variance = np.diagonal(gram)
    size = np.sqrt(np.where(variance > 0, variance, np.nan))
    return gram / np.outer(size, size)


def split_half_reliability(covariance: np.ndarray, measured: Sequence[Tuning]) -> np.ndarray:
    """Fraction of the variance of the measured mean tuning that is signal, at each checkpoint: (checkpoints,), 0 to 1.

    ``K_ss / var(mean tuning)``, both summed over neurons: what the Spearman-Brown formula gives for halves of equal variance.
    """
    observed = np.array([np.var(t.mean, axis=1, ddof=1).sum() for t in measured])
    signal = np.diagonal(covariance, axis1=1, axis2=2).sum(0)
    return np.divide(signal, observed, out=np.full(len(observed), np.nan), where=observed > 0)
