"""`isocortex run`: the main job, its table and its report."""

from __future__ import annotations

import functools
import itertools
import pathlib
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer

from isocortex.commands.options import Config, Json, Keys, OtherSheet, Out, Quiet, Seed, Sets, listed, made_folder
from isocortex.commands.output import Output
from isocortex.commands.rules import RuleFiles

Keep = Callable[[Mapping[str, Any]], None]
Job = Callable[[Callable[..., Any], Keep], Mapping[str, Any]]


def run(
    config: Config = None,
    sets: Sets = None,
    seed: Seed = None,
    out: Out = None,
    as_json: Json = False,
    quiet: Quiet = False,
    data: Annotated[
        str | None,
        typer.Option("--data", metavar="PATH", help="IDX files, a folder or tar of images by class; default: digits."),
    ] = None,
    arms: Annotated[
        str | None,
        typer.Option("--arms", metavar="A,B", help="Of full, uniform, off, swapped, without:PART[@SELECTOR]; commas between."),
    ] = None,
    sheet: OtherSheet = None,
    files: RuleFiles = None,
    no_report: Annotated[bool, typer.Option("--no-report", help="Write no HTML report.")] = False,
    keys: Keys = False,
) -> None:
    """Show a layered cortical sheet images, let it learn, and measure each layer, at every arm of the experiment."""
    from isocortex.commands.keys import show_keys
    from isocortex.config import load_config
    from isocortex.experiments import digits

    output = Output(as_json, quiet)
    if keys:
        show_keys(output, digits.Config)
        return
    chosen = listed(arms) if arms is not None else None
    own = [str(file) for file in files] if files else None
    settings = load_config(digits.Config, config, sets or (), seed=seed, data=data, arms=chosen, sheet=sheet, rules=own)
    prepared = digits.prepare(settings)
    folder = new_folder(out, pathlib.Path("runs") / f"digits-seed{settings.seed}")
    if "out" in settings.field_names():
        settings = settings.replace(out=str(folder))
    finish(output, folder, lambda progress, keep: digits.run(settings, progress, keep, prepared), report=not no_report)


def new_folder(wanted: pathlib.Path | None, usual: pathlib.Path) -> pathlib.Path:
    """Make the empty folder of a run: the one wanted, or the usual one with the first number that is free.

    Raises
    ------
    DataError : the wanted folder is not empty, or cannot be made.
    """
    from isocortex.errors import DataError

    if wanted is not None:
        if wanted.exists() and not (wanted.is_dir() and not any(wanted.iterdir())):
            raise DataError(f"--out: {wanted} is there already and not empty; choose another folder")
        folder = wanted
    else:
        numbered = (usual.with_name(f"{usual.name}-{i}") for i in itertools.count(2))
        folder = next(f for f in itertools.chain([usual], numbered) if not f.exists())
    return made_folder("--out", folder)


def finish(output: Output, folder: pathlib.Path, job: Job, *, report: bool) -> None:
    """`carry_out` a job and print its table; where it is stopped, say how to go on, and leave with 1."""
    from isocortex.commands.tables import summary_lines, summary_table

    def explained(progress: Callable[..., Any], keep: Keep) -> Mapping[str, Any]:
        return job(lambda *args, **given: _explained(output, progress, *args, **given), keep)

    try:
        summary = carry_out(output, folder, explained, report=report)
    except KeyboardInterrupt:
        output.notes.print(f"stopped; to continue: isocortex resume {folder}", markup=False, soft_wrap=True)
        raise typer.Exit(1) from None
    output.result(summary, summary_table(summary), *summary_lines(summary))


def _explained(output: Output, progress: Callable[..., Any], *args: Any, **given: Any) -> Any:
    """A progress, and what its letters mean: said once there is something to show, not before a mistake is found."""
    output.note(
        "RTF: real-time factor, seconds of computing a biological second, of all arms together. Ctrl-C stops and saves."
    )
    return progress(*args, **given)


def carry_out(output: Output, folder: pathlib.Path, job: Job, *, report: bool) -> Mapping[str, Any]:
    """Run `job(progress, keep)`, keep what it found in `folder`, write the report; the summary is returned.

    `progress` makes an `isocortex.progress.Progress`: ``with progress(total_ms, title=arm) as shown: shown.update(...)``.
    `keep` is called with the summary, before the job throws away what it could go on from; the summary's key ``arrays``
    holds what the figures need (see `build_report`).
    """
    from isocortex.progress import Progress
    from isocortex.report.page import build_report
    from isocortex.report.store import save_run

    more = {"report": str(folder / "report.html")} if report else {}

    def plain(found: Mapping[str, Any]) -> dict[str, Any]:
        return {k: v for k, v in found.items() if k != "arrays"} | more

    def keep(found: Mapping[str, Any]) -> None:
        arrays = found.get("arrays", {})
        save_run(folder, plain(found), arrays)
        if report:
            build_report(plain(found), arrays, folder / "report.html")

    with output.stdout_kept_clean():
        return plain(job(functools.partial(Progress, enabled=not output.quiet), keep))
