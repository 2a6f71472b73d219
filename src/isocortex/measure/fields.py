"""Receptive fields: from responses to images, and from the weights of the relay's ON and OFF cells."""

from __future__ import annotations

import numpy as np

from isocortex.errors import DescriptionError


def count_weighted_fields(images: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Mean image weighted by spike counts, less the mean image: ``sum_p k_pn (I_p - I_mean) / sum_p k_pn``.

    For white images this is proportional to a linear neuron's filter (the spike-triggered average: Chichilnisky 2001,
    https://doi.org/10.1080/713663221); for natural ones it is the filter blurred by the images' correlations.

    Parameters
    ----------
    images : (presentations, h, w), as shown. counts : (presentations, neurons).

    Returns
    -------
    (neurons, h, w) float64; NaN for a neuron that never fired.
    """
    images, counts = np.asarray(images, np.float64), np.asarray(counts, np.float64)
    if images.ndim != 3 or counts.ndim != 2 or len(images) != len(counts):
        raise DescriptionError(
            f"count_weighted_fields.counts: have shape {counts.shape} for images {images.shape}; "
            "(presentations, neurons) and (presentations, h, w) are needed"
        )
    total = counts.sum(0)
    weighted = np.tensordot(counts, images - images.mean(0), axes=(0, 0))
    return weighted / np.where(total > 0, total, np.nan)[:, None, None]


def weight_fields(
    on: tuple[np.ndarray, np.ndarray, np.ndarray],
    off: tuple[np.ndarray, np.ndarray, np.ndarray],
    n: int,
    shape: tuple[int, int],
) -> np.ndarray:
    """Receptive field of each target from the relay's weights: at each pixel, ON weights less OFF weights.

    Parameters
    ----------
    on, off : (pre, post, w) of the projections from the ON and from the OFF cells; a relay cell stands for pixel
        ``pre % (h * w)``, as in `tasks.encode.spread`.
    n : targets. shape : (h, w) of the grid.

    Returns
    -------
    (n, h, w) float64, in the unit of the weights; several synapses of one pair add up.
    """
    return _summed(*on, n, shape) - _summed(*off, n, shape)


def _summed(pre: np.ndarray, post: np.ndarray, w: np.ndarray, n: int, shape: tuple[int, int]) -> np.ndarray:
    pixels = shape[0] * shape[1]
    post = np.asarray(post)
    if post.size and (post.min() < 0 or post.max() >= n):
        raise DescriptionError(f"weight_fields.post: ranges from {post.min()} to {post.max()}; 0 to {n - 1} are needed")
    place = post.astype(np.int64) * pixels + np.asarray(pre, np.int64) % pixels
    return np.bincount(place, np.asarray(w, np.float64), minlength=n * pixels).reshape(n, *shape)
