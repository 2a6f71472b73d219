"""scikit-learn's digits for the tests of the learner, and a learner of their size."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from sklearn.datasets import load_digits

from isocortex.learn import CorticalClassifier


@cache
def digits() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Images in [0, 1] and labels, shuffled: 1,200 to learn, the other 597 to test."""
    bunch = load_digits()
    order = np.random.default_rng(0).permutation(len(bunch.target))
    x, y = (bunch.images / 16.0)[order].astype(np.float32), bunch.target[order]
    return x[:1200], y[:1200], x[1200:], y[1200:]


def learner(**change: Any) -> CorticalClassifier:
    """A small learner whose critical period is over after 100 images."""
    return CorticalClassifier(**{**dict(size="small", critical_period=100), **change})
