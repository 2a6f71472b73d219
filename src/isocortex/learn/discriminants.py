"""What the association cells answer: linear discriminants, their thresholds, and how far an input is from what they expect."""

from __future__ import annotations

import dataclasses

import numpy as np

from isocortex.learn.prototypes import Prototypes

TAIL = 4.0  # standard deviations; real inputs spread about twice as far as the model says, so this is a tail of some percent
SETTLED = 100.0  # samples after which salience has lost half of its pull


@dataclasses.dataclass(frozen=True)
class Discriminants:
    """score = rows @ coefficients + intercepts: log posteriors up to a constant.

    coefficients, intercepts : (d, classes), (classes,); classes without samples have the intercept -inf.
    background, level : the same for the mean of all classes, (d,) and a number.
    heights : by how much a class's own input is expected to exceed the background, (classes,).
    """

    coefficients: np.ndarray
    intercepts: np.ndarray
    shrinkage: float
    background: np.ndarray
    level: float
    heights: np.ndarray

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        return np.asarray(rows.astype(np.float64) @ self.coefficients + self.intercepts)

    def surprise(self, rows: np.ndarray) -> np.ndarray:
        """By how many standard deviations the best class's evidence falls short of what its own inputs bring; (n,).

        Under the model the log evidence of an input of class c over the background is normal, with mean h and variance 2 h.
        """
        scores = self(rows)
        evidence = scores - (rows.astype(np.float64) @ self.background + self.level)[:, None]
        best = scores.argmax(1)
        height = self.heights[best]
        return np.asarray((height - evidence[np.arange(len(rows)), best]) / np.sqrt(2 * height + 1e-9))

    def nbytes(self) -> int:
        """Bytes held."""
        return sum(a.nbytes for a in (self.coefficients, self.intercepts, self.background, self.heights))


def discriminants(
    prototypes: Prototypes, means: np.ndarray, solution: np.ndarray, shrinkage: float, freedom: float
) -> Discriminants:
    """From class means (d, classes) and solution = A^-1 means.

    freedom : effective number of dimensions, tr(A^-1 S). The squared length of a mean of n samples is too large by
        freedom / n, for the noise in it; without that correction a class with few samples hardly ever wins.
    """
    known = prototypes.weight > 0
    inner = means.T.astype(np.float64) @ solution.astype(np.float64)
    length = np.diag(inner) - freedom / np.maximum(prototypes.samples(), 1.0)
    intercepts = -0.5 * length
    intercepts += salience(prototypes, inner, intercepts)
    intercepts[~known] = -np.inf
    share = known / max(known.sum(), 1)
    level = -0.5 * float(share @ inner @ share)
    spread = np.diag(inner) - 2 * inner @ share + share @ inner @ share
    background = (solution.astype(np.float64) @ share).astype(np.float32)
    return Discriminants(np.ascontiguousarray(solution), intercepts, shrinkage, background, level, np.maximum(spread, 0.0) / 2)


def salience(prototypes: Prototypes, inner: np.ndarray, intercepts: np.ndarray) -> np.ndarray:
    """How much more excitable salient classes are, (classes,): as much as the known classes bear.

    A class that was learned with a mean weight above 1 gets a lower threshold. At full salience it wins as much as it can
    while taking no more than the tail beyond `TAIL` standard deviations from any class known longer.
    """
    samples = prototypes.samples()
    weight = prototypes.squares / np.maximum(prototypes.weight, 1e-300)
    pull = np.clip(weight - 1.0, 0.0, 1.0) * SETTLED / (SETTLED + samples)
    out = np.zeros(len(pull))
    for c in np.flatnonzero((pull > 0) & (prototypes.weight > 0)):
        others = np.flatnonzero(samples > 2 * samples[c])
        if len(others):
            lead = inner[others, c] - inner[others, others] + intercepts[c] - intercepts[others]
            apart = np.sqrt(np.maximum(inner[c, c] + inner[others, others] - 2 * inner[others, c], 0.0))
            out[c] = pull[c] * max(0.0, float((-lead - TAIL * apart).min()))
    return out
