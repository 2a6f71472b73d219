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
        given = row[base : base + n * width]
        for i in range(n * summed):
            total[i] += given[i]
        first += n * summed
        if 2 <= width <= 4:  # the commonest, written out so that their loops vectorise
            one, two = column(0, n, summed, total, given), column(1, n, summed, total, given)
            three, four = column(min(2, width - 1), n, summed, total, given), column(width - 1, n, summed, total, given)
            interleave(width, n, one, two, three, four, side)
            continue
        for k in range(width):
            one = column(k, n, summed, total, given)
            for i in range(n):
                side[width * i + k] = one[i]


@nb.njit(inline="always")
def column(k: int, n: int, summed: int, total: Any, row: Any) -> Any:
    """Column k of a group: what has been added up, or what the rules gave now."""
    return total[k * n : (k + 1) * n] if k < summed else row[k * n : (k + 1) * n]


@nb.njit(inline="always")
def interleave(width: int, n: int, one: Any, two: Any, three: Any, four: Any, side: Any) -> None:
    """The first `width` (2, 3 or 4) of the columns side by side."""
    if width == 2:
        for i in range(n):
            side[2 * i] = one[i]
            side[2 * i + 1] = two[i]
    elif width == 3:
        for i in range(n):
            side[3 * i] = one[i]
            side[3 * i + 1] = two[i]
            side[3 * i + 2] = three[i]
    else:
        for i in range(n):
            side[4 * i] = one[i]
            side[4 * i + 1] = two[i]
            side[4 * i + 2] = three[i]
            side[4 * i + 3] = four[i]
