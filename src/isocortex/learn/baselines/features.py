"""Fixed random features: what can be had by many random units without learning them."""

from __future__ import annotations

import abc
import dataclasses

import numpy as np

from isocortex.checks import is_whole
from isocortex.errors import DescriptionError
from isocortex.learn.draws import generator


class Fitted(abc.ABC):
    """Features ready to use: arrays and one function."""

    size: int

    @abc.abstractmethod
    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Samples (n, ...) to features (n, size) float32."""


class FeatureMap(abc.ABC):
    """What kind of random features, and how many: plain data. `fitted` draws them."""

    features: int

    @abc.abstractmethod
    def fitted(self, x: np.ndarray, seed: int) -> Fitted:
        """Draw features for samples of the shape of `x`; scale and offset come from these first samples."""

    @abc.abstractmethod
    def bytes(self, shape: tuple[int, ...]) -> int:
        """Bytes that the drawn features take for samples of a shape."""

    @abc.abstractmethod
    def resized(self, features: int) -> FeatureMap:
        """The same kind with (at most) so many features."""


def check_features(name: str, features: int) -> None:
    """Raise unless it is a number of features."""
    if not is_whole(features, 1):
        raise DescriptionError(f"{name}.features: is {features!r}; a whole number of at least 1 is needed")


@dataclasses.dataclass(frozen=True)
class RandomReLU(FeatureMap):
    """``max(0, w.(x - m) / s + b)``, w normal with variance 1/d, b normal: a random hidden layer.

    m and s are the mean and the standard deviation of all values of the first samples.
    """

    features: int = 1000

    def __post_init__(self) -> None:
        check_features("RandomReLU", self.features)

    def fitted(self, x: np.ndarray, seed: int) -> Fitted:
        d = int(np.prod(x.shape[1:]))
        rng = generator(seed, "random relu")
        weights = rng.standard_normal((d, self.features), np.float32) / np.float32(np.sqrt(d))
        mean, sd = _level(x)
        offset = rng.standard_normal(self.features, np.float32) - mean / sd * weights.sum(0)
        return _Dense(weights / sd, offset, wave=False)

    def bytes(self, shape: tuple[int, ...]) -> int:
        return 4 * self.features * (int(np.prod(shape)) + 1)

    def resized(self, features: int) -> RandomReLU:
        return RandomReLU(features)


@dataclasses.dataclass(frozen=True)
class RandomFourier(FeatureMap):
    """``sqrt(2 / D) cos(w.x + b)``, w normal with variance ``2 gamma``, b uniform: for ``exp(-gamma |x - y|^2)``.

    Rahimi & Recht 2007. With linear discriminant analysis on top: RanDumb, Prabhu et al. 2024,
    https://arxiv.org/abs/2402.08823. gamma None takes ``1 / (d v)``, v the variance of all values of the first samples.
    """

    features: int = 1000
    gamma: float | None = None

    def __post_init__(self) -> None:
        check_features("RandomFourier", self.features)
        if self.gamma is not None and not self.gamma > 0:
            raise DescriptionError(f"RandomFourier.gamma: is {self.gamma}; more than 0, or None, is needed")

    def fitted(self, x: np.ndarray, seed: int) -> Fitted:
        d = int(np.prod(x.shape[1:]))
        gamma = self.gamma or 1.0 / (d * _level(x)[1] ** 2)
        rng = generator(seed, "random fourier")
        weights = rng.standard_normal((d, self.features), np.float32) * np.float32(np.sqrt(2 * gamma))
        offset = (2 * np.pi * rng.random(self.features)).astype(np.float32)
        return _Dense(weights, offset, wave=True)

    def bytes(self, shape: tuple[int, ...]) -> int:
        return 4 * self.features * (int(np.prod(shape)) + 1)

    def resized(self, features: int) -> RandomFourier:
        return dataclasses.replace(self, features=features)


@dataclasses.dataclass(frozen=True, eq=False)
class _Dense(Fitted):
    weights: np.ndarray
    offset: np.ndarray
    wave: bool

    @property
    def size(self) -> int:  # type: ignore[override]
        return len(self.offset)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        z = x.reshape(len(x), -1).astype(np.float32, copy=False) @ self.weights
        z += self.offset
        if not self.wave:
            return np.maximum(z, 0, out=z)
        np.cos(z, out=z)
        z *= np.float32(np.sqrt(2 / self.size))
        return z


def _level(x: np.ndarray) -> tuple[np.float32, np.float32]:
    """Mean and standard deviation of all values; a deviation of 1 where there is none."""
    sd = np.float32(x.std())
    return np.float32(x.mean()), sd if sd > 0 else np.float32(1)
