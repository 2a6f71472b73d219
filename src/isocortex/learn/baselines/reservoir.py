"""Stored samples within a fixed number of bytes."""

from __future__ import annotations

import numpy as np

from isocortex.errors import DescriptionError
from isocortex.learn.draws import generator

LEVELS = 255  # samples in [0, 1] are kept as bytes, which is exact for 8-bit images
_LABEL, _WEIGHT = np.dtype(np.int16).itemsize, np.dtype(np.float16).itemsize


class Reservoir:
    """A uniform sample of all that came, each sample kept as one byte a value and a label of two.

    Every sample that came has the same chance of being kept, at any time (Vitter 1985, algorithm R). With weights the chance
    goes with the weight (Chao 1982, https://doi.org/10.1093/biomet/69.3.653). How samples are cut into batches does not matter.

    x : (stored, values) uint8. y : (stored,) int16. w : (stored,) float16 weights, with `weights` only.
    """

    def __init__(self, values: int, budget: int, seed: int, name: str, *, weights: bool = False) -> None:
        self._each = values + _LABEL + weights * _WEIGHT
        self.capacity = budget // self._each
        if self.capacity < 1:
            raise DescriptionError(f"{name}.bytes: is {budget}; one sample of {values} values takes {self._each}")
        self.w = np.zeros(0, np.float16) if weights else None
        self.x = np.zeros((0, values), np.uint8)
        self.y = np.zeros(0, np.int16)
        self._weight = 0.0
        self._draws = generator(seed, f"reservoir {name}")

    def __len__(self) -> int:
        return len(self.y)

    def add(self, x: np.ndarray, index: np.ndarray, weights: np.ndarray) -> None:
        """Offer samples (n, values) in [0, 1] with the numbers of their classes."""
        levels = np.round(np.clip(x, 0, 1) * LEVELS).astype(np.uint8)
        weights = weights.astype(np.float64)
        total = self._weight + np.cumsum(weights)
        self._weight = float(total[-1]) if len(total) else self._weight
        free = min(self.capacity - len(self), len(levels))
        if free > 0:
            self.x = np.concatenate([self.x, levels[:free]])
            self.y = np.concatenate([self.y, index[:free].astype(np.int16)])
            if self.w is not None:
                self.w = np.concatenate([self.w, weights[:free].astype(np.float16)])
        draws = self._draws.random((len(levels) - free, 2))
        for i, (kept, place) in enumerate(draws, start=free):
            if kept * total[i] < self.capacity * weights[i]:
                at = int(place * self.capacity)
                self.x[at], self.y[at] = levels[i], index[i]
                if self.w is not None:
                    self.w[at] = weights[i]

    def values(self, rows: slice | np.ndarray) -> np.ndarray:
        """Stored samples as float32 in [0, 1]."""
        return self.x[rows].astype(np.float32) / np.float32(LEVELS)

    def shrink(self, budget: int) -> None:
        """Give back room: keep as many samples as fit into so many bytes, dropped at random."""
        self.capacity = max(1, budget // self._each)
        if len(self) > self.capacity:
            kept = np.sort(self._draws.permutation(len(self))[: self.capacity])
            self.x, self.y = self.x[kept].copy(), self.y[kept].copy()
            self.w = None if self.w is None else self.w[kept].copy()
