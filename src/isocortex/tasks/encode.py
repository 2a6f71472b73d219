"""From images to the input of a thalamic relay: ON and OFF channels, coded as firing rates or as spike latencies."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from isocortex.checks import is_whole
from isocortex.describe import Description, quantity
from isocortex.errors import DescriptionError
from isocortex.tasks.images import check_images, resize


def centre_surround(images: np.ndarray, centre: float, surround: float) -> np.ndarray:
    """Filter (n, h, w) images by a difference of Gaussians of equal volume: ``G(centre) * I - G(surround) * I``.

    Widths are standard deviations in pixels; the border is repeated outward, so an even image gives 0 everywhere. Model of
    retinal and thalamic receptive fields: Rodieck 1965, https://doi.org/10.1016/0042-6989(65)90033-7.
    """
    narrow, wide = (gaussian_filter(images.astype(np.float64), (0, s, s), mode="nearest") for s in (centre, surround))
    return narrow - wide


def contrast_normalised(responses: np.ndarray, pool: float, semisaturation: float) -> np.ndarray:
    """Divide (n, h, w) responses by the local contrast: ``c / sqrt((s rms)^2 + G(pool) * c^2)``, rms over the image.

    Because the semisaturation s is in units of the image's own rms, the result does not depend on the image's contrast; a
    large s leaves the shape of c as it is. An image without contrast gives 0. Divisive normalisation: Carandini & Heeger
    2012, https://doi.org/10.1038/nrn3136.
    """
    square = responses**2
    total = square.mean(axis=(1, 2), keepdims=True)
    seen = total > 1e-12  # below: rounding errors of an even image, not contrast
    local = gaussian_filter(square, (0, pool, pool), mode="nearest")
    return np.where(seen, responses / np.sqrt(np.where(seen, semisaturation**2 * total + local, 1.0)), 0.0)


class Retina(Description):
    """What the encoders share: the grid, the filter and the contrast normalisation.

    A cell of a channel is a pixel, row by row: cell ``i`` is at row ``i // width``, column ``i % width``.
    """

    size: int | None = None
    """Height and width of the grid (pixels) that images are resized to; None keeps theirs."""
    centre: float = quantity(0.7, above=0, doc="standard deviation of the centre, pixels of the grid", source="assumption")
    surround: float = quantity(2.1, above=0, doc="standard deviation of the surround, pixels of the grid", source="assumption")
    semisaturation: float = quantity(
        1.0, above=0, doc="of the contrast normalisation, in rms of the image", source="assumption"
    )

    def validate(self) -> None:
        if self.size is not None and not is_whole(self.size, 2):
            raise self.error("size", f"is {self.size!r}; a whole number of at least 2 pixels, or None, is needed")
        if self.surround <= self.centre:
            raise self.error("surround", f"is {self.surround:g}; must be wider than the centre, {self.centre:g}")

    def grid(self, images: np.ndarray) -> tuple[int, int]:
        """Height and width of the grid of cells for these images."""
        return (self.size, self.size) if self.size is not None else (images.shape[1], images.shape[2])

    def channels(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The ON and the OFF channel: (n, cells) float64 each, at least 0; at every place at most one is above 0.

        Raises
        ------
        DataError : images that are not (n, h, w), not finite, or out of [0, 1].
        """
        check_images(images, type(self).__name__)
        size = self.grid(images)
        pixels = images if images.shape[1:] == size else resize(images, size)
        c = contrast_normalised(centre_surround(pixels, self.centre, self.surround), self.surround, self.semisaturation)
        c = c.reshape(len(c), -1)
        return np.maximum(c, 0), np.maximum(-c, 0)


class RateCode(Retina):
    """Rates: ``base + g channel``, with g for each image such that the mean over all cells of both channels is `mean`."""

    base: float = quantity(2.0, "Hz", least=0, doc="rate without contrast", source="assumption")
    mean: float = quantity(15.0, "Hz", above=0, doc="mean rate over all cells while an image is shown", source="assumption")

    def validate(self) -> None:
        super().validate()
        if self.mean <= self.base:
            raise self.error("mean", f"is {self.mean:g} Hz; must be more than the base, {self.base:g} Hz")

    def rates(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Rates (Hz) of the ON and the OFF cells: (n, cells) float32 each. An even image gives the base rate everywhere."""
        on, off = self.channels(images)
        mean = (on + off).mean(axis=1, keepdims=True) / 2
        gain = np.where(mean > 0, (self.mean - self.base) / np.where(mean > 0, mean, 1), 0.0)
        return (self.base + gain * on).astype(np.float32), (self.base + gain * off).astype(np.float32)


class LatencyCode(Retina):
    """Latencies: one spike in each of the most strongly driven cells, the stronger the earlier.

    The strongest `fraction` of the cells of both channels fire (fewer where fewer are driven), so that every image makes the
    same number of spikes; a cell with channel c fires ``first + span (1 - c / max c)`` ms after the onset. After Thorpe,
    Delorme & Van Rullen 2001, https://doi.org/10.1016/S0893-6080(01)00083-1.
    """

    first: float = quantity(5.0, "ms", least=0, doc="latency of the most strongly driven cell", source="assumption")
    span: float = quantity(50.0, "ms", above=0, doc="latest less earliest possible latency", source="assumption")
    fraction: float = quantity(0.25, above=0, most=1, doc="of the cells fire", source="assumption")

    def latencies(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Latency (ms after the onset) of the ON and the OFF cells: (n, cells) float64 each, NaN where a cell is silent."""
        on, off = self.channels(images)
        both = np.concatenate([on, off], axis=1)
        k = max(1, round(self.fraction * both.shape[1]))
        rank = np.argsort(np.argsort(-both, axis=1, kind="stable"), axis=1)  # ties: the first cell
        fires = (both > 0) & (rank < k)
        top = both.max(axis=1, keepdims=True)
        times = np.where(fires, self.first + self.span * (1 - both / np.where(top > 0, top, 1)), np.nan)
        return times[:, : on.shape[1]], times[:, on.shape[1] :]


def spikes_of(latencies: np.ndarray, onset: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Spike times (ms, ascending) and cells of presentations in a row: what ``sim.set_spikes`` takes.

    Parameters
    ----------
    latencies : (presentations, cells), ms after the onset, NaN where silent.
    onset : (presentations,), ms.
    """
    if len(onset) != len(latencies):
        raise DescriptionError(
            f"spikes_of.onset: has {len(onset)} onsets for {len(latencies)} presentations; one each is needed"
        )
    presentation, cell = np.nonzero(~np.isnan(latencies))
    times = onset[presentation] + latencies[presentation, cell]
    order = np.argsort(times, kind="stable")
    return times[order], cell[order]


def spread(rates: np.ndarray, cells: int) -> np.ndarray:
    """Give (..., pixels) values to `cells` relay cells: cell ``i`` has that of pixel ``i % pixels``.

    Raises
    ------
    DescriptionError : fewer cells than pixels, so that some pixels would reach nobody.
    """
    pixels = rates.shape[-1]
    if cells < pixels:
        raise DescriptionError(f"spread.cells: is {cells}; the grid has {pixels} pixels, so at least {pixels} cells are needed")
    return rates[..., np.arange(cells) % pixels]
