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
LANES = 16  # units come in multiples of this, the rest silent: loops without remainders take half the time


@nb.njit(cache=True, fastmath=True)
def unrolled(image: Any, size: int, channels: int, columns: int, out: Any) -> None:
    """The image minus its mean, each of its rows as `size * channels` shifted copies: patches are stretches of the result.

    image : (height, width * channels). out : (height * size * channels, columns); the transposed patches of the y-th row of
    positions are its rows from y * size * channels on, size * size * channels of them.
    """
    height, width = image.shape
    total = 0.0
    for y in range(height):
        for j in range(width):
            total += np.float64(image[y, j])
    mean = F(total / (height * width))
    run = size * channels
    for y in range(height):
        for k in range(run):
            for x in range(columns):
                out[y * run + k, x] = image[y, x * channels + k] - mean


@nb.njit(cache=True, fastmath=True)
def gains(patches: Any, eps: float, sums: Any, squares: Any, out: Any) -> None:
    """1 / sqrt(variance + eps) of each column of `patches`. sums, squares : scratch."""
    length, columns = patches.shape
    sums[:] = F(0)
    squares[:] = F(0)
    for k in range(length):
        for x in range(columns):
            v = patches[k, x]
            sums[x] += v
            squares[x] += v * v
    for x in range(columns):
        mean = sums[x] / F(length)
        variance = max(squares[x] / F(length) - mean * mean, F(0))
        out[x] = F(1) / np.sqrt(variance + F(eps))


@nb.njit(cache=True, fastmath=True)
def project(patches: Any, projection: Any, gain: Any, out: Any) -> None:
    """Components of transposed patches, each patch times its gain; (columns, q)."""
    np.dot(patches.T, projection, out)
    for x in range(out.shape[0]):
        for k in range(out.shape[1]):
            out[x, k] *= gain[x]


@nb.njit(cache=True, fastmath=True)
def threshold(even: Any, odd: Any, gain: Any, bias: Any, units: int, mirrored: bool, inhibition: Any) -> Any:
    """Apply gain and bias; mean plus `inhibition` standard deviations of all responses at one position.

    With a mirrored bank the responses are even + odd and even - odd; their sums need neither.
    """
    total = F(0)
    squares = F(0)
    for k in range(even.shape[0]):
        s = gain * even[k] - bias[k]
        even[k] = s
        total += s
        squares += s * s
    if mirrored:
        for k in range(even.shape[0]):
            squares += odd[k] * odd[k]
    mean = total / F(units)
    return mean + inhibition * np.sqrt(max(squares / F(units) - mean * mean, F(0)))


@nb.njit(cache=True, fastmath=True)
def collect(even: Any, odd: Any, mirrored: bool, t: Any, here: Any, there: Any) -> None:
    """Add the rectified responses: the units to `here`, their mirror images to `there`."""
    n = even.shape[0]
    if mirrored:
        for k in range(n):
            here[k] += max(even[k] + odd[k] - t, F(0))
        for k in range(n):
            there[k] += max(even[k] - odd[k] - t, F(0))
    else:
        for k in range(n):
            here[k] += max(even[k] - t, F(0))


@nb.njit(cache=True, fastmath=True)
def inhibit_row(
    even: Any, odd: Any, gain: Any, bias: Any, units: int, mirrored: bool, inhibition: Any, start: int, columns: Any, fine: Any
) -> None:
    """Rectify one row of positions and add it to the fine cells from `start` on: with two layers, mirror images apart."""
    n = columns.shape[0]
    folded = fine.shape[0] == 1
    for x in range(n):
        t = threshold(even[x], odd[x], gain[x], bias, units, mirrored, inhibition)
        here = start + columns[x]
        there = start + columns[n - 1 - x] if folded else here
        collect(even[x], odd[x], mirrored, t, fine[0, here], fine[fine.shape[0] - 1, there])


@nb.njit(cache=True, parallel=True, fastmath=True)
def respond(
    images: Any, size: int, eps: Any, weights: Any, inhibition: Any, rows: Any, columns: Any, pool: Any, folded: bool, out: Any
) -> None:
    """Responses of a bank of units, pooled.

    images : (n, height, width * channels), float32.
    size, eps : edge of a patch; semi-saturation of the gain control.
    weights : projection, projection_odd, even, odd, bias:
    projection, projection_odd : (size * size * channels, q_even), (.., q_odd): decorrelated components, even and odd under
        reflection, each column of mean 0, which takes a patch's mean off. With q_even = 0, `even` is for patches themselves.
    even, odd : (q_even, width), (q_odd, width): the units, zero beyond their number. With q_odd = 0 the bank is not mirrored.
    bias : (width,), subtracted from the responses of `even` after the gain.
    inhibition : c in relu(s - mean - c sd), over the units at one place.
    rows, columns : the fine cell of every row and column of positions, each symmetric under reflection.
    pool : (cells, fine rows * fine columns), what is summed into a result.
    folded : add a unit's mirror image, at the mirrored place, to the unit (invariant); else keep it as a channel of its own.
    out : (n, cells, channels) with units or 2 * units channels; overwritten.
    """
    projection, projection_odd, even, odd, bias = weights
    n, n_even, n_odd = images.shape[0], projection.shape[1], projection_odd.shape[1]
    length, width = (projection if n_even else even).shape[0], even.shape[1]
    run = length // size  # rows of the unrolled image from one row of patches to the next
    mirrored, layers = n_odd > 0, 2 if n_odd > 0 and not folded else 1
    units = out.shape[2] // layers
    n_rows, n_columns = rows.shape[0], columns.shape[0]
    across = columns[n_columns - 1] + 1
    for chunk in nb.prange((n + CHUNK - 1) // CHUNK):
        strip = np.empty((images.shape[1] * run, n_columns), F)
        scratch = np.empty((2, n_columns), F)
        gain, unity = np.empty(n_columns, F), np.ones(n_columns, F)
        code, code_odd = np.empty((n_columns, n_even), F), np.empty((n_columns, n_odd), F)
        sums, differences = np.empty((n_columns, width), F), np.empty((n_columns, width), F)
        fine = np.empty((layers, pool.shape[1], width), F)
        pooled = np.empty((pool.shape[0], width), F)
        for i in range(chunk * CHUNK, min(n, (chunk + 1) * CHUNK)):
            fine[:] = F(0)
            unrolled(images[i], size, run // size, n_columns, strip)
            for y in range(n_rows):
                patches = strip[y * run : y * run + length]
                gains(patches, eps, scratch[0], scratch[1], gain)
                if n_even:
                    project(patches, projection, gain, code)
                    np.dot(code, even, sums)
                else:
                    np.dot(patches.T, even, sums)
                if mirrored:
                    project(patches, projection_odd, gain, code_odd)
                    np.dot(code_odd, odd, differences)
                left = unity if n_even else gain  # what is not applied yet
                inhibit_row(sums, differences, left, bias, units, mirrored, inhibition, rows[y] * across, columns, fine)
            for layer in range(layers):
                np.dot(pool, fine[layer], pooled)
                out[i, :, layer * units : (layer + 1) * units] = pooled[:, :units]
