"""Which banks look at an input of a given shape: the sizes that the default constructor takes."""

from __future__ import annotations

import dataclasses
from typing import Any

from isocortex.learn.bank import PIXELS, Bank

SIZES = ("large", "small")


@dataclasses.dataclass(frozen=True)
class Layout:
    """The banks, and whether units come with their mirror images."""

    banks: tuple[Bank, ...]
    mirror: bool


def layout(shape: tuple[int, ...], size: str, mirror: bool | str) -> Layout:
    """Banks for images of this shape.

    shape : (height, width, channels).
    size : "large" or "small" (faster, a tenth of the memory).
    mirror : whether a thing and its mirror image are the same thing; "auto": for colour images, which are taken for natural.
    """
    height, width, channels = shape
    mirrored = channels >= 3 if mirror == "auto" else bool(mirror)
    edge = min(height, width)
    large = _natural if mirrored else _drawn
    banks = _tiny(edge, size) if edge < 20 else large(size)
    return Layout(tuple(_fitted(b, height, width) for b in banks), mirrored)


def _natural(size: str) -> list[Bank]:
    """Three patch sizes in the first area; a second area earned less than as many units in the first (see docs/learn.md)."""
    if size == "small":
        sizes = [("V1", 6, 320, 40), ("V1coarse", 10, 200, 40)]
    else:
        sizes = [("V1fine", 4, 472, 36), ("V1", 6, 640, 54), ("V1coarse", 10, 624, 64)]
    return [_pooled(name=name, patch=patch, units=units, components=q, inhibition=0.25) for name, patch, units, q in sizes]


def _drawn(size: str) -> list[Bank]:
    if size == "small":
        return [_pooled(name="V1", patch=9, units=270, components=48)]
    return [
        _pooled(name="V1fine", patch=5, units=200, components=24),
        _pooled(name="V1", patch=9, units=360, components=64),
        Bank(name="V1map", patch=7, units=64, components=40, grid=0, cells=9),
        _pooled(name="V2", source="V1map", patch=3, units=200, components=128, cells=7, whitening=5.0),
    ]


def _pooled(**settings: Any) -> Bank:
    """Quarters that give way to each other over four ninths of the image, and the middle."""
    return Bank(**(dict(grid=2, cells=9, border=4.0, centre=True) | settings))


def _tiny(edge: int, size: str) -> list[Bank]:
    patch = max(1, min(5, edge // 2))
    units = 200 if size == "large" else 60
    return [Bank(name="V1", patch=patch, units=units, components=patch * patch, grid=min(3, edge - patch + 1), cells=9)]


def _fitted(bank: Bank, height: int, width: int) -> Bank:
    if bank.source != PIXELS:
        return bank
    return bank.replace(patch=min(bank.patch, height, width))
