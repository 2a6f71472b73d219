"""What reaches the cells at the beginning of a step: the ring's slot, plus Poisson background drawn on the spot."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from isocortex.engine import random as R
from isocortex.engine.kernel import tables as T

_GOLDEN, _M1, _M2, _M3 = (np.uint32(v) for v in (R.GOLDEN, R.M1, R.M2, R.M3))

PIECE, TOGETHER = 256, 4
_SIGN = np.uint32(0x80000000)


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
def inflow(slot: int, key0: Any, key1: Any, noise: Any, weights: Any, limits: Any, drive: Any, out: Any) -> None:
    """Empty slot `slot` of the ring into `out` and add the background.

    A Poisson count is the number of limits (its cumulative distribution) that a random word exceeds; a large mean is the sum
    of several draws.
    """
    arrived = drive[slot]
    for i in range(arrived.shape[0]):
        out[i] = arrived[i]
        arrived[i] = 0
    for b in range(noise.shape[0]):
        port, n, first, size = noise[b, T.NOISE_PORT], noise[b, T.NOISE_N], noise[b, T.NOISE_FIRST], noise[b, T.NOISE_K]
        for draw in range(noise[b, T.NOISE_DRAWS]):
            stream = np.uint32(np.uint32(noise[b, T.NOISE_STREAM]) + np.uint32(draw))
            key = np.uint32(key0 ^ stream)
            add_counts(n, key, key1, limits[first : first + size], weights[b], out[port : port + n])


@nb.njit
def add_counts(n: int, key: Any, key1: Any, limits: Any, weight: Any, out: Any) -> None:
    """Add weight * Poisson count to each of n cells; in pieces that stay in cache, with loops that vectorise."""
    words = np.empty(PIECE, np.int32)
    for start in range(0, n, PIECE):
        size = min(PIECE, n - start)
        piece = out[start : start + size]
        for i in range(size):
            words[i] = np.int32(mixed(np.uint32(np.uint32(np.uint32(start + i) * _GOLDEN) ^ key), key1) ^ _SIGN)
        top = words[0]
        for i in range(size):
            top = max(top, words[i])
        for j in range(0, limits.shape[0], TOGETHER):
            if top <= limits[j]:
                break  # no word of this piece exceeds what is left: the limits ascend
            a, b, c, d = limits[j], limits[j + 1], limits[j + 2], limits[j + 3]
            for i in range(size):
                word = words[i]
                count = np.int32(word > a) + np.int32(word > b) + np.int32(word > c) + np.int32(word > d)
                piece[i] += weight * np.float32(np.int32(count))


def poisson_limits(mean: float) -> tuple[int, np.ndarray]:
    """Number of draws and the limits (int32) of one, for a Poisson count of this mean.

    A random word, its sign bit flipped and read as int32, exceeds limit j with probability P(count > j). Limits that no word
    exceeds are left out, but for those that fill the last four.
    """
    draws = max(1, int(np.ceil(mean / 12.0)))
    part = mean / draws
    probability, cumulative, out = np.exp(-part), 0.0, []
    for j in range(1, 200):
        cumulative += probability
        threshold = round(cumulative * 2.0**32)
        if threshold >= 2**32:
            break
        out.append(threshold - 1 - 2**31)
        probability *= part / j
    out += [2**31 - 1] * (-len(out) % TOGETHER)
    return draws, np.array(out, np.int32)
