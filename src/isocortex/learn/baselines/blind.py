"""What can be had without looking."""

from __future__ import annotations

import numpy as np

from isocortex.learn.baselines.base import Baseline, with_rows


class Blind(Baseline):
    """Always the class seen most often, the first one on ties; probabilities are the shares of the classes."""

    def __init__(self, weighted: bool = True) -> None:
        self.weighted = weighted

    def _grow(self, classes: int) -> None:
        self.counts_ = with_rows(getattr(self, "counts_", np.zeros(0)), classes)

    def _learn(self, x: np.ndarray, index: np.ndarray, weights: np.ndarray) -> None:
        self.counts_ += np.bincount(index, weights, len(self.counts_))

    def _scores(self, x: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore"):
            return np.tile(np.log(self.counts_ / self.counts_.sum()), (len(x), 1))
