"""`isocortex run`: the main job, its table and its report."""

from __future__ import annotations

import pathlib
from typing import Annotated, Any

import typer

from isocortex.commands.options import Config, Json, Out, Quiet, Seed, Sets
from isocortex.commands.output import Output


def run(
    config: Config = None,
    sets: Sets = None,
    seed: Seed = None,
    out: Out = None,
    as_json: Json = False,
    quiet: Quiet = False,
    no_report: Annotated[bool, typer.Option("--no-report", help="Write no HTML report.")] = False,
) -> None:
    """Show a layered cortical sheet images, let it learn, and measure each layer, at every arm of the experiment."""
    from isocortex.config import dump_config, load_config
    from isocortex.experiments import digits

    output = Output(as_json, quiet)
    settings = load_config(digits.Config, config, sets or (), seed=seed)
    folder = out or pathlib.Path("runs") / f"digits-seed{settings.seed}"
    if "out" in settings.field_names():
        settings = settings.replace(out=str(folder))
    make_folder(folder)
    (folder / "config.toml").write_text(dump_config(settings), encoding="utf-8")
    finish(output, folder, lambda progress: digits.run(settings, progress), report=not no_report)


def make_folder(folder: pathlib.Path) -> None:
    """Make the folder of a run; one that cannot be made is an error that names it."""
    from isocortex.errors import DataError

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise DataError(f"--out: {folder} cannot be made ({e.strerror}); give a folder that can be written") from None


def finish(output: Output, folder: pathlib.Path, job: Any, *, report: bool) -> None:
    """Run `job(progress)`, keep what it returns in `folder`, write the report, print the table."""
    from isocortex.commands.progress import ProgressLine
    from isocortex.commands.tables import summary_lines, summary_table
    from isocortex.progress import silent
    from isocortex.report.store import save_run

    try:
        with output.stdout_kept_clean():
            if output.quiet:
                summary = job(silent)
            else:
                with ProgressLine(output.notes) as progress:
                    summary = job(progress)
    except KeyboardInterrupt:
        output.notes.print(f"stopped; to continue: isocortex resume {folder}", markup=False, soft_wrap=True)
        raise typer.Exit(1) from None
    arrays = summary.pop("arrays", {})
    if report:
        from isocortex.report.page import build_report

        path = folder / "report.html"
        summary["report"] = str(path)
        build_report(summary, arrays, path)
    save_run(folder, summary, arrays)
    output.result(summary, summary_table(summary), *summary_lines(summary))
