"""Covariate shift: the look changes, and nobody says what is what."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from isocortex.learn.draws import shuffled
from isocortex.learn.streams.data import Data
from isocortex.learn.streams.experience import Experience
from isocortex.learn.streams.stream import Recipe


class CovariateShift(Recipe):
    """Labelled samples as they are, then short stretches of altered ones **without labels**, and unaltered ones between them.

    Measured are how much of what a shift costs comes back without any label, and what that does to unaltered samples right
    after it. The default strengths are those that cost a learner on MNIST most.
    """

    name: ClassVar[str] = "covariate-shift"
    summary: ClassVar[str] = "labelled samples, then altered ones without labels, unaltered ones between"
    transfers: ClassVar[bool] = True

    shifts: tuple[str, ...] = ("noise=0.2", "blur=2", "invert")
    """Alterations, in order (see `isocortex.tasks.alter`)."""
    unlabelled: int | None = None
    """Samples in each stretch without labels; None takes 200, or fewer of small data, so that half of them stay labelled."""

    def validate(self) -> None:
        if not self.shifts:
            raise self.error("shifts", "is empty; at least one alteration is needed, such as 'noise=0.2'")
        if self.unlabelled is not None and self.unlabelled < 1:
            raise self.error("unlabelled", f"is {self.unlabelled}; at least 1 sample is needed")

    def experiences(self, data: Data, seed: int) -> tuple[Experience, ...]:
        order = shuffled(np.arange(len(data.y)), seed, "order")
        stretches = 2 * len(self.shifts)
        most = len(order) // (2 * stretches)
        number = min(200, most) if self.unlabelled is None else self.unlabelled
        if not 0 < number <= most:
            raise self.error("unlabelled", f"is {number}; {data.name} has {len(order)} samples, so 1 to {most} is needed")
        late = stretches * number
        everything = np.arange(len(data.y_test))
        first, rest = order[: len(order) - late], order[len(order) - late :]
        made = [Experience(name="labelled", train=first, test=everything, given=data.y[first])]
        for how in self.shifts:
            for alter in (how, ""):  # unaltered ones after each shift
                part, rest = rest[:number], rest[number:]
                made.append(Experience(name=alter or "as they are", train=part, test=everything, alter=alter))
        return tuple(made)
