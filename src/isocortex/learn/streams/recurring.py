"""Recurring concepts: what things are called changes, and changes back."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from isocortex.learn.streams.data import Data
from isocortex.learn.streams.experience import Experience
from isocortex.learn.streams.pool import Pool, renamed
from isocortex.learn.streams.stream import Recipe


class Recurring(Recipe):
    """A few concepts (ways to name the classes) take turns, and come back.

    A learner that keeps what it knew is back faster at the second visit than at the first.
    """

    name: ClassVar[str] = "recurring"
    summary: ClassVar[str] = "two ways to name the classes take turns"

    concepts: int = 2
    """Ways to name the classes."""
    visits: int = 2
    """How often each concept comes."""

    def validate(self) -> None:
        for field in ("concepts", "visits"):
            if getattr(self, field) < 2:
                raise self.error(field, f"is {getattr(self, field)}; at least 2 is needed")

    def experiences(self, data: Data, seed: int) -> tuple[Experience, ...]:
        own = np.arange(len(data.classes))
        ring = renamed(len(own), np.unique(data.y), seed, "ring")
        names = [own]
        while len(names) < self.concepts:
            names.append(ring[names[-1]])
        if any(np.array_equal(names[0], n) for n in names[1:]):
            raise self.error("concepts", f"is {self.concepts}; {data.name} has {len(ring)} classes: at most so many")
        everything, made = np.arange(len(data.y_test)), []
        for i, part in enumerate(Pool(data, seed).equal_parts(self.concepts * self.visits)):
            concept, visit = i % self.concepts, i // self.concepts
            now = names[concept]
            name = f"concept {concept + 1}, visit {visit + 1}"
            made.append(Experience(name=name, train=part, test=everything, given=now[data.y[part]], names=now))
        return tuple(made)
