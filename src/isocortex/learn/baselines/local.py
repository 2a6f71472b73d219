"""Random local filters: a convolution with fixed random weights, competition between filters, pooling."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from isocortex.errors import DescriptionError
from isocortex.learn.baselines.features import FeatureMap, Fitted, check_features
from isocortex.learn.baselines.pooling import pooled
from isocortex.learn.draws import generator

_AT_ONCE = 16  # images, so that the responses stay in cache
_CONTRAST = 1e-2  # of a patch, below which normalisation does little; in units of the range of pixels


@dataclasses.dataclass(frozen=True)
class LocalFilters(FeatureMap):
    """Every patch of an image, normalised, meets random filters; each response, less what is common, is summed over regions.

    A patch p becomes ``(p - mean p) / sqrt(var p + contrast^2)``, its response to filter k is ``s_k = w_k.p`` with w normal,
    rectified as ``max(0, s_k - mean s - c sd s)`` over the filters, summed over each of ``grid x grid`` regions, and the
    square root is taken. The control for learned filters: the same but that nothing is learned.

    features : at most so many; there are ``filters x grid^2``.
    patch : side of a patch (pixels); None takes a quarter of the image's side, at least 3.
    grid : regions a side. threshold : c.
    """

    features: int = 900
    patch: int | None = None
    grid: int = 3
    threshold: float = 0.5

    def __post_init__(self) -> None:
        check_features("LocalFilters", self.features)
        if self.grid < 1 or self.features < self.grid**2:
            raise DescriptionError(
                f"LocalFilters.features: is {self.features} for {self.grid} by {self.grid} regions; one each at least"
            )

    @property
    def filters(self) -> int:
        """How many filters."""
        return self.features // self.grid**2

    def side(self, shape: tuple[int, ...]) -> int:
        """Side of a patch in images of a shape (h, w[, c])."""
        if len(shape) < 2:
            raise DescriptionError(f"LocalFilters: samples of {shape[0]} features have no neighbours; images are needed")
        side = max(3, min(shape[:2]) // 4) if self.patch is None else self.patch
        if not 1 <= side <= min(shape[:2]) - self.grid + 1:
            raise DescriptionError(
                f"LocalFilters.patch: is {side} for images of {shape[1]} by {shape[0]} pixels and {self.grid} by {self.grid} "
                f"regions; 1 to {min(shape[:2]) - self.grid + 1} is needed"
            )
        return side

    def fitted(self, x: np.ndarray, seed: int) -> Fitted:
        shape = x.shape[1:]
        side, channels = self.side(shape), shape[2] if len(shape) == 3 else 1
        weights = generator(seed, "local filters").standard_normal((side * side * channels, self.filters), np.float32)
        weights -= weights.mean(0)  # patches have no mean, so that of a filter does nothing
        row_of, column_of = (regions(n - side + 1, self.grid) for n in shape[:2])
        return _Local(weights, row_of, column_of, side, self.grid, np.float32(self.threshold))

    def bytes(self, shape: tuple[int, ...]) -> int:
        side, channels = self.side(shape), shape[2] if len(shape) == 3 else 1
        return 4 * side * side * channels * self.filters + 8 * (shape[0] + shape[1] - 2 * side + 2)

    def resized(self, features: int) -> LocalFilters:
        return dataclasses.replace(self, features=max(features, self.grid**2))


@dataclasses.dataclass(frozen=True, eq=False)
class _Local(Fitted):
    """weights : (patch values, filters). row_of, column_of : the region that each row and column of positions lies in."""

    weights: np.ndarray
    row_of: np.ndarray
    column_of: np.ndarray
    side: int
    grid: int
    threshold: np.float32

    @property
    def size(self) -> int:  # type: ignore[override]
        return self.weights.shape[1] * self.grid**2

    def __call__(self, x: np.ndarray) -> np.ndarray:
        x = x if x.ndim == 4 else x[..., None]
        return np.concatenate([self._some(x[i : i + _AT_ONCE]) for i in range(0, len(x), _AT_ONCE)])

    def _some(self, x: np.ndarray) -> np.ndarray:
        windows = sliding_window_view(x, (self.side, self.side), axis=(1, 2))  # (n, rows, columns, channels, side, side)
        n, rows, columns = windows.shape[:3]
        patches = windows.reshape(n * rows * columns, -1)
        patches = patches - patches.mean(1, keepdims=True)
        patches /= np.sqrt((patches**2).mean(1, keepdims=True) + np.float32(_CONTRAST**2))
        s = (patches @ self.weights).reshape(n, rows, columns, -1)
        out = np.zeros((n, self.grid, self.grid, s.shape[3]), np.float32)
        pooled(s, self.threshold, self.row_of, self.column_of, out)
        return np.sqrt(out, out=out).reshape(n, -1)


def regions(positions: int, grid: int) -> np.ndarray:
    """The region, of `grid` of about equal size, that each position lies in."""
    return (np.arange(positions) * grid // positions).astype(np.int64)
