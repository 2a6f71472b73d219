"""Distributions of weights by pathway, and how far weights stay the same between checkpoints."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from isocortex.errors import DescriptionError


@dataclasses.dataclass(frozen=True, eq=False)
class WeightSummary:
    """Weights of a pathway, in their own unit (nS or pA).

    `at_zero` and `at_max` are the fractions within 1 % of the bound `w_max` of each end (NaN where there is no bound);
    `edges` (bins + 1,) and `histogram` (bins,) count the synapses.
    """

    n: int
    mean: float
    sd: float
    median: float
    at_zero: float
    at_max: float
    edges: np.ndarray
    histogram: np.ndarray


def summarise_weights(w: np.ndarray, w_max: float | None = None, bins: int = 50) -> WeightSummary:
    """Summarise weights (synapses,); a pathway without synapses gives NaN and an empty histogram.

    Parameters
    ----------
    w_max : upper bound; None or infinite where there is none, and then the histogram ends at the largest weight.

    Raises
    ------
    DescriptionError : weights that are not finite.
    """
    w = np.asarray(w, np.float64).ravel()
    if not np.isfinite(w).all():
        raise DescriptionError(f"summarise_weights.w: {int((~np.isfinite(w)).sum())} weights are NaN or infinite")
    bounded = w_max is not None and np.isfinite(w_max)
    top = float(w_max) if bounded and w_max is not None else float(w.max(initial=0.0))
    top = max(top, float(w.max(initial=0.0)), 1e-12)
    histogram, edges = np.histogram(w, bins, (min(0.0, float(w.min(initial=0.0))), top))
    if not w.size:
        return WeightSummary(0, np.nan, np.nan, np.nan, np.nan, np.nan, edges, histogram)
    near = 0.01 * float(w_max) if bounded and w_max is not None else np.nan
    at_zero = float(np.mean(w <= near)) if bounded else np.nan
    at_max = float(np.mean(w >= 99 * near)) if bounded else np.nan
    return WeightSummary(w.size, float(w.mean()), float(w.std()), float(np.median(w)), at_zero, at_max, edges, histogram)


def summarise_pathways(
    weights: Mapping[str, np.ndarray], w_max: Mapping[str, float | None] | None = None, bins: int = 50
) -> dict[str, WeightSummary]:
    """`summarise_weights` for each pathway, by name."""
    return {name: summarise_weights(w, (w_max or {}).get(name), bins) for name, w in weights.items()}


def weight_correlation(checkpoints: Sequence[np.ndarray]) -> np.ndarray:
    """Pearson correlation over synapses between checkpoints of one pathway: (checkpoints, checkpoints).

    1 where weights are the same up to a gain and an offset. NaN for a checkpoint whose weights are all equal.

    Parameters
    ----------
    checkpoints : weights (synapses,) at each, the synapses in the same order.
    """
    if len({np.shape(w) for w in checkpoints}) != 1:
        raise DescriptionError("weight_correlation.checkpoints: need the same synapses, in the same order, at each")
    w = np.stack([np.asarray(c, np.float64).ravel() for c in checkpoints])
    w = w - w.mean(1, keepdims=True)
    size = np.sqrt((w**2).sum(1))
    size = np.where(size > 1e-9 * np.sqrt(max(w.shape[1], 1)), size, np.nan)
    return (w / size[:, None]) @ (w / size[:, None]).T


def weight_change(before: np.ndarray, after: np.ndarray) -> float:
    """Size of the change relative to the weights before: ``|after - before| / |before|``; 0 is none, NaN where all were 0."""
    before, after = np.asarray(before, np.float64), np.asarray(after, np.float64)
    if before.shape != after.shape:
        raise DescriptionError(f"weight_change.after: has shape {after.shape}; that of before, {before.shape}, is needed")
    size = np.linalg.norm(before)
    return float(np.linalg.norm(after - before) / size) if size > 0 else np.nan
