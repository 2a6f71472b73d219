"""The spikes of a step, as they leave the cells: who they are, and a bit a cell for the host."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from isocortex.engine.kernel.tables import WORD


@nb.njit
def fire(spiked: Any, first: int, count: int, ids: Any, bits: Any) -> int:
    """Append the cells of one group that spiked to `ids`, which holds `count`, and set their bits; returns the new count.

    `spiked` holds 0 or 1 a cell (uint8), looked through eight at a time; the group's first cell is number `first`.
    """
    whole = spiked.shape[0] // 8 * 8
    words = spiked[:whole].view(np.uint64)
    for word in range(words.shape[0]):
        if words[word] != 0:
            count = note(spiked, 8 * word, 8 * word + 8, first, count, ids, bits)
    return note(spiked, whole, spiked.shape[0], first, count, ids, bits)


@nb.njit(inline="always")
def note(spiked: Any, a: int, b: int, first: int, count: int, ids: Any, bits: Any) -> int:
    """The same, one cell after the other."""
    for i in range(a, b):
        if spiked[i]:
            cell = first + i
            ids[count] = cell
            bits[cell // WORD] |= np.uint64(1) << np.uint64(cell % WORD)
            count += 1
    return count
