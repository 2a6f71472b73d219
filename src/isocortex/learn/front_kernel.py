"""The compiled front end: patch, normalise, project, match, inhibit, pool, row by row in cache, images in parallel.

An image's result depends on that image alone (fixed shapes, one BLAS thread each), so it has the same bits for any number of
threads and any batch.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from isocortex.learn.compiled import nb

F = np.float32
CHUNK = 4  # images that share a thread's scratch arrays


@nb.njit(cache=True, fastmath=True)
def normalised_row(image: Any, y: int, columns: int, size: int, eps: Any, out: Any) -> None:
    """The patches of one row of positions: mean 0, divided by sqrt(variance + eps)."""
    channels = image.shape[2]
    length = size * size * channels
    for x in range(columns):
        k = 0
        total = F(0)
        for dy in range(size):
            for dx in range(size):
                for c in range(channels):
                    v = image[y + dy, x + dx, c]
                    out[x, k] = v
                    total += v
                    k += 1
        mean = total / F(length)
        squares = F(0)
        for k in range(length):
            d = out[x, k] - mean
            squares += d * d
        gain = F(1) / np.sqrt(squares / F(length) + eps)
        for k in range(length):
            out[x, k] = (out[x, k] - mean) * gain


@nb.njit(cache=True, fastmath=True)
def threshold(even: Any, odd: Any, mirrored: bool, inhibition: Any) -> Any:
    """Mean plus `inhibition` standard deviations of all responses at one position.

    With a mirrored bank the responses are even + odd and even - odd; their sums need neither.
    """
    n = even.shape[0]
    total = F(0)
    squares = F(0)
    for k in range(n):
        total += even[k]
        squares += even[k] * even[k]
    if mirrored:
        for k in range(n):
            squares += odd[k] * odd[k]
    mean = total / F(n)
    return mean + inhibition * np.sqrt(max(squares / F(n) - mean * mean, F(0)))


@nb.njit(cache=True, fastmath=True)
def collect(even: Any, odd: Any, mirrored: bool, t: Any, here: Any, there: Any, offset: int) -> None:
    """Add the rectified responses: the units to `here`, their mirror images to `there`, `offset` channels on."""
    n = even.shape[0]
    if mirrored:
        for k in range(n):
            here[k] += max(even[k] + odd[k] - t, F(0))
        for k in range(n):
            there[offset + k] += max(even[k] - odd[k] - t, F(0))
    else:
        for k in range(n):
            here[k] += max(even[k] - t, F(0))


@nb.njit(cache=True, fastmath=True)
def split(code: Any, offset: Any, even: Any, odd: Any, n_odd: int) -> None:
    """Components minus their offset, those even under reflection apart from the `n_odd` odd ones."""
    n_even = even.shape[1]
    for x in range(code.shape[0]):
        for k in range(n_even):
            even[x, k] = code[x, k] - offset[k]
        for k in range(n_odd):
            odd[x, k] = code[x, n_even + k] - offset[n_even + k]


@nb.njit(cache=True, parallel=True, fastmath=True)
def respond(
    images: Any,
    size: int,
    eps: Any,
    projection: Any,
    offset: Any,
    even: Any,
    odd: Any,
    inhibition: Any,
    rows: Any,
    columns: Any,
    pool: Any,
    folded: bool,
    out: Any,
) -> None:
    """Responses of a bank of units, pooled.

    Parameters
    ----------
    images : (n, height, width, channels), float32.
    size, eps : edge of a patch; semi-saturation of the gain control.
    projection, offset : (size * size * channels, q) and (q,): decorrelated components, those even under reflection first.
    even, odd : (q_even, units), (q_odd, units): the units. With q_odd = 0 the bank is not mirrored.
    inhibition : c in relu(s - mean - c sd), over the units at one place.
    rows, columns : the fine cell of every row and column of positions, each symmetric under reflection.
    pool : (cells, fine rows * fine columns), what is summed into a result.
    folded : add a unit's mirror image, at the mirrored place, to the unit (invariant); else keep it as a channel of its own.
    out : (n, cells, channels) with units or 2 * units channels; overwritten.
    """
    n, channels = images.shape[0], out.shape[2]
    length, q = projection.shape
    n_even, units = even.shape
    n_odd, mirrored = odd.shape[0], odd.shape[0] > 0
    n_rows, n_columns = rows.shape[0], columns.shape[0]
    across = columns[n_columns - 1] + 1
    shift = 0 if folded else units
    for chunk in nb.prange((n + CHUNK - 1) // CHUNK):
        patches = np.empty((n_columns, length), F)
        code = np.empty((n_columns, q), F)
        code_even = np.empty((n_columns, n_even), F)
        code_odd = np.empty((n_columns, max(n_odd, 1)), F)
        sums = np.empty((n_columns, units), F)
        differences = np.zeros((n_columns, units), F)
        fine = np.empty((pool.shape[1], channels), F)
        for i in range(chunk * CHUNK, min(n, (chunk + 1) * CHUNK)):
            fine[:] = F(0)
            for y in range(n_rows):
                normalised_row(images[i], y, n_columns, size, eps, patches)
                np.dot(patches, projection, code)
                split(code, offset, code_even, code_odd, n_odd)
                np.dot(code_even, even, sums)
                if mirrored:
                    np.dot(code_odd, odd, differences)
                for x in range(n_columns):
                    t = threshold(sums[x], differences[x], mirrored, inhibition)
                    here = rows[y] * across + columns[x]
                    there = rows[y] * across + columns[n_columns - 1 - x] if folded else here
                    collect(sums[x], differences[x], mirrored, t, fine[here], fine[there], shift)
            np.dot(pool, fine, out[i])
