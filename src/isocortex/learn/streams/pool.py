"""Dealing samples out to experiences, none of them twice."""

from __future__ import annotations

import numpy as np

from isocortex.learn.draws import generator, shuffled
from isocortex.learn.streams.data import Data


class Pool:
    """The samples of each class in a random order, to be taken from the front."""

    def __init__(self, data: Data, seed: int) -> None:
        self.classes = np.unique(data.y)
        self._left = {int(c): shuffled(np.flatnonzero(data.y == c), seed, f"samples {c}") for c in self.classes}
        self._seed = seed

    def left(self, label: int) -> int:
        """Samples of a class that have not been taken."""
        return len(self._left[label])

    def take(self, label: int, number: int | None = None) -> np.ndarray:
        """The next samples of one class: so many (or as many as there are), or all that are left."""
        own = self._left[label]
        number = len(own) if number is None else min(number, len(own))
        self._left[label] = own[number:]
        return own[:number]

    def mixed(self, labels: np.ndarray, number: int | None, name: str) -> np.ndarray:
        """So many samples of each of some classes (or all that are left), mixed; `name` seeds the order."""
        return shuffled(np.concatenate([self.take(int(c), number) for c in labels]), self._seed, f"order {name}")

    def equal_parts(self, parts: int) -> list[np.ndarray]:
        """All samples in `parts` experiences with the same mixture of classes in each, every one in a random order."""
        shares = [np.array_split(self.take(int(c)), parts) for c in self.classes]
        return [shuffled(np.concatenate([s[i] for s in shares]), self._seed, f"part {i}") for i in range(parts)]


def class_order(data: Data, seed: int) -> np.ndarray:
    """The classes that occur, in a random order."""
    return shuffled(np.unique(data.y), seed, "classes")


def tests_of(data: Data, labels: np.ndarray) -> np.ndarray:
    """Places of the held-out samples of some classes."""
    return np.flatnonzero(np.isin(data.y_test, labels))


def renamed(classes: int, labels: np.ndarray, seed: int, name: str) -> np.ndarray:
    """Labels passed around in a ring among some classes, in a random order, so that each of these gets another's."""
    ring = generator(seed, f"names {name}").permutation(np.asarray(labels))
    names = np.arange(classes)
    names[ring] = np.roll(ring, 1)
    return names
