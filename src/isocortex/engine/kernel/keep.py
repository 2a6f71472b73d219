"""What the rules gave at a step goes into the ring that the synapses read."""

from __future__ import annotations

from typing import Any

import numba as nb

from isocortex.engine.kernel import tables as T


@nb.njit
def keep(row: Any, rows: Any, sums: Any, now: Any) -> None:
    """Add up the columns that are integrated and put all columns into the slot `now` of the ring, a cell's side by side.

    `row` holds the columns one after the other, `sums` those that are integrated: in `now` they stand a second time, since a
    loop that adds to every second number, or one over two axes, does not vectorise.
    """
    first = 0
    for g in range(rows.shape[0]):
        base, n, width, summed = rows[g, T.ROW_BASE], rows[g, T.ROW_N], rows[g, T.ROW_STRIDE], rows[g, T.ROW_SUMMED]
        side, total = now[base : base + n * width], sums[first : first + n * summed]
        new = row[base : base + n * summed]
        for i in range(n * summed):
            total[i] += new[i]
        first += n * summed
        if summed == width - 1 and 2 <= width <= 4:  # the commonest forms, written out so that their loops vectorise
            interleave(width, n, total, row[base + summed * n : base + width * n], side)
            continue
        for column in range(width):
            at = base + column * n
            one = total[column * n : (column + 1) * n] if column < summed else row[at : at + n]
            for i in range(n):
                side[width * i + column] = one[i]


@nb.njit(inline="always")
def interleave(width: int, n: int, total: Any, jump: Any, side: Any) -> None:
    """The columns of `total` and `jump` side by side, for widths of 2, 3 and 4."""
    one, two, three = total[:n], total[n : 2 * n], total[2 * n : 3 * n]
    if width == 2:
        for i in range(n):
            side[2 * i] = one[i]
            side[2 * i + 1] = jump[i]
    elif width == 3:
        for i in range(n):
            side[3 * i] = one[i]
            side[3 * i + 1] = two[i]
            side[3 * i + 2] = jump[i]
    else:
        for i in range(n):
            side[4 * i] = one[i]
            side[4 * i + 1] = two[i]
            side[4 * i + 2] = three[i]
            side[4 * i + 3] = jump[i]
