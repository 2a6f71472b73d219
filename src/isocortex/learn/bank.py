"""A bank of units that look at patches of one input, before and after it has learned."""

from __future__ import annotations

import dataclasses

import numpy as np

from isocortex.checks import is_whole
from isocortex.describe import Description, quantity
from isocortex.engine.random import generator
from isocortex.learn import front_kernel, geometry
from isocortex.learn.competition_kernel import compete
from isocortex.learn.compiled import one_blas_thread
from isocortex.learn.decorrelation import Components, decorrelate, reflection

F = np.float32
PIXELS = "pixels"


class Bank(Description):
    """Units of L2/3 over one input, and how L5 pools them.

    Parameters
    ----------
    name : ``V1``, ``V1b``, ``V2``: the area it stands for.
    source : what the patches are cut from: ``pixels``, or the name of an earlier bank, whose map is cut.
    patch : edge of a patch, in pixels or cells of the map.
    units, components : number of units, and of decorrelated components of a patch that they see.
    grid : L5 pools over grid x grid cells; 0: the bank only gives a map.
    cells : edge of the map that the bank gives, in cells; pooling cells are made of these.
    border, centre : width, in these cells, over which one pooling cell gives way to the next; whether L5 also pools around the
        centre.
    """

    name: str
    source: str = PIXELS
    patch: int = 6
    units: int = 400
    components: int = 54
    grid: int = 2
    cells: int = 9
    border: float = 1.0
    centre: bool = False
    eps: float = quantity(1e-3, "1", above=0, doc="semi-saturation of gain control, as a variance of the input")
    whitening: float = quantity(0.4, "1", above=0, doc="added to the variances of components of unit-variance patches")
    inhibition: float = quantity(0.5, "1", doc="c in relu(s - mean - c sd), over the units at one place")

    @property
    def regions(self) -> int:
        """How many places of L5 a unit has."""
        return self.grid**2 + self.centre if self.grid > 0 else 0

    def validate(self) -> None:
        for field in ("patch", "units", "components", "cells"):
            value = getattr(self, field)
            if not is_whole(value, 1):
                raise self.error(field, f"is {value!r}; a whole number of at least 1 is needed")


@dataclasses.dataclass(frozen=True)
class Learning:
    """How the superficial layers learn: what a sheet gives for one area."""

    eta: float = 1.0  # of the winner's 1/n step; 0: units stay as imprinted
    floor: float = 0.0  # its least step
    whiten: bool = True
    patches: int = 100_000
    units: str = "learned"  # controls: "imprinted" units stay as they began; "random" ones are Gaussian


@dataclasses.dataclass(frozen=True)
class LearnedBank:
    """A bank with its weights. Arrays are float32; see `front_kernel.respond`."""

    bank: Bank
    components: Components
    even: np.ndarray
    odd: np.ndarray
    eps: float
    wins: np.ndarray

    @property
    def mirrored(self) -> bool:
        return len(self.odd) > 0

    @property
    def units(self) -> int:
        return int(self.even.shape[1])

    def cells(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The fine cell of each row and each column of positions."""
        height, width = (n - self.bank.patch + 1 for n in images.shape[1:3])
        return geometry.fine_cells(height, self.bank.cells), geometry.fine_cells(width, self.bank.cells)

    def pooled(self, images: np.ndarray) -> np.ndarray:
        """L5: means over the coarse cells; (n, cells * units)."""
        rows, columns = self.cells(images)
        pool = geometry.pool_matrix(rows, columns, self.bank.grid, self.bank.border, self.bank.centre)
        return self._respond(images, rows, columns, pool, True).reshape(len(images), -1)

    def map(self, images: np.ndarray) -> np.ndarray:
        """L2/3: means over the fine cells, units and mirror images as channels; (n, rows, columns, channels)."""
        rows, columns = self.cells(images)
        out = self._respond(images, rows, columns, geometry.mean_matrix(rows, columns), False)
        return out.reshape(len(images), rows[-1] + 1, columns[-1] + 1, -1)

    def codes(self, images: np.ndarray) -> np.ndarray:
        """L4: decorrelated components of the patch at every position; (n, positions * components)."""
        flat = normalised(windows(images, self.bank.patch), self.eps)
        return self.components(flat).reshape(len(images), -1)

    def _respond(self, images: np.ndarray, rows: np.ndarray, columns: np.ndarray, pool: np.ndarray, folded: bool) -> np.ndarray:
        channels = self.units * (1 if folded or not self.mirrored else 2)
        out = np.empty((len(images), len(pool), channels), F)
        flat = images.reshape(*images.shape[:2], -1)
        with one_blas_thread():
            front_kernel.respond(
                flat, self.bank.patch, self.eps, self._weights(), F(self.bank.inhibition), rows, columns, pool, folded, out
            )
        return out

    def _weights(self) -> tuple[np.ndarray, ...]:
        """What the kernel takes: projections on even and odd components, even and odd units, bias."""
        c = self.components
        projection = c.projection - c.projection.mean(0)
        bias = c.offset[: c.n_even] @ self.even  # the offset has no odd part: the mean is symmetric under reflection
        if not self.mirrored and len(projection) * self.units <= projection.size + self.even.size:
            nothing = np.zeros((len(projection), 0), F)  # one product costs no more than two
            return nothing, nothing, _padded(projection @ self.even), np.zeros((0, 1), F), _padded(bias)
        even, odd = np.split(projection, [c.n_even], axis=1)
        return np.ascontiguousarray(even), np.ascontiguousarray(odd), _padded(self.even), _padded(self.odd), _padded(bias)

    def nbytes(self) -> int:
        """Bytes of the weights."""
        return sum(a.nbytes for a in (self.components.projection, self.components.offset, self.even, self.odd, self.wins))


def _padded(units: np.ndarray) -> np.ndarray:
    """Silent units up to a multiple of what the kernel's loops take at once."""
    more = -units.shape[-1] % front_kernel.LANES
    return np.pad(units, [(0, 0)] * (units.ndim - 1) + [(0, more)])


def learn_bank(
    bank: Bank, images: np.ndarray, *, mirror: bool, partner: np.ndarray | None, learning: Learning, seed: int
) -> LearnedBank:
    """Learn a bank from images (n, height, width, channels), one patch at a time, in one pass.

    partner : which channel shows the mirror image of which; None: each its own.
    """
    rng = generator(seed, f"learn {bank.name}")
    eps = bank.eps if bank.source == PIXELS else 0.01 * float(images.var())
    eps = max(eps, 1e-12)
    patches = sample_patches(images, bank.patch, learning.patches, eps, rng)
    swap = reflection(bank.patch, images.shape[3], partner) if mirror else None
    some = patches if len(patches) <= 25_000 or patches.shape[1] <= 300 else patches[rng.permutation(len(patches))[:25_000]]
    components = decorrelate(some, bank.components, bank.whitening, swap, whiten=learning.whiten)
    codes = np.ascontiguousarray(components(patches))
    units = min(bank.units, len(codes))
    weights, wins = learned_units(codes, components.n_even, units, learning, rng)
    even, odd = weights[:, : components.n_even].T, weights[:, components.n_even :].T
    return LearnedBank(bank, components, np.ascontiguousarray(even), np.ascontiguousarray(odd), eps, wins)


def learned_units(
    codes: np.ndarray, n_even: int, count: int, learning: Learning, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Units of length 1 from codes (n, q), each seen once, and how often each won; (units, q) and (units,)."""
    if learning.units == "random":
        weights = rng.standard_normal((count, codes.shape[1])).astype(F)
    else:
        weights = np.ascontiguousarray(codes[rng.permutation(len(codes))[:count]])  # imprinting: each unit begins as an input
    wins = np.ones(count, F)
    if learning.units == "learned" and (learning.eta > 0 or learning.floor > 0):
        compete(codes, n_even, weights, wins, F(learning.eta), F(learning.floor))
    return weights / np.maximum(np.linalg.norm(weights, axis=1, keepdims=True), F(1e-6)), wins  # scaled, as synapses are


def sample_patches(images: np.ndarray, size: int, most: int, eps: float, rng: np.random.Generator) -> np.ndarray:
    """Normalised patches at random places, about equally many an image, in the order of the images; (patches, length)."""
    n, height, width, _ = images.shape
    rows, columns = height - size + 1, width - size + 1
    each = int(min(max(most // n, 1), rows * columns, 50))
    y, x = rng.integers(0, rows, (n, each)), rng.integers(0, columns, (n, each))
    cut = windows(images, size)[np.arange(n)[:, None], y, x]
    return normalised(cut, eps)


def windows(images: np.ndarray, size: int) -> np.ndarray:
    """A view of all patches, (n, rows, columns, size, size, channels)."""
    view = np.lib.stride_tricks.sliding_window_view(images, (size, size), axis=(1, 2))
    return view.transpose(0, 1, 2, 4, 5, 3)


def normalised(patches: np.ndarray, eps: float) -> np.ndarray:
    """Flattened patches with mean 0, divided by sqrt(variance + eps); (patches, length)."""
    flat = patches.reshape(-1, int(np.prod(patches.shape[-3:]))).astype(F, copy=False)
    flat = flat - flat.mean(1, keepdims=True)
    flat /= np.sqrt((flat * flat).mean(1, keepdims=True) + F(eps))
    return flat
