"""Imbalanced classes: some common, some rare."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from isocortex.describe import quantity
from isocortex.learn.draws import shuffled
from isocortex.learn.streams.data import Data
from isocortex.learn.streams.experience import Experience
from isocortex.learn.streams.pool import Pool, class_order
from isocortex.learn.streams.stream import Recipe


class Imbalanced(Recipe):
    """All classes mixed, with a long tail: the class of rank r (from 0, of K) has ``n_max ratio^(-r / (K - 1))`` samples.

    The ranks are drawn by the seed; tests hold all classes as the data do. The profile is that of Cao et al. 2019,
    https://arxiv.org/abs/1906.07413.
    """

    name: ClassVar[str] = "imbalanced"
    summary: ClassVar[str] = "all classes mixed, the commonest many times as frequent as the rarest"

    ratio: float = quantity(20.0, least=1, doc="of the commonest class to the rarest")

    def experiences(self, data: Data, seed: int) -> tuple[Experience, ...]:
        order = class_order(data, seed)
        pool = Pool(data, seed)
        top = min(pool.left(int(c)) for c in order)
        numbers = long_tail(len(order), top, self.ratio)
        train = np.concatenate([pool.take(int(c), int(n)) for c, n in zip(order, numbers, strict=True)])
        train = shuffled(train, seed, "order")
        return (Experience(name="long tail", train=train, test=np.arange(len(data.y_test)), given=data.y[train]),)


def long_tail(classes: int, top: int, ratio: float) -> np.ndarray:
    """Samples of each class by rank, from `top` down to ``top / ratio`` in equal ratios; at least one."""
    rank = np.arange(classes) / max(1, classes - 1)
    return np.maximum(1, np.round(top * ratio**-rank)).astype(int)
