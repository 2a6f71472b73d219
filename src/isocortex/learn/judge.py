"""Surprise: a small copy of the association layer that answers before it learns.

It sees m fixed random sums of the features and keeps its own prototypes and within-class covariance, so asking it costs the
same at any time of the stream. From what it expected come three things: how unfamiliar an input is; a gate that lets a label
pass which is at odds with a familiar input; and the reopening of a class whose labels are suddenly all at odds. What a class
was before is kept on a shelf, and comes back where later inputs show it again.
"""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.special import ndtr, softmax

from isocortex.learn.compiled import one_blas_thread
from isocortex.learn.prototypes import Prototypes
from isocortex.learn.shrinkage import oracle_shrinkage
from isocortex.learn.temperature import Temperature

M = 256
FEW = 10.0  # a class with less weight than this is expected nowhere


@dataclasses.dataclass(frozen=True)
class Gate:
    """When a label is not believed."""

    young: float = 200.0  # a class with less weight than this is always believed
    doubt: float = 0.2  # posterior of the label below which it is at odds with the input
    far: float = 3.0  # standard deviations of familiarity beyond which an input is new, not contradictory
    share: float = 0.2  # lasting share of contradictions from which a class's labels are gated; below, the judge is wrong


@dataclasses.dataclass(frozen=True)
class Reopening:
    """When a class is learned anew: its step is 1/n of a small n again."""

    excess: float = 0.5  # by how much the recent share of contradictions exceeds the lasting one
    fast: float = 1 / 16  # step of the recent share, per sample of the class
    slow: float = 1 / 256
    restart: float = 5.0  # the n that is left


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What follows from a batch's surprise.

    weights : of the samples, to learn with, (n,).
    count : for how many samples each class's mean shall count, (classes,).
    anew, again : which classes are learned anew, and which are again what they were before they were last learned anew.
    """

    weights: np.ndarray
    count: np.ndarray
    anew: np.ndarray
    again: np.ndarray

    def apply(self, prototypes: Prototypes) -> None:
        """Change what classes are, before the batch is learned."""
        prototypes.exchange(self.again)
        prototypes.shelve(self.anew)
        prototypes.reopen(self.count)


@dataclasses.dataclass
class Judge:
    """Expectations in m dimensions. `gate` and `reopening` are None where the sheet has them not."""

    projection: np.ndarray  # (d, m) float32
    gate: Gate | None = None
    reopening: Reopening | None = None
    temperature: Temperature = dataclasses.field(default_factory=Temperature)

    def __post_init__(self) -> None:
        m = self.projection.shape[1]
        self.prototypes = Prototypes.none(m)
        self.scatter = np.zeros((m, m))
        self.weight = 0.0
        self.recent = np.zeros(0)
        self.lasting = np.zeros(0)
        self.distance = np.array([0.0, 0.0, 0.0])  # of familiar inputs: number, mean, sum of squared deviations

    @classmethod
    def of(cls, d: int, rng: np.random.Generator, gate: Gate | None, reopening: Reopening | None) -> Judge:
        """A judge of rows of d features."""
        m = min(M, d)
        return cls((rng.standard_normal((d, m)) / np.sqrt(d)).astype(np.float32), gate, reopening)

    def copy(self) -> Judge:
        """A copy that can learn apart; the projection, which never changes, is shared."""
        other = copy.copy(self)
        other.prototypes = self.prototypes.copy()
        other.temperature = self.temperature.copy()
        for name in ("scatter", "recent", "lasting", "distance"):
            setattr(other, name, getattr(self, name).copy())
        return other

    def judge(self, rows: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> Verdict:
        """Say how much to believe of rows (n, d), then learn them."""
        with one_blas_thread():  # products too small for more
            return self._judge(self._codes(rows), labels, weights.copy())

    def _judge(self, codes: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> Verdict:
        self._grow(int(labels.max()) + 1)
        count = self.prototypes.weight.copy()
        reopened = again = np.zeros(len(count), bool)
        if (count >= FEW).sum() > 0 and self.weight > 2 * FEW:
            distances = self.distances(codes)
            odd = self._contradictory(distances, labels)
            reopened = self._reopened(labels, odd)
            again = self._known_again(reopened, codes, labels, odd, distances)
            count[reopened] = np.minimum(count[reopened], self.reopening.restart if self.reopening else np.inf)
            if self.gate is not None:
                errs = self.gate.share + 2 * self.expected_share(self.gate.doubt)
                trusted = (count < self.gate.young) | (self.lasting < errs)
                believed = ~odd | trusted[labels]
                weights[~believed] = 0.0
            self.temperature.see(-0.5 * distances, labels, weights)
        count[again] = np.inf
        verdict = Verdict(weights, count, reopened & ~again, again)
        verdict.apply(self.prototypes)
        residuals = self.prototypes.learn(codes, labels, weights).astype(np.float64)
        self.scatter += residuals.T @ residuals
        self.weight += float(weights.sum())
        return verdict

    def distances(self, codes: np.ndarray) -> np.ndarray:
        """Squared Mahalanobis distance of codes (n, m) to each class, infinite for classes with few samples; (n, classes)."""
        out = self._squared(codes, self.prototypes.mean)
        out[:, self.prototypes.weight < FEW] = np.inf
        return out

    def _squared(self, codes: np.ndarray, means: np.ndarray) -> np.ndarray:
        factor = self._factor()
        solved = cho_solve(factor, means.T)
        own = np.einsum("nm,mn->n", codes, cho_solve(factor, codes.T))
        out = own[:, None] - 2 * codes @ solved + np.einsum("cm,mc->c", means, solved)
        return np.asarray(np.maximum(out, 0.0))

    def _known_again(
        self, reopened: np.ndarray, codes: np.ndarray, labels: np.ndarray, odd: np.ndarray, distances: np.ndarray
    ) -> np.ndarray:
        """Which of the reopened classes were on the shelf what their odd samples show: nearer to it than to any class."""
        again, shelf = np.zeros(len(reopened), bool), self.prototypes.shelf
        if shelf is None:
            return again
        for c in np.flatnonzero(reopened & (shelf.weight >= FEW)):
            chosen = odd & (labels == c)
            if chosen.any():
                nearer = self._squared(codes[chosen], shelf.mean[[c]])[:, 0] < distances[chosen].min(1)
                again[c] = nearer.mean() > 0.5
        return again

    def expected_share(self, doubt: float) -> np.ndarray:
        """The share of each class's own inputs whose label would be at odds with them, were the model true; (classes,).

        The log odds of the true class against another at the distance D are normal, with mean D^2 / 2 and variance D^2.
        """
        means = self.prototypes.mean
        inner = means @ cho_solve(self._factor(), means.T)
        squared = np.maximum(np.diag(inner)[:, None] + np.diag(inner)[None] - 2 * inner, 1e-9)
        odds = np.log(1 / doubt - 1)
        chance = ndtr(-(odds + squared / 2) / np.sqrt(squared))
        np.fill_diagonal(chance, 0.0)
        chance[:, self.prototypes.weight < FEW] = 0.0
        return np.asarray(chance.sum(1))

    def _factor(self) -> Any:
        """Cholesky factor of the shrunk within-class covariance."""
        m = len(self.scatter)
        covariance = self.scatter / max(self.weight, 1.0)
        trace = float(np.trace(covariance))
        s = oracle_shrinkage(trace, float((covariance**2).sum()), m, max(self.weight, 2.0)) if trace > 0 else 1.0
        covariance = (1 - s) * covariance + (s * trace / m + 1e-9) * np.eye(m)
        return cho_factor(covariance, lower=True, overwrite_a=True, check_finite=False)

    def guess(self, rows: np.ndarray) -> np.ndarray:
        """The class that each row is taken for, -1 where none is known; (n,)."""
        distances = self.distances(self._codes(rows))
        if not np.isfinite(distances).any():
            return np.full(len(rows), -1)
        return np.asarray(distances.argmin(1))

    def _codes(self, rows: np.ndarray) -> np.ndarray:
        return np.asarray((rows @ self.projection).astype(np.float64))

    def nbytes(self) -> int:
        """Bytes of everything kept."""
        arrays = (self.projection, self.scatter, self.recent, self.lasting, self.temperature.losses)
        return sum(a.nbytes for a in arrays) + self.prototypes.nbytes()

    def _grow(self, classes: int) -> None:
        self.prototypes.grow(classes)
        more = len(self.prototypes.weight) - len(self.recent)
        self.recent, self.lasting = (np.concatenate([a, np.zeros(more)]) for a in (self.recent, self.lasting))

    def _contradictory(self, distances: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Whether each input, at these distances from the classes, is familiar, and not as its label says."""
        nearest = distances.min(1)
        known = self.prototypes.weight[labels] >= FEW
        far = self.gate.far if self.gate else Gate.far
        familiar = self._standard(nearest) < far
        posterior = softmax(-0.5 * distances, axis=1)
        doubt = self.gate.doubt if self.gate else Gate.doubt
        odd = known & familiar & (posterior[np.arange(len(labels)), labels] < doubt)
        own = distances[np.arange(len(labels)), labels]
        for value in own[known & ~odd]:
            self._see(value)
        return np.asarray(odd)

    def _see(self, value: float) -> None:
        n, mean, squares = self.distance
        n += 1
        step = value - mean
        mean += step / n
        self.distance = np.array([n, mean, squares + step * (value - mean)])

    def _standard(self, distance: np.ndarray) -> np.ndarray:
        n, mean, squares = self.distance
        if n < FEW:  # nothing to compare with yet: the distance of a Gaussian in m dimensions
            n, mean, squares = 1.0, float(len(self.scatter)), 2.0 * len(self.scatter)
        return np.asarray((distance - mean) / np.sqrt(max(squares / n, 1e-12)))

    def _reopened(self, labels: np.ndarray, odd: np.ndarray) -> np.ndarray:
        """Classes whose recent contradictions exceed the lasting ones; follows both shares."""
        r = self.reopening or Reopening(excess=np.inf)
        out = np.zeros(len(self.recent), bool)
        for c in np.unique(labels):
            if self.prototypes.weight[c] < 2 * FEW:
                continue
            share, n = float(odd[labels == c].mean()), int((labels == c).sum())
            self.recent[c] += (1 - (1 - r.fast) ** n) * (share - self.recent[c])
            if self.recent[c] - self.lasting[c] > r.excess:
                out[c] = True
                self.recent[c] = self.lasting[c] = 0.0
            else:
                self.lasting[c] += (1 - (1 - r.slow) ** n) * (share - self.lasting[c])
        return out
