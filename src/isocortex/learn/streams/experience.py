"""What a stream is made of: experiences, of which the learner knows nothing, and batches, which it gets one by one."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np

SALIENCE = "DA"
"""The modulator that marks samples, dopamine: 1 is the baseline, more is worth learning from."""


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Experience:
    """A stretch of a stream within which the world is alike. Plain data.

    name : as figures and tables say it.
    train : (n,) places in `Data.x`, in the order in which they are shown.
    test : (m,) places in `Data.x_test` that belong to it.
    alter : what is done to all its images (see `isocortex.tasks.alter.altered`); "" for nothing.
    alter_seed : of the permutation of pixels, the same for learning and for testing.
    given : (n,) the labels that the learner is told; None where it is told none.
    names : (classes,) the label that each class bears from now on; what is right in a test follows it. None: its own.
    modulators : name -> (n,), what goes with the samples.
    """

    name: str
    train: np.ndarray
    test: np.ndarray
    alter: str = ""
    alter_seed: int = 0
    given: np.ndarray | None = None
    names: np.ndarray | None = None
    modulators: Mapping[str, np.ndarray] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, eq=False)
class Hidden:
    """What the protocol knows of a batch and the learner does not: its experience, its place in that, the truth."""

    experience: int
    start: int
    labels: np.ndarray


@dataclasses.dataclass(frozen=True, eq=False)
class Batch:
    """A piece of a stream: ``learner.partial_fit(batch.X, batch.y, modulators=batch.modulators)``.

    X : (n, ...) float32 in [0, 1]. y : (n,) int64, or None: no labels are told. modulators : name -> (n,) float32, or None.
    """

    X: np.ndarray
    y: np.ndarray | None
    modulators: dict[str, np.ndarray] | None
    hidden: Hidden

    def __len__(self) -> int:
        return len(self.X)
