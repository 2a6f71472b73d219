"""What reaches the cells at the beginning of a step: the ring's slot, plus Poisson background drawn on the spot."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np
from llvmlite import ir
from numba.extending import intrinsic

from isocortex.engine import random as R
from isocortex.engine.kernel import tables as T

PIECE, TOGETHER = 256, 4
_F0, _F1 = np.float32(0), np.float32(1)
_I32, _U32 = nb.types.int32, nb.types.uint32


@intrinsic
def index_of(typingctx: Any, cell: Any) -> Any:
    """What `word_of` takes for a cell: cell * GOLDEN, a product that wraps around."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.mul(args[0], ir.IntType(32)(R.GOLDEN))

    return _U32(_U32), codegen


@intrinsic
def following(typingctx: Any, index: Any) -> Any:
    """The same for the next cell."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.add(args[0], ir.IntType(32)(R.GOLDEN))

    return _U32(_U32), codegen


@intrinsic
def word_of(typingctx: Any, index: Any, key: Any, key1: Any) -> Any:
    """A random word for a cell: `isocortex.engine.random.draw`, its sign bit flipped, as int32.

    Written out for LLVM, since Numba's integers grow to 64 bits, which halves what a vector holds.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        number = ir.IntType(32)

        def shifted(x: Any, by: int) -> Any:
            return builder.xor(x, builder.lshr(x, number(by)))

        x = builder.xor(args[0], args[1])
        x = builder.add(builder.mul(shifted(x, 17), number(R.M1)), args[2])
        x = builder.mul(shifted(x, 11), number(R.M2))
        x = builder.mul(shifted(x, 15), number(R.M3))
        return builder.xor(shifted(x, 14), number(2**31))

    return _I32(_U32, _U32, _U32), codegen


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
        index = index_of(np.uint32(start))
        for i in range(size):
            words[i] = word_of(index, key, key1)
            index = following(index)
        top = words[0]
        for i in range(size):
            top = max(top, words[i])
        for j in range(0, limits.shape[0], TOGETHER):
            if top <= limits[j]:
                break  # no word of this piece exceeds what is left: the limits ascend
            a, b, c, d = limits[j], limits[j + 1], limits[j + 2], limits[j + 3]
            for i in range(size):
                word = words[i]
                count = (_F1 if word > a else _F0) + (_F1 if word > b else _F0)
                piece[i] += weight * (count + ((_F1 if word > c else _F0) + (_F1 if word > d else _F0)))


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
