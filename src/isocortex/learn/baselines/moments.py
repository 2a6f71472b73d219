"""Running moments: counts and means of classes, and the scatter within them, updated without ever storing a sample."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from scipy.linalg import lapack

from isocortex.learn.baselines.base import with_rows


class ClassMeans:
    """Weights and means of classes, by Welford's update: ``m += (w / n) (x - m)`` with n the class's own summed weight.

    n : (classes,). mean : (classes, features).
    """

    def __init__(self, features: int, dtype: Any = np.float64) -> None:
        self.n = np.zeros(0)
        self.mean = np.zeros((0, features), dtype)

    def grow(self, classes: int) -> None:
        """Make room for so many classes."""
        self.n, self.mean = with_rows(self.n, classes), with_rows(self.mean, classes)

    def add(self, z: np.ndarray, index: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Take samples in; returns the rows r of which ``r.T @ r`` is what the scatter within the classes grows by.

        For a class with weight n and mean m, and samples of summed weight b and mean c: the samples' own scatter around c,
        and ``n b / (n + b) (c - m)(c - m)^T``. The first sample of a class thus adds nothing.
        Chan, Golub & LeVeque 1983, https://doi.org/10.1080/00031305.1983.10483115.
        """
        rows = []
        for k in np.unique(index):
            chosen = (index == k) & (weights > 0)
            own, w = z[chosen].astype(self.mean.dtype, copy=False), weights[chosen].astype(np.float64)
            if not len(own):
                continue
            b, n = float(w.sum()), float(self.n[k])
            centre = (w / b).astype(self.mean.dtype) @ own
            delta = centre - self.mean[k]
            if n > 0:
                rows.append((np.sqrt(n * b / (n + b)) * delta)[None].astype(self.mean.dtype))
            if len(own) > 1:
                rows.append(np.sqrt(w)[:, None].astype(self.mean.dtype) * (own - centre))
            self.mean[k] += (b / (n + b)) * delta
            self.n[k] = n + b
        return np.concatenate(rows) if rows else np.zeros((0, self.mean.shape[1]), self.mean.dtype)


@dataclasses.dataclass
class Scatter:
    """A symmetric sum of outer products, half of it stored: (d (d + 1) / 2,), LAPACK's rectangular full packed format."""

    size: int
    packed: np.ndarray

    @classmethod
    def zero(cls, size: int, dtype: Any = np.float64) -> Scatter:
        return cls(size, np.zeros(size * (size + 1) // 2, dtype))

    def add(self, rows: np.ndarray) -> None:
        """Add ``rows.T @ rows``."""
        if len(rows):
            update = lapack.ssfrk if self.packed.dtype == np.float32 else lapack.dsfrk
            self.packed = update(self.size, len(rows), 1.0, rows.T, 1.0, self.packed, overwrite_c=1)

    def upper(self) -> np.ndarray:
        """The upper triangle in a (d, d) matrix of the same precision; what is below means nothing."""
        unpack = lapack.stfttr if self.packed.dtype == np.float32 else lapack.dtfttr
        return unpack(self.size, self.packed)[0]

    def full(self) -> np.ndarray:
        """The whole matrix, (d, d) float64."""
        upper = np.triu(self.upper()).astype(np.float64)
        return upper + np.triu(upper, 1).T

    def square(self) -> float:
        """The sum of the squares of all entries of the whole matrix."""
        diagonal = np.diag(self.upper()).astype(np.float64)
        return 2 * float(np.einsum("i,i->", self.packed, self.packed, dtype=np.float64)) - float((diagonal**2).sum())

    def trace(self) -> float:
        """The sum of the diagonal."""
        return float(np.diag(self.upper()).sum(dtype=np.float64))


def packed_bytes(size: int, dtype: Any = np.float32) -> int:
    """Bytes of a `Scatter`."""
    return size * (size + 1) // 2 * np.dtype(dtype).itemsize
