"""Class means and the growth of the within-class scatter, by the exact recursion."""

from __future__ import annotations

import dataclasses

import numpy as np

_KEPT = ("weight", "squares", "mean", "number")


@dataclasses.dataclass
class Prototypes:
    """Per class: the sum of weights, of their squares, the mean row, and how many samples there were."""

    weight: np.ndarray  # (classes,) float64
    squares: np.ndarray  # (classes,) float64, sum of squared weights
    mean: np.ndarray  # (classes, d) float64
    number: np.ndarray  # (classes,) float64
    eta: float = 1.0  # of the step 1 / n
    floor: float = 0.0  # the least step, a sample
    shelf: Prototypes | None = None  # what a class was before it was learned anew; weight 0 where there is nothing

    @classmethod
    def none(cls, d: int, eta: float = 1.0, floor: float = 0.0) -> Prototypes:
        """No class yet, of rows of d features."""
        return cls(np.zeros(0), np.zeros(0), np.zeros((0, d)), np.zeros(0), eta, floor)

    def copy(self) -> Prototypes:
        """A copy that can learn apart."""
        arrays = {name: getattr(self, name).copy() for name in _KEPT}
        return dataclasses.replace(self, **arrays, shelf=self.shelf and self.shelf.copy())

    def grow(self, classes: int) -> None:
        """Make room for classes up to `classes`."""
        more = classes - len(self.weight)
        if more > 0:
            for name in ("weight", "squares", "number"):
                setattr(self, name, np.concatenate([getattr(self, name), np.zeros(more)]))
            self.mean = np.concatenate([self.mean, np.zeros((more, self.mean.shape[1]))])
            if self.shelf is not None:
                self.shelf.grow(classes)

    def shelve(self, chosen: np.ndarray) -> None:
        """Put what the chosen classes (bool, (classes,)) are on the shelf, unless what lies there already weighs more."""
        if not chosen.any():
            return
        if self.shelf is None:
            self.shelf = Prototypes.none(self.mean.shape[1])
            self.shelf.grow(len(self.weight))
        self._to_shelf(chosen & (self.weight > self.shelf.weight))

    def exchange(self, chosen: np.ndarray) -> None:
        """Let the chosen classes be again what lies on the shelf, and put there what they are now."""
        if self.shelf is None or not chosen.any():
            return
        taken = {name: getattr(self.shelf, name)[chosen] for name in _KEPT}  # indexing copies
        self._to_shelf(chosen)
        for name, values in taken.items():
            getattr(self, name)[chosen] = values

    def _to_shelf(self, chosen: np.ndarray) -> None:
        for name in _KEPT:
            getattr(self.shelf, name)[chosen] = getattr(self, name)[chosen]

    def nbytes(self) -> int:
        """Bytes of everything kept."""
        return sum(getattr(self, name).nbytes for name in _KEPT) + (self.shelf.nbytes() if self.shelf else 0)

    def reopen(self, count: np.ndarray) -> None:
        """Let each class's mean count for no more than `count` samples from now on, (classes,)."""
        kept = np.minimum(self.weight, count) / np.maximum(self.weight, 1e-300)
        self.weight, self.squares, self.number = self.weight * kept, self.squares * kept, self.number * kept

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
            each = np.ones(len(w)) if views is None else views[chosen]
            self.squares[c] += (w**2 * each).sum()
            self.number[c] += (1 / each).sum()
            step = self.eta * total / (before + total) if before > 0 else float(self.eta > 0)
            self.mean[c] += max(step, 1 - (1 - self.floor) ** total) * (centre - self.mean[c])
        return np.concatenate(residuals).astype(np.float32) if residuals else np.zeros((0, rows.shape[1]), np.float32)
