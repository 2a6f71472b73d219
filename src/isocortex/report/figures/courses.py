"""Time courses by layer: what can be decoded, how far tuning has moved, how fast cells fire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from isocortex.report.theme import FAINT, INK, figure, layer_colour, layer_order, layer_title, svg

PANELS = {"decode": "classes decoded (share right)", "tuning_change": "tuning change", "rate": "rate (Hz)"}


def courses(
    layers: Mapping[str, Mapping[str, Sequence[float]]],
    phases: Sequence[Mapping[str, Any]] = (),
    chance: float | None = None,
) -> str:
    """Draw a panel a quantity and a line a layer.

    Parameters
    ----------
    layers : layer -> {"presentation": x, "decode": y, "tuning_change": y, "rate": y}, those that there are.
    phases : {"name", "first", "last"} in presentations; a line is drawn where a phase begins.
    chance : level of guessing, dotted in the panel of decoding.
    """
    panels = [key for key in PANELS if any(len(values.get(key, ())) for values in layers.values())]
    with figure(10.0, 3.3, 1, max(len(panels), 1)) as (made, axes):
        for ax, key in zip(axes[0], panels, strict=False):
            for layer in layer_order(layers):
                y = np.asarray(layers[layer].get(key, ()), float)
                x = np.asarray(layers[layer].get("presentation", range(len(y))), float)[: len(y)]
                known = np.isfinite(y)  # not everything is measured at every checkpoint
                if known.any():
                    ax.plot(
                        x[known],
                        y[known],
                        marker="o",
                        markersize=2.5,
                        color=layer_colour(layer),
                        label=layer_title(layer),
                        solid_capstyle="round",
                    )
            if key == "decode" and chance is not None:
                ax.axhline(chance, color=INK, linewidth=1, linestyle=":")
                ax.annotate("chance", (1, chance), (-4, 4), xycoords=("axes fraction", "data"), textcoords="offset points",
                            ha="right", fontsize=8.5)  # fmt: skip
            for phase in phases[1:]:
                ax.axvline(float(phase["first"]), color=FAINT, linewidth=1.2, linestyle="--")
            ax.set_title(PANELS[key])
            ax.set_xlabel("presentations")
            ax.set_ylim(bottom=min(0.0, ax.get_ylim()[0]))
        handles, labels = axes[0, 0].get_legend_handles_labels()
        made.legend(handles, labels, loc="outside upper left", ncols=len(labels))
        return svg(made, f"Time courses of {', '.join(panels)} in {', '.join(layers)}")
