"""Nearest neighbours among as many stored samples as fit into a number of bytes."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from isocortex.errors import DescriptionError
from isocortex.learn.baselines.base import Baseline, flat
from isocortex.learn.baselines.reservoir import Reservoir

_AT_ONCE = 8192  # stored samples


class NearestNeighbours(Baseline):
    """The commonest class among the nearest stored samples (Euclidean), the nearest one's on ties.

    Parameters
    ----------
    bytes : that it may take in all; which samples are kept, see `Reservoir`.
    neighbours : k.
    weighted : whether ``DA`` weighs the votes of samples, and the chance that they are kept; takes two bytes a sample.
    seed : of which samples are kept.
    """

    at_once: ClassVar[int] = 2000

    def __init__(self, bytes: int = 1_000_000, neighbours: int = 3, weighted: bool = True, seed: int = 0) -> None:
        self.bytes = bytes
        self.neighbours = neighbours
        self.weighted = weighted
        self.seed = seed

    def _start(self, x: np.ndarray) -> None:
        if self.neighbours < 1:
            raise DescriptionError(f"NearestNeighbours.neighbours: is {self.neighbours}; at least 1 is needed")
        self.stored_ = Reservoir(flat(x).shape[1], self.bytes, self.seed, type(self).__name__, weights=self.weighted)

    def _grow(self, classes: int) -> None:
        self.stored_.shrink(self.bytes - self.classes_.nbytes)

    def _learn(self, x: np.ndarray, index: np.ndarray, weights: np.ndarray) -> None:
        self.stored_.add(flat(x), index, weights)

    def _scores(self, x: np.ndarray) -> np.ndarray:
        """Votes; of two classes with as many, the one with the nearer neighbour is higher by less than a vote."""
        distance, label, weight = self._nearest(flat(x))
        votes = np.zeros((len(x), len(self.classes_)))
        rank = np.argsort(np.argsort(distance, axis=1, kind="stable"), axis=1)
        for j in range(distance.shape[1]):
            nearness = 2.0 ** -(rank[:, j] + 2.0)  # those of all neighbours together stay below half a vote
            votes[np.arange(len(x)), label[:, j]] += weight[:, j] * (1 + nearness)
        return votes

    def _nearest(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Squared distance, class and weight of the nearest stored samples, (n, k) each."""
        k = min(self.neighbours, len(self.stored_))
        best = np.full((len(x), 0), np.inf, np.float32)
        place = np.zeros((len(x), 0), np.int64)
        for start in range(0, len(self.stored_), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            stored = self.stored_.values(part)
            distance = (stored**2).sum(1) - 2 * x @ stored.T
            near = np.argpartition(distance, min(k, distance.shape[1]) - 1, axis=1)[:, :k]
            best = np.concatenate([best, np.take_along_axis(distance, near, 1)], axis=1)
            place = np.concatenate([place, start + near], axis=1)
            order = np.argsort(best, axis=1, kind="stable")[:, :k]
            best, place = np.take_along_axis(best, order, 1), np.take_along_axis(place, order, 1)
        weights = self.stored_.w
        return best, self.stored_.y[place].astype(np.int64), np.ones(place.shape) if weights is None else weights[place]
