"""Online softmax regression: what gradient descent does on a stream."""

from __future__ import annotations

import numpy as np
from scipy.special import softmax

from isocortex.errors import DescriptionError
from isocortex.learn.baselines.base import Baseline, flat, with_rows


class OnlineSoftmax(Baseline):
    """Softmax regression by stochastic gradient descent: ``W <- W - s mean_i w_i (p_i - 1_y) x_i^T``, a step a minibatch.

    A class never seen gets weights of zero. On streams that come class by class it forgets; it is in the tables for that.

    Parameters
    ----------
    rate : the step size s in units of one over the mean squared length of the first samples, so that it suits any data.
    minibatch : samples a step; a call's last step may have fewer.
    weighted : whether ``DA`` weighs the samples.
    """

    def __init__(self, rate: float = 10.0, minibatch: int = 10, weighted: bool = True) -> None:
        self.rate = rate
        self.minibatch = minibatch
        self.weighted = weighted

    def _start(self, x: np.ndarray) -> None:
        self.step_ = self.rate / (1 + float((flat(x) ** 2).sum(1).mean()))
        if not (self.rate > 0 and self.minibatch >= 1):
            raise DescriptionError(
                f"{type(self).__name__}: rate {self.rate}, minibatch {self.minibatch}; more than 0 and at least 1 are needed"
            )

    def _grow(self, classes: int) -> None:
        inputs = int(np.prod(self.shape_)) + 1
        self.weights_ = with_rows(getattr(self, "weights_", np.zeros((0, inputs), np.float32)), classes)

    def _learn(self, x: np.ndarray, index: np.ndarray, weights: np.ndarray) -> None:
        z = with_one(x)
        for start in range(0, len(z), self.minibatch):
            part = slice(start, start + self.minibatch)
            self._step(z[part], index[part], weights[part])

    def _step(self, z: np.ndarray, index: np.ndarray, weights: np.ndarray) -> None:
        self.weights_ -= np.float32(self.step_) * self._gradient(z, index, weights)

    def _gradient(self, z: np.ndarray, index: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Of the mean weighted cross-entropy, (classes, inputs)."""
        return (self._errors(z, index) * weights[:, None]).T @ z / np.float32(len(z))

    def _errors(self, z: np.ndarray, index: np.ndarray) -> np.ndarray:
        """Probability less truth, (n, classes)."""
        p = softmax(z @ self.weights_.T, axis=1)
        p[np.arange(len(z)), index] -= 1
        return p

    def _scores(self, x: np.ndarray) -> np.ndarray:
        return with_one(x) @ self.weights_.T


def with_one(x: np.ndarray) -> np.ndarray:
    """Samples as rows, with a last input that is always 1."""
    z = flat(x)
    return np.concatenate([z, np.ones((len(z), 1), np.float32)], axis=1)
