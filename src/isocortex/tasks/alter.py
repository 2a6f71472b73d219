"""Changed statistics: the same images, altered. Every alteration is a pure function of images, strength and seed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
from scipy import ndimage

from isocortex.errors import DescriptionError, nearest
from isocortex.tasks.images import ImageSet

Alteration = Callable[..., np.ndarray]  # (images, strength, seed), the last two with defaults


def rotate(images: np.ndarray, degrees: float = 90.0, seed: int = 0) -> np.ndarray:
    """Turn images counter-clockwise: exactly by a multiple of 90 degrees, else about the centre by bilinear interpolation.

    In between, the size stays, corners are cut, and what comes in from outside is the nearest pixel of the border.
    """
    _need_images(images, "rotate")
    if degrees % 90 == 0:
        return np.ascontiguousarray(np.rot90(images, int(degrees // 90), axes=(1, 2)))
    return ndimage.rotate(images, degrees, axes=(2, 1), reshape=False, order=1, mode="nearest")


def invert(images: np.ndarray, amount: float = 1.0, seed: int = 0) -> np.ndarray:
    """Invert the contrast: pixel p becomes (1 - amount) p + amount (1 - p); 1 exchanges black and white, 0.5 leaves grey."""
    if not 0 <= amount <= 1:
        raise DescriptionError(f"invert.amount: is {amount:g}; 0 to 1 is needed")
    return (1 - amount) * images + amount * (1 - images)


def contrast(images: np.ndarray, factor: float = 0.3, seed: int = 0) -> np.ndarray:
    """Scale each image's differences from its own mean: p becomes m + factor (p - m); 0 leaves an even image."""
    if not 0 <= factor <= 1:
        raise DescriptionError(f"contrast.factor: is {factor:g}; 0 to 1 is needed")
    mean = images.mean(axis=tuple(range(1, images.ndim)), keepdims=True)
    return mean + factor * (images - mean)


def permute(images: np.ndarray, fraction: float = 1.0, seed: int = 0) -> np.ndarray:
    """Move the pixels of every image by one and the same permutation, drawn from `seed`, of a `fraction` of the places.

    The three values of a pixel in colours move together.
    """
    if not 0 <= fraction <= 1:
        raise DescriptionError(f"permute.fraction: is {fraction:g}; 0 to 1 is needed")
    inner = images.shape[3:] if images.ndim == 4 else ()
    flat = images.reshape(len(images), -1, *inner)
    rng = np.random.default_rng(seed)
    moved = rng.choice(flat.shape[1], round(fraction * flat.shape[1]), replace=False)
    places = np.arange(flat.shape[1])
    places[moved] = rng.permutation(moved)
    return flat[:, places].reshape(images.shape)


def blur(images: np.ndarray, sigma: float = 1.0, seed: int = 0) -> np.ndarray:
    """Blur by a Gaussian of standard deviation `sigma` (pixels); the border is repeated outward."""
    if not sigma >= 0:
        raise DescriptionError(f"blur.sigma: is {sigma:g}; at least 0 pixels is needed")
    _need_images(images, "blur")
    return ndimage.gaussian_filter(images, (0, sigma, sigma, 0)[: images.ndim], mode="nearest")


def noise(images: np.ndarray, sd: float = 0.3, seed: int | Sequence[int] = 0) -> np.ndarray:
    """Add Gaussian noise of standard deviation `sd` to every pixel and clip to [0, 1]."""
    if not sd >= 0:
        raise DescriptionError(f"noise.sd: is {sd:g}; at least 0 is needed")
    return np.clip(images + sd * np.random.default_rng(seed).standard_normal(images.shape), 0, 1)


ALTERATIONS: Mapping[str, Alteration] = MappingProxyType(
    dict(rotate=rotate, contrast=contrast, invert=invert, permute=permute, blur=blur, noise=noise)
)


def alter(images: ImageSet, how: str, seed: int = 0) -> ImageSet:
    """Alter a set of images; labels stay. `how` and `seed` as in `altered`."""
    return dataclasses.replace(images, images=altered(images.images, how, seed), name=f"{images.name}, {how}")


def altered(pixels: np.ndarray, how: str, seed: int = 0, draw: int | None = None) -> np.ndarray:
    """Alter images (n, h, w[, 3]), or vectors (n, features) where the alteration needs no neighbours.

    Parameters
    ----------
    how : a name of `ALTERATIONS`, with its strength where not the usual one, several joined by "+": "rotate",
        "blur=1.5", "rotate=180+noise=0.2".
    seed : of the permutation and the noise.
    draw : another number for other noise under the same permutation, such as for images held out.

    Returns
    -------
    float32 in [0, 1].

    Raises
    ------
    DescriptionError : an unknown name, or a strength that is not a number or out of range.
    """
    for step in how.split("+"):
        name, equals, strength = (part.strip() for part in step.partition("="))
        if name not in ALTERATIONS:
            raise DescriptionError(f"alter.how: {name!r} is not known; {nearest(name, ALTERATIONS)}")
        given = {"seed": seed if draw is None or name != "noise" else (seed, draw)}
        if not equals:
            pixels = ALTERATIONS[name](pixels, **given)
            continue
        try:
            number = float(strength)
        except ValueError:
            raise DescriptionError(f"alter.how: {step.strip()!r} has no number; give such as '{name}=1'") from None
        if not np.isfinite(number):
            raise DescriptionError(f"alter.how: {step.strip()!r} is not finite; give such as '{name}=1'")
        pixels = ALTERATIONS[name](pixels, number, **given)
    return np.clip(pixels, 0, 1).astype(np.float32)


def _need_images(images: np.ndarray, name: str) -> None:
    if images.ndim < 3:
        raise DescriptionError(f"{name}: vectors of {images.shape[1]} features have no neighbours; images are needed")
