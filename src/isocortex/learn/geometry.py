"""Where units look and what is pooled: fine cells of positions, coarse cells of fine cells, and small shifts of the latter."""

from __future__ import annotations

import numpy as np


def fine_cells(positions: int, cells: int) -> np.ndarray:
    """The cell of each position along one axis: about equal, in order, symmetric under reflection; shape (positions,)."""
    cells = min(cells, positions)
    if positions % 2 and cells % 2 == 0:
        cells += 1 if cells < positions else -1  # the middle position needs a middle cell
    half = positions // 2
    left = np.floor((np.arange(half) + 0.5) * cells / positions).astype(np.int64)
    middle = np.full(positions % 2, cells // 2)
    return np.concatenate([left, middle, (cells - 1 - left)[::-1]])


def overlaps(fine: int, coarse: int, shift: float = 0.0) -> np.ndarray:
    """How much of each fine cell lies in each coarse cell when the inner borders move by `shift`; (coarse, fine)."""
    borders = np.arange(coarse + 1) * fine / coarse
    borders[1:-1] += shift
    low = np.maximum(borders[:-1, None], np.arange(fine)[None])
    high = np.minimum(borders[1:, None], np.arange(fine)[None] + 1.0)
    return np.maximum(high - low, 0.0)


def pool_matrix(rows: np.ndarray, columns: np.ndarray, coarse: int, shifts: list[tuple[float, float]]) -> np.ndarray:
    """Means over coarse cells from sums over fine cells, one block of rows a shift; (shifts * coarse^2, fine cells)."""
    in_row, in_column = np.bincount(rows), np.bincount(columns)
    positions = np.outer(in_row, in_column).reshape(-1)
    blocks = []
    for down, right in shifts:
        vertical = overlaps(len(in_row), min(coarse, len(in_row)), down)
        horizontal = overlaps(len(in_column), min(coarse, len(in_column)), right)
        weights = np.einsum("ay,bx->abyx", vertical, horizontal).reshape(-1, positions.size)
        blocks.append(weights / np.maximum(weights @ positions, 1e-9)[:, None])
    return np.concatenate(blocks).astype(np.float32)


def mean_matrix(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Means over the fine cells themselves: a diagonal matrix."""
    positions = np.outer(np.bincount(rows), np.bincount(columns)).reshape(-1)
    return np.diag(1.0 / np.maximum(positions, 1)).astype(np.float32)
