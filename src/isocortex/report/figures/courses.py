"""Time courses by arm and layer: what can be decoded, how far tuning has moved, how fast cells fire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from isocortex.report.theme import FAINT, INK, figure, layer_colour, layer_order, layer_title, svg

PANELS = {"decode": "classes decoded (share right)", "tuning_change": "tuning change", "rate": "rate (Hz)"}
Courses = Mapping[str, Mapping[str, Sequence[float]]]


def courses(arms: Mapping[str, Courses], phases: Sequence[Mapping[str, Any]] = (), chance: float | None = None) -> str:
    """Draw a row of panels an arm, a panel a quantity and a line a layer; a quantity has one scale for all arms.

    Parameters
    ----------
    arms : arm -> layer -> {"presentation": x, "decode": y, "tuning_change": y, "rate": y}, those that there are.
    phases : {"name", "first", "last"} in presentations, named above the panels; a line is drawn where a phase begins.
    chance : level of guessing, dotted in the panels of decoding.
    """
    panels = [key for key in PANELS if any(len(v.get(key, ())) for layers in arms.values() for v in layers.values())]
    rows, columns = max(len(arms), 1), max(len(panels), 1)
    with figure(10.0, 1.0 + 2.2 * rows, rows, columns, sharex=True, sharey="col") as (made, axes):
        for row, (arm, layers) in enumerate(arms.items()):
            for ax, key in zip(axes[row], panels, strict=False):
                _lines(ax, layers, key)
                if key == "decode" and chance is not None:
                    ax.axhline(chance, color=INK, linewidth=1, linestyle=":")
                    ax.annotate("chance", (1, chance), (-4, 4), xycoords=("axes fraction", "data"),
                                textcoords="offset points", ha="right", fontsize=8.5)  # fmt: skip
                _phases(ax, phases, named=row == 0)
            axes[row, 0].set_ylabel(arm, fontweight="bold")
        for ax, key in zip(axes[0], panels, strict=False):
            ax.set_title(PANELS[key], pad=24 if phases else None)
            ax.set_ylim(bottom=min(0.0, ax.get_ylim()[0]))
        for ax in axes[-1]:
            ax.set_xlabel("presentations learned from")
        known = {label: h for ax in axes.flat for h, label in zip(*ax.get_legend_handles_labels(), strict=True)}
        order = [layer_title(layer) for layer in layer_order({layer for layers in arms.values() for layer in layers})]
        shown = [label for label in order if label in known]
        made.legend([known[label] for label in shown], shown, loc="outside upper left", ncols=max(len(shown), 1))
        return svg(made, f"Time courses of {', '.join(panels)} in {', '.join(order)} at the arms {', '.join(arms)}")


def _lines(ax: Any, layers: Courses, key: str) -> None:
    for layer in layer_order(layers):
        y = np.asarray(layers[layer].get(key, ()), float)
        x = np.asarray(layers[layer].get("presentation", range(len(y))), float)[: len(y)]
        known = np.isfinite(y)  # not everything is measured at every checkpoint
        if known.any():
            ax.plot(x[known], y[known], marker="o", markersize=2.5, color=layer_colour(layer), label=layer_title(layer),
                    solid_capstyle="round")  # fmt: skip


def _phases(ax: Any, phases: Sequence[Mapping[str, Any]], *, named: bool) -> None:
    for i, phase in enumerate(phases):
        first, last = float(phase["first"]), float(phase["last"])
        if i:
            ax.axvline(first, color=FAINT, linewidth=1.2, linestyle="--")
        if named:
            name = str(phase["name"]).replace(" ", "\n")
            ax.annotate(name, ((first + last) / 2, 1), (0, 3), ha="center", va="bottom", fontsize=8, linespacing=0.9,
                        xycoords=("data", "axes fraction"), textcoords="offset points")  # fmt: skip
