"""Fixations: an image of a class that is still young is looked at several times, a little displaced and tilted."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import rotate

TILT = 12.0  # degrees
COUNT = 7


def views(images: np.ndarray) -> np.ndarray:
    """The images, shifted by one pixel up, down, left and right, and tilted both ways; (COUNT, n, height, width, channels)."""
    height, width = images.shape[1:3]
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    offsets = ((1, 1), (0, 1), (2, 1), (1, 0), (1, 2))
    seen = [padded[:, y : y + height, x : x + width] for y, x in offsets]
    for angle in (-TILT, TILT):
        seen.append(rotate(images, angle, axes=(2, 1), reshape=False, order=1, mode="nearest"))
    return np.stack(seen).astype(np.float32)


def occurrence(labels: np.ndarray, before: np.ndarray) -> np.ndarray:
    """How many samples of its class came before each one, (n,); `before` holds the count of each class at the start."""
    out = np.empty(len(labels), np.int64)
    for c in np.unique(labels):
        here = np.flatnonzero(labels == c)
        out[here] = before[c] + np.arange(len(here))
    return out
