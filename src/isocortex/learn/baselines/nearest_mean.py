"""Nearest class mean."""

from __future__ import annotations

import numpy as np

from isocortex.learn.baselines.base import Baseline, flat
from isocortex.learn.baselines.moments import ClassMeans


class NearestMean(Baseline):
    """The class whose mean is nearest (Euclidean), among the classes seen so far. Scores are ``-|x - m|^2``.

    Keeps sums only, so that the order of the samples does not matter.
    """

    def __init__(self, weighted: bool = True) -> None:
        self.weighted = weighted

    def _start(self, x: np.ndarray) -> None:
        self.means_ = ClassMeans(flat(x).shape[1])

    def _grow(self, classes: int) -> None:
        self.means_.grow(classes)

    def _learn(self, x: np.ndarray, index: np.ndarray, weights: np.ndarray) -> None:
        self.means_.add(flat(x), index, weights)

    def _scores(self, x: np.ndarray) -> np.ndarray:
        z, m = flat(x).astype(np.float64), self.means_.mean
        distance = (z**2).sum(1)[:, None] - 2 * z @ m.T + (m**2).sum(1)
        return np.where(self.means_.n > 0, -distance, -np.inf)
