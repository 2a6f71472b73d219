"""Sets of labelled images, checked when they are made."""

from __future__ import annotations

import dataclasses

import numpy as np
from PIL import Image

from isocortex.errors import DataError, DescriptionError


@dataclasses.dataclass(frozen=True, eq=False)
class ImageSet:
    """Labelled images, grey unless colours were asked for.

    Parameters
    ----------
    images : (n, h, w), or (n, h, w, 3) in colours, in [0, 1]; kept as float32.
    labels : (n,) whole numbers, each an index into `classes`.
    name : where they come from, as messages and reports say it.
    classes : the name of each label; by default "0", "1", ... up to the largest label.

    Raises
    ------
    DataError : empty, of another shape, not finite, out of range; the message names the set and the first bad image.
    """

    images: np.ndarray
    labels: np.ndarray
    name: str
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_images(self.images, self.name, colours=True)
        labels = np.asarray(self.labels)
        if labels.shape != (len(self.images),):
            raise DataError(
                f"{self.name}: has {len(self.images)} images and labels of shape {labels.shape}; one each is needed"
            )
        if labels.dtype.kind not in "iu" or labels.min() < 0:
            raise DataError(f"{self.name}: labels must be whole numbers from 0")
        classes = self.classes or tuple(str(i) for i in range(int(labels.max()) + 1))
        if labels.max() >= len(classes):
            raise DataError(f"{self.name}: label {labels.max()} has no class; there are {len(classes)} classes")
        object.__setattr__(self, "images", np.ascontiguousarray(self.images, np.float32))
        object.__setattr__(self, "labels", labels.astype(np.int64))
        object.__setattr__(self, "classes", classes)

    def __len__(self) -> int:
        return len(self.images)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width (pixels)."""
        return self.images.shape[1], self.images.shape[2]

    def take(self, index: np.ndarray) -> ImageSet:
        """The images at these places, in this order; classes keep their numbers."""
        return dataclasses.replace(self, images=self.images[index], labels=self.labels[index])

    def only(self, labels: list[int] | tuple[int, ...]) -> ImageSet:
        """The images of some classes; classes keep their numbers."""
        return self.take(np.flatnonzero(np.isin(self.labels, labels)))

    def select(self, per_class: int, seed: int) -> ImageSet:
        """`per_class` images of every class that occurs, drawn without replacement, in the order of the set.

        Raises
        ------
        DescriptionError : some class has fewer images.
        """
        chosen, _ = self._drawn(per_class, seed, "select.per_class")
        return self.take(chosen)

    def split(self, held_out: float | int, seed: int) -> tuple[ImageSet, ImageSet]:
        """Split into a training set and a held-out set with the same number of images of every class.

        Parameters
        ----------
        held_out : images a class where a whole number, or a fraction (0 to 1, exclusive) of the smallest class.
        seed : of the draw; the same seed gives the same split.
        """
        smallest = int(np.bincount(self.labels)[np.unique(self.labels)].min())
        number = held_out if isinstance(held_out, int) else max(1, round(held_out * smallest))
        if not held_out > 0 or (isinstance(held_out, float) and held_out >= 1) or number >= smallest:
            raise DescriptionError(
                f"split.held_out: is {held_out}; the smallest class of {self.name} has {smallest} images and must keep one: "
                f"give 1 to {smallest - 1} images a class, or a fraction of that"
            )
        chosen, rest = self._drawn(number, seed, "split.held_out")
        return self.take(rest), self.take(chosen)

    def resized(self, size: tuple[int, int]) -> ImageSet:
        """The same images on a grid of `size` (height, width), by area-weighted (box) or bilinear interpolation."""
        return self if size == self.shape else dataclasses.replace(self, images=resize(self.images, size))

    def _drawn(self, number: int, seed: int, field: str) -> tuple[np.ndarray, np.ndarray]:
        """Places of `number` images drawn from each class, and of the rest, both ascending."""
        chosen = []
        for label in np.unique(self.labels):
            of_class = np.flatnonzero(self.labels == label)
            if not 0 < number <= len(of_class):
                raise DescriptionError(
                    f"{field}: is {number}; class '{self.classes[label]}' of {self.name} has {len(of_class)} images: "
                    f"give 1 to {len(of_class)}"
                )
            chosen.append(np.random.default_rng([seed, int(label)]).permutation(of_class)[:number])
        places = np.sort(np.concatenate(chosen))
        return places, np.setdiff1d(np.arange(len(self)), places)


def check_images(images: np.ndarray, name: str, *, colours: bool = False) -> None:
    """Raise a `DataError` unless `images` is (n, h, w), not empty, finite, within [0, 1]; with `colours`, also (n, h, w, 3)."""
    images = np.asarray(images)
    if images.ndim != 3 and not (colours and images.ndim == 4 and images.shape[3] == 3):
        raise DataError(f"{name}: images have shape {images.shape}; (number, height, width) is needed")
    if images.size == 0:
        raise DataError(f"{name}: has no images; at least one with a pixel is needed")
    if images.dtype.kind not in "fiub":
        raise DataError(f"{name}: images are of type {images.dtype}; numbers are needed")
    finite = np.isfinite(images).all(axis=tuple(range(1, images.ndim)))
    if not finite.all():
        first = int(np.argmin(finite))
        raise DataError(f"{name}: image {first} has pixels that are NaN or infinite ({int((~finite).sum())} images have)")
    low, high = images.min(), images.max()
    if low < 0 or high > 1:
        raise DataError(f"{name}: pixels range from {low:g} to {high:g}; 0 (black) to 1 (white) is needed")


def resize(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resample (n, h, w[, 3]) images to `size` (height, width): box average where both sides shrink, else bilinear."""
    if min(size) < 1:
        raise DescriptionError(f"resize.size: is {size}; at least 1 by 1 pixel is needed")
    if images.ndim == 4:
        return np.stack([resize(images[..., c], size) for c in range(images.shape[3])], axis=3)
    shrinks = size[0] <= images.shape[1] and size[1] <= images.shape[2]
    method = Image.Resampling.BOX if shrinks else Image.Resampling.BILINEAR
    resampled = [
        np.asarray(Image.fromarray(np.ascontiguousarray(i, np.float32)).resize((size[1], size[0]), method)) for i in images
    ]
    return np.clip(np.stack(resampled), 0.0, 1.0)
