"""Mosaics of small images: receptive fields and examples of what was shown."""

from __future__ import annotations

import numpy as np

from isocortex.report.theme import png_uri


def mosaic(images: np.ndarray, columns: int = 8, *, each: bool = True, fill: bool = False, scale: int = 6) -> str:
    """Lay (k, h, w) images out in a grid, transparent between them, and return a PNG as a data URI.

    Images without negative values run from black to white through a scale of even lightness (cividis); others run from blue
    over white to red, white at 0. With `each`, every image has its own range, else all share one. With `fill`, a grid of fewer
    images than `columns` is as wide as any other, so that its images are no larger.
    """
    images = np.nan_to_num(np.asarray(images, float))
    k, h, w = images.shape
    columns = columns if fill else max(1, min(columns, k))
    rows = -(-k // columns)
    gap = 1
    canvas = np.zeros((rows * (h + gap) - gap, columns * (w + gap) - gap, 4), np.uint8)
    coloured = _coloured(images, each)
    for i in range(k):
        r, c = divmod(i, columns)
        canvas[r * (h + gap) : r * (h + gap) + h, c * (w + gap) : c * (w + gap) + w] = coloured[i]
    return png_uri(canvas.repeat(scale, axis=0).repeat(scale, axis=1))


def _coloured(images: np.ndarray, each: bool) -> np.ndarray:
    """RGBA of the images, shape (k, h, w, 4), uint8."""
    import matplotlib

    axes = (1, 2) if each else None
    signed = bool((images < 0).any())
    high = np.abs(images).max(axis=axes, keepdims=True)
    low = -high if signed else images.min(axis=axes, keepdims=True)
    span = np.where(high > low, high - low, 1.0)
    colours = matplotlib.colormaps["RdBu_r" if signed else "cividis"]((images - low) / span)
    return np.round(colours * 255).astype(np.uint8)
