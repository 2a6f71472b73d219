"""Neuromodulators: how strongly each sample is learned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from isocortex.errors import DescriptionError, nearest
from isocortex.plasticity.rule import MODULATORS

HIGHEST = 1e6  # beside one sample of more, float32 rounds away what others said; from 1e19 on no sum is finite


def check_modulators(given: Mapping[str, Any] | None, gates: tuple[tuple[str, float], ...], n: int) -> np.ndarray:
    """The weight of each sample under the gates (name, gain) of the association layer: the product of max(0, 1 + gain (M - 1)).

    given : modulator -> level of each sample, (n,) or one number; 1 is the baseline. One without a gate has no effect.

    Raises
    ------
    DescriptionError : no mapping, an unknown modulator, a wrong length, a level that is no number, negative, not finite or
        above `HIGHEST`.
    """
    if not (given is None or isinstance(given, Mapping)):
        raise DescriptionError(f"CorticalClassifier.modulators: is {given!r}; a mapping is needed, such as {{'DA': levels}}")
    levels = {}
    for name, value in (given or {}).items():
        if name not in MODULATORS:
            raise DescriptionError(f"CorticalClassifier.modulators: no modulator {name!r}; {nearest(str(name), MODULATORS)}")
        level = _numbers(name, value)
        if level.shape not in ((), (n,)):
            raise DescriptionError(
                f"CorticalClassifier.modulators: {name} is of shape {level.shape}; ({n},) or a number is needed"
            )
        if not (np.isfinite(level) & (level >= 0)).all():
            raise DescriptionError(f"CorticalClassifier.modulators: {name} has levels that are negative or not finite")
        if level.max(initial=0) > HIGHEST:
            raise DescriptionError(
                f"CorticalClassifier.modulators: {name} is up to {level.max():g}; at most {HIGHEST:g} is allowed (usual: 1)"
            )
        levels[name] = level
    weights = np.ones(n)
    for name, gain in gates:
        if name in levels:
            weights = weights * np.maximum(0.0, 1 + gain * (levels[name] - 1))
    return weights


def _numbers(name: str, value: Any) -> np.ndarray:
    try:
        return np.asarray(value, np.float64)
    except (TypeError, ValueError):
        raise DescriptionError(
            f"CorticalClassifier.modulators: {name} is {value!r}; a number, or one each, is needed"
        ) from None
