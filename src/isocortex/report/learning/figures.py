"""The figures of a comparison of learners."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from isocortex.report.learning.lines import Line, lines, name, options
from isocortex.report.theme import FAINT, INK, figure, svg

_MOST_MATRICES = 8


def over_the_stream(curves: Mapping[str, Any], key: str, label: str) -> str:
    """A line a learner over the samples of the stream; boundaries, hidden from the learners, are dashed.

    key : "seen" (accuracy on all so far), "current" (on the current experience) or "surprise".
    """
    learners, starts = curves["learners"], np.asarray(curves["starts"], float)
    with figure(10.0, 4.2) as (made, axes):
        ax = axes[0, 0]
        for start in starts[1:-1]:
            ax.axvline(start, color=FAINT, linewidth=1.0, linestyle="--", zorder=0)
        for learner, line in lines(learners).items():
            _draw(ax, learners[learner], key, line, starts)
        ax.set_xlim(0, starts[-1])
        ax.set_ylim(*(_usual([v[key] for v in learners.values()]) if key == "surprise" else (-0.02, 1.02)))
        ax.set_xlabel("samples learned")
        ax.set_ylabel(label)
        _legend(made, ax)
        return svg(made, f"{label} over the samples learned, for {', '.join(learners)}")


def _usual(values: Sequence[Any]) -> tuple[float, float]:
    """A range that holds 19 of 20 values: a learner that knows next to nothing is surprised out of all proportion."""
    found = np.concatenate([np.ravel(v) for v in values])
    low, high = np.percentile(found[np.isfinite(found)], [2.5, 97.5])
    edge = 0.1 * (high - low) + 0.1
    return float(low - edge), float(high + edge)


def _draw(ax: Any, learner: Mapping[str, Any], key: str, line: Line, starts: np.ndarray) -> None:
    if learner["ceiling"]:
        if key == "seen":
            ax.axhline(learner["final"], **options(line))
        return
    x, y = np.asarray(learner["learned"], float), np.asarray(learner[key], float)
    if key == "seen":  # before anything of a new experience is learned, what counts as seen has just changed
        x, y = x[np.asarray(learner["within"]) > 0], y[np.asarray(learner["within"]) > 0]
    known = np.isfinite(y)
    if known.any():
        ax.plot(x[known], y[known], **options(line))


def shots(rows: Sequence[Mapping[str, Any]], curves: Mapping[str, Any]) -> str:
    """Accuracy by the number of samples a class, on a logarithmic axis, with 95 % intervals of the seeds."""
    drawn = lines(curves["learners"])
    with figure(10.0, 4.2) as (made, axes):
        ax = axes[0, 0]
        for row in rows:
            n = [int(k) for k in row["n_shot"]]
            if not n:
                continue
            line = drawn[row["learner"]]
            ax.plot(n, list(row["n_shot"].values()), marker="o", markersize=3, **options(line))
            low, high = np.array(list(row["n_shot_intervals"].values()), float).T
            if line.front >= 3 and np.isfinite(low).all():
                ax.fill_between(n, low, high, color=line.colour, alpha=0.12, linewidth=0)
            ax.set_xscale("log")
            ax.set_xticks(n, [str(k) for k in n])
            ax.minorticks_off()
        ax.set_ylim(-0.02, 1.02)
        ax.set_xlabel("samples of each class")
        ax.set_ylabel("accuracy")
        _legend(made, ax)
        return svg(made, f"Accuracy by samples a class for {', '.join(str(r['learner']) for r in rows)}")


def matrices(curves: Mapping[str, Any], experiences: Sequence[str]) -> str:
    """Accuracy on each experience (columns) after each experience (rows), a panel a learner; the best ones."""
    whole = {k: v for k, v in curves["learners"].items() if not np.isnan(np.diag(v["matrix"])).any()}
    own = [k for k, v in whole.items() if not v["baseline"]]
    best = sorted((k for k, v in whole.items() if v["baseline"]), key=lambda k: -whole[k]["final"])
    shown = [*own, *best][:_MOST_MATRICES]
    columns = min(4, len(shown))
    rows = -(-len(shown) // columns)
    with figure(10.0, 2.75 * rows + 0.3, rows, columns) as (made, axes):
        for ax in axes.flat[len(shown) :]:
            ax.set_visible(False)
        for ax, key in zip(axes.flat, shown, strict=False):
            image = ax.imshow(whole[key]["matrix"], vmin=0, vmax=1, cmap="viridis", aspect="equal")
            ax.set_title(f"{name(key, whole)}  {whole[key]['final']:.1%}", fontsize=9.5)
            ax.grid(False)
            n = len(experiences)
            short = n <= 12 and max(len(e) for e in experiences) <= 3
            ticks = [str(e) for e in experiences] if short else [str(i + 1) for i in range(n)]
            ax.set_xticks(range(n), ticks, fontsize=7.5)
            ax.set_yticks(range(n), ticks, fontsize=7.5)
            ax.tick_params(length=0)
        for ax in axes[:, 0]:
            ax.set_ylabel("after", fontsize=8.5)
        made.colorbar(image, ax=axes, shrink=0.7, aspect=30, label="accuracy").outline.set_edgecolor(INK)
        return svg(made, f"Accuracy on each experience after each experience, for {', '.join(shown)}")


def _legend(made: Any, ax: Any) -> None:
    handles, labels = ax.get_legend_handles_labels()
    made.legend(handles, labels, loc="outside right upper")
