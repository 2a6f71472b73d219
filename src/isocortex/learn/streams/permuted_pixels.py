"""Permuted pixels: images without neighbourhoods, each experience with an order of pixels of its own."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from isocortex.learn.draws import generator
from isocortex.learn.streams.data import Data
from isocortex.learn.streams.experience import Experience
from isocortex.learn.streams.pool import Pool
from isocortex.learn.streams.stream import Recipe


class PermutedPixels(Recipe):
    """All classes under one order of the pixels after the other, one head for all; the first order is the true one.

    Note that an order of pixels can be told from the mean image, so that a learner which finds the nearest mean image and
    keeps a model for each does not forget. Goodfellow et al. 2013, https://arxiv.org/abs/1312.6211.
    """

    name: ClassVar[str] = "permuted-pixels"
    summary: ClassVar[str] = "all classes, each time with the pixels in another order"
    checks: ClassVar[int] = 6

    tasks: int = 5
    """Orders of the pixels, the true one among them."""

    def validate(self) -> None:
        if self.tasks < 2:
            raise self.error("tasks", f"is {self.tasks}; at least 2 is needed")

    def experiences(self, data: Data, seed: int) -> tuple[Experience, ...]:
        everything = np.arange(len(data.y_test))
        seeds = generator(seed, "permutations").integers(2**31, size=self.tasks)
        return tuple(
            Experience(
                name=f"order {i + 1}", train=part, test=everything, given=data.y[part],
                alter="permute" if i else "", alter_seed=int(seeds[i]),
            )
            for i, part in enumerate(Pool(data, seed).equal_parts(self.tasks))
        )  # fmt: skip
