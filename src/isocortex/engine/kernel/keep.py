"""What the rules gave at a step goes into the ring that the synapses read."""

from __future__ import annotations

from typing import Any

import numba as nb

from isocortex.engine.kernel import tables as T


@nb.njit
def keep(row: Any, rows: Any, before: Any, now: Any) -> None:
    """Add the columns that are integrated to what they were `before`, put the others as they are; a cell's side by side.

    `row` holds the columns one after the other; `before` and `now` are slots of the ring, or the same slot.
    """
    for g in range(rows.shape[0]):
        base, n, width, summed = rows[g, T.ROW_BASE], rows[g, T.ROW_N], rows[g, T.ROW_STRIDE], rows[g, T.ROW_SUMMED]
        end = base + n * width
        old, new = before[base:end].reshape(n, width), now[base:end].reshape(n, width)
        if width == 2 and summed == 1:  # the commonest form, written out so that its loop vectorises
            one, two = row[base : base + n], row[base + n : end]
            for i in range(n):
                new[i, 0] = old[i, 0] + one[i]
                new[i, 1] = two[i]
            continue
        for column in range(width):
            one = row[base + column * n : base + (column + 1) * n]
            if column < summed:
                for i in range(n):
                    new[i, column] = old[i, column] + one[i]
            else:
                for i in range(n):
                    new[i, column] = one[i]
