"""What reaches the cells at the beginning of a step: the ring's slot, plus Poisson background drawn on the spot."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from isocortex.engine import random as R
from isocortex.engine.kernel import tables as T

_GOLDEN, _M1, _M2, _M3 = (np.uint32(v) for v in (R.GOLDEN, R.M1, R.M2, R.M3))


@nb.njit(inline="always")
def mixed(x: Any, key: Any) -> Any:
    """`isocortex.engine.random.mix`, for Numba."""
    x = np.uint32(x ^ (x >> np.uint32(17)))
    x = np.uint32(np.uint32(x * _M1) + key)
    x = np.uint32(x ^ (x >> np.uint32(11)))
    x = np.uint32(x * _M2)
    x = np.uint32(x ^ (x >> np.uint32(15)))
    x = np.uint32(x * _M3)
    return np.uint32(x ^ (x >> np.uint32(14)))


@nb.njit
def inflow(slot: int, key0: Any, key1: Any, noise: Any, weights: Any, thresholds: Any, drive: Any, out: Any) -> None:
    """Empty slot `slot` of the ring into `out` and add the background.

    A Poisson count is the number of thresholds (its cumulative distribution in units of 2^-32) that a random word exceeds;
    a large mean is the sum of several draws.
    """
    out[:] = drive[slot]
    drive[slot] = 0
    for b in range(noise.shape[0]):
        port, n, first, size = noise[b, T.NOISE_PORT], noise[b, T.NOISE_N], noise[b, T.NOISE_FIRST], noise[b, T.NOISE_K]
        for draw in range(noise[b, T.NOISE_DRAWS]):
            stream = np.uint32(np.uint32(noise[b, T.NOISE_STREAM]) + np.uint32(draw))
            key = np.uint32(key0 ^ stream)
            add_counts(n, key, key1, thresholds[first : first + size], weights[b], out[port : port + n])


@nb.njit
def add_counts(n: int, key: Any, key1: Any, thresholds: Any, weight: Any, out: Any) -> None:
    """Add weight * Poisson count to each of n cells."""
    for i in range(n):
        word = mixed(np.uint32(np.uint32(np.uint32(i) * _GOLDEN) ^ key), key1)
        count = np.uint32(0)
        for j in range(thresholds.shape[0]):
            count += np.uint32(word >= thresholds[j])
        out[i] += weight * np.float32(count)


def poisson_thresholds(mean: float) -> tuple[int, np.ndarray]:
    """Number of draws and the thresholds (uint32) of one, for a Poisson count of this mean.

    A word is at or above a threshold with probability P(count > j); thresholds that no 32-bit word reaches are left out.
    """
    draws = max(1, int(np.ceil(mean / 12.0)))
    part = mean / draws
    probability, cumulative, out = np.exp(-part), 0.0, []
    for j in range(1, 200):
        cumulative += probability
        threshold = round(cumulative * 2.0**32)
        if threshold >= 2**32:
            break
        out.append(threshold)
        probability *= part / j
    return draws, np.array(out, np.uint32)
