"""Spikes of all populations against time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from isocortex.report.theme import FAINT, INHIBITORY, INK, figure, layer_colour, layer_title, svg

MOST_SPIKES = 60_000
CLASS_COLOURS = {"PV": INHIBITORY, "SST": "#56B4E9", "VIP": "#B8A200"}


def raster(
    times: np.ndarray,
    ids: np.ndarray,
    populations: Sequence[tuple[str, int, int]],
    shown: Sequence[tuple[float, str]] = (),
) -> str:
    """Draw a dot a spike, the first population on top, in the colour of its layer or, if inhibitory, of its class.

    Parameters
    ----------
    times : ms, shape (spikes,). ids : cell numbers, shape (spikes,).
    populations : (name, first id, last id), last included.
    shown : (onset in ms, class) of each image; empty where not known.
    """
    times, ids = np.asarray(times, float), np.asarray(ids)
    if len(times) > MOST_SPIKES:  # the same cells' share, every k-th spike
        keep = np.linspace(0, len(times) - 1, MOST_SPIKES).astype(int)
        times, ids = times[keep], ids[keep]
    with figure(10.0, 5.0) as (made, axes):
        ax = axes[0, 0]
        ax.grid(False)
        size = float(np.clip(90_000 / max(len(times), 1), 1.0, 10.0))
        for name, first, last in populations:
            inside = (ids >= first) & (ids <= last)
            ax.scatter(times[inside], ids[inside], s=size, c=population_colour(name), marker=".", linewidths=0, rasterized=True)
        bottom = max((int(last) for _, _, last in populations), default=1)
        top = min((int(first) for _, first, _ in populations), default=0)
        ax.set_ylim(bottom + 0.5, top - 0.5)
        if len(times):
            ax.set_xlim(0 if shown else times.min(), max(times.max(), times.min() + 1))
        ax.set_xlabel("time (ms)")
        _label_bands(ax, populations, bottom - top + 1)
        _onsets(ax, shown)
        classes = [c for c in CLASS_COLOURS if any(name.endswith(c) for name, _, _ in populations)]
        dots = [ax.scatter([], [], s=40, marker="o", color=CLASS_COLOURS[c], linewidths=0) for c in classes]
        made.legend(dots, classes, loc="outside upper right", ncols=max(len(classes), 1))
        return svg(made, f"Raster of {len(times)} spikes of {len(populations)} populations")


def population_colour(population: str) -> str:
    colour = layer_colour(population)
    return next((c for k, c in CLASS_COLOURS.items() if population.endswith(k)), colour) if colour == INHIBITORY else colour


def _onsets(ax: Any, shown: Sequence[tuple[float, str]]) -> None:
    """A line where an image comes on, its class above."""
    if not shown:
        return
    for at, _ in shown:
        ax.axvline(at, color=FAINT, linewidth=0.8, zorder=0)
    above = ax.secondary_xaxis("top")
    above.set_xticks([at for at, _ in shown], [str(label) for _, label in shown], color=INK)
    above.tick_params(length=4)
    above.set_xlabel("class of the image that comes on", fontsize=9)


def _label_bands(ax: Any, populations: Sequence[tuple[str, int, int]], total: int) -> None:
    """Name each population at the middle of its band; bands too thin for a name of their own get none."""
    ticks, names = [], []
    for name, first, last in populations:
        if last - first + 1 >= 0.03 * total:
            ticks.append((first + last) / 2)
            names.append(layer_title(name))
    ax.set_yticks(ticks, names)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
