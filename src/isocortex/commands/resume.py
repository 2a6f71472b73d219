"""`isocortex resume`: go on with a run that was stopped."""

from __future__ import annotations

import pathlib
from typing import Annotated

import typer

from isocortex.commands.options import Json, Quiet
from isocortex.commands.output import Output
from isocortex.commands.run import finish


def resume(
    folder: Annotated[pathlib.Path, typer.Argument(help="The folder of the run that was stopped.")],
    as_json: Json = False,
    quiet: Quiet = False,
    no_report: Annotated[bool, typer.Option("--no-report", help="Write no HTML report.")] = False,
) -> None:
    """Continue a stopped run from its checkpoint, with the configuration that it was started with."""
    from isocortex.errors import DataError
    from isocortex.experiments import digits

    if not folder.is_dir():
        raise DataError(f"resume: {folder} is no folder; give the folder of a run that was stopped, such as runs/digits-seed0")
    if not (folder / "run.json").exists() and any((folder / "runs").glob("*.json")):
        raise DataError(f"resume: {folder} is of `isocortex learn`; the same `isocortex learn` command again goes on with it")
    finish(Output(as_json, quiet), folder, lambda progress, keep: digits.resume(folder, progress, keep), report=not no_report)
