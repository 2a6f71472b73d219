"""The critical period: the first inputs are held until the superficial layers have learned from them, then dropped."""

from __future__ import annotations

import dataclasses

import numpy as np

from isocortex.checks import is_whole
from isocortex.errors import DescriptionError
from isocortex.learn.inputs import Shape
from isocortex.learn.mature import Mature


@dataclasses.dataclass
class Early:
    """Up to `capacity` inputs, with the number of their class (-1: none) and their learning weight."""

    capacity: int
    inputs: np.ndarray | None = None
    labels: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(0, np.int64))
    weights: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(0))

    draft: Mature | None = None  # the learner that they make so far, made when asked

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def room(self) -> int:
        """How many more fit."""
        return self.capacity - len(self)

    def with_more(self, inputs: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> Early:
        """These, and as many more as there is room for."""
        n = min(self.room, len(inputs))
        held = [inputs[:n]] if self.inputs is None else [self.inputs, inputs[:n]]
        labels, weights = np.concatenate([self.labels, labels[:n]]), np.concatenate([self.weights, weights[:n]])
        return Early(self.capacity, np.concatenate(held), labels, weights)

    def nbytes(self) -> int:
        """Bytes held."""
        held = 0 if self.inputs is None else self.inputs.nbytes
        draft = 0 if self.draft is None else self.draft.nbytes()
        return held + draft + self.labels.nbytes + self.weights.nbytes


def early_inputs(given: int | str, shape: Shape) -> int:
    """How many inputs the critical period takes: what is given, or 2,000 images, 300 small ones, 1,000 vectors."""
    if given == "auto":
        return (2000 if shape.size >= 400 else 300) if shape.image else 1000
    if not is_whole(given, 1):
        raise DescriptionError(f"CorticalClassifier.critical_period: is {given!r}; 'auto' or a whole number of at least 1")
    return int(given)
