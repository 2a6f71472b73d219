"""Competitive Hebbian learning, one patch at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from isocortex.learn.compiled import nb

F = np.float32


@nb.njit(cache=True, fastmath=True)
def compete(codes: Any, n_even: int, units: Any, wins: Any, eta: Any, floor: Any) -> None:
    """For each code the unit with the largest f.z - |f|^2 / 2 wins and moves towards it; `units` and `wins` change in place.

    The winner's step is max(eta / wins, floor): with eta = 1 and floor = 0 a unit is the mean of what it won. With odd
    components (after the first `n_even`) a unit also wins by its mirror image, and then learns the mirrored code.

    codes : (n, q); units : (units, q); wins : (units,), at least 1 each.
    """
    n, q = codes.shape
    count = units.shape[0]
    half = np.empty(count, F)
    for u in range(count):
        s = F(0)
        for k in range(q):
            s += units[u, k] * units[u, k]
        half[u] = s / F(2)
    for i in range(n):
        best, winner, sign = F(-3e38), 0, F(1)
        for u in range(count):
            e = F(0)
            for k in range(n_even):
                e += units[u, k] * codes[i, k]
            o = F(0)
            for k in range(n_even, q):
                o += units[u, k] * codes[i, k]
            match = e + abs(o) - half[u]
            if match > best:
                best, winner, sign = match, u, F(1) if o >= 0 else F(-1)
        wins[winner] += F(1)
        step = max(eta / wins[winner], floor)
        s = F(0)
        for k in range(q):
            target = codes[i, k] if k < n_even else sign * codes[i, k]
            units[winner, k] += step * (target - units[winner, k])
            s += units[winner, k] * units[winner, k]
        half[winner] = s / F(2)
