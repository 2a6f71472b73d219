"""The compiled part of the random local filters: competition between filters and pooling, in one pass over the responses."""

from __future__ import annotations

import numba as nb
import numpy as np


@nb.njit(nogil=True, fastmath={"reassoc", "contract", "nsz"})
def pooled(s: np.ndarray, threshold: float, row_of: np.ndarray, column_of: np.ndarray, out: np.ndarray) -> None:
    """``out[i, region] += max(0, s - mean s - threshold sd s)`` over the positions of each region.

    s : (n, rows, columns, filters) float32. row_of, column_of : the region of each row and column.
    out : (n, regions, regions, filters) float32, zeros.
    """
    n, rows, columns, filters = s.shape
    for i in range(n):
        for r in range(rows):
            for c in range(columns):
                here, into = s[i, r, c], out[i, row_of[r], column_of[c]]
                total, square = np.float32(0), np.float32(0)
                for k in range(filters):
                    total += here[k]
                    square += here[k] * here[k]
                mean = total / filters
                limit = np.float32(mean + threshold * np.sqrt(max(square / filters - mean * mean, 0.0)))
                for k in range(filters):
                    into[k] += max(here[k] - limit, np.float32(0))
