"""Spikes of all populations against time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isocortex.report.theme import figure, layer_colour, layer_title, svg

MOST_SPIKES = 60_000


def raster(times: np.ndarray, ids: np.ndarray, populations: Sequence[tuple[str, int, int]]) -> str:
    """Draw a dot a spike, the first population on top, in the colour of its layer (inhibitory: grey).

    Parameters
    ----------
    times : ms, shape (spikes,). ids : cell numbers, shape (spikes,).
    populations : (name, first id, last id), last included.
    """
    times, ids = np.asarray(times, float), np.asarray(ids)
    if len(times) > MOST_SPIKES:  # the same cells' share, every k-th spike
        keep = np.linspace(0, len(times) - 1, MOST_SPIKES).astype(int)
        times, ids = times[keep], ids[keep]
    with figure(10.0, 4.6) as (made, axes):
        ax = axes[0, 0]
        ax.grid(False)
        size = float(np.clip(90_000 / max(len(times), 1), 1.0, 10.0))
        for name, first, last in populations:
            inside = (ids >= first) & (ids <= last)
            ax.scatter(times[inside], ids[inside], s=size, c=layer_colour(name), marker=".", linewidths=0, rasterized=True)
        bottom = max((int(last) for _, _, last in populations), default=1)
        top = min((int(first) for _, first, _ in populations), default=0)
        ax.set_ylim(bottom + 0.5, top - 0.5)
        if len(times):
            ax.set_xlim(times.min(), max(times.max(), times.min() + 1))
        ax.set_xlabel("time (ms)")
        _label_bands(ax, populations, bottom - top + 1)
        return svg(made, f"Raster of {len(times)} spikes of {len(populations)} populations")


def _label_bands(ax: object, populations: Sequence[tuple[str, int, int]], total: int) -> None:
    """Name each population at the middle of its band; bands too thin for a name of their own get none."""
    ticks, names = [], []
    for name, first, last in populations:
        if last - first + 1 >= 0.03 * total:
            ticks.append((first + last) / 2)
            names.append(layer_title(name))
    ax.set_yticks(ticks, names)  # type: ignore[attr-defined]
    ax.tick_params(axis="y", length=0)  # type: ignore[attr-defined]
    ax.spines["left"].set_visible(False)  # type: ignore[attr-defined]
