"""What stands after the critical period: fixed superficial units, and an association layer that goes on learning."""

from __future__ import annotations

import copy
import itertools

import numpy as np

from isocortex.learn.association import Association
from isocortex.learn.discriminants import Discriminants
from isocortex.learn.front import Front
from isocortex.learn.vector_front import VectorFront
from isocortex.learn.views import occurrence, views, views_of_nth
from isocortex.learn.worlds import Worlds

PIECE = 512  # inputs whose features are held at a time; no result depends on it


class Mature:
    """A front end and the association layer on it."""

    refresh = 0.0  # a solution answers until this share of all samples was learned since; 0: the newest always
    since = 0.0  # ... how many that were, by weight

    def __init__(
        self,
        front: Front | VectorFront,
        association: Association,
        worlds: Worlds | None,
        *,
        shrinkage: float | None,
        guessing: float,
        fixations: tuple[int, int] = (0, 0),
    ) -> None:
        self.front = front
        self.association = association
        self.worlds = worlds  # None for vectors
        self.shrinkage = shrinkage
        self.guessing = guessing  # weight of what is learned without a label, as what it is taken for
        self.fixations = fixations  # samples of a class that are looked at from all sides, and several times at all
        self.seen = np.zeros(0, np.int64)  # samples of each class so far
        self._discriminants: Discriminants | None = None

    def apart(self) -> Mature:
        """A copy that can learn apart; what never changes is shared."""
        judge = self.association.judge
        fixed = (self.front, self._discriminants, judge and judge.projection)
        return copy.deepcopy(self, {id(x): x for x in fixed})

    def learn(self, inputs: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> None:
        """Learn inputs in their order; label -1 is none."""
        for i in range(0, len(inputs), PIECE):
            at = slice(i, i + PIECE)
            labelled = labels[at] >= 0
            if labelled.any():
                self._learn_labelled(inputs[at][labelled], labels[at][labelled], weights[at][labelled])
            if not labelled.all():
                self._learn_unlabelled(inputs[at][~labelled])

    def _learn_labelled(self, inputs: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> None:
        self.seen = np.concatenate([self.seen, np.zeros(max(0, labels.max() + 1 - len(self.seen)), np.int64)])
        nth = occurrence(labels, self.seen)
        np.add.at(self.seen, labels, 1)
        shown = inputs if self.worlds is None else self.worlds.present(inputs)
        counts = views_of_nth(nth, *self.fixations)
        for start, end in _runs(counts):  # in the order of the inputs
            at, count = slice(start, end), int(counts[start])
            if count > 1:
                self._learn_views(shown[at], labels[at], weights[at], count)
            else:
                self.association.absorb(self.front.features(shown[at]), labels[at], weights[at])
        self._outdate(float(weights.sum()))
        if self.worlds is not None:
            self.worlds.learn(inputs)

    def _learn_views(self, shown: np.ndarray, labels: np.ndarray, weights: np.ndarray, count: int) -> None:
        """Learn each input as the mean of what several fixations show."""
        seen = views(shown, count)
        rows = self.front.features(np.ascontiguousarray(seen.swapaxes(0, 1).reshape(-1, *shown.shape[1:])))
        times = np.full(len(rows), float(count))
        self.association.absorb(rows, np.repeat(labels, count), np.repeat(weights, count) / count, times)

    def _learn_unlabelled(self, inputs: np.ndarray) -> None:
        if self.worlds is not None:
            self.worlds.meet(inputs)
        if self.guessing > 0:
            rows = self.received(inputs)
            guesses = self.association.judge_now().guess(rows)
            known = guesses >= 0
            self.association.absorb(rows[known], guesses[known], np.full(int(known.sum()), self.guessing))
            self._outdate(self.guessing * float(known.sum()))

    def _outdate(self, weight: float) -> None:
        """So much was learned since the solution."""
        self.since += weight
        solved = self._discriminants
        if solved is None or len(solved.intercepts) < len(self.seen) or self.since >= self.refresh * self.seen.sum():
            self._discriminants = None

    def received(self, inputs: np.ndarray) -> np.ndarray:
        """What the association layer receives; (n, d)."""
        return self.front.features(inputs if self.worlds is None else self.worlds.present(inputs))

    def discriminants(self) -> Discriminants:
        """The solution of everything learned, found once; one a little older where `refresh` allows it."""
        if self._discriminants is None:
            self._discriminants = self.association.solve(self.shrinkage)
            self.since = 0.0
        return self._discriminants

    def scores(self, inputs: np.ndarray) -> np.ndarray:
        """Log posterior up to a constant, of each class; (n, classes)."""
        solved = self.discriminants()
        out = np.empty((len(inputs), len(solved.intercepts)))
        for i in range(0, len(inputs), PIECE):
            out[i : i + PIECE] = solved(self.received(inputs[i : i + PIECE]))
        return out

    def surprise(self, inputs: np.ndarray) -> np.ndarray:
        """How unlike anything learned inputs are, in standard deviations of familiar ones; (n,)."""
        solved = self.discriminants()
        pieces = [solved.surprise(self.received(inputs[i : i + PIECE])) for i in range(0, len(inputs), PIECE)]
        return np.concatenate(pieces)

    def nbytes(self) -> int:
        """Bytes of everything kept."""
        solved = self._discriminants
        cached = 0 if solved is None else solved.nbytes()
        worlds = 0 if self.worlds is None else self.worlds.nbytes()
        return self.front.nbytes() + self.association.nbytes() + worlds + cached


def _runs(values: np.ndarray) -> list[tuple[int, int]]:
    """Stretches of equal values: (start, end)."""
    borders = [0, *(np.flatnonzero(np.diff(values)) + 1).tolist(), len(values)]
    return list(itertools.pairwise(borders))
