"""Class means and the growth of the within-class scatter, by the exact recursion."""

from __future__ import annotations

import dataclasses

import numpy as np


@dataclasses.dataclass
class Prototypes:
    """Per class: the sum of weights, of their squares, and the mean row."""

    weight: np.ndarray  # (classes,) float64
    squares: np.ndarray  # (classes,) float64, sum of squared weights
    mean: np.ndarray  # (classes, d) float64
    eta: float = 1.0  # of the step 1 / n
    floor: float = 0.0  # the least step, a sample

    @classmethod
    def none(cls, d: int, eta: float = 1.0, floor: float = 0.0) -> Prototypes:
        """No class yet, of rows of d features."""
        return cls(np.zeros(0), np.zeros(0), np.zeros((0, d)), eta, floor)

    def copy(self) -> Prototypes:
        """A copy that can learn apart."""
        return dataclasses.replace(self, weight=self.weight.copy(), squares=self.squares.copy(), mean=self.mean.copy())

    def grow(self, classes: int) -> None:
        """Make room for classes up to `classes`."""
        more = classes - len(self.weight)
        if more > 0:
            self.weight, self.squares = (np.concatenate([a, np.zeros(more)]) for a in (self.weight, self.squares))
            self.mean = np.concatenate([self.mean, np.zeros((more, self.mean.shape[1]))])

    def reopen(self, count: np.ndarray) -> None:
        """Let each class's mean count for no more than `count` samples from now on, (classes,)."""
        kept = np.minimum(self.weight, count) / np.maximum(self.weight, 1e-300)
        self.weight, self.squares = self.weight * kept, self.squares * kept

    def samples(self) -> np.ndarray:
        """How many equally weighted samples each mean is worth (Kish); (classes,)."""
        return np.asarray(self.weight**2 / np.maximum(self.squares, 1e-300))

    def learn(self, rows: np.ndarray, labels: np.ndarray, weights: np.ndarray, views: np.ndarray | None = None) -> np.ndarray:
        """Move each class mean by its rows; return rows whose outer products are the growth of the within-class scatter.

        views : how many rows show the same sample as each row does, (n,); they count as one sample.
        """
        residuals = []
        for c in np.unique(labels):
            chosen = (labels == c) & (weights > 0)
            w = weights[chosen]
            total = w.sum()
            if total <= 0:
                continue
            x = rows[chosen]
            centre = (w @ x) / total
            residuals.append(np.sqrt(w)[:, None] * (x - centre))
            before = self.weight[c]
            if before > 0:  # the shift between old and new centre is within-class variability too
                residuals.append(np.sqrt(before * total / (before + total)) * (centre - self.mean[c])[None])
            self.weight[c] = before + total
            self.squares[c] += (w**2 * (1.0 if views is None else views[chosen])).sum()
            step = self.eta * total / (before + total) if before > 0 else float(self.eta > 0)
            self.mean[c] += max(step, 1 - (1 - self.floor) ** total) * (centre - self.mean[c])
        return np.concatenate(residuals).astype(np.float32) if residuals else np.zeros((0, rows.shape[1]), np.float32)
