"""The look of the figures: colours that colour-blind readers can tell apart, and SVG that follows the page's light or dark."""

from __future__ import annotations

import base64
import contextlib
import io
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

# Okabe and Ito's palette (Wong 2011, doi:10.1038/nmeth.1618), superficial to deep; the input is grey.
LAYER_COLOURS = {"L1": "#E69F00", "L23": "#0072B2", "L4": "#009E73", "L5": "#D55E00", "L6": "#CC79A7"}
OTHER_COLOURS = ("#56B4E9", "#8C8C8C", "#B8A200")
INHIBITORY = "#8C8C8C"
ARM_MARKERS = ("o", "s", "D", "^", "v", "P", "X")

# Colours that stand for the page's own, replaced in the SVG text.
_INK, _FAINT = "#010203", "#040506"
INK, FAINT = _INK, _FAINT
_ALONE = {_INK: "#222222", _FAINT: "#d0d0d0"}
_GROUNDS = {"figure.facecolor": "white", "axes.facecolor": "white", "savefig.facecolor": "white"}
_PAGE_COLOURS = {_INK: "currentColor", _FAINT: "var(--rule)"}

_STYLE: dict[str, Any] = {
    "svg.fonttype": "none", "svg.hashsalt": "isocortex",
    "font.family": "sans-serif", "font.sans-serif": ["DejaVu Sans"], "font.size": 10,
    "text.color": INK, "axes.labelcolor": INK, "axes.edgecolor": FAINT, "xtick.color": FAINT, "ytick.color": FAINT,
    "xtick.labelcolor": INK, "ytick.labelcolor": INK, "axes.titlesize": 10.5, "axes.titlelocation": "left",
    "axes.titleweight": "bold", "axes.titlecolor": INK, "axes.spines.top": False, "axes.spines.right": False,
    "axes.grid": True, "axes.grid.axis": "y", "grid.color": FAINT, "grid.linewidth": 0.6, "axes.axisbelow": True,
    "lines.linewidth": 2.0, "legend.frameon": False, "legend.fontsize": 9.5, "figure.constrained_layout.use": True,
    "figure.facecolor": "none", "axes.facecolor": "none", "savefig.facecolor": "none",
}  # fmt: skip


def layer_colour(layer: str) -> str:
    """The colour of a layer or of a population such as ``V1.L23E`` (inhibitory ones are grey)."""
    name = layer.rpartition(".")[2]
    for known, colour in LAYER_COLOURS.items():
        if name.startswith(known):
            return colour if name in (known, f"{known}E") else INHIBITORY
    return OTHER_COLOURS[sum(map(ord, name)) % len(OTHER_COLOURS)]


def layer_order(layers: Any) -> list[str]:
    """Layers as they lie in cortex, top first; what is no layer comes last."""
    depth = {name: i for i, name in enumerate(LAYER_COLOURS)}
    return sorted(layers, key=lambda name: (depth.get(str(name).rpartition(".")[2].removesuffix("E"), len(depth)), str(name)))


def layer_title(layer: str) -> str:
    """``L23`` as it is written in papers: L2/3."""
    return layer.replace("L23", "L2/3")


@contextlib.contextmanager
def figure(
    width: float, height: float, rows: int = 1, columns: int = 1, *, standalone: bool = False, **options: Any
) -> Iterator[tuple[Any, np.ndarray]]:
    """A styled matplotlib figure and its axes, shape (rows, columns); no window, no global state changed.

    With `standalone` it has a white ground and colours of its own, for a file; else it takes those of the page.
    """
    import matplotlib
    from matplotlib.figure import Figure

    alone = {k: _ALONE[v] for k, v in _STYLE.items() if isinstance(v, str) and v in _ALONE} | _GROUNDS
    style: Any = _STYLE | alone if standalone else _STYLE
    with matplotlib.rc_context(style):
        made = Figure(figsize=(width, height))
        yield made, made.subplots(rows, columns, squeeze=False, **options)


def svg(made: Any, label: str) -> str:
    """The figure as inline SVG in the page's colours, with `label` for readers who cannot see it."""
    buffer = io.StringIO()
    made.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, dpi=160)
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    for stand_in, colour in _PAGE_COLOURS.items():
        text = re.sub(stand_in, colour, text, flags=re.IGNORECASE)
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'font: ([^;"]*?)\'DejaVu Sans\'[^;"]*', r"font: \1var(--sans)", text)
    text = re.sub(r'^<svg ([^>]*?)width="[^"]*"', r"<svg \1", text, count=1)
    text = re.sub(r'^<svg ([^>]*?)height="[^"]*"', r"<svg \1", text, count=1)
    return text.replace("<svg ", f'<svg role="img" aria-label="{_escaped(label)}" ', 1)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")


def png_uri(pixels: np.ndarray) -> str:
    """An image, uint8 of shape (h, w, 3 or 4), as a data URI."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
