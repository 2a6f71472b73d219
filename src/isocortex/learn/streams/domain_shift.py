"""Domain shift: the same classes, another look."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from isocortex.learn.streams.data import Data
from isocortex.learn.streams.experience import Experience
from isocortex.learn.streams.pool import Pool
from isocortex.learn.streams.stream import Recipe

SHIFTS = ("rotate=90", "contrast=0.3", "noise=0.2", "blur=1", "invert")


class DomainShift(Recipe):
    """All classes as they are, then all classes altered in one way, then in another, with labels all along.

    The samples are dealt out in equal parts, so every sample is seen once and in one domain only. Domain-incremental
    learning in the sense of van de Ven et al. 2022, https://doi.org/10.1038/s42256-022-00568-3
    """

    name: ClassVar[str] = "domain-shift"
    summary: ClassVar[str] = "all classes, then all of them rotated, paler, noisy, blurred, inverted; with labels"
    checks: ClassVar[int] = 6
    transfers: ClassVar[bool] = True

    shifts: tuple[str, ...] = SHIFTS
    """Alterations, in order (see `isocortex.tasks.alter`)."""

    def validate(self) -> None:
        if not self.shifts:
            raise self.error("shifts", "is empty; at least one alteration is needed, such as 'rotate=90'")

    def experiences(self, data: Data, seed: int) -> tuple[Experience, ...]:
        domains = ("", *self.shifts)
        parts = Pool(data, seed).equal_parts(len(domains))
        everything = np.arange(len(data.y_test))
        return tuple(
            Experience(name=how or "as they are", train=part, test=everything, alter=how, given=data.y[part])
            for how, part in zip(domains, parts, strict=True)
        )
