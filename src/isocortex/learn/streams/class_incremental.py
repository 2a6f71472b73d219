"""Class-incremental streams."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from isocortex.describe import choice
from isocortex.learn.streams.data import Data
from isocortex.learn.streams.experience import Experience
from isocortex.learn.streams.pool import Pool, class_order, tests_of
from isocortex.learn.streams.stream import Recipe


class ClassIncremental(Recipe):
    """Some classes, then others, each class once: the protocol of class-incremental learning (van de Ven et al. 2022).

    ``classes=1`` is the hardest and the default (10 x 1 of ten classes), ``classes=2`` the 5 x 2 of most tables. There is one
    head for all classes, and the learner is told of no boundary, neither in learning nor in testing.
    https://doi.org/10.1038/s42256-022-00568-3
    """

    name: ClassVar[str] = "class-incremental"
    summary: ClassVar[str] = "one class (or a few) after the other, each seen once"
    checks: ClassVar[int] = 3

    classes: int = 1
    """Classes an experience."""
    order: str = choice("random", ("random", "given"), doc="of the classes: by the seed, or as they are numbered")

    def validate(self) -> None:
        if self.classes < 1:
            raise self.error("classes", f"is {self.classes}; at least 1 class an experience is needed")

    def experiences(self, data: Data, seed: int) -> tuple[Experience, ...]:
        order = class_order(data, seed) if self.order == "random" else np.unique(data.y)
        if self.classes >= len(order):
            raise self.error(
                "classes", f"is {self.classes}; {data.name} has {len(order)} classes, so 1 to {len(order) - 1} is needed"
            )
        pool, made = Pool(data, seed), []
        for start in range(0, len(order), self.classes):
            group = order[start : start + self.classes]
            train = pool.mixed(group, None, str(start))
            name = " ".join(data.classes[c] for c in group)
            made.append(Experience(name=name, train=train, test=tests_of(data, group), given=data.y[train]))
        return tuple(made)
