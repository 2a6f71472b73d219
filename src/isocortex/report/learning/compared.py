"""Figures of paired differences: against filters that learn nothing, and over each arm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from isocortex.learn.protocol_differences import EARNED, earned, rivals_of, short, turned
from isocortex.report.theme import FAINT, INK, LAYER_COLOURS, figure, svg

_COLOURS = (LAYER_COLOURS["L5"], LAYER_COLOURS["L4"], LAYER_COLOURS["L6"])
_CLEAR, _NOT = LAYER_COLOURS["L23"], "#8C8C8C"


def less_rivals(own: Mapping[str, Any], best: str | None) -> str:
    """Differences from few samples (left) and after the stream (right), a colour a rival; "" without a rival.

    own : the row of the library's own learner.
    """
    rivals = rivals_of(own, best)
    if not rivals:
        return ""
    counts = [int(n) for n in own["n_shot"]]
    with figure(10.0, 3.6, 1, 2, gridspec_kw={"width_ratios": [4, 1]}, sharey=True) as (made, axes):
        few, end = axes[0]
        for k, (rival, colour) in enumerate(zip(rivals, _COLOURS, strict=False)):
            found = own["differences"][rival]
            points = [found["n_shot"].get(n) for n in own["n_shot"]]
            if counts and all(points):
                x = np.array(counts) * 1.06 ** (k - (len(rivals) - 1) / 2)
                few.errorbar(x, *_bars(points), color=colour, marker="o", markersize=4, linewidth=1.5, label=f"less {rival}")
            end.errorbar([k], *_bars([found["accuracy"]]), color=colour, marker="o", markersize=5, linestyle="none")
        for ax in (few, end):
            ax.axhline(0.0, color=INK, linewidth=1.0)
        if counts:
            few.set_xscale("log")
            few.set_xticks(counts, [str(n) for n in counts])
            few.minorticks_off()
        few.set_xlabel("samples of each class")
        few.set_ylabel("points")
        end.set_xticks(range(len(rivals)), rivals, rotation=20)
        end.set_xlim(-0.6, len(rivals) - 0.4)
        end.set_xlabel("after the stream")
        if counts:
            few.legend(loc="best")
        return svg(made, f"Accuracy less that of {', '.join(rivals)}")


def earned_over_arms(document: Mapping[str, Any]) -> str:
    """A row an arm, a panel a measure: mean difference full less arm with its interval; below, each experience."""
    arms = {arm: earned(row) for arm, row in document["arms"].items() if arm != "full" and row["differences"]}
    shown = [heading for heading, _ in EARNED if any(row[heading] for row in arms.values())]
    with figure(10.0, 0.34 * len(arms) + 1.3, 1, len(shown), sharey=True) as (made, axes):
        for ax, heading in zip(axes[0], shown, strict=True):
            for y, row in enumerate(arms.values()):
                d = row[heading]
                if d is not None:
                    colour = _CLEAR if d["clear"] else _NOT
                    ax.plot([100 * d["low"], 100 * d["high"]], [y, y], color=colour, linewidth=2.4)
                    ax.plot([100 * d["mean"]], [y], "o", color=colour, markersize=6)
            ax.axvline(0.0, color=INK, linewidth=1.0)
            ax.grid(True, axis="x", color=FAINT)
            ax.set_xlabel(f"points, {heading}")
        axes[0, 0].set_yticks(range(len(arms)), [short(a) for a in arms])
        axes[0, 0].invert_yaxis()
        return svg(made, f"What the full learner has more than {', '.join(short(a) for a in arms)}")


def by_experience(document: Mapping[str, Any]) -> str:
    """Arms (rows) by experiences (columns): full less arm after the stream, in points; a dot where the interval is clear."""
    arms = {arm: next(iter(row["differences"].values()))["experiences"] for arm, row in document["arms"].items()
            if arm != "full" and row["differences"]}  # fmt: skip
    table = [[turned(d) for d in found] for found in arms.values()]
    values = np.array([[100 * d["mean"] if d else np.nan for d in row] for row in table])
    limit = max(1.0, float(np.nanpercentile(np.abs(values), 90)))
    names = _places(document)
    with figure(10.0, 0.34 * len(arms) + 2.4) as (made, axes):
        ax = axes[0, 0]
        image = ax.imshow(values, cmap="RdBu", vmin=-limit, vmax=limit, aspect="auto")
        for i, row in enumerate(table):
            for j, d in enumerate(row):
                if d and d["clear"]:
                    ax.plot([j], [i], ".", color="#222222", markersize=4)
        ax.grid(False)
        ax.set_yticks(range(len(arms)), [short(a) for a in arms])
        ax.set_xticks(range(len(names)), names, rotation=40, ha="right", fontsize=8)
        ax.tick_params(length=0)
        made.colorbar(image, ax=ax, label="points", extend="both").outline.set_edgecolor(INK)
        return svg(made, "What the full learner has more than each arm, on each experience")


def _places(document: Mapping[str, Any]) -> list[str]:
    """Names of experiences; those that name classes differ by seed and are numbered."""
    known = set(document["classes"])
    return [str(i) if set(e.split()) <= known else e.partition(":")[0] for i, e in enumerate(document["experiences"], start=1)]


def _bars(points: list[Any]) -> tuple[list[float], np.ndarray]:
    """Means in points, and the reach of the intervals below and above; none where there is one seed."""
    mean = [100 * d["mean"] for d in points]
    reach = np.array([[100 * (d["mean"] - d["low"]), 100 * (d["high"] - d["mean"])] for d in points]).T
    return mean, np.nan_to_num(reach)
