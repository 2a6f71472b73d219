"""What is shown when: a list of presentations, made before anything runs."""

from __future__ import annotations

import dataclasses

import numpy as np

from isocortex.tasks.alter import alter
from isocortex.tasks.images import ImageSet
from isocortex.tasks.stream import balanced_order

LEARN, PROBE, TRAIN, TEST = range(4)


@dataclasses.dataclass(frozen=True, eq=False)
class Schedule:
    """Presentations in order. `image` indexes `images`; `checkpoint` counts the probe rounds and tests; `learned` is the
    number of learning presentations before."""

    images: np.ndarray
    labels: np.ndarray
    image: np.ndarray
    kind: np.ndarray
    phase: np.ndarray
    checkpoint: np.ndarray
    learned: np.ndarray
    phases: tuple[dict[str, object], ...]

    def __len__(self) -> int:
        return len(self.image)

    def of(self, kind: int, checkpoint: int | None = None) -> np.ndarray:
        """The presentations of a kind, and of one checkpoint."""
        chosen = self.kind == kind
        return np.flatnonzero(chosen if checkpoint is None else chosen & (self.checkpoint == checkpoint))


@dataclasses.dataclass(frozen=True)
class Plan:
    """How much is shown: presentations to learn in each phase, probe rounds at which of them, images of each test."""

    learn: int
    again: int
    marks: tuple[float, ...]
    probes: int
    train: int
    test: int


def make_schedule(train: ImageSet, held_out: ImageSet, plan: Plan, how: str, seed: int) -> Schedule:
    """Phases: digits, the same digits altered, digits again; probes (digits as they are, learning off) in between.

    A test (a readout trained and tested on digits as they are, learning off) stands at the start and at the end of each phase.
    """
    altered = alter(train, how, seed)
    images = np.concatenate([train.images, held_out.images, altered.images])
    labels = np.concatenate([train.labels, held_out.labels, altered.labels])
    n, m = len(train), len(held_out)
    probes = n + balanced_order(held_out.labels, plan.probes, seed + 1)
    known = balanced_order(train.labels, plan.train, seed + 2)
    test = n + balanced_order(held_out.labels, plan.test, seed + 3)
    rows: list[tuple[np.ndarray, int, str, int, int]] = []
    learned, checkpoint = 0, 0

    def look(phase: str, tested: bool) -> None:
        nonlocal checkpoint
        rows.append((probes, PROBE, phase, checkpoint, learned))
        if tested:
            rows.extend([(known, TRAIN, phase, checkpoint, learned), (test, TEST, phase, checkpoint, learned)])
        checkpoint += 1

    look("start", tested=True)
    phases: list[dict[str, object]] = []
    for phase, count, offset in (("digits", plan.learn, 0), (how, plan.learn, n + m), ("digits again", plan.again, 0)):
        order = offset + balanced_order(train.labels, count, seed + 10 + len(phases))
        marks = [round(f * count) for f in plan.marks]
        phases.append(dict(name=phase, first=learned, last=learned + count))
        for a, b in zip([0, *marks[:-1]], marks, strict=True):
            rows.append((order[a:b], LEARN, phase, checkpoint, learned))
            learned += b - a
            look(phase, tested=b == count)
    sizes = [len(r[0]) for r in rows]
    repeat = lambda i, dtype=None: np.repeat(np.array([r[i] for r in rows], dtype), sizes)  # noqa: E731
    return Schedule(
        images, labels, np.concatenate([r[0] for r in rows]), repeat(1), repeat(2), repeat(3), repeat(4), tuple(phases)
    )
