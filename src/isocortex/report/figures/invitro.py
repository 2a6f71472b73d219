"""The overview of the slice laboratory: a panel a study, the published points with their errors and the simulated ones."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import math
import pathlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from isocortex.invitro.curves import Line, between, lines
from isocortex.invitro.lab import Result
from isocortex.invitro.pathway import pathways
from isocortex.invitro.score import met
from isocortex.invitro.table import Point, studies
from isocortex.report.files import check_format, save
from isocortex.report.theme import LAYER_COLOURS, OTHER_COLOURS, figure, svg

WIDTH, HEIGHT = 4.3, 3.2
"""Of a panel (inches)."""
BESIDE = 3
"""So many panels stand beside each other on a page."""
_COLOURS = (*LAYER_COLOURS.values(), *OTHER_COLOURS)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")


@dataclasses.dataclass(frozen=True)
class Panel:
    """A study on one kind of cell: its lines, or the points that lie on none."""

    title: str
    lines: tuple[Line, ...]
    rest: tuple[Point, ...]


def panels(points: Sequence[Point]) -> list[Panel]:
    """The panels of some points: for a study on one kind of cell its lines, and then what does not lie on them."""
    out: list[Panel] = []
    cell = lambda p: pathways()[p.pathway].cell  # noqa: E731
    for study, kind_of_cell in dict.fromkeys((p.study, cell(p)) for p in points):
        own = [p for p in points if p.study == study and cell(p) == kind_of_cell]
        found = tuple(lines(own))
        name = f"{_short(study)}{', by potential' if kind_of_cell == 'trunk' else ''}"
        on_line = {p.name for line in found for p in line.points}
        rest = tuple(p for p in own if p.name not in on_line)
        if found:
            out.append(Panel(name, found, ()))
        if rest:
            out.append(Panel(f"{name}{', others' if found else ''}", (), rest))
    return out


def _short(study: str) -> str:
    """First author and year."""
    citation = studies()[study].citation
    author = citation.replace(" et al.", ",").split(",")[0].split(" &")[0]
    return f"{author} {next(iter(_YEAR.findall(citation)), '')}"


def _points(ax: Any, at: Sequence[float], results: Sequence[Result], colour: str, label: str, joined: bool) -> None:
    order = sorted(range(len(at)), key=lambda i: at[i])
    x, own = [at[i] for i in order], [results[i] for i in order]
    hollow = [r for r in own if not r.point.gates]
    ax.errorbar(x, [r.point.ratio for r in own], [r.point.error for r in own], fmt="o", ms=5, color=colour, capsize=2, lw=1,
                mfc="none" if len(hollow) == len(own) else colour, label=label)  # fmt: skip
    style = ":" if joined else "none"
    ax.plot(x, [r.simulated for r in own], ls=style, marker="x", ms=6, mew=1.8, color=colour, lw=1.2)


def _curves(ax: Any, panel: Panel, found: Mapping[str, Result], drawn: Mapping[Line, Sequence[Result]]) -> None:
    shared = len({p.pathway for line in panel.lines for p in line.points}) > 1
    for line, colour in zip(panel.lines, itertools.cycle(_COLOURS), strict=False):
        label = line.title if shared else line.title.split(" ", 1)[-1]
        curve = drawn.get(line, ())
        ax.plot([line.x(r.point) for r in curve], [r.simulated for r in curve], "-", color=colour, lw=1.4)
        own = [found[p.name] for p in line.points]
        _points(ax, [line.x(p) for p in line.points], own, colour, label, not curve)
    of_frequency = panel.lines[0].along == "frequency"
    ax.set_xlabel("frequency (Hz)" if of_frequency else "post minus pre (ms)")
    values = [abs(x) for line in panel.lines for p in line.points if (x := line.x(p))]
    if values and max(values) / min(values) > 40:
        ax.set_xscale("log" if of_frequency else "symlog", **({} if of_frequency else dict(linthresh=10)))
    ax.legend(fontsize=7)


def _list(ax: Any, results: Sequence[Result]) -> None:
    for i, r in enumerate(results):
        _points(ax, [i], [r], "#0072B2" if r.point.gates else "#8C8C8C", "", False)
    ax.set_xticks(range(len(results)), [r.point.point.removeprefix("trunk_") for r in results], rotation=75, fontsize=6)
    ax.set_xlim(-0.6, len(results) - 0.4)


def _all(ax: Any, results: Sequence[Result]) -> None:
    """Every point that gates: simulated against published."""
    gating = [r for r in results if r.point.gates]
    published, errors = [r.point.ratio for r in gating], [r.point.error for r in gating]
    simulated = [r.simulated for r in gating]
    ends = [min(published + simulated) - 0.05, max(published + simulated) + 0.05]
    ax.plot(ends, ends, color="#999", lw=0.8)
    ax.errorbar(published, simulated, xerr=errors, fmt="o", ms=3, color="#0072B2", elinewidth=0.5, alpha=0.6)
    ax.axvline(1.0, color="#999", lw=0.8)
    ax.set_xlabel("published (with SEM)")
    ax.set_ylabel("simulated")
    ax.set_title(f"{len(gating)} points that gate, {met(gating)} within 2 SEM")


@contextlib.contextmanager
def _overview(
    results: Sequence[Result], drawn: Mapping[Line, Sequence[Result]], columns: int | None, *, standalone: bool
) -> Iterator[Any]:
    """The figure: all points, then the panels; dots with SEM are published, crosses and lines simulated.

    columns : at most so many panels beside each other; None: about as many as below each other.
    """
    every = panels([r.point for r in results])
    found = {r.point.name: r for r in results}
    first = sum(r.point.gates for r in results) > 1
    n = len(every) + first
    columns = min(columns or math.ceil(math.sqrt(n)), max(n, 1))
    rows = max(1, math.ceil(n / columns))
    with figure(WIDTH * columns, HEIGHT * rows + 0.4, rows, columns, standalone=standalone) as (made, axes):
        flat = axes.ravel()
        if first:
            _all(flat[0], results)
        for ax in flat[n:]:
            ax.set_visible(False)
        for ax, panel in zip(flat[int(first) :], every, strict=False):
            if panel.lines:
                _curves(ax, panel, found, drawn)
            else:
                _list(ax, [found[p.name] for p in panel.rest])
            ax.set_title(panel.title)
            ax.set_ylabel("weight after / before")
        for ax in flat[:n]:
            ax.axhline(1.0, color="#999", lw=0.8)
        yield made


def between_points(points: Sequence[Point]) -> dict[Line, list[Point]]:
    """What has to be simulated besides the points, for the curves of the overview."""
    return {line: between(line) for panel in panels(points) for line in panel.lines}


def inline(results: Sequence[Result], drawn: Mapping[Line, Sequence[Result]]) -> str:
    """The overview as SVG for a page."""
    with _overview(results, drawn, BESIDE, standalone=False) as made:
        return svg(made, "Published and simulated weight ratios, a panel a study")


def draw(results: Sequence[Result], path: pathlib.Path, drawn: Mapping[Line, Sequence[Result]] | None = None) -> None:
    """Write the overview to a file (.svg, .png or .pdf), about as wide as high. drawn : what is simulated along the lines.

    Raises
    ------
    DescriptionError : another kind of file. DataError : it cannot be written.
    """
    check_format(path)
    with _overview(results, drawn or {}, None, standalone=True) as made:
        made.suptitle("dots with SEM: published (hollow: from memory or not gating); crosses and lines: simulated", fontsize=9)
        save(made, path, dpi=130)
