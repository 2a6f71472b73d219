"""What is shown when: a list of presentations, made before anything runs."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np

from isocortex.errors import DescriptionError
from isocortex.tasks.alter import alter
from isocortex.tasks.images import ImageSet
from isocortex.tasks.stream import balanced_order

LEARN, LOOK = range(2)


@dataclasses.dataclass(frozen=True, eq=False)
class Schedule:
    """Presentations in order. `image` indexes `images`; `checkpoint` counts the looks; `learned` is the number of learning
    presentations before.

    Looks (learning off) stand at the start, at `marks` of the first phase, at the end of the altered one, and at `marks` of the
    return. `start`, `first`, `altered` and `back` are the checkpoints at the start and at the end of each phase.
    """

    images: np.ndarray
    labels: np.ndarray
    image: np.ndarray
    kind: np.ndarray
    phase: np.ndarray
    checkpoint: np.ndarray
    learned: np.ndarray
    phases: tuple[dict[str, object], ...]
    marks: int
    start: int = 0

    def __len__(self) -> int:
        return len(self.image)

    @property
    def first(self) -> int:
        return self.marks

    @property
    def altered(self) -> int:
        return self.marks + 1

    @property
    def back(self) -> int:
        return 2 * self.marks + 1

    def look(self, checkpoint: int) -> np.ndarray:
        """The presentations of a look: the same images in the same order each time."""
        return np.flatnonzero((self.kind == LOOK) & (self.checkpoint == checkpoint))


@dataclasses.dataclass(frozen=True)
class Plan:
    """How much is shown: presentations to learn in each phase, looks at which fractions of them, images of a look."""

    learn: int
    again: int
    marks: tuple[float, ...]
    look: int


def make_schedule(train: ImageSet, held_out: ImageSet, plan: Plan, how: str, seed: int) -> Schedule:
    """Phases: digits, the same digits altered, digits again; looks at held-out digits as they are, learning off, in between.

    Raises
    ------
    DescriptionError : a look of more images than are held out.
    """
    if plan.look > len(held_out):  # an image that came twice would be read by a readout that was fitted with it
        raise DescriptionError(
            f"Config.look: is {plan.look}; {len(held_out)} images are held out, and a look shows each once at most"
        )
    altered = alter(train, how, seed)
    images = np.concatenate([train.images, held_out.images, altered.images])
    labels = np.concatenate([train.labels, held_out.labels, altered.labels])
    n, m = len(train), len(held_out)
    seen = n + balanced_order(held_out.labels, plan.look, seed + 1)
    rows: list[tuple[np.ndarray, int, str, int, int]] = [(seen, LOOK, "start", 0, 0)]
    phases: list[dict[str, object]] = []
    learned, looks = 0, 1
    plans = (
        ("digits", plan.learn, 0, plan.marks),
        (how, plan.learn, n + m, (1.0,)),
        ("digits again", plan.again, 0, plan.marks),
    )
    for phase, count, offset, marks in plans:
        order = offset + balanced_order(train.labels, count, seed + 10 + len(phases))
        ends = [round(f * count) for f in marks]
        phases.append(dict(name=phase, first=learned, last=learned + count))
        for a, b in itertools.pairwise([0, *ends]):
            rows.append((order[a:b], LEARN, phase, looks, learned))
            learned += b - a
            rows.append((seen, LOOK, phase, looks, learned))
            looks += 1
    sizes = [len(r[0]) for r in rows]
    image = np.concatenate([r[0] for r in rows])
    kind, where, checkpoint, before = (np.repeat(np.array([r[i] for r in rows]), sizes) for i in range(1, 5))
    return Schedule(images, labels, image, kind, where, checkpoint, before, tuple(phases), len(plan.marks))
