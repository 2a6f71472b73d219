"""Which layers learned, by the summary of a run: the change of their tuning beside what the measure gives where nothing can
change."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

SUPERFICIAL, DEEP = ("L23",), ("L5", "L6")
OF_LEARNERS = ("tau90", "reverted", "retained")
"""What these measures say is about the change in the first phase, and so nothing where there was none."""


def learned(values: Mapping[str, Any], noise: float = 0.0) -> bool:
    """Whether the tuning of a layer changed in the first phase: it has a tau90 if it was measured, and `noise` is passed."""
    changed = number(values.get("changed"))
    return number(values.get("tau90", 0.0)) is not None and (changed is None or changed > noise)


def noise_of(arms: Mapping[str, Any]) -> float:
    """The largest change of tuning at any look and layer of the arm without plasticity; 0 where there is none."""
    found = [number(v.get("most_changed")) for v in arms.get("off", {"layers": {}})["layers"].values()]
    return max((v for v in found if v is not None), default=0.0)


def by_layer(arm: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The measures of an arm's layers, by names such as L23."""
    return {str(k).rpartition(".")[2].removesuffix("E"): v for k, v in arm["layers"].items()}


def number(value: Any) -> float | None:
    """The number that a measure has, if it has one."""
    return None if value is None or math.isnan(value) else float(value)
