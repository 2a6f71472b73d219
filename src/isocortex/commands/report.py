"""`isocortex report`: write the HTML report of a run folder again."""

from __future__ import annotations

import pathlib
from typing import Annotated

import typer

from isocortex.commands.options import Json
from isocortex.commands.output import Output


def report(
    folder: Annotated[pathlib.Path, typer.Argument(help="The folder of a finished run.")],
    out: Annotated[pathlib.Path | None, typer.Option("--out", "-o", metavar="FILE", help="Where the page goes.")] = None,
    as_json: Json = False,
) -> None:
    """Write the report of a finished run: one HTML file that needs nothing else."""
    from isocortex.report.page import build_report
    from isocortex.report.store import load_run

    summary, arrays = load_run(folder)
    path = out or folder / "report.html"
    build_report(summary, arrays, path)
    Output(as_json).result({"report": str(path), "bytes": path.stat().st_size}, str(path))
