"""The growth of a packed symmetric matrix on all cores, as four products of equal work that one thread each hands to BLAS.

BLAS has threads of its own, but these and the kernels' wait for work in turn on the same cores, which costs all they gain.
"""

from __future__ import annotations

from typing import Any

import llvmlite.binding as llvm
import numpy as np
from numba.extending import get_cython_function_address

from isocortex.learn.compiled import nb, one_blas_thread


def _blas(name: str, arguments: int) -> Any:
    """SciPy's BLAS by a name of our own, so that compiled code can be kept on disk; all arguments are addresses."""
    llvm.add_symbol(f"isocortex_{name}", get_cython_function_address("scipy.linalg.cython_blas", name))
    return nb.types.ExternalFunction(f"isocortex_{name}", nb.types.void(*[nb.types.uintp] * arguments))


_ssyrk, _sgemm = _blas("ssyrk", 10), _blas("sgemm", 13)
_ONE = np.ones(1, np.float32)
_UPPER, _LOWER, _PLAIN, _TURNED = (np.frombuffer(letter, np.uint8).copy() for letter in (b"U", b"L", b"N", b"T"))


@nb.njit(parallel=True, cache=True)
def _grow(rows: Any, packed: Any, ints: Any, at: Any, one: Any, upper: Any, lower: Any, plain: Any, turned: Any) -> None:
    n1, height, half = ints[0], ints[4], ints[5]
    left, right, top = rows[:, :n1], rows[:, n1:], packed[height - n1 :]
    n1s, n2s, ks, ds, heights = at[0], at[1], at[2], at[3], at[4]
    for task in nb.prange(4):
        if task == 0:
            _ssyrk(
                *(lower.ctypes.data, plain.ctypes.data, n1s, ks, one.ctypes.data, left.ctypes.data, ds),
                *(one.ctypes.data, top.ctypes.data, heights),
            )
        elif task == 1:
            _ssyrk(
                *(upper.ctypes.data, plain.ctypes.data, n2s, ks, one.ctypes.data, right.ctypes.data, ds),
                *(one.ctypes.data, packed[n1:].ctypes.data, heights),
            )
        else:
            first = (task - 2) * half
            _sgemm(
                *(plain.ctypes.data, turned.ctypes.data, n1s, at[3 + task], ks, one.ctypes.data),
                *(left.ctypes.data, ds, right[:, first:].ctypes.data, ds, one.ctypes.data),
                *(packed[first * height :].ctypes.data, heights),
            )


def grow(rows: np.ndarray, packed: np.ndarray) -> None:
    """Add the outer products of `rows`, (k, d) float32, to `packed`: LAPACK's ``ssfrk`` with transr "N" and uplo "U".

    The rectangle of d // 2 columns holds the product of the first half of the columns of `rows` with the second, and below
    and beside it the two triangles.
    """
    k, d = rows.shape
    n1, n2 = d // 2, d - d // 2
    ints = np.array([n1, n2, k, d, d + 1 - d % 2, n2 // 2, n2 - n2 // 2], np.int32)
    at = ints.ctypes.data + np.arange(len(ints), dtype=np.uintp) * ints.itemsize  # BLAS takes numbers by their addresses
    with one_blas_thread():
        _grow(np.ascontiguousarray(rows, np.float32), packed, ints, at, _ONE, _UPPER, _LOWER, _PLAIN, _TURNED)
