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
        if width == 2 and summed == 1:  # the commonest form, written out so that its loop vectorises
            two = row[base + n : base + 2 * n]
            for i in range(n):
                side[2 * i] = total[i]
                side[2 * i + 1] = two[i]
            continue
        for column in range(width):
            at = base + column * n
            one = total[column * n : (column + 1) * n] if column < summed else row[at : at + n]
            for i in range(n):
                side[width * i + column] = one[i]
