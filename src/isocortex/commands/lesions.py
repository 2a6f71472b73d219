"""`isocortex lesions`: what a column can do with every mechanism, and with each of them taken away."""

from __future__ import annotations

import functools
import pathlib
from typing import TYPE_CHECKING, Annotated

import typer

from isocortex.commands.options import Config, Json, Keys, OtherSheet, Out, Quiet, Seed, Sets, listed, made_folder
from isocortex.commands.output import Output
from isocortex.commands.rules import RuleFiles

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from isocortex.experiments.lesions.capabilities import Capability
    from isocortex.experiments.lesions.judge import Cell, Matrix

COLOURS = {"lost": "red", "less": "yellow", "more": "green", "same": ""}


def lesions(
    seed: Seed = None,
    arms: Annotated[
        str | None,
        typer.Option("--arms", metavar="A,B", help="Default: full, off, uniform, swapped, and without:PART for every part."),
    ] = None,
    sheet: OtherSheet = None,
    files: RuleFiles = None,
    config: Config = None,
    sets: Sets = None,
    out: Out = None,
    plot: Annotated[
        pathlib.Path | None, typer.Option("--plot", metavar="FILE", help="Draw the matrix (.svg, .png, .pdf).")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    keys: Keys = False,
) -> None:
    """Take every mechanism away in turn, and see which capabilities of a column break: the lesion matrix.

    Goes on where it was stopped; arms that are done are not run again.
    """
    from isocortex.commands.keys import show_keys
    from isocortex.config import load_config
    from isocortex.experiments.lesions import judge, matrix
    from isocortex.experiments.lesions.config import Config as Settings
    from isocortex.progress import Progress
    from isocortex.report.files import check_file, check_format

    output = Output(as_json, quiet)
    if keys:
        show_keys(output, Settings)
        return
    check_format(plot)
    check_file("--plot", plot, "lesions.png")
    chosen, own = listed(arms) if arms is not None else None, [str(file) for file in files] if files else None
    settings = load_config(Settings, config, sets or (), seed=seed, arms=chosen, sheet=sheet, rules=own)
    folder = out or pathlib.Path(settings.out or pathlib.Path("runs") / f"lesions-seed{settings.seed}")
    settings = settings.replace(out=str(folder))
    tried = matrix.prepare(settings)
    made_folder("--out", folder)
    try:
        with output.stdout_kept_clean():
            kept = matrix.run(settings, functools.partial(Progress, enabled=not quiet), prepared=tried)
    except KeyboardInterrupt:
        output.notes.print("stopped; the same command again goes on", markup=False)
        raise typer.Exit(1) from None
    judged = judge.judge(tried, matrix.scores(kept))
    if plot is not None:
        from isocortex.report.figures.lesions import save_matrix

        save_matrix(judged, plot)
    facts = dict(seed=settings.seed, columns=settings.columns, sheet=settings.sheet, folder=str(folder))
    output.result(facts | judge.document(judged), table(judged), *lines(judged, settings.seed, settings.columns))


def table(matrix: Matrix) -> Table:
    """A row an arm, a column a capability: the mean score, and what it says."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    from isocortex.experiments.lesions.arms import LESION

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=0)
    made.add_column("arm", overflow="fold")
    for c in matrix.capabilities:
        made.add_column(c.name, justify="right", no_wrap=True)
    made.add_row("full", *(number(matrix.full[c.name].mean) for c in matrix.capabilities))
    rows = sorted(matrix.rows, key=lambda row: row.arm.name.startswith(LESION))
    for before, row in zip([None, *rows], rows, strict=False):
        lesion = row.arm.name.startswith(LESION)
        if lesion and (before is None or not before.arm.name.startswith(LESION)):
            made.add_section()
            made.add_row(LESION)  # once, so that names of parts fit beside the numbers
        cells: list[Text | str] = [shown(row.cells[c.name]) for c in matrix.capabilities if row.cells]
        made.add_row(escape(row.arm.name.removeprefix(LESION)), *(cells or ["absent"] * len(matrix.capabilities)))
    return made


def number(score: float) -> str:
    """Three decimals, without the zero before them: eight columns are to fit beside each other."""
    return f"{score:z.3f}".replace("0.", ".", 1)


def shown(cell: Cell) -> Text:
    """The mean score and the sign of its verdict, in colour; a star where it was expected to break."""
    from rich.text import Text

    from isocortex.experiments.lesions.judge import SIGNS

    text = f"{number(cell.score.mean)}{SIGNS[cell.verdict]}{'*' if cell.expected else ''}"
    return Text(text, style=COLOURS[cell.verdict])


def lines(matrix: Matrix, seed: int, columns: int) -> list[str]:
    """How to read the table, a line a capability, and what broke that was not expected to."""
    from isocortex.experiments.lesions.judge import FALSE, LEGEND

    absent = [f"{row.arm.name}: absent, no pathway differs from the full sheet" for row in matrix.rows if row.arm.absent]
    found: dict[str, list[str]] = {}
    for arm, name, cell in matrix.unexpected():
        found.setdefault(arm, []).append(f"{name} ({cell.verdict})")
    told = [f"not expected: {arm} takes of {', '.join(of)}" for arm, of in found.items()]
    return [
        f"{LEGEND} ({100 * FALSE:g} % false ones over the matrix); * was expected to break",
        *(_line(matrix, c) for c in matrix.capabilities),
        *(told or ["nothing broke that was not expected to"]),
        *absent,
        f"{columns} columns of seed {seed}, paired; means over columns",
    ]


def _line(matrix: Matrix, c: Capability) -> str:
    """What is asked, whether it is there, whether the layers' rules make it, and what became of the parts that it needs."""
    e = matrix.full[c.name]
    specific = {True: "layer-specific", False: "not layer-specific", None: "controls not asked"}[matrix.layer_specific(c.name)]
    there = f"{'there' if matrix.there(c.name) else 'NOT there'}, {e.mean:z.3f} ({e.low:.3f} to {e.high:.3f})"
    found = ", ".join(f"{part} ({said(verdict)})" for part, verdict in matrix.needed(c).items())
    return f"{c.name}: {c.text} ({c.unit}): {there}; {specific}; needs {found}"


def said(verdict: str) -> str:
    """What a verdict says of a part that should be needed."""
    return {"lost": "found: lost", "less": "found: less", "same": "not found", "more": "not found: more"}.get(verdict, verdict)
