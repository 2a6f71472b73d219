"""How far a judge's posteriors are to be believed: one temperature, learned from answers given before the labels were learned.

Scores that come from a covariance of few samples, of inputs that spread farther than a Gaussian, are too far apart. Dividing
them by one number leaves the best class the best (temperature scaling: Guo, Pleiss, Sun & Weinberger 2017,
arXiv:1706.04599). The number is the mean over candidates, each weighted by how well it predicted the labels so far.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from scipy.special import log_softmax, softmax

TRIED = np.geomspace(1.0, 64.0, 19)
USUAL = 4.0  # before anything is known: real inputs spread about twice as far as the model says, in variance four times
APART = np.log(2.0)  # standard deviation of its logarithm, before anything is known
MEMORY = 1000.0  # samples after which an answer has lost all but 1/e of its weight: scores get better as more is learned


@dataclasses.dataclass
class Temperature:
    """The log loss of each candidate, summed over samples, older ones waning."""

    losses: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(len(TRIED)))

    def copy(self) -> Temperature:
        """A copy that can learn apart."""
        return Temperature(self.losses.copy())

    def see(self, scores: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> None:
        """Take in scores (n, classes) that were given before their labels (n,) were learned; -inf: a class not known yet."""
        known = np.isfinite(scores[np.arange(len(labels)), labels])
        if np.isfinite(scores[:1]).sum() < 2 or not known.any():
            return
        scores, labels, weights = scores[known], labels[known], np.minimum(weights[known], 1.0)
        posteriors = [log_softmax(scores / t, axis=1)[np.arange(len(labels)), labels] for t in TRIED]
        self.losses = self.losses * np.exp(-weights.sum() / MEMORY) - np.stack(posteriors) @ weights

    def value(self) -> float:
        """What scores are divided by."""
        prior = -0.5 * (np.log(TRIED / USUAL) / APART) ** 2
        return float(np.exp(softmax(prior - self.losses) @ np.log(TRIED)))
