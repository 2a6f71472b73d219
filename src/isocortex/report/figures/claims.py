"""Claims over seeds: the effect at the full sheet, and what every other arm takes from it."""

from __future__ import annotations

import math
import pathlib
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from isocortex.report.files import save
from isocortex.report.theme import INHIBITORY, LAYER_COLOURS, figure

if TYPE_CHECKING:
    from isocortex.experiments.claims import Judged
    from isocortex.experiments.estimate import Estimate

CLEAR = LAYER_COLOURS["L23"]
BESIDE = 3
"""So many panels stand beside each other."""


def save_claims(judged: Sequence[Judged], path: pathlib.Path) -> None:
    """Draw a panel a claim: a dot a seed, the mean with its 95 % interval, in colour where it is clear of zero.

    Raises
    ------
    DataError : the file cannot be written.
    """
    rows = ["full", *(f"less {arm}" for arm in judged[0].less)]
    across, down = min(BESIDE, len(judged)), math.ceil(len(judged) / BESIDE)
    with figure(0.9 + 3.1 * across, (1.4 + 0.4 * len(rows)) * down, down, across, standalone=True, sharey=True) as (made, axes):
        for ax in axes.flat[len(judged) :]:
            ax.set_axis_off()
        for ax, j in zip(axes.flat, judged, strict=False):
            for row, estimate in enumerate((j.alone, *j.less.values())):
                if estimate is not None:
                    _draw(ax, row, estimate)
            if all(estimate is None for estimate in (j.alone, *j.less.values())):
                ax.text(0.5, 0.5, "measured in no run", transform=ax.transAxes, ha="center", va="center", fontsize=9)
                ax.set_xticks([])  # without values a scale would mean nothing
            ax.axvline(0.0, color=INHIBITORY, linewidth=1, zorder=0)
            ax.set_title(
                "\n".join(textwrap.wrap(j.claim.text, 34)) + ("\npasses" if j.passes else "\ndoes not pass"), fontsize=9
            )
            ax.set_xlabel("\n".join(textwrap.wrap(j.claim.unit, 40)), fontsize=8)
            ax.set_yticks(range(len(rows)), rows)
            ax.set_ylim(len(rows) - 0.5, -0.5)
            if len(ax.get_xticks()):
                ax.locator_params(axis="x", nbins=5)
            ax.tick_params(axis="y", length=0)
        save(made, path, dpi=130)


def _draw(ax: Any, row: int, e: Estimate) -> None:
    colour = CLEAR if e.clear else INHIBITORY
    ax.scatter(e.values, [row + 0.22] * len(e.values), s=12, color=INHIBITORY, linewidths=0, zorder=2)
    if e.spread:
        ax.plot([e.low, e.high], [row, row], color=colour, linewidth=2.5, solid_capstyle="butt", zorder=1)
    ax.scatter([e.mean], [row], s=50, color=colour, linewidths=0, zorder=3)
