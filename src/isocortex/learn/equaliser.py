"""Gain control of the input: bring the contrast at each scale, the polarity and the levels of a new world to the familiar.

Thalamus and L4 adapt to contrast, to the spectrum and to the distribution of levels of what is shown (Laughlin 1981,
doi:10.1515/znc-1981-9-1040, levels; Atick & Redlich 1992, doi:10.1162/neco.1992.4.2.196, spectrum and noise).
"""

from __future__ import annotations

import dataclasses

import numpy as np

STRONGEST = 100.0
FAINTEST = 1e-9
LEVELS = 257
BINS, LOW, HIGH = 1024, -0.5, 1.5


@dataclasses.dataclass
class World:
    """Power spectrum and levels of images, as sums over all of them."""

    n: float
    power: np.ndarray  # (height, width // 2 + 1), the mean of each image removed
    counts: np.ndarray  # (BINS,) of pixels, from LOW to HIGH

    @classmethod
    def none(cls, shape: tuple[int, ...]) -> World:
        """Nothing seen of images of (height, width)."""
        return cls(0.0, np.zeros((shape[0], shape[1] // 2 + 1)), np.zeros(BINS))

    def see(self, images: np.ndarray) -> None:
        """Take images in, (n, height, width, channels)."""
        if len(images):
            self.n += len(images)
            self.power += _power(images) * len(images)
            self.counts += np.histogram(np.clip(images, LOW, HIGH), BINS, (LOW, HIGH))[0]

    def mean_power(self) -> np.ndarray:
        """Power of each frequency."""
        return np.asarray(self.power / max(self.n, 1.0))

    def levels(self) -> np.ndarray:
        """Quantiles of the pixels, (LEVELS,)."""
        heaped = np.concatenate([[0.0], np.cumsum(self.counts)]) / max(self.counts.sum(), 1.0)
        edges = np.linspace(LOW, HIGH, BINS + 1)
        kept = np.concatenate([[True], np.diff(heaped) > 0])
        kept[:-1] |= kept[1:]  # where a run of empty bins ends
        return np.interp(np.linspace(0, 1, LEVELS), heaped[kept], edges[kept])

    def nbytes(self) -> int:
        """Bytes held."""
        return self.power.nbytes + self.counts.nbytes


@dataclasses.dataclass(frozen=True)
class Equaliser:
    """images -> images of the familiar world; `strength` 0 changes nothing, 1 is all the way."""

    inverted: bool
    gain: np.ndarray  # (height, width // 2 + 1)
    seen: np.ndarray  # levels after polarity and gain ...
    familiar: np.ndarray  # ... and what they are mapped to
    strength: float = 1.0

    def __call__(self, images: np.ndarray) -> np.ndarray:
        out = np.interp(filtered(images, self.inverted, self.gain), self.seen, self.familiar)
        return np.asarray(images + self.strength * (out - images), np.float32)

    def nbytes(self) -> int:
        """Bytes held."""
        return self.gain.nbytes + self.seen.nbytes + self.familiar.nbytes


def equaliser(images: np.ndarray, familiar: World, strength: float = 1.0) -> Equaliser:
    """The equaliser from images of a new world to the familiar one.

    Polarity: whichever way round the levels are nearer. Gain at a frequency with the power ratio r = familiar / new: r where
    r < 1 (the optimal filter for added noise), sqrt(r) where r > 1 (the inverse of a blur). Levels: matched quantiles.
    """
    levels = np.quantile(images, np.linspace(0, 1, LEVELS))
    wanted = familiar.levels()
    inverted = _gap(1 - levels[::-1], wanted) < _gap(levels, wanted)
    ratio = familiar.mean_power() / np.maximum(_power(images), FAINTEST)
    gain = np.where(ratio < 1, ratio, np.minimum(np.sqrt(ratio), STRONGEST))
    gain[0, 0] = 1.0
    after = np.quantile(filtered(images, inverted, gain), np.linspace(0, 1, LEVELS))
    rising = np.maximum.accumulate(after + np.arange(LEVELS) * 1e-9)  # `interp` needs increasing levels
    return Equaliser(bool(inverted), gain, rising, wanted, strength)


def filtered(images: np.ndarray, inverted: bool, gain: np.ndarray) -> np.ndarray:
    """Polarity and gain, channel by channel."""
    x = 1 - images if inverted else images
    spectrum = np.fft.rfft2(x, axes=(1, 2)) * gain[None, :, :, None]
    return np.asarray(np.fft.irfft2(spectrum, s=x.shape[1:3], axes=(1, 2)))


def _gap(a: np.ndarray, b: np.ndarray) -> float:
    """How far two sets of levels are apart whatever their contrast: standardised quantiles."""
    za, zb = ((x - x.mean()) / (x.std() + 1e-9) for x in (a, b))
    return float(np.abs(za - zb).mean() + abs(a.mean() - b.mean()))


def _power(images: np.ndarray) -> np.ndarray:
    """Mean power of each frequency over images and channels."""
    x = images - images.mean((1, 2), keepdims=True)
    return np.asarray((np.abs(np.fft.rfft2(x, axes=(1, 2))) ** 2).mean((0, 3)))
