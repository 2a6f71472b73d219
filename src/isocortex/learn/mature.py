"""What stands after the critical period: fixed superficial units, and an association layer that goes on learning."""

from __future__ import annotations

import numpy as np

from isocortex.learn.association import BLOCK, Association, Discriminants
from isocortex.learn.front import Front
from isocortex.learn.judge import Judge
from isocortex.learn.vector_front import VectorFront

PIECE = 512  # inputs whose features are held at a time; no result depends on it


class Mature:
    """A front end and the association layer on it."""

    def __init__(self, front: Front | VectorFront, *, block: int = BLOCK, shrinkage: float | None = None, judge: Judge | None = None) -> None:
        self.front = front
        self.association = Association(front.d, block, judge)
        self.shrinkage = shrinkage
        self._discriminants: Discriminants | None = None

    def learn(self, inputs: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> None:
        """Learn inputs in their order; label -1 is none."""
        for i in range(0, len(inputs), PIECE):
            at = slice(i, i + PIECE)
            labelled = labels[at] >= 0
            if labelled.any():
                rows = self.front.features(inputs[at][labelled])
                self.association.absorb(rows, labels[at][labelled], weights[at][labelled])
                self._discriminants = None

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
            out[i : i + PIECE] = solved(self.front.features(inputs[i : i + PIECE]))
        return out

    def surprise(self, inputs: np.ndarray) -> np.ndarray:
        """How unfamiliar inputs are, in standard deviations of familiar ones; (n,)."""
        judge = self.association.judge_now()
        pieces = [judge.surprise(self.front.features(inputs[i : i + PIECE])) for i in range(0, len(inputs), PIECE)]
        return np.concatenate(pieces)

    def nbytes(self) -> int:
        """Bytes of everything kept."""
        solved = self._discriminants
        cached = 0 if solved is None else solved.coefficients.nbytes + solved.intercepts.nbytes
        return self.front.nbytes() + self.association.nbytes() + cached
