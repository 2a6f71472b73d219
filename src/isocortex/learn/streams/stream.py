"""The machinery of all streams: a recipe makes experiences out of data and a seed, a stream cuts them into batches."""

from __future__ import annotations

import abc
from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from isocortex.checks import is_whole
from isocortex.describe import Description
from isocortex.errors import DescriptionError
from isocortex.learn.draws import generator
from isocortex.learn.streams.data import Data
from isocortex.learn.streams.experience import Batch, Experience, Hidden
from isocortex.tasks.alter import altered


class Recipe(Description):
    """What kind of stream: data in, experiences out. A subclass is plain data and one pure function."""

    name: ClassVar[str] = ""
    summary: ClassVar[str] = ""
    transfers: ClassVar[bool] = False
    """Whether accuracy on an experience before it is learned means anything (it does not where its classes are new)."""
    checks: ClassVar[int] = 12
    """How often accuracy is looked at in an experience, by default."""

    @abc.abstractmethod
    def experiences(self, data: Data, seed: int) -> tuple[Experience, ...]:
        """The stretches of the stream, in order; every sample is shown once at most."""


class Stream:
    """Data in a certain order. Iterating gives batches; the boundaries between experiences are hidden in them.

    Parameters
    ----------
    recipe : the kind of stream.
    data : the samples.
    seed : of every draw; the same seed gives the same stream, whatever the size of the batches.
    batch : samples a batch (fewer at the end of an experience).
    """

    def __init__(self, recipe: Recipe, data: Data, seed: int = 0, batch: int = 10) -> None:
        if not is_whole(batch, 1):
            raise DescriptionError(f"stream.batch: is {batch!r}; a whole number of at least 1 is needed")
        self.recipe, self.data, self.seed, self.batch = recipe, data, seed, int(batch)
        self.experiences = recipe.experiences(data, seed)
        for e in self.experiences:
            if not len(e.train) or not len(e.test):
                raise DescriptionError(
                    f"{recipe.name}: {e.name} has {len(e.train)} samples to learn from and {len(e.test)} held out; "
                    f"{data.name} is too small for these settings"
                )

    @property
    def samples(self) -> int:
        """Samples in the stream."""
        return sum(len(e.train) for e in self.experiences)

    @property
    def starts(self) -> np.ndarray:
        """How many samples come before each experience, and the total: (experiences + 1,)."""
        return np.concatenate([[0], np.cumsum([len(e.train) for e in self.experiences])])

    def __iter__(self) -> Iterator[Batch]:
        for i, e in enumerate(self.experiences):
            x = self._pixels(e, self.data.x[e.train], i, draw=0)
            for start in range(0, len(e.train), self.batch):
                part = slice(start, start + self.batch)
                modulators = {k: np.asarray(v[part], np.float32) for k, v in e.modulators.items()} or None
                given = None if e.given is None else e.given[part]
                yield Batch(x[part], given, modulators, Hidden(i, start, self._right(self.data.y[e.train[part]], e)))

    def test(self, j: int) -> tuple[np.ndarray, np.ndarray]:
        """Held-out samples of experience j and their classes; what is the right answer now, `right` says."""
        e = self.experiences[j]
        return self._pixels(e, self.data.x_test[e.test], j, draw=1), self.data.y_test[e.test]

    def right(self, classes: np.ndarray, at: int) -> np.ndarray:
        """The labels that samples of these classes bear during experience `at`."""
        return self._right(classes, self.experiences[at])

    def _pixels(self, e: Experience, x: np.ndarray, index: int, draw: int) -> np.ndarray:
        if not e.alter:
            return x
        seed = e.alter_seed if "permute" in e.alter else int(generator(self.seed, f"alter {index}").integers(2**31))
        return altered(x, e.alter, seed, draw)

    @staticmethod
    def _right(labels: np.ndarray, e: Experience) -> np.ndarray:
        return labels if e.names is None else e.names[labels]
