"""The comparison that the experiment is about: speed of learning and retention from the superficial to the deep layers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from isocortex.measure.learned import OF_LEARNERS, learned, noise_of
from isocortex.report.theme import ARM_MARKERS, FAINT, INHIBITORY, INK, figure, layer_colour, layer_order, layer_title, svg

PANELS = {
    "tau90": "tau90 (presentations)",
    "changed": "changed (1 - correlation)",
    "reverted": "reverted (share)",
    "retained": "retained (correlation)",
}


def gradient(arms: Mapping[str, Mapping[str, Any]]) -> str:
    """Draw a panel a measure with the layers as in cortex: the first arm filled, the controls hollow and grey."""
    layers = layer_order({layer for arm in arms.values() for layer in arm["layers"]})
    noise = noise_of(arms)
    drawn = {key: {name: points_of(arm, layers, key, noise) for name, arm in arms.items()} for key in PANELS}
    panels = [key for key in PANELS if any(drawn[key].values())]
    with figure(10.0, 1.3 + 0.42 * max(len(layers), 2), 1, max(len(panels), 1), sharey=True) as (made, axes):
        for ax, key in zip(axes[0], panels, strict=False):
            for i, (name, arm) in reversed(list(enumerate(arms.items()))):
                _dots(ax, arm, drawn[key][name], key, i, name)
            ax.set_title(PANELS[key])
            ax.set_yticks(range(len(layers)), [layer_title(layer) for layer in layers])
            ax.set_ylim(len(layers) - 0.5, -0.5)
            low, high = ax.get_xlim()
            ax.set_xlim(min(0.0, low), high + 0.04 * (high - min(0.0, low)))
            if low < 0:
                ax.axvline(0.0, color=FAINT, linewidth=1, zorder=0)
            ax.tick_params(axis="y", length=0)
        known = {label: h for ax in axes[0] for h, label in zip(*ax.get_legend_handles_labels(), strict=True)}
        shown = [name for name in arms if name in known]  # an arm may lack a measure, and so a panel
        made.legend([known[name] for name in shown], shown, loc="outside upper left", ncols=len(shown) or 1)
        return svg(made, f"Dots for {', '.join(panels)} by layer at the arms {', '.join(arms)}")


def points_of(arm: Mapping[str, Any], layers: list[str], key: str, noise: float) -> list[tuple[float, int, str]]:
    """(value, row, layer) of the layers that have the measure, and where it is about learning, have learned beyond noise."""
    out = []
    for row, layer in enumerate(layers):
        values = arm["layers"].get(layer, {})
        value = values.get(key)
        if value is not None and not math.isnan(value) and (key not in OF_LEARNERS or learned(values, noise)):
            out.append((float(value), row, layer))
    return out


def _dots(ax: Any, arm: Mapping[str, Any], points: list[tuple[float, int, str]], key: str, i: int, name: str) -> None:
    if not points:
        return
    x = [p[0] for p in points]
    y = [p[1] + (0.0 if i == 0 else 0.13 * i) for p in points]  # controls lie a little below, so that nothing is hidden
    marker = ARM_MARKERS[i % len(ARM_MARKERS)]
    colours = [layer_colour(p[2]) if i == 0 else INHIBITORY for p in points]
    for (_, _, layer), at, colour in zip(points, y, colours, strict=True):
        interval = arm["layers"][layer].get("intervals", {}).get(key)
        if interval:
            ax.plot(interval, [at, at], color=colour, linewidth=2 if i == 0 else 1, solid_capstyle="butt", zorder=1)
    if i == 0:
        ax.scatter(x, y, s=90, marker=marker, c=colours, zorder=3, linewidths=0)
        ax.scatter([], [], s=60, marker=marker, color=INK, label=name)
    else:
        ax.scatter(x, y, s=45, marker=marker, facecolors="none", edgecolors=colours, linewidths=1.5, label=name, zorder=2)
