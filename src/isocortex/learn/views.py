"""Fixations: an image of a class that is still young is looked at several times, a little displaced and from elsewhere."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import affine_transform

_OFFSETS = ((1, 1), (0, 1), (2, 1), (1, 0), (1, 2))  # of the padded image: as it is, and shifted by a pixel


def _tilt(degrees: float) -> np.ndarray:
    a = np.deg2rad(degrees)
    return np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])


_SLANTS = (
    *(_tilt(a) for a in (-12.0, 12.0)),  # the first ones: see `GLANCES`
    *(np.diag([1 / s, 1 / s]) for s in (0.9, 1.12)),  # farther, nearer
    *(np.diag([1 / s, 1.0]) for s in (0.87, 1.15)),  # from above, from below
    *(np.diag([1.0, 1 / s]) for s in (0.87, 1.15)),  # from the side
    *(np.array([[1.0, 0.0], [s, 1.0]]) for s in (-0.2, 0.2)),  # slanted, as writing is
)
"""Where in the image a point of the view lies, both from the centre (rows, columns)."""

WIDE = 20  # pixels; on smaller images a displacement or a turn is no small change
CLOSELY, SAMPLES = 10, 50  # images of a class that are looked at from all sides, and several times at all, by default
GLANCES = len(_OFFSETS) + 2
ALL = len(_OFFSETS) + len(_SLANTS)


def views(images: np.ndarray, count: int = ALL) -> np.ndarray:
    """The first `count` views of images; (count, n, height, width, channels).

    As they are, shifted by a pixel up, down, left and right, tilted by 12 degrees both ways; then farther and nearer, shorter
    and longer, narrower and wider, slanted both ways. Pixels beyond the border are those at it.
    """
    height, width = images.shape[1:3]
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    seen = [padded[:, y : y + height, x : x + width] for y, x in _OFFSETS]
    seen += [_through(images, slant) for slant in _SLANTS[: max(0, count - len(_OFFSETS))]]
    return np.stack(seen[:count]).astype(np.float32)


def _through(images: np.ndarray, slant: np.ndarray, beyond: str = "nearest") -> np.ndarray:
    """The images through a linear map about their centre, pixels in between interpolated linearly, those `beyond` the border
    as scipy.ndimage names it."""
    whole = np.eye(4)
    whole[1:3, 1:3] = slant
    centre = (np.array(images.shape) - 1) / 2
    return np.asarray(affine_transform(images, whole, centre - whole @ centre, order=1, mode=beyond))


def turned(images: np.ndarray, degrees: np.ndarray) -> np.ndarray:
    """Each image turned by its own angle about its centre; what comes in at the corners is mirrored at the border."""
    each = [_through(x[None], _tilt(a), "reflect") for x, a in zip(images, degrees, strict=True)]
    return np.concatenate(each).astype(np.float32)


def views_of_nth(nth: np.ndarray, closely: int, samples: int) -> np.ndarray:
    """How many views of the nth sample of a class are taken: of the first ones all, then some, then one; (n,)."""
    return np.where(nth < closely, ALL, np.where(nth < samples, GLANCES, 1))


def occurrence(labels: np.ndarray, before: np.ndarray) -> np.ndarray:
    """How many samples of its class came before each one, (n,); `before` holds the count of each class at the start."""
    out = np.empty(len(labels), np.int64)
    for c in np.unique(labels):
        here = np.flatnonzero(labels == c)
        out[here] = before[c] + np.arange(len(here))
    return out
