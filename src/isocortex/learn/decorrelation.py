"""L4: the components that lateral inhibition decorrelates, each even or odd under left-right reflection.

Lateral inhibition between cells with correlated responses settles where responses are uncorrelated (Foldiak 1990); the fixed
point is a whitening matrix, which an eigendecomposition gives at once. The covariance is made symmetric under reflection
first, so every component is even or odd, and the response of a unit's mirror image is (even part) - (odd part).
"""

from __future__ import annotations

import dataclasses

import numpy as np

LEAST = 1e-7  # of the largest variance; below it a component never varies but by rounding
MANY = 1000  # values from which eigenvectors come by way of the samples where these are fewer: seconds of 3,072 values


@dataclasses.dataclass(frozen=True)
class Components:
    """z = x @ projection - offset; the first `n_even` components are even under reflection, the others odd."""

    projection: np.ndarray  # (length, q) float32
    offset: np.ndarray  # (q,) float32
    n_even: int

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Decorrelate rows x of shape (n, length)."""
        return np.asarray(x @ self.projection - self.offset)


def reflection(size: int, channels: int, partner: np.ndarray | None = None) -> np.ndarray:
    """The permutation of a flattened patch (size, size, channels) that mirrors it left-right.

    `partner[c]` is the channel that shows the mirror image of channel c (itself by default).
    """
    index = np.arange(size * size * channels).reshape(size, size, channels)[:, ::-1]
    return (index if partner is None else index[:, :, partner]).reshape(-1)


def decorrelate(x: np.ndarray, q: int, eps: float, mirror: np.ndarray | None = None, *, whiten: bool = True) -> Components:
    """Whitening components of rows x, shape (n, length).

    Parameters
    ----------
    q : the largest number of components; those with the largest variance are kept, and none that never varies.
    eps : added to each variance, as a fraction of the mean variance of a normalised input (1).
    mirror : the permutation of `reflection`; None: no symmetry, all components count as even.
    whiten : False leaves the components' variances as they are (no decorrelation).
    """
    mean = x.mean(0, dtype=np.float64)
    if mirror is not None:
        mean = (mean + mean[mirror]) / 2
    centred = x - mean.astype(np.float32)
    if mirror is None and len(x) < x.shape[1] and x.shape[1] >= MANY:
        values, vectors = _by_samples(centred.astype(np.float64))
        even = np.ones(len(values), bool)
    else:
        cov = (centred.T @ centred).astype(np.float64) / max(len(x), 1)
        values, vectors, even = _by_parity(cov, mirror)
    kept = np.argsort(-values, kind="stable")[:q]
    alive = kept[values[kept] > LEAST * max(values.max(initial=0.0), 1e-12)]
    kept = alive if len(alive) else kept[:1]
    kept = np.concatenate([kept[even[kept]], kept[~even[kept]]])
    scale = np.sqrt(np.maximum(values[kept], 0) + eps) if whiten else np.ones(len(kept))
    projection = np.ascontiguousarray(vectors[:, kept] / scale, np.float32)
    return Components(projection, (mean @ projection).astype(np.float32), int(even[kept].sum()))


def _by_samples(centred: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues of the covariance of few samples (n, length), and eigenvectors (columns), from their n x n products.

    Those whose variance is not 0, which are all that are of use.
    """
    n = len(centred)
    values, samples = np.linalg.eigh(centred @ centred.T / n)
    real = values > LEAST * max(values.max(), 1e-12)
    real[-1] = True  # one at least
    length = np.sqrt(np.maximum(n * values[real], 1e-300))
    return values[real], centred.T @ samples[:, real] / length


def _by_parity(cov: np.ndarray, mirror: np.ndarray | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Eigenvalues, eigenvectors (columns) and whether each is even."""
    if mirror is None:
        values, vectors = np.linalg.eigh(cov)
        return values, vectors, np.ones(len(values), bool)
    cov = (cov + cov[np.ix_(mirror, mirror)]) / 2
    parts = []
    for sign in (1.0, -1.0):
        basis = _half_space(mirror, sign)
        values, vectors = np.linalg.eigh(basis.T @ cov @ basis)
        parts.append((values, basis @ vectors, np.full(len(values), sign > 0)))
    values, vectors, even = (np.concatenate([p[i] for p in parts], axis=-1) for i in range(3))
    return values, vectors, even


def _half_space(mirror: np.ndarray, sign: float) -> np.ndarray:
    """An orthonormal basis of the vectors that reflection maps to `sign` times themselves; columns."""
    pairs = [(i, j) for i, j in enumerate(mirror) if i < j]
    fixed = [i for i, j in enumerate(mirror) if i == j] if sign > 0 else []
    basis = np.zeros((len(mirror), len(pairs) + len(fixed)))
    for column, (i, j) in enumerate(pairs):
        basis[[i, j], column] = np.sqrt(0.5) * np.array([1.0, sign])
    for column, i in enumerate(fixed, start=len(pairs)):
        basis[i, column] = 1.0
    return basis
