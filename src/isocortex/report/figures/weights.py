"""Weights before and after learning, by pathway."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from isocortex.report.theme import INHIBITORY, figure, layer_colour, layer_title, svg


def histograms(weights: Mapping[str, Any], columns: int = 3) -> str:
    """Draw a small histogram a pathway: grey before, coloured after (the colour of the target's layer).

    Parameters
    ----------
    weights : pathway -> (start, end), or a mapping with these keys; 1-D samples.
    """
    items = list(weights.items())
    columns = max(1, min(columns, len(items)))
    rows = -(-len(items) // columns)
    with figure(10.0, 0.5 + 1.75 * rows, rows, columns) as (made, axes):
        for ax in axes.flat[len(items) :]:
            ax.set_visible(False)
        for ax, (pathway, samples) in zip(axes.flat, items, strict=False):
            start, end = start_and_end(samples)
            _histogram(ax, start, end, layer_colour(pathway.rpartition("->")[2].partition(":")[0]))
            ax.set_title(layer_title(pathway.replace("->", " → ")))
        for ax in axes[-1]:
            ax.set_xlabel("weight (multiples of the reference)")
        axes[0, 0].legend(loc="upper right")
        return svg(made, f"Histograms of weights of {len(items)} pathways before and after learning")


def start_and_end(samples: Any) -> tuple[np.ndarray, np.ndarray]:
    """The two samples of a pathway, from a pair or a mapping."""
    pair = (samples["start"], samples["end"]) if isinstance(samples, Mapping) else (samples[0], samples[1])
    return np.asarray(pair[0], float).ravel(), np.asarray(pair[1], float).ravel()


def _histogram(ax: Any, start: np.ndarray, end: np.ndarray, colour: str) -> None:
    both = np.concatenate([start, end])
    high = float(np.quantile(both, 0.999)) if both.size else 1.0
    edges = np.linspace(min(0.0, float(both.min())) if both.size else 0.0, high if high > 0 else 1.0, 41)
    ax.hist(start, edges, color=INHIBITORY, alpha=0.55, label="before", weights=np.full(start.size, 1 / max(start.size, 1)))
    ax.hist(end, edges, color=colour, histtype="step", linewidth=1.8, label="after",
            weights=np.full(end.size, 1 / max(end.size, 1)))  # fmt: skip
    said = piles(end)
    if said:
        ax.annotate("\n".join(said), (0.98, 0.6), ha="right", va="top", xycoords="axes fraction", fontsize=8)
    ax.set_yticks([])
    ax.grid(False)
    ax.spines["left"].set_visible(False)


def piles(weights: np.ndarray, share: float = 0.1) -> list[str]:
    """What is to be said where more than a share of the weights lie at the smallest or at the largest one (within 0.1 %)."""
    if not weights.size or np.ptp(weights) == 0:
        return []
    ends = [float(weights.min()), float(weights.max())]
    near = [float(np.mean(np.abs(weights - end) <= 1e-3 * max(abs(e) for e in ends))) for end in ends]
    return [f"{part:.0%} at {end:.3g}" for part, end in zip(near, ends, strict=True) if part > share]
