"""Paired differences between the rows of a table: at the end, along the stream, on each experience, and from few samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from isocortex.learn import metrics as m
from isocortex.learn.protocol_compare import Done

WITHOUT = "without:"
RIVALS = ("local", "local-bytes", "local:views=true")
"""The same readout on filters that learn nothing, with as many features, with as many bytes, and given the same views of the
first images."""
EARNED = (("final", "accuracy"), ("anytime", "anytime_accuracy"), ("few shots", "shots"))
"""What arms are compared by: (heading, measure)."""
SHARES = tuple(key for key, measure in m.MEASURES.items() if measure.unit == "share")


def differences(
    own: Mapping[int, Done], other: Mapping[int, Done], own_values: Mapping[int, Any], other_values: Mapping[int, Any]
) -> dict[str, Any]:
    """One row less another, paired by seed; each difference is {"mean", "low", "high", "n", "clear"}, shares 0 to 1.

    Parameters
    ----------
    own, other : seed -> run. own_values, other_values : seed -> the measures of that run.

    Returns
    -------
    The measures that are shares, by key; ``n_shot``: samples a class -> difference; ``experiences``: after the stream, one
    each (None where accuracies were not measured).
    """
    seeds = [s for s in own if s in other]
    found: dict[str, Any] = {
        key: paired([own_values[s][key] for s in seeds], [other_values[s][key] for s in seeds]) for key in SHARES
    }
    counts = [n for n in own[seeds[0]].shots if all(n in d[s].shots for d in (own, other) for s in seeds)] if seeds else []
    found["n_shot"] = {n: paired([own[s].shots[n] for s in seeds], [other[s].shots[n] for s in seeds]) for n in counts}
    mine, theirs = (np.array([d[s].trace.R[-1] for s in seeds]) for d in (own, other))
    found["experiences"] = [paired(a, b) for a, b in zip(mine.T, theirs.T, strict=True)] if seeds else []
    return found


def paired(values: Sequence[float] | np.ndarray, others: Sequence[float] | np.ndarray) -> dict[str, Any] | None:
    """Mean and 95 % interval of the differences; None where a value was not measured."""
    if not np.isfinite([*values, *others]).all():
        return None
    found = m.paired_difference(list(values), list(others))
    return {"mean": found.mean, "low": found.low, "high": found.high, "n": found.n, "clear": found.clear}


def short(arm: str) -> str:
    """An arm as tables and figures name it."""
    return f"no {arm.removeprefix(WITHOUT)}" if arm.startswith(WITHOUT) else arm


def rivals_of(own: Mapping[str, Any], best: str | None) -> list[str]:
    """Whom the library's own learner, a row, is set against: random local filters where they are there, the best baseline."""
    return [k for k in dict.fromkeys((*RIVALS, best)) if k and k in own["differences"]]


def earned(row: Mapping[str, Any]) -> dict[str, dict[str, Any] | None]:
    """What the full learner has more than an arm (a row), by heading of `EARNED`: what was taken away earned so much."""
    (found,) = row["differences"].values()
    return {heading: turned(found[key]) for heading, key in EARNED}


def turned(d: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A difference with its sign changed."""
    return None if d is None else {**d, "mean": -d["mean"], "low": -d["high"], "high": -d["low"]}
