"""The association layer: cells that learn under a plateau towards their input, their shared variability decorrelated away.

Per class it keeps a count and a mean, over all classes one within-class scatter, each updated by its exact recursion (pooled
Welford in the form of Chan, Golub & LeVeque 1983), so that what was learned does not depend on the order of the classes.
The discriminants are the fixed point of lateral inhibition that decorrelates the within-class variability: linear
discriminant analysis with a shrunk covariance. It is found by one Cholesky solve, when asked.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from isocortex.learn.scatter import Scatter

BLOCK = 128  # rows that are folded in at once


@dataclasses.dataclass
class Prototypes:
    """Per class: the sum of weights and the mean row."""

    weight: np.ndarray  # (classes,) float64
    mean: np.ndarray  # (classes, d) float64

    @classmethod
    def none(cls, d: int) -> Prototypes:
        return cls(np.zeros(0), np.zeros((0, d)))

    def copy(self) -> Prototypes:
        return Prototypes(self.weight.copy(), self.mean.copy())

    def grow(self, classes: int) -> None:
        """Make room for classes up to `classes`."""
        more = classes - len(self.weight)
        if more > 0:
            self.weight = np.concatenate([self.weight, np.zeros(more)])
            self.mean = np.concatenate([self.mean, np.zeros((more, self.mean.shape[1]))])

    def learn(self, rows: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Move each class mean by its rows; return rows whose outer products are the growth of the within-class scatter."""
        residuals = []
        for c in np.unique(labels):
            chosen = (labels == c) & (weights > 0)
            w = weights[chosen]
            total = w.sum()
            if total <= 0:
                continue
            x = rows[chosen]
            centre = (w @ x) / total
            residuals.append(np.sqrt(w)[:, None] * (x - centre))
            before = self.weight[c]
            if before > 0:  # the shift between old and new centre is within-class variability too
                residuals.append(np.sqrt(before * total / (before + total)) * (centre - self.mean[c])[None])
            self.weight[c] = before + total
            self.mean[c] += (total / (before + total)) * (centre - self.mean[c])
        return np.concatenate(residuals).astype(np.float32) if residuals else np.zeros((0, rows.shape[1]), np.float32)


@dataclasses.dataclass(frozen=True)
class Discriminants:
    """score = rows @ coefficients + intercepts, (d, classes) and (classes,); classes without samples have -inf."""

    coefficients: np.ndarray
    intercepts: np.ndarray
    shrinkage: float

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        return np.asarray(rows @ self.coefficients + self.intercepts)


class Association:
    """What the association layer has learned of rows of d features."""

    def __init__(self, d: int, block: int = BLOCK) -> None:
        self.d, self.block = d, block
        self.prototypes = Prototypes.none(d)
        self.scatter: Scatter | None = None  # made when the first block is folded in
        self.weight = 0.0  # of all that is in the scatter
        self.rows = np.zeros((block, d), np.float32)
        self.labels = np.zeros(block, np.int64)
        self.weights = np.zeros(block)
        self.pending = 0

    def absorb(self, rows: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> None:
        """Learn rows (n, d) of classes `labels` (n,); folded in by blocks that do not depend on how the rows are split."""
        done = 0
        while done < len(rows):
            if self.pending == self.block:
                self._fold()
            n = min(self.block - self.pending, len(rows) - done)
            at = slice(self.pending, self.pending + n)
            self.rows[at], self.labels[at], self.weights[at] = (a[done : done + n] for a in (rows, labels, weights))
            self.pending, done = self.pending + n, done + n

    def _fold(self) -> None:
        residuals = self._learn(self.prototypes)
        self.weight += float(self.weights[: self.pending].sum())
        self.pending = 0
        if self.scatter is None:
            self.scatter = Scatter(self.d)
        self.scatter.add(residuals)

    def _learn(self, prototypes: Prototypes) -> np.ndarray:
        n = self.pending
        if n:
            prototypes.grow(int(self.labels[:n].max()) + 1)
        return prototypes.learn(self.rows[:n], self.labels[:n], self.weights[:n])

    def current(self) -> Prototypes:
        """The prototypes with the pending rows."""
        prototypes = self.prototypes.copy()
        self._learn(prototypes)
        return prototypes

    def solve(self, shrinkage: float | None = None) -> Discriminants:
        """Discriminants of everything absorbed.

        shrinkage : weight of the identity in (1 - s) S + s tr(S)/d I; None: the oracle approximating estimate (Chen, Wiesel,
            Eldar & Hero 2010, doi:10.1109/TSP.2010.2053029).
        """
        prototypes = self.prototypes.copy()
        residuals = self._learn(prototypes)
        weight = self.weight + float(self.weights[: self.pending].sum())
        right = prototypes.mean.T.astype(np.float32)
        if self.scatter is None:
            solution, s = _solve_by_samples(residuals, weight, right, shrinkage)
        else:
            scatter = self.scatter.copy()
            scatter.add(residuals)
            s, scale, ridge = _shrink(scatter.trace(), scatter.squares(), self.d, weight, shrinkage)
            solution = scatter.solve_in_place(ridge / scale, right) / scale
        intercepts = -0.5 * np.einsum("dc,dc->c", right.astype(np.float64), solution.astype(np.float64))
        intercepts[prototypes.weight <= 0] = -np.inf
        return Discriminants(np.ascontiguousarray(solution), intercepts, s)

    def nbytes(self) -> int:
        """Bytes of everything kept."""
        p = self.prototypes
        arrays = [p.weight, p.mean, self.rows, self.labels, self.weights]
        return sum(a.nbytes for a in arrays) + (self.scatter.packed.nbytes if self.scatter else 0)


def _shrink(trace: float, squares: float, d: int, weight: float, given: float | None) -> tuple[float, float, float]:
    """(s, scale, ridge): the shrunk covariance is scale * scatter + ridge * I; trace and squares are the scatter's."""
    trace, squares, n = trace / max(weight, 1e-12), squares / max(weight, 1e-12) ** 2, max(weight, 1.0)
    if trace <= 0:  # no variability at all: all that is left is the distance
        return 1.0, 1e-12, 1.0
    s = given if given is not None else oracle_shrinkage(trace, squares, d, n)
    return s, max((1 - s) / max(weight, 1e-12), 1e-12), s * trace / d


def oracle_shrinkage(trace: float, squares: float, d: int, n: float) -> float:
    """The OAS weight of the identity for a sample covariance with this trace and sum of squares."""
    spread = (n + 1 - 2 / d) * (squares - trace**2 / d)
    return float(min(1.0, max(1e-6, ((1 - 2 / d) * squares + trace**2) / spread if spread > 0 else 1.0)))


def _solve_by_samples(rows: np.ndarray, weight: float, right: np.ndarray, given: float | None) -> tuple[np.ndarray, float]:
    """(scale R^T R + ridge I)^-1 right through the Gram matrix of the few rows R."""
    gram = rows.astype(np.float64) @ rows.T.astype(np.float64)
    trace, squares = float(np.trace(gram)), float((gram**2).sum())
    s, scale, ridge = _shrink(trace, squares, rows.shape[1], weight, given)
    inner = scale * gram + ridge * np.eye(len(gram))
    solution = (right - scale * (rows.T @ np.linalg.solve(inner, rows @ right.astype(np.float64)))) / ridge
    return solution.astype(np.float32), s
