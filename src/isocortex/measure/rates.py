"""Spike counts by presentation, and what firing rates a population has."""

from __future__ import annotations

import dataclasses

import numpy as np

from isocortex.errors import DescriptionError


def spike_counts(
    times: np.ndarray, ids: np.ndarray, n: int, onsets: np.ndarray, window: float, offset: float = 0.0
) -> np.ndarray:
    """Count each neuron's spikes in ``[onset + offset, onset + offset + window)`` for every presentation.

    Parameters
    ----------
    times, ids : spikes: ms, in any order, and indices of the neurons in their population.
    n : neurons in the population.
    onsets : (presentations,) ms, ascending, at least `window` apart.
    window, offset : ms.

    Returns
    -------
    (presentations, n) int64.
    """
    times, ids, starts = np.asarray(times), np.asarray(ids), np.asarray(onsets, np.float64) + offset
    if not window > 0:
        raise DescriptionError(f"spike_counts.window: is {window:g} ms; must be more than 0 ms")
    if len(starts) > 1 and np.diff(starts).min() < window * (1 - 1e-9):
        raise DescriptionError(
            f"spike_counts.onsets: are {np.diff(starts).min():g} ms apart; at least the window, {window:g} ms"
        )
    if ids.size and (ids.min() < 0 or ids.max() >= n):
        raise DescriptionError(f"spike_counts.ids: range from {ids.min()} to {ids.max()}; 0 to {n - 1} are needed")
    place = np.searchsorted(starts, times, side="right") - 1
    inside = place >= 0
    inside[inside] = times[inside] < starts[place[inside]] + window
    return np.bincount(place[inside] * n + ids[inside], minlength=len(starts) * n).reshape(len(starts), n)


@dataclasses.dataclass(frozen=True)
class RateSummary:
    """Firing rates of a population; `fano` is the median over neurons of variance / mean of the counts within a condition."""

    mean: float
    sd: float
    median: float
    p95: float
    silent: float
    fano: float


def summarise_rates(counts: np.ndarray, window: float, labels: np.ndarray | None = None) -> RateSummary:
    """Summarise counts (presentations, neurons) in windows of `window` ms.

    Rates are in Hz, over neurons; `silent` is the fraction of neurons without a spike. With `labels`, `fano` is taken within
    each condition (unbiased variances, pooled); it is NaN where no condition was shown twice or nothing fired.
    """
    counts = np.asarray(counts, np.float64)
    rates = counts.mean(0) * 1e3 / window
    groups = np.zeros(len(counts), np.int64) if labels is None else np.unique(labels, return_inverse=True)[1]
    member = (groups == np.arange(groups.max() + 1)[:, None]).astype(np.float64)
    residual = counts - ((member @ counts) / member.sum(1, keepdims=True))[groups]
    free = len(counts) - len(member)
    fired = counts.sum(0) > 0
    fano = np.median((residual**2).sum(0)[fired] / free / counts.mean(0)[fired]) if free > 0 and fired.any() else np.nan
    return RateSummary(float(rates.mean()), float(rates.std()), float(np.median(rates)), float(np.quantile(rates, 0.95)),
                       float(1 - fired.mean()), float(fano))  # fmt: skip
