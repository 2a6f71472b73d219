"""Streaming linear discriminant analysis, on the samples as they are or on fixed random features of them."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from isocortex.errors import DescriptionError
from isocortex.learn.baselines.base import Baseline, flat, with_rows
from isocortex.learn.baselines.features import FeatureMap
from isocortex.learn.baselines.moments import ClassMeans, Scatter
from isocortex.learn.baselines.shrinkage import condition, oas, shrunk
from isocortex.learn.views import CLOSELY, SAMPLES, WIDE, occurrence, views, views_of_nth

_LEAST = 1e-6  # of the mean variance: keeps a covariance without shrinkage solvable
_SINGLE = 0.01  # relative error of a solution, at most, for which single precision will do


class StreamingLDA(Baseline):
    """Linear discriminant analysis from running moments: means of the classes, one pooled covariance within them.

    Scores are ``x C^-1 m - m C^-1 m / 2 + log p``, C shrunk towards a sphere. The pooled scatter is updated with the
    **class's own** count (see `ClassMeans`), so that it is right with few samples too: the first sample of a class adds
    nothing to it. Depends on sums only: the order of the samples does not matter. With one sample a class it is nearest
    mean. Equals scikit-learn's ``LinearDiscriminantAnalysis(solver="lsqr")`` on the same samples.

    Parameters
    ----------
    features : fixed random features (`RandomReLU`, `RandomFourier`, `LocalFilters`); None takes the samples as they are.
    shrinkage : "oas" (no tuning), or a number from 0 to 1.
    priors : "uniform", or "empirical", the shares of the classes.
    weighted : whether ``DA`` weighs the samples.
    views : whether the first images of each class are learned from several sides too, each view as a sample: as many as
        `CorticalClassifier` takes of them. It has no part in the closed form above.
    seed : of the features.
    """

    def __init__(
        self,
        features: FeatureMap | None = None,
        shrinkage: float | Literal["oas"] = "oas",
        priors: Literal["uniform", "empirical"] = "uniform",
        weighted: bool = True,
        views: bool = False,
        seed: int = 0,
    ) -> None:
        self.features = features
        self.shrinkage = shrinkage
        self.priors = priors
        self.weighted = weighted
        self.views = views
        self.seed = seed

    def _start(self, x: np.ndarray) -> None:
        if self.views and not (x.ndim > 2 and min(x.shape[1:3]) >= WIDE):
            raise DescriptionError(f"StreamingLDA.views: samples of shape {x.shape[1:]}; images of {WIDE} pixels are needed")
        if self.shrinkage != "oas" and not (isinstance(self.shrinkage, int | float) and 0 <= self.shrinkage <= 1):
            raise DescriptionError(f"StreamingLDA.shrinkage: is {self.shrinkage!r}; 'oas' or a number from 0 to 1 is needed")
        if self.priors not in ("uniform", "empirical"):
            raise DescriptionError(f"StreamingLDA.priors: is {self.priors!r}; 'uniform' or 'empirical' is needed")
        self.map_ = None if self.features is None else self.features.fitted(x, self.seed)
        size = flat(x).shape[1] if self.map_ is None else self.map_.size
        # half the bytes where there are many features; sums of raw pixels are small enough to be kept exactly
        dtype: Any = np.float64 if self.map_ is None else np.float32
        self.means_ = ClassMeans(size, dtype)
        self.scatter_ = Scatter.zero(size, dtype)
        if self.views:
            self.seen_ = np.zeros(0, np.int64)  # images of each class

    def _grow(self, classes: int) -> None:
        self.means_.grow(classes)
        if self.views:
            self.seen_ = with_rows(self.seen_, classes)

    def _learn(self, x: np.ndarray, index: np.ndarray, weights: np.ndarray) -> None:
        self.solution_: tuple[np.ndarray, np.ndarray] | None = None
        if not self.views:
            self._absorb(x, index, weights)
            return
        counts = views_of_nth(occurrence(index, self.seen_), CLOSELY, SAMPLES)
        np.add.at(self.seen_, index, 1)
        for count in np.unique(counts):  # sums do not depend on the order
            chosen = counts == count
            seen = from_sides(x[chosen], int(count))
            self._absorb(seen, np.tile(index[chosen], count), np.tile(weights[chosen], count))

    def _absorb(self, x: np.ndarray, index: np.ndarray, weights: np.ndarray) -> None:
        self.scatter_.add(self.means_.add(self._mapped(x), index, weights))

    def covariance(self) -> np.ndarray:
        """The pooled covariance within the classes, divided by the summed weight: (d, d) float64, not shrunk."""
        return self.scatter_.full() / max(self.means_.n.sum(), 1e-300)

    def transform(self, X: Any) -> np.ndarray:
        """The features of samples, (n, d)."""
        return self._mapped(self._samples(X, learning=False))

    def _scores(self, x: np.ndarray) -> np.ndarray:
        if self.solution_ is None:
            self.solution_ = self._solved()
        coefficients, offset = self.solution_
        return self._mapped(x) @ coefficients + offset

    def _solved(self) -> tuple[np.ndarray, np.ndarray]:
        """Coefficients (d, classes) and offsets (classes,), in the precision of the moments."""
        total = max(float(self.means_.n.sum()), 1e-300)
        amount = max(self._amount(total), _LEAST)
        means = self.means_.mean.astype(np.float64)
        try:
            factor = self._factor(amount, total)
        except LinAlgError:  # rounding of single precision made it indefinite
            factor = self._factor(max(10 * amount, 1e-3), total)
        coefficients = cho_solve(factor, means.T.astype(factor[0].dtype), check_finite=False).astype(np.float64)
        offset = -0.5 * np.einsum("kd,dk->k", means, coefficients)
        if self.priors == "empirical":
            with np.errstate(divide="ignore"):
                offset += np.log(self.means_.n / total)
        offset = np.where(self.means_.n > 0, offset, -np.inf)  # a class that came with no weight is not known
        dtype = self.means_.mean.dtype
        return coefficients.astype(dtype), offset.astype(dtype)

    def _amount(self, total: float) -> float:
        """How far to shrink."""
        if self.shrinkage != "oas":
            return float(self.shrinkage)
        freedom = max(total - int((self.means_.n > 0).sum()), 1.0)
        return oas(self.scatter_.square() / total**2, self.scatter_.trace() / total, self.scatter_.size, freedom)

    def _factor(self, amount: float, total: float) -> tuple[np.ndarray, bool]:
        """Cholesky factor of the shrunk covariance, in double precision unless single is good enough for it."""
        upper = self.scatter_.upper()
        single = condition(len(upper), amount) * np.finfo(np.float32).eps < _SINGLE
        kind: Any = np.float32 if single and upper.dtype == np.float32 else np.float64
        c: Any = upper.astype(kind) / kind(total)
        return cho_factor(shrunk(c, amount), overwrite_a=True, check_finite=False)

    def _mapped(self, x: np.ndarray) -> np.ndarray:
        return flat(x) if self.map_ is None else self.map_(x)


def from_sides(x: np.ndarray, count: int) -> np.ndarray:
    """So many views of images (n, h, w[, c]), one view of all after the other; (count * n, h, w[, c])."""
    seen = views(x if x.ndim == 4 else x[..., None], count)
    return seen.reshape(-1, *x.shape[1:])


def lda_bytes(size: int, classes: int, dtype: Any = np.float32) -> int:
    """Bytes that the moments and the solution for so many features and classes take."""
    item = np.dtype(dtype).itemsize
    return size * (size + 1) // 2 * item + classes * (2 * size * item + item + 16)
