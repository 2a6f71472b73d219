"""The overview of the slice laboratory: a panel a study, the published points with their errors and the simulated ones."""

from __future__ import annotations

import contextlib
import math
import pathlib
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from isocortex.errors import DataError, DescriptionError
from isocortex.invitro.lab import Result
from isocortex.invitro.pathway import pathways
from isocortex.invitro.table import studies
from isocortex.report.theme import LAYER_COLOURS, OTHER_COLOURS, figure, svg

FORMATS = (".svg", ".png", ".pdf")
COLUMNS = 3
_COLOURS = (*LAYER_COLOURS.values(), *OTHER_COLOURS)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
X = Callable[[Result], float | None]


def _frequency(r: Result) -> float | None:
    p, protocol = r.point, r.point.protocol_of()
    if isinstance(protocol.pre, tuple) or protocol.pre == 0:
        return None
    return p.frequency or protocol.frequency or 1e3 / protocol.every


def _lag(r: Result) -> float | None:
    return r.point.lag


def series(results: Sequence[Result]) -> tuple[str, dict[str, list[Result]]]:
    """What the panel shows along x ("frequency", "lag" or ""), and its lines: title -> results that differ in x alone.

    Whichever of the two puts more points on lines of three or more; what lies on no line stands alone.
    """
    best: tuple[int, str, dict[str, list[Result]]] = (0, "", {})
    for name, x, other, unit in (("frequency", _frequency, _lag, "ms"), ("lag", _lag, _frequency, "Hz")):
        lines: dict[str, list[Result]] = {}
        for r in results:
            if r.point.drug or x(r) is None:
                continue
            held = other(r)
            protocol = r.point.protocol_of()
            kind = "" if name == "frequency" and protocol.pre == protocol.post else r.point.protocol
            title = "" if held is None else f"{held:g} {unit}"
            lines.setdefault(f"{r.point.pathway} {kind} {title}".strip(), []).append(r)
        lines = {k: v for k, v in lines.items() if len({x(r) for r in v}) >= 3}
        covered = sum(map(len, lines.values()))
        if covered > best[0]:
            best = (covered, name, lines)
    return best[1], best[2]


def _points(ax: Any, at: Sequence[float], results: Sequence[Result], colour: str, label: str, line: bool) -> None:
    order = sorted(range(len(at)), key=lambda i: at[i])
    x, own = [at[i] for i in order], [results[i] for i in order]
    hollow = [r for r in own if not r.point.gates]
    ax.errorbar(x, [r.point.ratio for r in own], [r.point.error for r in own], fmt="o", ms=5, color=colour, capsize=2, lw=1,
                mfc="none" if len(hollow) == len(own) else colour, label=label)  # fmt: skip
    ax.plot(x, [r.simulated for r in own], "-" if line else "", marker="x", ms=6, mew=1.8, color=colour, lw=1.4)


def _curve(ax: Any, kind: str, lines: dict[str, list[Result]], shared: bool) -> None:
    x: X = _frequency if kind == "frequency" else _lag
    for i, (title, own) in enumerate(lines.items()):
        label = title if shared else title.split(" ", 1)[-1]
        _points(ax, [float(x(r) or 0.0) for r in own], own, _COLOURS[i % len(_COLOURS)], label, True)
    ax.set_xlabel("frequency (Hz)" if kind == "frequency" else "post minus pre (ms)")
    values = [abs(v) for own in lines.values() for r in own if (v := x(r))]
    if values and max(values) / min(values) > 40:
        ax.set_xscale("log" if kind == "frequency" else "symlog", **({} if kind == "frequency" else dict(linthresh=10)))
    ax.legend(fontsize=7)


def _list(ax: Any, results: Sequence[Result]) -> None:
    for i, r in enumerate(results):
        _points(ax, [i], [r], "#0072B2" if r.point.gates else "#8C8C8C", "", False)
    ax.set_xticks(range(len(results)), [r.point.point.removeprefix("trunk_") for r in results], rotation=75, fontsize=6)
    ax.set_xlim(-0.6, len(results) - 0.4)


def panels(results: Sequence[Result]) -> list[tuple[str, str, dict[str, list[Result]], list[Result]]]:
    """(title, x, lines, points of a list) for each panel: a study's curve on one kind of cell, and what does not lie on it."""
    out: list[tuple[str, str, dict[str, list[Result]], list[Result]]] = []
    cell = lambda r: pathways()[r.point.pathway].cell  # noqa: E731
    for study, kind_of_cell in dict.fromkeys((r.point.study, cell(r)) for r in results):
        own = [r for r in results if r.point.study == study and cell(r) == kind_of_cell]
        kind, lines = series(own)
        citation = studies()[study].citation
        name = f"{citation.replace(' et al.', ',').split(',')[0].split(' &')[0]} {next(iter(_YEAR.findall(citation)), '')}"
        name += ", by potential" if kind_of_cell == "trunk" else ""
        on_line = {r.point.name for line in lines.values() for r in line}
        rest = [r for r in own if r.point.name not in on_line]
        if lines:
            out.append((name, kind, lines, []))
        if rest:
            out.append((f"{name}{', others' if lines else ''}", "", {}, rest))
    return out


@contextlib.contextmanager
def _overview(results: Sequence[Result], standalone: bool) -> Iterator[Any]:
    """The figure: dots with SEM are published, crosses are simulated."""
    every = panels(results)
    rows = max(1, math.ceil(len(every) / COLUMNS))
    with figure(13, 3.3 * rows + 0.6, rows, min(COLUMNS, max(len(every), 1)), standalone=standalone) as (made, axes):
        flat = axes.ravel()
        for ax in flat[len(every) :]:
            ax.set_visible(False)
        for ax, (title, kind, lines, rest) in zip(flat, every, strict=False):
            if kind:
                _curve(ax, kind, lines, len({r.point.pathway for line in lines.values() for r in line}) > 1)
            else:
                _list(ax, rest)
            ax.axhline(1.0, color="#999", lw=0.8)
            ax.set_title(title)
            ax.set_ylabel("weight after / before")
        yield made


def inline(results: Sequence[Result]) -> str:
    """The overview as SVG for a page."""
    with _overview(results, standalone=False) as made:
        return svg(made, "Published and simulated weight ratios, a panel a study")


def check_format(path: pathlib.Path) -> None:
    """Refuse a file that is neither .svg nor .png nor .pdf."""
    if path.suffix.lower() not in FORMATS:
        raise DescriptionError(f"--plot: {path.name!r} must end in {', '.join(FORMATS)}")


def draw(results: Sequence[Result], path: pathlib.Path) -> None:
    """Write the overview to a file (.svg, .png or .pdf).

    Raises
    ------
    DescriptionError : another kind of file. DataError : it cannot be written.
    """
    check_format(path)
    with _overview(results, standalone=True) as made:
        made.suptitle("dots with SEM: published (hollow: from memory or not gating); crosses: simulated", fontsize=9)
        try:
            made.savefig(path, dpi=130)
        except OSError as e:
            raise DataError(f"--plot: {path} cannot be written ({e.strerror})") from None
