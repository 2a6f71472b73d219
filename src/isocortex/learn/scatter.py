"""A symmetric matrix that grows by outer products, in half the memory: LAPACK's rectangular full packed format, float32.

(Gustavson, Wasniewski, Dongarra & Langou 2010, doi:10.1145/1731022.1731028: packed storage at the speed of level-3 BLAS.)
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import lapack

from isocortex.errors import RunError
from isocortex.learn.scatter_kernel import grow


class Scatter:
    """S = sum of x x^T; holds d (d + 1) / 2 numbers."""

    def __init__(self, d: int, packed: np.ndarray | None = None) -> None:
        self.d = d
        self.packed = np.zeros(d * (d + 1) // 2, np.float32) if packed is None else packed

    def copy(self) -> Scatter:
        """A copy that can be changed apart."""
        return Scatter(self.d, self.packed.copy())

    def add(self, rows: np.ndarray) -> None:
        """Add the outer products of `rows`, shape (k, d), float32."""
        if len(rows):
            grow(rows, self.packed)

    def nbytes(self) -> int:
        """Bytes held."""
        return int(self.packed.nbytes)

    def scale(self, factor: float) -> None:
        """S times a number."""
        self.packed *= np.float32(factor)

    def diagonal_places(self) -> np.ndarray:
        """Where the diagonal lies in `packed`."""
        return _diagonal_places(self.d)

    def trace(self) -> float:
        """Sum of the diagonal."""
        return float(self.packed[self.diagonal_places()].sum(dtype=np.float64))

    def squares(self) -> float:
        """Sum of the squares of all d x d elements."""
        diagonal = self.packed[self.diagonal_places()].astype(np.float64)
        return float(2.0 * sum(np.dot(p, p) for p in map(np.float64, np.array_split(self.packed, 64))) - diagonal @ diagonal)

    def solve_in_place(self, ridge: float, right: np.ndarray) -> np.ndarray:
        """(S + ridge I)^-1 right, right of shape (d, k); S is overwritten by its Cholesky factor."""
        self.packed[self.diagonal_places()] += np.float32(ridge)
        factor, info = lapack.spftrf(self.d, self.packed, overwrite_a=1)
        if info:
            raise RunError("association: the shrunk covariance is not positive definite; give larger `shrinkage`")
        solution, _ = lapack.spftrs(self.d, factor, np.asfortranarray(right, np.float32))
        self.packed = factor
        return np.asarray(solution)


def _diagonal_places(d: int) -> np.ndarray:
    """Positions of the diagonal for transr = 'N', uplo = 'U'.

    The format folds the first triangle under the second: with n1 = d // 2 the array has d + 1 (even d) or d (odd d) rows;
    element (j, j) with j >= n1 lies at row j, column j - n1; one with j < n1 at row n1 + 1 + ..., transposed.
    """
    n1 = d // 2
    rows = d + 1 if d % 2 == 0 else d
    j = np.arange(d)
    low, high = j[:n1], j[n1:]
    # the second triangle starts at row n1 in column 0; the first, transposed, lies below it
    first = (n1 + 1 + low) + low * rows
    second = high + (high - n1) * rows
    return np.concatenate([first, second])
