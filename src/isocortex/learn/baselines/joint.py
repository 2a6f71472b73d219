"""A ceiling: a small network that sees all samples at once, many times."""

from __future__ import annotations

import warnings
from typing import ClassVar

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from isocortex.errors import DescriptionError
from isocortex.learn.baselines.base import Baseline, flat

_SAMPLES = 600_000  # that it learns from in all, counting repetitions; few samples are gone through at most 40 times


class Joint(Baseline):
    """A network of one hidden layer (scikit-learn's), trained from scratch on everything stored when it is asked.

    No competitor: it keeps every sample and goes through them many times. It separates forgetting from not being able to.
    """

    ceiling: ClassVar[bool] = True

    def __init__(self, hidden: int = 256, seed: int = 0) -> None:
        self.hidden = hidden
        self.seed = seed

    def _start(self, x: np.ndarray) -> None:
        if self.hidden < 1:
            raise DescriptionError(f"Joint.hidden: is {self.hidden}; at least 1 unit is needed")
        self.samples_: list[np.ndarray] = []
        self.labels_: list[np.ndarray] = []

    def _learn(self, x: np.ndarray, index: np.ndarray, weights: np.ndarray) -> None:
        self.samples_.append(flat(x).copy())
        self.labels_.append(index.copy())
        self.network_: MLPClassifier | None = None

    def _scores(self, x: np.ndarray) -> np.ndarray:
        if self.network_ is None:
            self.network_ = self._trained()
        scores = np.full((len(x), len(self.classes_)), -np.inf)
        known = self.network_.classes_
        if len(known) == 1:
            scores[:, known] = 0.0
        else:
            with np.errstate(divide="ignore"):
                scores[:, known] = np.log(self.network_.predict_proba(flat(x)))
        return scores

    def _trained(self) -> MLPClassifier:
        x, y = np.concatenate(self.samples_), np.concatenate(self.labels_)
        passes = int(np.clip(_SAMPLES // len(x), 5, 40))
        network = MLPClassifier(
            (self.hidden,), max_iter=passes, batch_size=int(np.clip(len(x) // 10, 1, 200)), random_state=self.seed
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # the number of passes is chosen
            return network.fit(x, y)
