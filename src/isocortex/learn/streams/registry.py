"""Streams by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from isocortex.config import load_config, parse_set
from isocortex.errors import DescriptionError, nearest
from isocortex.learn.streams.class_incremental import ClassIncremental
from isocortex.learn.streams.concept_drift import ConceptDrift
from isocortex.learn.streams.covariate_shift import CovariateShift
from isocortex.learn.streams.data import Data
from isocortex.learn.streams.domain_shift import DomainShift
from isocortex.learn.streams.few_shot import FewShot
from isocortex.learn.streams.imbalanced import Imbalanced
from isocortex.learn.streams.label_noise import LabelNoise
from isocortex.learn.streams.lifelong import Lifelong
from isocortex.learn.streams.permuted_pixels import PermutedPixels
from isocortex.learn.streams.recurring import Recurring
from isocortex.learn.streams.stream import Recipe, Stream

_ALL = (
    ClassIncremental, DomainShift, CovariateShift, ConceptDrift, Recurring, Imbalanced, LabelNoise, PermutedPixels, FewShot,
    Lifelong,
)  # fmt: skip
STREAMS: Mapping[str, type[Recipe]] = MappingProxyType({recipe.name: recipe for recipe in _ALL})


def make(name: str, data: Data, *, seed: int = 0, batch: int | None = None, **settings: Any) -> Stream:
    """Make a stream: ``make("class-incremental", data, seed=1, classes=2)``.

    Parameters
    ----------
    name : one of `STREAMS`, with settings after a colon if you like: "label-noise:kind=class,rate=0.3".
    data : see `load_data`.
    seed : of every draw.
    batch : samples a batch; None takes 10, or 100 where there are at least 10,000 samples.
    settings : fields of the recipe.

    Raises
    ------
    DescriptionError : an unknown name or setting (the message gives the nearest), a value out of range, too few data.
    """
    return Stream(recipe(name, **settings), data, seed, batch or (100 if len(data.x) >= 10_000 else 10))


def recipe(text: str, **settings: Any) -> Recipe:
    """The recipe that a text such as "class-incremental:classes=2" names."""
    name, given = parse_spec(text)
    if name not in STREAMS:
        raise DescriptionError(f"stream: {name!r} is not known; {nearest(name, STREAMS)}")
    return load_config(STREAMS[name], None, (), **given | settings)


def parse_spec(text: str) -> tuple[str, dict[str, Any]]:
    """Split ``name:key=value,key=value``; a comma inside a value that has several is written as ``;``."""
    name, _, rest = text.partition(":")
    settings: dict[str, Any] = {}
    for item in filter(None, (part.strip() for part in rest.split(","))):
        (key, *more), value = parse_set(item)
        if more:
            raise DescriptionError(f"{name}: {item!r} has a dot in its key; give KEY=VALUE")
        settings[key] = value.replace(";", ",") if isinstance(value, str) else value
    return name.strip(), settings
