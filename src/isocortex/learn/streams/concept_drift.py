"""Concept drift: what things are called changes."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from isocortex.describe import quantity
from isocortex.learn.draws import generator, shuffled
from isocortex.learn.streams.data import Data
from isocortex.learn.streams.experience import Experience
from isocortex.learn.streams.pool import Pool, renamed
from isocortex.learn.streams.stream import Recipe


class ConceptDrift(Recipe):
    """All classes mixed; then a share of them pass their labels around in a ring, at once or little by little.

    Tests ask for the labels that are right at the time, also on what was learned before the drift.
    """

    name: ClassVar[str] = "concept-drift"
    summary: ClassVar[str] = "all classes mixed; half-way the classes exchange their labels"

    share: float = quantity(1.0, above=0, most=1, doc="of the classes exchange labels (at least two classes do)")
    drifts: int = 1
    """How often, at equal distances."""
    gradual: float = quantity(0.0, least=0, most=1, doc="share of the samples after a drift within which old labels die out")

    def validate(self) -> None:
        if self.drifts < 1:
            raise self.error("drifts", f"is {self.drifts}; at least 1 is needed")

    def experiences(self, data: Data, seed: int) -> tuple[Experience, ...]:
        everything, made = np.arange(len(data.y_test)), []
        names = np.arange(len(data.classes))
        for i, part in enumerate(Pool(data, seed).equal_parts(self.drifts + 1)):
            former = names
            if i:
                names = self._ring(data, seed, i)[former]
            given = np.where(self._old(len(part), seed, i), former[data.y[part]], names[data.y[part]])
            made.append(Experience(name=f"concept {i + 1}", train=part, test=everything, given=given, names=names))
        return tuple(made)

    def _ring(self, data: Data, seed: int, i: int) -> np.ndarray:
        classes = shuffled(np.unique(data.y), seed, f"drifting {i}")
        return renamed(len(data.classes), classes[: max(2, round(self.share * len(classes)))], seed, str(i))

    def _old(self, n: int, seed: int, i: int) -> np.ndarray:
        """Which samples still bear the old label: fewer and fewer, none after the `gradual` share."""
        width = self.gradual * n
        if not width:
            return np.zeros(n, bool)
        return generator(seed, f"gradual {i}").random(n) < 1 - np.arange(n) / width
