"""Online softmax regression with elastic weight consolidation."""

from __future__ import annotations

import numpy as np

from isocortex.errors import DescriptionError
from isocortex.learn.baselines.base import with_rows
from isocortex.learn.baselines.softmax import OnlineSoftmax


class OnlineEWC(OnlineSoftmax):
    """Softmax regression whose weights are held where they mattered: plus ``strength / 2 sum F (W - A)^2``.

    F, the diagonal of the Fisher information, is ``decay F + mean_i (p_i - 1_y)^2 (x_i)^2``, and A the weights, both taken at
    each consolidation. Schwarz et al. 2018 (online EWC, https://arxiv.org/abs/1805.06370) consolidate at the boundaries of
    tasks; here they are hidden, so it is done every so many samples. The penalty is applied implicitly,
    ``(W + a A) / (1 + a)`` with ``a = s strength F``, which is stable for any strength.
    """

    def __init__(
        self,
        rate: float = 10.0,
        minibatch: int = 10,
        strength: float = 100.0,
        decay: float = 0.95,
        every: int = 500,
        weighted: bool = True,
    ) -> None:
        super().__init__(rate, minibatch, weighted)
        self.strength = strength
        self.decay = decay
        self.every = every

    def _start(self, x: np.ndarray) -> None:
        super()._start(x)
        if not (self.strength >= 0 and 0 <= self.decay <= 1 and self.every >= 1):
            raise DescriptionError(
                f"OnlineEWC: strength {self.strength}, decay {self.decay}, every {self.every}; at least 0, 0 to 1, at least 1"
            )
        self.since_ = 0
        self.fisher_ = self.running_ = self.anchor_ = np.zeros((0, int(np.prod(self.shape_)) + 1), np.float32)

    def _grow(self, classes: int) -> None:
        super()._grow(classes)
        self.fisher_, self.running_ = with_rows(self.fisher_, classes), with_rows(self.running_, classes)
        self.anchor_ = with_rows(self.anchor_, classes)

    def _step(self, z: np.ndarray, index: np.ndarray, weights: np.ndarray) -> None:
        self.running_ += (self._errors(z, index) ** 2).T @ z**2
        super()._step(z, index, weights)
        held = np.float32(self.step_ * self.strength) * self.fisher_
        self.weights_ = (self.weights_ + held * self.anchor_) / (1 + held)
        self.since_ += len(z)
        if self.since_ >= self.every:
            self.fisher_ = np.float32(self.decay) * self.fisher_ + self.running_ / np.float32(self.since_)
            self.anchor_ = self.weights_.copy()
            self.running_[:] = 0
            self.since_ = 0
