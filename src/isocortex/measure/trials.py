"""Counts by presentation: checking them, and splitting the presentations of each condition into halves."""

from __future__ import annotations

import numpy as np

from isocortex.errors import DescriptionError


def checked(counts: np.ndarray, labels: np.ndarray, what: str) -> tuple[np.ndarray, np.ndarray]:
    """Return counts (presentations, neurons) as float64 and labels (presentations,), or raise a `DescriptionError`."""
    counts, labels = np.asarray(counts, np.float64), np.asarray(labels)
    if counts.ndim != 2 or labels.shape != (len(counts),) or not len(counts):
        raise DescriptionError(
            f"{what}.counts: have shape {counts.shape} and labels {labels.shape}; "
            "(presentations, neurons) and (presentations,) are needed"
        )
    if not np.isfinite(counts).all():
        raise DescriptionError(f"{what}.counts: hold NaN or infinite values; finite counts are needed")
    return counts, labels


def half_of(labels: np.ndarray) -> np.ndarray:
    """0 or 1 for each presentation: the presentations of a condition go to the halves in turn. Shape (presentations,).

    When every checkpoint shows the probes in the same order, the same images fall into the same half each time.
    """
    half = np.zeros(len(labels), np.int64)
    for label in np.unique(labels):
        of_class = np.flatnonzero(labels == label)
        half[of_class] = np.arange(len(of_class)) % 2
    return half


def class_means(counts: np.ndarray, labels: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Mean count of each neuron to each class: (neurons, classes); NaN where a class has no presentation."""
    member = (labels[None, :] == classes[:, None]).astype(np.float64)
    shown = member.sum(1)
    return (member @ counts / np.where(shown, shown, np.nan)[:, None]).T
