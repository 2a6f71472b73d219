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
    """A life, in this order (names of classes are drawn by the seed; no sample is shown twice):

    half of the classes one by one, the last two of them together; these rotated, then paler; some of their labels wrong in
    any way, then each class taken for one certain other; a few marked examples of a new class among them; the other classes,
    some common and some rare; all classes noisy, blurred (images) and inverted, **without labels**; with their pixels
    permuted; two classes exchange their names; and names and looks are again as at first.

    Recipes of these experiences: `ClassIncremental` (1 and 2 classes), `DomainShift`, `LabelNoise` (both kinds), `FewShot`,
    `Imbalanced`, `CovariateShift`, `PermutedPixels`, `ConceptDrift`, `Recurring`.
    """

    name: ClassVar[str] = "lifelong"
    summary: ClassVar[str] = "all of these, one after the other"
    checks: ClassVar[int] = 4

    early: float = quantity(0.34, above=0, most=0.34, doc="share of its samples that an early class is first met with")
    stretch: float = quantity(
        0.06, above=0, most=0.06, doc="share of the samples that each later experience takes of its classes"
    )
    wrong: float = quantity(0.3, least=0, most=1, doc="share of wrong labels in the experiences with wrong labels")
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
        some = max(1, int(self.stretch * size))
        life = _Life(data, seed, pool)
        for group in _one_by_one(known):
            life.live(" ".join(data.classes[c] for c in group), group, max(1, int(self.early * size)))
        for how in ("rotate=90", "contrast=0.3") if data.is_images else ("contrast=0.3",):
            life.live(how, known, some, alter=how)
        life.live("wrong labels, any", known, some, wrong=("symmetric", self.wrong))
        life.live("wrong labels, by class", known, some, wrong=("class", self.wrong))
        life.shots(f"few: {data.classes[new[0]]}", known, new, some, self.shots, self.salience)
        life.tail("long tail", np.concatenate([late, new]), size // 2, self.ratio)
        for how in _unlabelled(data):
            life.live(f"{how}, no labels", order, some, alter=how, told=False)
        life.live("permuted", order, some, alter="permute")
        life.names = renamed(len(data.classes), known[:2], seed, "exchanged")
        life.live("exchanged names", order, some)
        life.names = None
        life.live("as at first", order, some)
        return tuple(life.lived)


def _one_by_one(known: np.ndarray) -> list[np.ndarray]:
    """One class at a time, the last two (of at least three) together."""
    alone = len(known) - 2 if len(known) > 2 else len(known)
    return [*np.split(known[:alone], alone), *([known[alone:]] if alone < len(known) else [])]


def _unlabelled(data: Data) -> tuple[str, ...]:
    """What is shown without labels; the blur is two pixels in images of 28."""
    if not data.is_images:
        return ("noise=0.2", "invert")
    return ("noise=0.2", f"blur={min(data.x.shape[1:3]) / 14:.2g}", "invert")


class _Life:
    """Experiences added one by one from a pool of samples; `names` are the labels that classes bear from now on."""

    def __init__(self, data: Data, seed: int, pool: Pool) -> None:
        self.data, self.seed, self.pool = data, seed, pool
        self.names: np.ndarray | None = None
        self.lived: list[Experience] = []

    def live(
        self, name: str, labels: np.ndarray, number: int,
        *, alter: str = "", wrong: tuple[str, float] = ("class", 0.0), told: bool = True,
    ) -> None:  # fmt: skip
        """So many samples of each class, mixed. wrong : kind and rate of wrong labels. told : whether labels are told."""
        i = len(self.lived)
        train = self.pool.mixed(labels, number, f"experience {i}")
        kind, rate = wrong
        given = noisy_labels(self.data.y[train], np.sort(labels), kind, rate, self.seed, i) if rate else self.data.y[train]
        self._add(name, train, labels, given if told else None, alter=alter)

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
        self, name: str, train: np.ndarray, tested: np.ndarray, given: np.ndarray | None,
        *, alter: str = "", marks: np.ndarray | None = None,
    ) -> None:  # fmt: skip
        if given is not None and self.names is not None:
            given = self.names[given]
        self.lived.append(
            Experience(
                name=name, train=train, test=tests_of(self.data, tested), alter=alter, alter_seed=self.seed,
                given=given, names=self.names,
                modulators={SALIENCE: np.ones(len(train)) if marks is None else marks},
            )
        )  # fmt: skip
