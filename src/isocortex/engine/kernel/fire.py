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


@nb.njit(cache=True)
def read_bits(bits: Any, steps: Any, cells: Any) -> int:
    """Read bits, uint64 (steps, words), back into indices as far as there is room; returns how many there are."""
    count = 0
    for step in range(bits.shape[0]):
        for at in range(bits.shape[1]):
            word = bits[step, at]
            while word != 0:
                lowest = word & (~word + np.uint64(1))
                if count < steps.shape[0]:
                    steps[count] = step
                    cells[count] = WORD * at + np.int64(np.log2(np.float64(lowest)) + 0.5)
                count += 1
                word ^= lowest
    return count
