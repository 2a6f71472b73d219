"""In which order, and when, images are shown. Everything follows from a seed; a shorter stream begins a longer one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from isocortex.errors import DescriptionError


def balanced_order(labels: np.ndarray, presentations: int, seed: int) -> np.ndarray:
    """Which image is shown at each presentation.

    Each run of as many presentations as there are classes holds every class once, in a fresh order; within a class the
    images come in a random order, and none comes again before all have been shown.

    Parameters
    ----------
    labels : (n,) class of each image.
    presentations : length of the stream.

    Returns
    -------
    (presentations,) int64, indices into `labels`; ``balanced_order(labels, m, seed)`` is its first m.
    """
    labels = np.asarray(labels)
    if labels.ndim != 1 or labels.size == 0:
        raise DescriptionError(f"balanced_order.labels: has shape {labels.shape}; one label for each image is needed")
    if presentations < 0:
        raise DescriptionError(f"balanced_order.presentations: is {presentations}; at least 0 is needed")
    classes = np.unique(labels)
    of_class = [_reshuffled(np.flatnonzero(labels == c), np.random.default_rng([seed, 1, i])) for i, c in enumerate(classes)]
    order = _reshuffled(np.arange(len(classes)), np.random.default_rng([seed, 0]))
    return np.array([next(of_class[next(order)]) for _ in range(presentations)], np.int64)


def probe_order(labels: np.ndarray, per_class: int, repeats: int, seed: int) -> np.ndarray:
    """Which image is shown at each presentation of a probe: the first `per_class` of a balanced order, all `repeats` times.

    The order is the same at every checkpoint, so the k-th presentation of a class is always the same image. An even `per_class`
    also keeps the halves that `measure.tuning` makes apart in their images; an odd one above 1 mixes them from one repeat to
    the next, and then what is common to an image, not its class, is taken for tuning to the class.

    Returns
    -------
    (classes * per_class * repeats,) int64, indices into `labels`.
    """
    if per_class < 1 or repeats < 1:
        raise DescriptionError(f"probe_order: {per_class} images a class, {repeats} repeats; at least 1 of each is needed")
    if per_class > (smallest := int(np.unique(labels, return_counts=True)[1].min())):
        raise DescriptionError(f"probe_order.per_class: is {per_class}; the smallest class has {smallest} images")
    return np.tile(balanced_order(labels, len(np.unique(labels)) * per_class, seed), repeats)


def onsets(presentations: int, shown: float, pause: float = 0.0, start: float = 0.0) -> np.ndarray:
    """When each presentation begins (ms): every ``shown + pause`` ms from `start`. Shape (presentations,), float64."""
    if not (shown > 0 and pause >= 0):
        raise DescriptionError(f"onsets: shown {shown} ms, pause {pause} ms; more than 0 and at least 0 are needed")
    return start + (shown + pause) * np.arange(presentations, dtype=np.float64)


def _reshuffled(items: np.ndarray, rng: np.random.Generator) -> Iterator[int]:
    """Go through the items in a random order, again and again, each time in a new one."""
    while True:
        yield from rng.permutation(items).tolist()
