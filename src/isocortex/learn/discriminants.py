"""What the association cells answer: linear discriminants, their thresholds, and how far an input is from what they expect."""

from __future__ import annotations

import dataclasses

import numpy as np

from isocortex.learn.prototypes import Prototypes

TAIL = 3.5  # standard deviations; real inputs spread about twice as far as the model says, so this is a tail of some percent
SETTLED = 100.0  # samples after which salience has lost half of its pull


@dataclasses.dataclass(frozen=True)
class Discriminants:
    """score = rows @ coefficients + intercepts: log posteriors up to a constant.

    coefficients, intercepts : (d, classes), (classes,); classes without samples have the intercept -inf.
    background, level : the same for the mean of all classes, (d,) and a number.
    heights : by how much a class's own input is expected to exceed the background, (classes,).
    temperature : what scores are divided by for probabilities.
    """

    coefficients: np.ndarray
    intercepts: np.ndarray
    shrinkage: float
    background: np.ndarray
    level: float
    heights: np.ndarray
    temperature: float = 1.0

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        return np.asarray(rows.astype(np.float64) @ self.coefficients + self.intercepts)

    def surprise(self, rows: np.ndarray) -> np.ndarray:
        """By how many standard deviations the best class's evidence falls short of what its own inputs bring; (n,).

        NaN while fewer than two classes are known: the background is then the class itself. Under the model the log evidence
        of an input of class c over the background is normal, with mean h and variance 2 h.
        """
        if np.isfinite(self.intercepts).sum() < 2:
            return np.full(len(rows), np.nan)
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
        freedom / n, for the noise in it; without that correction a class with few samples hardly ever wins, and with all of
        it such a class takes much from its neighbours. See `excitability` for how much of it there is.
    """
    known = prototypes.weight > 0
    inner = means.T.astype(np.float64) @ solution.astype(np.float64)
    noise = freedom / np.maximum(prototypes.samples(), 1.0)
    intercepts = -0.5 * np.diag(inner) + excitability(prototypes, inner, noise / 2)
    intercepts[~known] = -np.inf
    share = known / max(known.sum(), 1)
    level = -0.5 * float(share @ inner @ share)
    spread = np.diag(inner) - 2 * inner @ share + share @ inner @ share
    background = (solution.astype(np.float64) @ share).astype(np.float32)
    return Discriminants(np.ascontiguousarray(solution), intercepts, shrinkage, background, level, np.maximum(spread, 0.0) / 2)


def excitability(prototypes: Prototypes, inner: np.ndarray, correction: np.ndarray) -> np.ndarray:
    """How much each class's threshold is lowered, (classes,): as much as the classes known longer bear.

    They bear that no more than the tail beyond `TAIL` standard deviations of any of them is taken. A class gets the
    `correction` for its few samples as far as they bear it, and the more salient it was learned (with a mean weight above 1),
    the more of all that they bear.
    """
    samples, square = prototypes.samples(), np.diag(inner)
    pull = prominence(prototypes)
    out = correction.copy()
    for c in np.flatnonzero(prototypes.weight > 0):
        others = np.flatnonzero(samples > 2 * samples[c])
        if len(others) == 0:
            continue
        behind = (square[c] + square[others]) / 2 - inner[others, c] + correction[others]
        apart = np.sqrt(np.maximum(square[c] + square[others] - 2 * inner[others, c], 0.0))
        borne = max(0.0, float((behind - TAIL * apart).min()))
        modest = min(correction[c], borne)
        out[c] = modest + pull[c] * (borne - modest)
    return out


def prominence(prototypes: Prototypes) -> np.ndarray:
    """0 for classes learned like any other, 1 for salient ones; wanes as more samples come; (classes,)."""
    weight = prototypes.squares / np.maximum(prototypes.weight, 1e-300)
    return np.clip(weight - 1.0, 0.0, 1.0) * SETTLED / (SETTLED + prototypes.number)
