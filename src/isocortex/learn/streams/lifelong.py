"""A life: everything that the other streams have, one thing after the other."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from isocortex.describe import quantity
from isocortex.learn.draws import generator
from isocortex.learn.streams.data import Data
from isocortex.learn.streams.experience import SALIENCE, Experience
from isocortex.learn.streams.imbalanced import long_tail
from isocortex.learn.streams.label_noise import noisy_labels
from isocortex.learn.streams.pool import Pool, class_order, renamed, tests_of
from isocortex.learn.streams.stream import Recipe


class Lifelong(Recipe):
    """Half of the classes one by one; the same noisy, then inverted, then wrongly labelled; a few marked examples of a new
    class; the other classes, some common and some rare; permuted pixels; two classes exchange their labels; and the
    first look of things comes back. No sample is shown twice.
    """

    name: ClassVar[str] = "lifelong"
    summary: ClassVar[str] = "all of these, one after the other"
    checks: ClassVar[int] = 4

    early: float = quantity(0.35, above=0, most=0.5, doc="share of its samples that an early class is first met with")
    stretch: float = quantity(
        0.1, above=0, most=0.1, doc="share of the samples that each later experience takes of its classes"
    )
    wrong: float = quantity(0.3, least=0, most=1, doc="share of wrong labels in the experience with class-dependent noise")
    shots: int = 5
    """Marked examples of the class that is met with few."""
    salience: float = quantity(20.0, least=1, doc="of the marked examples; ordinary samples have 1")
    ratio: float = quantity(10.0, least=1, doc="of the commonest of the late classes to the rarest")

    def validate(self) -> None:
        if self.shots < 1:
            raise self.error("shots", f"is {self.shots}; at least 1 is needed")

    def experiences(self, data: Data, seed: int) -> tuple[Experience, ...]:
        order = class_order(data, seed)
        if len(order) < 4:
            raise self.error("early", f"{data.name} has {len(order)} classes; a life takes at least 4")
        pool, half = Pool(data, seed), (len(order) + 1) // 2
        size = min(pool.left(int(c)) for c in order)
        known, new, late = order[:half], order[half : half + 1], order[half + 1 :]
        some = max(1, round(self.stretch * size))
        life = _Life(data, seed, pool)
        for c in known:
            life.live(data.classes[c], [c], max(1, round(self.early * size)))
        life.live("noise", known, some, alter="noise=0.2")
        life.live("inverted", known, some, alter="invert")
        life.live("wrong labels", known, some, wrong=self.wrong)
        life.shots(f"few: {data.classes[new[0]]}", known, new, some, self.shots, self.salience)
        life.tail("long tail", np.concatenate([late, new]), size // 2, self.ratio)
        life.live("permuted", order, some, alter="permute")
        life.names = renamed(len(data.classes), known[:2], seed, "exchanged")
        life.live("exchanged labels", order, some)
        life.live("as at first", known, some)
        return tuple(life.lived)


class _Life:
    """Experiences added one by one from a pool of samples; `names` are the labels that classes bear from now on."""

    def __init__(self, data: Data, seed: int, pool: Pool) -> None:
        self.data, self.seed, self.pool = data, seed, pool
        self.names: np.ndarray | None = None
        self.lived: list[Experience] = []

    def live(self, name: str, labels: np.ndarray | list[int], number: int, *, alter: str = "", wrong: float = 0.0) -> None:
        """So many samples of each class, mixed."""
        i = len(self.lived)
        train = self.pool.mixed(np.asarray(labels), number, f"experience {i}")
        given = self.data.y[train]
        if wrong:
            given = noisy_labels(given, np.asarray(sorted(labels)), "class", wrong, self.seed, i)
        self._add(name, train, labels, given, alter=alter)

    def shots(self, name: str, known: np.ndarray, new: np.ndarray, number: int, shots: int, salience: float) -> None:
        """A few marked examples of one class among samples of known ones."""
        few = self.pool.take(int(new[0]), shots)
        train = np.concatenate([self.pool.mixed(known, number, name), few])
        train = train[generator(self.seed, f"among {name}").permutation(len(train))]
        marks = np.where(self.data.y[train] == new[0], salience, 1.0)
        self._add(name, train, new, self.data.y[train], marks=marks)

    def tail(self, name: str, labels: np.ndarray, top: int, ratio: float) -> None:
        """Samples of some classes, the first ones common and the last ones rare."""
        parts = [self.pool.take(int(c), int(n)) for c, n in zip(labels, long_tail(len(labels), top, ratio), strict=True)]
        train = np.concatenate(parts)
        train = train[generator(self.seed, f"order {name}").permutation(len(train))]
        self._add(name, train, labels, self.data.y[train])

    def _add(
        self, name: str, train: np.ndarray, tested: np.ndarray | list[int], given: np.ndarray,
        *, alter: str = "", marks: np.ndarray | None = None,
    ) -> None:  # fmt: skip
        self.lived.append(
            Experience(
                name=name, train=train, test=tests_of(self.data, np.asarray(tested)), alter=alter, alter_seed=self.seed,
                given=given if self.names is None else self.names[given], names=self.names,
                modulators={SALIENCE: np.ones(len(train)) if marks is None else marks},
            )
        )  # fmt: skip
