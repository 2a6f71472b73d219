"""A wiring diagram: populations as boxes by layer, plastic projections onto excitatory cells coloured by their rule."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from isocortex.report.figures.raster import population_colour
from isocortex.report.theme import INHIBITORY, INK, figure, layer_order, layer_title, svg

RULE_COLOURS = ("#0072B2", "#E69F00", "#CC79A7", "#009E73", "#56B4E9", "#D55E00")
ROW, STEP, BOX = 2.0, 0.34, 1.9  # height of a layer; between two axons; width of a box

Parts = Mapping[str, Any]
"""``populations``: [name, cells, layer or "", class, excitatory]; ``projections`` (plastic): [source, target, rule]."""


def circuit(parts: Parts) -> str:
    """The diagram as SVG for the page."""
    with figure(10.0, 6.4) as (made, axes):
        _draw(made, axes[0, 0], parts)
        return svg(made, f"{len(parts['populations'])} populations and {len(parts['projections'])} plastic projections")


def save_circuit(parts: Parts, path: str | pathlib.Path) -> None:
    """Write the diagram to a file of its own, in the format of its ending."""
    with figure(10.0, 6.4, standalone=True) as (made, axes):
        _draw(made, axes[0, 0], parts)
        made.savefig(
            path, dpi=120, metadata={"Date": None} if pathlib.Path(path).suffix == ".svg" else None
        )  # the same each time


def _draw(made: Any, ax: Any, parts: Parts) -> None:
    ax.set_axis_off()
    populations, projections = parts["populations"], parts["projections"]
    layers = layer_order({p[2] for p in populations if p[2]})
    rules = sorted({p[2] for p in projections})
    colours = dict(zip(rules, RULE_COLOURS * len(rules), strict=False))
    height = {layer: ROW * (len(layers) - i) for i, layer in enumerate(layers)} | {"": 0.0}
    placed, layer_of = _place(ax, populations, height), {p[0]: p[2] for p in populations}
    for side, excitatory in ((-1, True), (1, False)):
        sources = [p[0] for p in populations if bool(p[4]) == excitatory and any(q[0] == p[0] for q in projections)]
        _wires(ax, sources, [(q[0], height[layer_of[q[1]]], q[2]) for q in projections], placed, side, colours)
    handles = [ax.plot([], [], color=colours[r], linewidth=2)[0] for r in rules]
    made.legend(handles, [r.replace("_", " ") for r in rules], loc="outside upper center", ncols=max(len(rules), 1))
    ax.autoscale_view()


def _place(ax: Any, populations: Sequence[Any], height: Mapping[str, float]) -> dict[str, tuple[float, float, float]]:
    """Draw the boxes; returns the left end, the right end, and where its axon leaves, of each."""
    wires = STEP * (1 + sum(not p[4] and p[3] != "VIP" for p in populations))
    beside: dict[tuple[str, bool], list[Any]] = {}
    for p in populations:
        beside.setdefault((p[2], p[4] and bool(p[2])), []).append(p)
    placed = {}
    for (layer, large), group in beside.items():
        for i, (name, cells, _, kind, excitatory) in enumerate(group):
            tall = 0.8 * ROW if large else 0.24 * ROW
            y = height[layer] + (0.0 if large else 0.28 * ROW * ((len(group) - 1) / 2 - i))
            left = 0.0 if excitatory else BOX + wires
            colour = population_colour(name) if layer else INHIBITORY
            ax.bar(left, tall, BOX, y - tall / 2, align="edge", color=colour, alpha=0.25, edgecolor=colour, linewidth=1.5)
            title = (f"{layer_title(layer)} {kind}" if layer else name) + ("\n" if large else ": ") + f"{cells} cells"
            ax.text(left + BOX / 2, y, title, ha="center", va="center", fontsize=8.5)
            placed[name] = (left, left + BOX, y + 0.37 * ROW if large else y)
    return placed


def _wires(
    ax: Any,
    sources: Sequence[str],
    projections: Sequence[tuple[str, float, str]],
    placed: Mapping[str, tuple[float, float, float]],
    side: int,
    colours: Mapping[str, str],
) -> None:
    """An upright line a source, its axon, and from it an arrow to each target: on the left (-1) or the right (1) of the boxes.

    projections : source, height of the middle of the target, rule.
    """
    edge = 0.0 if side < 0 else BOX
    wire = dict(color=INK, linewidth=0.8, alpha=0.5)
    bar = dict(arrowstyle="-|>") if side < 0 else dict(arrowstyle="-[,widthB=0.25,lengthB=0")  # inhibition ends in a bar
    for i, source in enumerate(sources):
        left, _, leaves = placed[source]
        x = edge + side * STEP * (1 + i)
        onto = [(rule, _port(y, i, len(sources))) for name, y, rule in projections if name == source]
        ends = [leaves, *(port for _, port in onto)]
        ax.plot([left, x, x, x], [leaves, leaves, min(ends), max(ends)], **wire)
        for rule, port in onto:
            ax.annotate("", (edge, port), (x, port), arrowprops=dict(
                **bar, color=colours[rule], linewidth=1.6, shrinkA=0, shrinkB=1))  # fmt: skip


def _port(y: float, i: int, of: int) -> float:
    """Where the wire of the i-th of so many sources meets a box whose middle is at y."""
    return y + 0.66 * ROW * (0.47 - (i + 0.5) / of)
