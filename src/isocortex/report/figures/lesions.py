"""The lesion matrix: the share of the full sheet's score that each arm has left."""

from __future__ import annotations

import pathlib
import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from isocortex.experiments.lesions.judge import LEGEND, SIGNS
from isocortex.report.files import save
from isocortex.report.theme import LAYER_COLOURS, figure

if TYPE_CHECKING:
    from isocortex.experiments.lesions.judge import Cell, Matrix

FULL_COLOUR, EXPECTED = LAYER_COLOURS["L23"], LAYER_COLOURS["L5"]
TITLES = {"off": "nothing plastic", "uniform": "one rule for all layers", "swapped": "L2/3 and L5 exchanged"}
WIDE, LINE = 17, 10.0
"""Letters of a line of text above a column; points from a line to the next."""
TELLS = (
    "Numbers: mean score over columns. Colour: share of the full sheet's score that is left.\n"
    f"{LEGEND}, paired over columns. Outlined: was expected to break."
)


def save_matrix(matrix: Matrix, path: pathlib.Path) -> None:
    """Draw a row an arm, a column a capability.

    Raises
    ------
    DataError : the file cannot be written.
    """
    from matplotlib.colors import LinearSegmentedColormap

    names = [c.name for c in matrix.capabilities]
    with figure(2.6 + 1.05 * len(names), 2.2 + 0.42 * (1 + len(matrix.rows)), standalone=True) as (made, axes):
        ax, colours = axes[0, 0], LinearSegmentedColormap.from_list("left", ["#ffffff", FULL_COLOUR])
        image = ax.imshow(_shares(matrix), cmap=colours, vmin=0, vmax=1, aspect="auto")
        ax.grid(visible=False)
        ax.spines[:].set_visible(False)
        for k, name in enumerate(names):
            _write(ax, k, 0, f"{matrix.full[name].mean:z.3f}", 1.0 if matrix.there(name) else 0.0)
            for i, row in enumerate(matrix.rows, 1):
                if row.cells:
                    _draw(ax, k, i, row.cells[name], _share(matrix, name, row.cells[name]))
                else:
                    _write(ax, k, i, "absent", 0.0)
        _label(ax, matrix)
        bar = made.colorbar(image, ax=ax, shrink=0.5, aspect=25, pad=0.02, ticks=[0, 0.5, 1])
        bar.ax.set_yticklabels(["0", "half", "all"], fontsize=9)
        bar.outline.set_visible(False)
        made.supxlabel(TELLS, fontsize=9, x=0.01, ha="left")
        save(made, path, dpi=130)


def _share(matrix: Matrix, name: str, cell: Cell) -> float:
    """Of the full sheet's score, from 0 to 1; 0 where the full sheet has not the capability."""
    return float(np.clip(cell.score.mean / matrix.full[name].mean, 0.0, 1.0)) if matrix.there(name) else 0.0


def _shares(matrix: Matrix) -> np.ndarray:
    """Shares by arm and capability, (arms, capabilities), the full sheet first."""
    names = [c.name for c in matrix.capabilities]
    rows = [[_share(matrix, name, row.cells[name]) if row.cells else 0.0 for name in names] for row in matrix.rows]
    return np.array([[float(matrix.there(name)) for name in names], *rows])


def _draw(ax: Any, k: int, i: int, cell: Cell, share: float) -> None:
    from matplotlib.patches import Rectangle

    _write(ax, k, i, f"{cell.score.mean:z.3f} {SIGNS[cell.verdict]}".rstrip(), share)
    if cell.expected:
        ax.add_patch(Rectangle((k - 0.46, i - 0.44), 0.92, 0.88, fill=False, edgecolor=EXPECTED, linewidth=2))


def _write(ax: Any, k: int, i: int, text: str, share: float) -> None:
    ax.text(k, i, text, ha="center", va="center", fontsize=9, color="white" if share > 0.55 else "#222222")


def _label(ax: Any, matrix: Matrix) -> None:
    """Capabilities above, with what they are; arms at the left, the full sheet and its controls apart from the lesions."""
    arms = ["full sheet", *(TITLES.get(r.arm.name, r.arm.name.replace("without:", "without ")) for r in matrix.rows)]
    texts = [textwrap.wrap(c.text, WIDE) for c in matrix.capabilities]
    above = LINE * max(map(len, texts))
    ax.set_xticks([])
    for k, (c, text) in enumerate(zip(matrix.capabilities, texts, strict=True)):
        for up, said, style in ((above, c.name, dict(fontsize=10, weight="bold")), (0, "\n".join(text), dict(fontsize=7))):
            ax.annotate(said, (k, -0.6), (0, up), textcoords="offset points", ha="center", va="bottom",
                        annotation_clip=False, **style)  # fmt: skip
    ax.set_yticks(range(len(arms)), arms)
    ax.tick_params(length=0)
    for i in range(1, len(arms)):
        ax.axhline(i - 0.5, color="white", linewidth=1.5)
    for k in range(1, len(matrix.capabilities)):
        ax.axvline(k - 0.5, color="white", linewidth=1.5)
