"""Label noise: some of what the learner is told is wrong."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

import numpy as np

from isocortex.describe import choice, quantity
from isocortex.learn.draws import generator, shuffled
from isocortex.learn.streams.class_incremental import ClassIncremental
from isocortex.learn.streams.data import Data
from isocortex.learn.streams.experience import Experience
from isocortex.learn.streams.pool import renamed
from isocortex.learn.streams.stream import Recipe

KINDS = ("symmetric", "class")


class LabelNoise(Recipe):
    """Labels are wrong at a rate: any other class alike (``symmetric``), or each class taken for one certain other (``class``).

    Samples come mixed, or one class after the other by their true class. Tests ask for the true class.
    """

    name: ClassVar[str] = "label-noise"
    summary: ClassVar[str] = "some labels are wrong: any other class, or always the same other one"

    kind: str = choice("symmetric", KINDS, doc="any other class, or one certain other class")
    rate: float = quantity(0.4, least=0, most=1, doc="share of the labels that are wrong")
    order: str = choice("mixed", ("mixed", "classes"), doc="mixed, or one class after the other")

    def experiences(self, data: Data, seed: int) -> tuple[Experience, ...]:
        if self.order == "classes":
            clean = ClassIncremental().experiences(data, seed)
        else:
            train = shuffled(np.arange(len(data.y)), seed, "order")
            clean = (Experience(name="wrong labels", train=train, test=np.arange(len(data.y_test))),)
        return tuple(
            dataclasses.replace(e, given=noisy_labels(data.y[e.train], np.unique(data.y), self.kind, self.rate, seed, i))
            for i, e in enumerate(clean)
        )


def noisy_labels(labels: np.ndarray, classes: np.ndarray, kind: str, rate: float, seed: int, draw: int = 0) -> np.ndarray:
    """Labels of which a share is wrong.

    Parameters
    ----------
    labels : (n,) right ones. classes : those that there are.
    kind : "symmetric" or "class": each class is mistaken for one other, the same for all draws of a seed.
    """
    rng = generator(seed, f"label noise {draw}")
    wrong = rng.random(len(labels)) < rate
    if kind == "class":
        return np.where(wrong, renamed(int(classes.max()) + 1, classes, seed, "mistaken")[labels], labels)
    place = np.searchsorted(classes, labels)
    other = classes[(place + rng.integers(1, len(classes), len(labels))) % len(classes)]
    return np.where(wrong, other, labels)
