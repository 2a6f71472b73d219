"""The association layer: cells that learn under a plateau towards their input, their shared variability decorrelated away.

Per class it keeps a count and a mean, over all classes one within-class scatter, each updated by its exact recursion (pooled
Welford in the form of Chan, Golub & LeVeque 1983), so that what was learned does not depend on the order of the classes.
The discriminants are the fixed point of lateral inhibition that decorrelates the within-class variability: linear
discriminant analysis with a shrunk covariance. It is found by one Cholesky solve, when asked.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from isocortex.engine.random import generator
from isocortex.errors import RunError
from isocortex.learn.discriminants import Discriminants, discriminants
from isocortex.learn.judge import Judge
from isocortex.learn.prototypes import Prototypes
from isocortex.learn.scatter import Scatter
from isocortex.learn.shrinkage import LEAST, Shrinkage, shrink

BLOCK = 128  # rows that are folded in at once
VIEWED = 0.5  # most shrinkage where samples were looked at several times
PROBES = 16  # random vectors that estimate a trace


class Association:
    """What the association layer has learned of rows of d features."""

    def __init__(self, d: int, block: int = BLOCK, judge: Judge | None = None, eta: float = 1.0, floor: float = 0.0) -> None:
        self.d, self.block, self.judge = d, block, judge
        self.prototypes = Prototypes.none(d, eta, floor)
        self.scatter: Scatter | None = None  # made when the first block is folded in
        self.weight = 0.0  # of all that is in the scatter
        self.viewed = False  # whether samples were looked at several times
        self.rows = np.zeros((block, d), np.float32)
        self.labels = np.zeros(block, np.int64)
        self.weights = np.zeros(block)
        self.views = np.ones(block)
        self.pending = 0

    def absorb(self, rows: np.ndarray, labels: np.ndarray, weights: np.ndarray, views: np.ndarray | None = None) -> None:
        """Learn rows (n, d) of classes `labels` (n,); folded in by blocks that do not depend on how the rows are split.

        views : how many rows show the same sample as each row does, (n,).
        """
        self.viewed |= views is not None
        views = np.ones(len(rows)) if views is None else views
        done = 0
        while done < len(rows):
            if self.pending == self.block:
                self._fold()
            n = min(self.block - self.pending, len(rows) - done)
            at = slice(self.pending, self.pending + n)
            new = slice(done, done + n)
            self.rows[at], self.labels[at], self.weights[at], self.views[at] = rows[new], labels[new], weights[new], views[new]
            self.pending, done = self.pending + n, done + n

    def _fold(self) -> None:
        residuals, weight = self._learn(self.prototypes, self.judge)
        self.weight += weight
        self.pending = 0
        if self.scatter is None:
            self.scatter = Scatter(self.d)
        self.scatter.add(residuals)

    def _learn(self, prototypes: Prototypes, judge: Judge | None) -> tuple[np.ndarray, float]:
        """Learn the pending rows into `prototypes`; what the scatter grows by, and the weight learned."""
        grown, learned = [np.zeros((0, self.d), np.float32)], 0.0
        for i in range(0, self.pending, BLOCK):
            at = slice(i, min(i + BLOCK, self.pending))
            rows, labels, weights = self.rows[at], self.labels[at], self.weights[at]
            prototypes.grow(int(labels.max()) + 1)
            if judge is not None:
                verdict = judge.judge(rows, labels, weights)
                verdict.apply(prototypes)
                weights = verdict.weights
            grown.append(prototypes.learn(rows, labels, weights, self.views[at]))
            learned += float(weights.sum())
        return np.concatenate(grown), learned

    def judge_now(self) -> Judge:
        """The judge with the pending rows."""
        assert self.judge is not None
        judge = self.judge.copy()
        self._learn(self.prototypes.copy(), judge)
        return judge

    def solve(self, shrinkage: float | None = None) -> Discriminants:
        """Discriminants of everything absorbed.

        shrinkage : weight of the identity in (1 - s) S + s tr(S)/d I; None: the oracle approximating estimate (Chen, Wiesel,
            Eldar & Hero 2010, doi:10.1109/TSP.2010.2053029).
        """
        prototypes = self.prototypes.copy()
        judge = self.judge and self.judge.copy()
        residuals, pending = self._learn(prototypes, judge)
        weight = self.weight + pending
        means = prototypes.mean.T.astype(np.float32)
        how = self._shrinkage(shrinkage, prototypes, weight)
        if self.scatter is None:
            solution, s, freedom = _solve_by_samples(residuals, weight, means, how)
        else:
            scatter = self.scatter.copy()
            scatter.add(residuals)
            solution, s, freedom = _solve_by_covariance(scatter, weight, means, how)
        found = discriminants(prototypes, means, solution, s, freedom)
        return dataclasses.replace(found, temperature=judge.temperature.value() if judge else 1.0)

    def _shrinkage(self, given: float | None, prototypes: Prototypes, weight: float) -> Shrinkage:
        """Few samples a class say little of what varies within it, one says nothing; but views of it do."""
        known = prototypes.samples()[prototypes.weight > 0]
        least = max(LEAST, 1 / max(1.0, float(known.mean()))) if len(known) else LEAST
        return Shrinkage(given, least, VIEWED if self.viewed else 1.0, weight)

    def nbytes(self) -> int:
        """Bytes of everything kept."""
        arrays: list[np.ndarray] = [self.rows, self.labels, self.weights, self.views]
        own = sum(a.nbytes for a in arrays) + self.prototypes.nbytes()
        return own + (self.scatter.nbytes() if self.scatter else 0) + (self.judge.nbytes() if self.judge else 0)


Solution = tuple[np.ndarray, float, float]
"""(A^-1 means, shrinkage, effective number of dimensions tr(A^-1 S)), with A the shrunk and S the plain covariance."""


def _solve_by_covariance(scatter: Scatter, weight: float, means: np.ndarray, how: Shrinkage) -> Solution:
    """By Cholesky; the trace of the inverse comes from random signs (Hutchinson 1990)."""
    d = len(means)
    s, scale, ridge = shrink(scatter.trace(), scatter.squares(), d, weight, how)
    few = d <= 16 * PROBES  # then exactly
    signs = np.eye(d) if few else generator(0, "probes").choice([-1.0, 1.0], (d, PROBES)) / np.sqrt(PROBES)
    solved = scatter.solve_in_place(ridge / scale, np.concatenate([means, signs], axis=1)) / scale
    inverse_trace = float((signs * solved[:, means.shape[1] :]).sum(dtype=np.float64))
    return solved[:, : means.shape[1]], s, (d - ridge * inverse_trace)


def _solve_by_samples(rows: np.ndarray, weight: float, means: np.ndarray, how: Shrinkage) -> Solution:
    """Through the Gram matrix of the few rows R: A = scale R^T R + ridge I."""
    gram = rows.astype(np.float64) @ rows.T.astype(np.float64)
    trace, squares = float(np.trace(gram)), float((gram**2).sum())
    s, scale, ridge = shrink(trace, squares, rows.shape[1], weight, how)
    if ridge <= 0:
        raise RunError("association: fewer samples than features leave no inverse without shrinkage; give larger `shrinkage`")
    inner = np.linalg.inv(scale * gram + ridge * np.eye(len(gram)))
    solution = (means - scale * (rows.T @ (inner @ (rows @ means.astype(np.float64))))) / ridge
    return solution.astype(np.float32), s, float(scale * (inner * gram).sum())
