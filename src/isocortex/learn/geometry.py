"""Where units look and what is pooled: fine cells of positions, and coarse cells and a centre made of fine cells."""

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


def overlaps(fine: int, coarse: int, border: float = 1.0) -> np.ndarray:
    """How much each of `coarse` cells takes of each fine cell, (coarse, fine); each column sums to 1.

    border : width, in fine cells, over which one coarse cell gives way to the next; 1: the overlap of the cells themselves.
    """
    borders = np.arange(1, coarse)[:, None] * fine / coarse
    beyond = np.clip((np.arange(fine) + 0.5 - borders) / border + 0.5, 0.0, 1.0)
    beyond = np.concatenate([np.ones((1, fine)), beyond, np.zeros((1, fine))])
    return beyond[:-1] - beyond[1:]


def bump(fine: int) -> np.ndarray:
    """A window that falls linearly from the middle to the edges; (fine,)."""
    return 1.0 - np.abs((2 * np.arange(fine) + 1) / fine - 1.0)


def pool_matrix(rows: np.ndarray, columns: np.ndarray, coarse: int, border: float = 1.0, centre: bool = False) -> np.ndarray:
    """Means over coarse x coarse cells, and around the centre if wanted, from sums over fine cells; (regions, fine cells)."""
    in_row, in_column = np.bincount(rows), np.bincount(columns)
    vertical = overlaps(len(in_row), min(coarse, len(in_row)), border)
    horizontal = overlaps(len(in_column), min(coarse, len(in_column)), border)
    weights = np.einsum("ay,bx->abyx", vertical, horizontal).reshape(-1, len(in_row) * len(in_column))
    if centre:
        weights = np.concatenate([weights, np.outer(bump(len(in_row)), bump(len(in_column))).reshape(1, -1)])
    positions = np.outer(in_row, in_column).reshape(-1)
    return np.asarray(weights / np.maximum(weights @ positions, 1e-9)[:, None], np.float32)


def mean_matrix(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Means over the fine cells themselves: a diagonal matrix."""
    positions = np.outer(np.bincount(rows), np.bincount(columns)).reshape(-1)
    return np.diag(1.0 / np.maximum(positions, 1)).astype(np.float32)
