"""Few marked examples of something new, among many ordinary ones of what is known."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from isocortex.describe import quantity
from isocortex.errors import nearest
from isocortex.learn.draws import shuffled
from isocortex.learn.streams.data import Data
from isocortex.learn.streams.experience import SALIENCE, Experience
from isocortex.learn.streams.pool import Pool, class_order, tests_of
from isocortex.learn.streams.stream import Recipe


class FewShot(Recipe):
    """All classes but one, mixed; then a few marked examples of the last one, hidden among many more of the known ones.

    The mark goes with the samples as the modulator ``DA``: 1 for ordinary samples, more for marked ones. Baselines
    take it as a sample weight; a gate that gains no more than they do is a weight. What is gained is the accuracy on the
    second experience, what is lost is the fall of that on the first. Which class is new: the last of the seed's random order;
    ``new=turn``, the class with the seed's own number, so that as many seeds as classes give each class its turn; or a class
    by its name, ``new=3``.
    """

    name: ClassVar[str] = "few-shot"
    summary: ClassVar[str] = "a few marked examples of a new class among many of known ones"

    shots: int = 5
    """Marked examples of the new class."""
    among: int = 95
    """Ordinary samples of known classes that they are hidden among."""
    salience: float = quantity(20.0, least=1, doc="of a marked sample; an ordinary one has 1")
    new: int | str = "random"
    """Which class is new: its name; random, the last of the seed's order; or turn, the class with the seed's own number."""

    def validate(self) -> None:
        if self.shots < 1:
            raise self.error("shots", f"is {self.shots}; at least 1 is needed")
        if self.among < 0:
            raise self.error("among", f"is {self.among}; at least 0 is needed")

    def experiences(self, data: Data, seed: int) -> tuple[Experience, ...]:
        order = class_order(data, seed)
        new = self._new(data, order, seed)
        known = order[order != new[0]]
        everything = Pool(data, seed).mixed(known, None, "known")
        if self.among >= len(everything):
            raise self.error("among", f"is {self.among}; {data.name} has {len(everything)} samples of known classes")
        first, late = everything[self.among :], everything[: self.among]
        shots = Pool(data, seed).take(int(new[0]), self.shots)
        if len(shots) < self.shots:
            which = f"class {data.classes[new[0]]} of {data.name}"
            raise self.error("shots", f"is {self.shots}; {which} has {len(shots)} samples to learn from")
        second = shuffled(np.concatenate([late, shots]), seed, "among")
        marks = np.where(data.y[second] == new[0], self.salience, 1.0)
        return (
            Experience(name="known", train=first, test=tests_of(data, known), given=data.y[first],
                       modulators={SALIENCE: np.ones(len(first))}),
            Experience(name=f"new: {data.classes[new[0]]}", train=second, test=tests_of(data, new), given=data.y[second],
                       modulators={SALIENCE: marks}),
        )  # fmt: skip

    def _new(self, data: Data, order: np.ndarray, seed: int) -> np.ndarray:
        if self.new == "random":
            return order[-1:]
        if self.new == "turn":
            return np.asarray(np.unique(data.y)[[seed % len(order)]])
        names = [data.classes[c] for c in np.unique(data.y)]
        if str(self.new) not in names:
            raise self.error(
                "new", f"{self.new!r} is no class of {data.name}; {nearest(str(self.new), ['random', 'turn', *names])}"
            )
        return np.array([data.classes.index(str(self.new))])
