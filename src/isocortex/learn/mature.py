"""What stands after the critical period: fixed superficial units, and an association layer that goes on learning."""

from __future__ import annotations

import numpy as np

from isocortex.learn.association import Association
from isocortex.learn.discriminants import Discriminants
from isocortex.learn.front import Front
from isocortex.learn.vector_front import VectorFront
from isocortex.learn.worlds import Worlds

PIECE = 512  # inputs whose features are held at a time; no result depends on it


class Mature:
    """A front end and the association layer on it."""

    def __init__(
        self,
        front: Front | VectorFront,
        association: Association,
        worlds: Worlds | None,
        *,
        shrinkage: float | None,
        guessing: float,
    ) -> None:
        self.front = front
        self.association = association
        self.worlds = worlds  # None for vectors
        self.shrinkage = shrinkage
        self.guessing = guessing  # weight of what is learned without a label, as what it is taken for
        self._discriminants: Discriminants | None = None

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
        self.association.absorb(self.received(inputs), labels, weights)
        self._discriminants = None
        if self.worlds is not None:
            self.worlds.learn(inputs)

    def _learn_unlabelled(self, inputs: np.ndarray) -> None:
        if self.worlds is not None:
            self.worlds.meet(inputs)
        if self.guessing > 0:
            rows = self.received(inputs)
            guesses = self.association.judge_now().guess(rows)
            known = guesses >= 0
            self.association.absorb(rows[known], guesses[known], np.full(int(known.sum()), self.guessing))
            self._discriminants = None

    def received(self, inputs: np.ndarray) -> np.ndarray:
        """What the association layer receives; (n, d)."""
        return self.front.features(inputs if self.worlds is None else self.worlds.present(inputs))

    def discriminants(self) -> Discriminants:
        """The solution of everything learned, found once."""
        if self._discriminants is None:
            self._discriminants = self.association.solve(self.shrinkage)
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
