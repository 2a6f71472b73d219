"""What units have learned, as images: the inputs that they are the mean of, seen through the areas below."""

from __future__ import annotations

import numpy as np

from isocortex.learn.bank import PIXELS, LearnedBank
from isocortex.learn.front import Front
from isocortex.learn.vector_front import VectorFront


def receptive_fields(front: Front | VectorFront, size: int, most: int = 48) -> dict[str, np.ndarray]:
    """Units by area, those that won most often first, each scaled to the range -1 to 1.

    A unit's weights are a mean of decorrelated components; the image is the patch of least length with these components. In a
    higher area each channel of the map stands for the image of the unit that it shows, put where its cell lies; that is exact
    for linear units and an approximation for rectified ones.

    Parameters
    ----------
    size : edge of the inputs (pixels), which says how far the cells of a map lie apart. most : units of each area.

    Returns
    -------
    area -> (units, height, width, channels); of vectors (units, features).
    """
    if isinstance(front, VectorFront):
        return {"V1": _scaled(front.units[:most] @ np.linalg.pinv(front.components.projection))}
    banks = {b.bank.name: b for b in front.banks}
    return {name: _scaled(_fields(b, banks, size)[np.argsort(-b.wins, kind="stable")[:most]]) for name, b in banks.items()}


def _fields(bank: LearnedBank, banks: dict[str, LearnedBank], size: int) -> np.ndarray:
    """All units of a bank in their order, (units, height, width, channels)."""
    weights = np.concatenate([bank.even, bank.odd]).T if bank.mirrored else bank.even.T
    patches = weights @ np.linalg.pinv(bank.components.projection)
    edge = bank.bank.patch
    patches = patches.reshape(len(patches), edge, edge, -1)
    if bank.bank.source == PIXELS:
        return patches
    below = banks[bank.bank.source]
    shown = _fields(below, banks, size)
    if below.mirrored:
        shown = np.concatenate([shown, shown[:, :, ::-1]])
    apart = (size - below.bank.patch + 1) / min(below.bank.cells, size - below.bank.patch + 1)
    starts = np.round(np.arange(edge) * apart).astype(int)
    height, width, channels = shown.shape[1:]
    out = np.zeros((len(patches), starts[-1] + height, starts[-1] + width, channels))
    for i, top in enumerate(starts):
        for j, left in enumerate(starts):
            out[:, top : top + height, left : left + width] += np.einsum("uk,khwc->uhwc", patches[:, i, j], shown)
    return out


def _scaled(fields: np.ndarray) -> np.ndarray:
    largest = np.abs(fields).reshape(len(fields), -1).max(1, initial=1e-12)
    return np.asarray(fields / largest.reshape(-1, *[1] * (fields.ndim - 1)), np.float32)
