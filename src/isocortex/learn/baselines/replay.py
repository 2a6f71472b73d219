"""Online softmax regression with replay."""

from __future__ import annotations

import numpy as np

from isocortex.errors import DescriptionError
from isocortex.learn.baselines.base import flat
from isocortex.learn.baselines.reservoir import Reservoir
from isocortex.learn.baselines.softmax import OnlineSoftmax, with_one
from isocortex.learn.draws import generator


class Replay(OnlineSoftmax):
    """Softmax regression in which stored samples are mixed into every step.

    Weights and stored samples together take so many bytes at most; where new classes take room, samples are given up.
    Which samples are stored, see `Reservoir`. Experience replay: Chaudhry et al. 2019, https://arxiv.org/abs/1902.10486.

    Parameters
    ----------
    bytes : of weights and stored samples.
    replays : stored samples a new one in each step.
    """

    def __init__(
        self,
        bytes: int = 1_000_000,
        rate: float = 10.0,
        minibatch: int = 10,
        replays: int = 9,
        weighted: bool = True,
        seed: int = 0,
    ) -> None:
        super().__init__(rate, minibatch, weighted)
        self.bytes = bytes
        self.replays = replays
        self.seed = seed

    def _start(self, x: np.ndarray) -> None:
        super()._start(x)
        if self.replays < 0:
            raise DescriptionError(f"Replay.replays: is {self.replays}; at least 0 is needed")
        self.draws_ = generator(self.seed, "replays")

    def _grow(self, classes: int) -> None:
        super()._grow(classes)
        left = self.bytes - self.weights_.nbytes - self.classes_.nbytes
        if not hasattr(self, "stored_"):
            self.stored_ = Reservoir(int(np.prod(self.shape_)), left, self.seed, type(self).__name__)
        else:
            self.stored_.shrink(left)

    def _learn(self, x: np.ndarray, index: np.ndarray, weights: np.ndarray) -> None:
        for start in range(0, len(x), self.minibatch):
            part = slice(start, start + self.minibatch)
            self._replayed(x[part], index[part], weights[part])
            self.stored_.add(flat(x[part]), index[part], weights[part])

    def _replayed(self, x: np.ndarray, index: np.ndarray, weights: np.ndarray) -> None:
        """A step on new samples and on stored ones drawn with replacement."""
        z = with_one(x)
        if len(self.stored_) and self.replays:
            rows = (self.draws_.random(self.replays * len(x)) * len(self.stored_)).astype(np.int64)
            z = np.concatenate([z, with_one(self.stored_.values(rows))])
            index = np.concatenate([index, self.stored_.y[rows].astype(np.int64)])
            weights = np.concatenate([weights, np.ones(len(rows), np.float32)])
        self._step(z, index, weights)
