"""What an image looks like before anything is recognised: brightness, contrast at each scale, and how well a context fits."""

from __future__ import annotations

import dataclasses

import numpy as np

BANDS = 8
LEAST = 1e-7  # energy below which a band counts as silent


def signatures(images: np.ndarray) -> np.ndarray:
    """Mean, skewness and the log energies of radial bands of spatial frequency, per image; (n, 2 + bands)."""
    grey = images.mean(3)
    mean = grey.mean((1, 2))
    centred = grey - mean[:, None, None]
    spread = np.sqrt((centred**2).mean((1, 2)) + 1e-6)
    skewness = (centred**3).mean((1, 2)) / spread**3
    power = np.abs(np.fft.rfft2(centred)) ** 2 / (grey.shape[1] * grey.shape[2]) ** 2
    bands = _bands(*grey.shape[1:])
    energy = power.reshape(len(power), bands.size) @ (bands.reshape(-1, 1) == np.arange(BANDS)).astype(power.dtype)
    return np.concatenate([mean[:, None], np.tanh(skewness / 4)[:, None], np.log(energy + LEAST)], axis=1)


def _bands(height: int, width: int) -> np.ndarray:
    """The radial band of each frequency of `rfft2`."""
    y, x = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None]
    return np.minimum((np.hypot(y, x) / 0.5 * BANDS).astype(int), BANDS - 1)


@dataclasses.dataclass
class Fit:
    """A Gaussian of signatures, learned one by one."""

    n: float
    mean: np.ndarray
    scatter: np.ndarray

    @classmethod
    def none(cls) -> Fit:
        """Nothing seen."""
        k = 2 + BANDS
        return cls(0.0, np.zeros(k), np.zeros((k, k)))

    def see(self, rows: np.ndarray) -> None:
        """Take signatures in, (n, k)."""
        n = len(rows)
        if not n:
            return
        centre = rows.mean(0)
        step = centre - self.mean
        self.scatter += (rows - centre).T @ (rows - centre) + self.n * n / (self.n + n) * np.outer(step, step)
        self.mean = self.mean + n / (self.n + n) * step
        self.n += n

    def misfit(self, rows: np.ndarray) -> np.ndarray:
        """Squared Mahalanobis distance plus the log determinant; (n,)."""
        prior = np.diag(np.array([0.02, 0.02] + [0.1] * BANDS) ** 2)  # a context is never narrower than this
        covariance = (self.scatter + 10 * prior) / (self.n + 10) + prior
        inverse = np.linalg.inv(covariance)
        r = rows - self.mean
        return np.asarray(np.einsum("nk,kl,nl->n", r, inverse, r) + np.linalg.slogdet(covariance)[1])

    def strangeness(self, rows: np.ndarray) -> np.ndarray:
        """Squared Mahalanobis distance per dimension: about 1 for what belongs; (n,)."""
        level = self.misfit(self.mean[None])[0]
        return np.asarray((self.misfit(rows) - level) / len(self.mean))
