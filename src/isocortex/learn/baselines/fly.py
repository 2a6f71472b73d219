"""The fly's mushroom body: a sparse random expansion, few winners, one-way association."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import csr_array

from isocortex.errors import DescriptionError
from isocortex.learn.baselines.base import Baseline, flat, with_rows
from isocortex.learn.draws import generator


class FlyModel(Baseline):
    """Kenyon cells sum a few inputs each, the strongest few stay active, their synapses onto the class's output cell grow.

    ``v_class <- min(1, v_class + rate h)``, h the winners' activity divided by the strongest's; synapses onto other classes
    do not change, which is why little is forgotten. Inputs are taken less their mean in each sample. The order of samples
    does not matter. Shen, Dasgupta & Navlakha 2021, https://arxiv.org/abs/2107.07617; expansion and winners after Dasgupta,
    Stevens & Navlakha 2017, https://doi.org/10.1126/science.aam9868.

    Parameters
    ----------
    cells : Kenyon cells.
    inputs : each, drawn without replacement.
    active : share of the cells that stay active.
    rate : of learning; the synapses saturate where it is large for the number of samples a class.
    """

    def __init__(
        self,
        cells: int = 10_000,
        inputs: int = 32,
        active: float = 0.01,
        rate: float = 0.01,
        weighted: bool = True,
        seed: int = 0,
    ) -> None:
        self.cells = cells
        self.inputs = inputs
        self.active = active
        self.rate = rate
        self.weighted = weighted
        self.seed = seed

    def _start(self, x: np.ndarray) -> None:
        if not (0 < self.active <= 1 and self.rate > 0 and self.cells >= 1 and self.inputs >= 1):
            raise DescriptionError(
                f"FlyModel: cells {self.cells}, inputs {self.inputs}, active {self.active}, rate {self.rate}; "
                "at least 1, at least 1, a share above 0, and more than 0 are needed"
            )
        d = flat(x).shape[1]
        k = min(self.inputs, d)
        rng = generator(self.seed, "fly")
        chosen = np.stack([rng.permutation(d)[:k] for _ in range(self.cells)])
        rows = np.arange(0, self.cells * k + 1, k)
        self.expansion_ = csr_array((np.ones(self.cells * k, np.float32), chosen.ravel(), rows), shape=(self.cells, d))
        self.expansion_.sort_indices()

    def _grow(self, classes: int) -> None:
        self.weights_ = with_rows(getattr(self, "weights_", np.zeros((0, self.cells), np.float32)), classes)

    def _learn(self, x: np.ndarray, index: np.ndarray, weights: np.ndarray) -> None:
        h = self._winners(x) * (np.float32(self.rate) * weights)[:, None]
        for k in np.unique(index):
            self.weights_[k] = np.minimum(1, self.weights_[k] + h[index == k].sum(0))

    def _scores(self, x: np.ndarray) -> np.ndarray:
        return self._winners(x) @ self.weights_.T

    def _winners(self, x: np.ndarray) -> np.ndarray:
        """Activity of the Kenyon cells, (n, cells), 0 but for the strongest, at most 1."""
        z: Any = flat(x)
        z = z - z.mean(1, keepdims=True)
        h = np.ascontiguousarray((self.expansion_ @ np.ascontiguousarray(z.T)).T)
        k = max(1, round(self.active * self.cells))
        limit = np.partition(h, self.cells - k, axis=1)[:, self.cells - k, None]
        h[(h < limit) | (h <= 0)] = 0
        top = h.max(1, keepdims=True)
        return h / np.where(top > 0, top, 1)
