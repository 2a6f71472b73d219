"""What all baselines share: checking, classes that may come at any call, batches of any size."""

from __future__ import annotations

import abc
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError

from isocortex.errors import DataError, DescriptionError
from isocortex.learn.baselines.memory import bytes_of
from isocortex.learn.streams.experience import SALIENCE


class Baseline(ClassifierMixin, BaseEstimator, abc.ABC):
    """A simple classifier that learns from batches, in the manner of scikit-learn.

    Deliberate deviations: a class never seen may come at any call of `partial_fit`, and `classes_` is in the order in which
    they came; samples without labels are passed over. The modulator ``DA`` is taken as a weight of the samples where
    the learner has a parameter `weighted` that is true (all but the ceiling), and is multiplied with `sample_weight`; other
    modulators are passed over.
    """

    ceiling: ClassVar[bool] = False
    """Whether it sees all samples at once, so that it is a bound and no competitor."""
    at_once: ClassVar[int] = 500
    """Samples that are worked on at a time, so that the features of many samples need not fit in memory."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Forget everything and learn from these samples."""
        for name in [n for n in vars(self) if n.endswith("_")]:
            delattr(self, name)
        return self.partial_fit(X, y, sample_weight=sample_weight)

    def partial_fit(
        self, X: Any, y: Any = None, *, sample_weight: Any = None, modulators: Mapping[str, Any] | None = None
    ) -> Self:
        """Learn from more samples.

        Parameters
        ----------
        X : (n, h, w), (n, h, w, c) or (n, features), numbers in [0, 1].
        y : (n,) labels of any kind; None teaches a baseline nothing.
        sample_weight : (n,), finite and at least 0; a weight of 3 is three times the same sample. None: 1.
        modulators : name -> (n,).

        Raises
        ------
        DataError : a wrong shape, values that are missing or infinite, as many labels as there are not samples.
        DescriptionError : weights that are not allowed, or for a learner that takes none.
        """
        x = self._samples(X, learning=True)
        weights = self._weights(sample_weight, modulators, len(x))
        labels = None if y is None else np.asarray(y)
        if labels is not None and labels.shape != (len(x),):
            raise DataError(f"{type(self).__name__}.y: has shape {labels.shape} for {len(x)} samples; one label each is needed")
        if not hasattr(self, "shape_") and len(x):  # a call that raises has fixed nothing
            self.shape_ = x.shape[1:]
            self._start(x)
        if labels is None or not len(x):
            return self
        index = self._index(labels)
        for start in range(0, len(x), self.at_once):
            part = slice(start, start + self.at_once)
            self._learn(x[part], index[part], weights[part])
        return self

    def decision_function(self, X: Any) -> np.ndarray:
        """A score of each class seen so far, (n, classes); the highest wins."""
        if len(getattr(self, "classes_", ())) == 0:
            raise NotFittedError(f"{type(self).__name__}: has seen no label yet; call partial_fit with labels first")
        x = self._samples(X, learning=False)
        parts = [self._scores(x[start : start + self.at_once]) for start in range(0, len(x), self.at_once)]
        return np.concatenate(parts) if parts else np.zeros((0, len(self.classes_)))

    def predict(self, X: Any) -> np.ndarray:
        """The class of each sample."""
        scores = self.decision_function(X)
        return self.classes_[np.argmax(scores, axis=1)] if len(scores) else self.classes_[:0]

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probability of each class seen so far, (n, classes)."""
        return softmax(self.decision_function(X).astype(np.float64), axis=1)

    def memory_bytes(self) -> int:
        """Bytes of everything that is kept."""
        return bytes_of(self)

    @abc.abstractmethod
    def _learn(self, x: np.ndarray, index: np.ndarray, weights: np.ndarray) -> None:
        """Learn from samples with the numbers of their classes; `_grow` has made room for new ones."""

    @abc.abstractmethod
    def _scores(self, x: np.ndarray) -> np.ndarray:
        """(n, classes)."""

    def _start(self, x: np.ndarray) -> None:
        """Make what depends on the shape of the samples; `x` are the first ones."""

    def _grow(self, classes: int) -> None:
        """Make room for so many classes."""

    def _samples(self, X: Any, *, learning: bool) -> np.ndarray:
        name = type(self).__name__
        x = np.asarray(X, np.float32)
        if x.ndim < 2:
            raise DataError(f"{name}.X: has shape {x.shape}; (n, h, w), (n, h, w, c) or (n, features) is needed")
        if not np.isfinite(x).all():
            raise DataError(f"{name}.X: has values that are missing or infinite; fill them in, or leave these samples out")
        if not hasattr(self, "shape_"):
            if not learning:
                raise NotFittedError(f"{name}: has seen no sample yet; call partial_fit first")
            return x
        if x.shape[1:] != self.shape_ and len(x):
            raise DataError(f"{name}.X: samples have shape {x.shape[1:]}, those before had {self.shape_}; one shape is needed")
        return x

    def _weights(self, sample_weight: Any, modulators: Mapping[str, Any] | None, n: int) -> np.ndarray:
        name, takes = type(self).__name__, getattr(self, "weighted", False)
        weights = np.ones(n, np.float32)
        if sample_weight is not None:
            if not takes:
                raise DescriptionError(f"{name}.sample_weight: this learner takes none (`weighted` is not true); leave it out")
            weights = _checked(sample_weight, n, f"{name}.sample_weight")
        given = (modulators or {}).get(SALIENCE)
        return weights if given is None or not takes else weights * _checked(given, n, f"{name}.modulators: '{SALIENCE}'")

    def _index(self, labels: np.ndarray) -> np.ndarray:
        """The number of each label's class, in the order of first appearance; new classes get the next numbers."""
        values, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
        known = {c: i for i, c in enumerate(getattr(self, "classes_", np.zeros(0, labels.dtype)).tolist())}
        for value in values[np.argsort(first)].tolist():
            known.setdefault(value, len(known))
        if len(known) > len(getattr(self, "classes_", ())):
            self.classes_ = np.array(list(known))
            self._grow(len(known))
        return np.array([known[v] for v in values.tolist()])[inverse]


def _checked(weights: Any, n: int, where: str) -> np.ndarray:
    found = np.asarray(weights, np.float32)
    if found.shape != (n,) or not (np.isfinite(found).all() and (found >= 0).all()):
        raise DescriptionError(f"{where} must be {n} finite numbers of at least 0, one a sample")
    return found


def flat(x: np.ndarray) -> np.ndarray:
    """Samples as (n, features)."""
    return x.reshape(len(x), -1)


def with_rows(array: np.ndarray, rows: int) -> np.ndarray:
    """An array with rows of zeros added to make so many."""
    return np.concatenate([array, np.zeros((rows - len(array), *array.shape[1:]), array.dtype)])
