"""Changed statistics: the same images, altered. Every alteration is a pure function of images, strength and seed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from scipy.ndimage import gaussian_filter

from isocortex.errors import DescriptionError, nearest
from isocortex.tasks.images import ImageSet

Alteration = Callable[..., np.ndarray]  # (images, strength, seed), the last two with defaults


def rotate(images: np.ndarray, degrees: float = 90.0, seed: int = 0) -> np.ndarray:
    """Turn (n, h, w) images counter-clockwise by a multiple of 90 degrees."""
    if degrees % 90:
        raise DescriptionError(f"rotate.degrees: is {degrees:g}; a multiple of 90 is needed")
    return np.ascontiguousarray(np.rot90(images, int(degrees // 90), axes=(1, 2)))


def invert(images: np.ndarray, amount: float = 1.0, seed: int = 0) -> np.ndarray:
    """Invert the contrast: pixel p becomes (1 - amount) p + amount (1 - p); 1 exchanges black and white, 0.5 leaves grey."""
    if not 0 <= amount <= 1:
        raise DescriptionError(f"invert.amount: is {amount:g}; 0 to 1 is needed")
    return (1 - amount) * images + amount * (1 - images)


def permute(images: np.ndarray, fraction: float = 1.0, seed: int = 0) -> np.ndarray:
    """Move the pixels of every image by one and the same permutation, drawn from `seed`, of a `fraction` of the places."""
    if not 0 <= fraction <= 1:
        raise DescriptionError(f"permute.fraction: is {fraction:g}; 0 to 1 is needed")
    n, h, w = images.shape
    rng = np.random.default_rng(seed)
    moved = rng.choice(h * w, round(fraction * h * w), replace=False)
    places = np.arange(h * w)
    places[moved] = rng.permutation(moved)
    return images.reshape(n, h * w)[:, places].reshape(n, h, w)


def blur(images: np.ndarray, sigma: float = 1.0, seed: int = 0) -> np.ndarray:
    """Blur by a Gaussian of standard deviation `sigma` (pixels); the border is repeated outward."""
    if not sigma >= 0:
        raise DescriptionError(f"blur.sigma: is {sigma:g}; at least 0 pixels is needed")
    return gaussian_filter(images, (0, sigma, sigma), mode="nearest")


def noise(images: np.ndarray, sd: float = 0.3, seed: int = 0) -> np.ndarray:
    """Add Gaussian noise of standard deviation `sd` to every pixel and clip to [0, 1]."""
    if not sd >= 0:
        raise DescriptionError(f"noise.sd: is {sd:g}; at least 0 is needed")
    return np.clip(images + sd * np.random.default_rng(seed).standard_normal(images.shape), 0, 1)


ALTERATIONS: Mapping[str, Alteration] = MappingProxyType(
    dict(rotate=rotate, invert=invert, permute=permute, blur=blur, noise=noise)
)


def alter(images: ImageSet, how: str, seed: int = 0) -> ImageSet:
    """Alter a set of images; labels stay.

    Parameters
    ----------
    how : a name of `ALTERATIONS`, with its strength where not the usual one, several joined by "+": "rotate",
        "blur=1.5", "rotate=180+noise=0.2".
    seed : of the permutation and the noise.

    Raises
    ------
    DescriptionError : an unknown name, or a strength that is not a number or out of range.
    """
    pixels = images.images
    for step in how.split("+"):
        name, equals, strength = (part.strip() for part in step.partition("="))
        if name not in ALTERATIONS:
            raise DescriptionError(f"alter.how: {name!r} is not known; {nearest(name, ALTERATIONS)}")
        if not equals:
            pixels = ALTERATIONS[name](pixels, seed=seed)
            continue
        try:
            number = float(strength)
        except ValueError:
            raise DescriptionError(f"alter.how: {step.strip()!r} has no number; give such as '{name}=1'") from None
        if not np.isfinite(number):
            raise DescriptionError(f"alter.how: {step.strip()!r} is not finite; give such as '{name}=1'")
        pixels = ALTERATIONS[name](pixels, number, seed=seed)
    return dataclasses.replace(images, images=np.clip(pixels, 0, 1).astype(np.float32), name=f"{images.name}, {how}")
