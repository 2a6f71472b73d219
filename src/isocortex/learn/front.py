"""The front end: all banks of an input, and the scale on which the association layer receives them."""

from __future__ import annotations

import dataclasses

import numpy as np

from isocortex.engine.random import generator
from isocortex.errors import DescriptionError, nearest
from isocortex.learn.bank import PIXELS, Bank, LearnedBank, Learning, learn_bank
from isocortex.learn.layout import Layout
from isocortex.learn.views import turned

BATCH = 128  # images in flight; no result depends on it


@dataclasses.dataclass(frozen=True)
class Front:
    """Learned banks, and mean and scale of what they give, each of shape (d,)."""

    banks: tuple[LearnedBank, ...]
    mean: np.ndarray
    scale: np.ndarray

    @property
    def d(self) -> int:
        """Number of features."""
        return len(self.mean)

    def check(self, images: np.ndarray) -> None:
        """Images are in [0, 1]: nothing is too far."""

    def features(self, images: np.ndarray) -> np.ndarray:
        """What L5 sends to the association layer: about mean 0 and variance 1; (n, d) float32."""
        out = np.empty((len(images), self.d), np.float32)
        for i in range(0, len(images), BATCH):
            out[i : i + BATCH] = (pooled(self.banks, images[i : i + BATCH]) - self.mean) / self.scale
        return out

    def responses(self, images: np.ndarray, layer: str) -> np.ndarray:
        """The activity of one layer of the areas, flattened; (n, features).

        layer : ``L4`` (decorrelated components of every patch), ``L23`` (the map of rectified units), ``L5`` (pooled), of all
            areas or of one (``V1.L4``).
        """
        area, _, name = str(layer).rpartition(".")
        areas = [b.bank.name for b in self.banks]
        if name not in ("L4", "L23", "L5") or area not in ("", *areas):
            allowed = ["A", *(p + n for p in ("", *(a + "." for a in areas)) for n in ("L4", "L23", "L5"))]
            raise DescriptionError(f"CorticalClassifier.transform.layer: no layer {layer!r}; {nearest(str(layer), allowed)}")
        parts = []
        for bank, source in _sources(self.banks, images):
            if area in ("", bank.bank.name):
                if name == "L4":
                    parts.append(bank.codes(source))
                elif name == "L23":
                    parts.append(bank.map(source).reshape(len(images), -1))
                elif bank.bank.grid:
                    parts.append(bank.pooled(source))
        return np.concatenate(parts, axis=1)

    def nbytes(self) -> int:
        """Bytes of everything learned."""
        return sum(b.nbytes() for b in self.banks) + self.mean.nbytes + self.scale.nbytes


def learn_front(plan: Layout, images: np.ndarray, learning: dict[str, Learning], seed: int, *, turn: bool = False) -> Front:
    """Learn all banks from the early images, the lower areas first.

    learning : area name -> how it learns; an area that is not named learns by default. turn : learn from each image turned by
        some angle.
    """
    learned: dict[str, LearnedBank] = {}
    shown = turned(images, generator(seed, "turns").uniform(0, 360, len(images))) if turn else images
    maps: dict[str, np.ndarray] = {PIXELS: shown}
    for bank in plan.banks:
        source = _map_of(bank.source, learned, maps)
        partner = _partner(bank, learned)
        how = learning.get(bank.name, Learning())
        learned[bank.name] = learn_bank(bank, source, mirror=plan.mirror, partner=partner, learning=how, seed=seed)
    banks = tuple(learned.values())
    features = np.concatenate([pooled(banks, images[i : i + BATCH]) for i in range(0, len(images), BATCH)])
    scale = features.std(0)
    return Front(banks, features.mean(0), np.maximum(scale, 0.05 * scale.mean() + 1e-9).astype(np.float32))


def pooled(banks: tuple[LearnedBank, ...], images: np.ndarray) -> np.ndarray:
    """The square roots of L5 of all banks that pool (a saturating response); (n, d)."""
    return np.sqrt(np.concatenate([b.pooled(source) for b, source in _sources(banks, images) if b.bank.grid], axis=1))


def _sources(banks: tuple[LearnedBank, ...], images: np.ndarray) -> list[tuple[LearnedBank, np.ndarray]]:
    """Each bank with what it looks at; a map is made once."""
    by_name = {b.bank.name: b for b in banks}
    maps = {PIXELS: images}
    return [(b, _map_of(b.bank.source, by_name, maps)) for b in banks]


def _map_of(source: str, banks: dict[str, LearnedBank], maps: dict[str, np.ndarray]) -> np.ndarray:
    if source not in maps:
        below = banks[source]
        images = _map_of(below.bank.source, banks, maps)
        maps[source] = np.concatenate([below.map(images[i : i + BATCH]) for i in range(0, len(images), BATCH)])
    return maps[source]


def _partner(bank: Bank, learned: dict[str, LearnedBank]) -> np.ndarray | None:
    """In a map, a unit's channel and that of its mirror image are partners."""
    if bank.source == PIXELS or not learned[bank.source].mirrored:
        return None
    units = learned[bank.source].units
    return np.concatenate([np.arange(units, 2 * units), np.arange(units)])
