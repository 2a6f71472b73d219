"""`isocortex learn`: learners side by side on a stream."""

from __future__ import annotations

import pathlib
import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from isocortex.commands.options import Config, Json, Quiet, Sets, made_folder
from isocortex.commands.output import Output

if TYPE_CHECKING:
    from isocortex.learn.protocol_compare import Work


def learn(
    config: Config = None,
    sets: Sets = None,
    data: Annotated[
        str | None,
        typer.Option("--data", metavar="PATH", help="IDX files, class folders or a tar of images, openml:NAME, an ARFF file; "
                     "default: digits."),
    ] = None,
    stream: Annotated[
        str | None, typer.Option("--stream", metavar="NAME[:KEY=VALUE,...]", help="Default: class-incremental; see --streams.")
    ] = None,
    learners: Annotated[
        str | None, typer.Option("--learners", metavar="A,B", help="Default: all; see --streams.")
    ] = None,
    arms: Annotated[
        str | None, typer.Option("--arms", metavar="A,B", help="Of the cortical learner, or all; see --streams.")
    ] = None,
    seeds: Annotated[str | None, typer.Option("--seeds", metavar="N or A,B", help="How many, or which; default: 5.")] = None,
    out: Annotated[
        pathlib.Path | None, typer.Option("--out", "-o", metavar="FOLDER", help="Where results go; runs kept there count.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    no_report: Annotated[bool, typer.Option("--no-report", help="Write no HTML page.")] = False,
    listing: Annotated[bool, typer.Option("--streams", help="List streams, learners, arms, all settings; and stop.")] = False,
) -> None:  # fmt: skip
    """Let learners learn a stream in one pass, untold where it changes, and compare them with strong baselines.

    The keys of --set, and the settings of streams and learners, are listed by --streams.
    """
    from isocortex.config import load_config
    from isocortex.learn.protocol_compare import Comparison, Work

    output = Output(as_json, quiet)
    if listing:
        from isocortex.commands.learn_list import listing as listed

        document, text = listed()
        output.result(document, text)
        return
    given: dict[str, Any] = dict(data=data, stream=stream, seeds=_seeds(seeds))
    given |= {"learners": _names(learners), "arms": _names(arms)}
    settings = load_config(Comparison, config, sets or (), **given)
    with output.stdout_kept_clean():
        work = Work(settings)
        folder = out or pathlib.Path("runs") / f"learn-{_file_name(work)}"
        work.keep_in(made_folder("--out", folder))
        _run(work, output, folder)
        document = _finished(work, folder, report=not no_report)
    from isocortex.commands.learn_table import lines, tables

    where = [f"page: {document['report']}"] if "report" in document else []
    again = sum(done.again for found in work.results.values() for done in found.values())
    kept = [f"{again} of {sum(map(len, work.results.values()))} runs had been done before"] if again else []
    from rich.text import Text

    output.result(document, *tables(document), *(Text(line) for line in [*lines(document), *kept, *where]))


def _run(work: Work, output: Output, folder: pathlib.Path) -> None:
    """Everything that is not done yet; Ctrl-C stops after a batch and keeps what is finished."""
    from isocortex.commands.learn_progress import LearnProgress
    from isocortex.progress import graceful_interrupt

    try:
        with graceful_interrupt() as asked, LearnProgress(work.total, enabled=not output.quiet) as shown:
            shown.update(0.0)
            work.run(shown, lambda: bool(asked))
    except KeyboardInterrupt:
        done = sum(map(len, work.results.values()))
        whole = len(work.candidates) * len(work.config.seeds)
        output.notes.print(
            f"stopped; {done} of {whole} runs are kept in {folder}; the same command goes on",
            markup=False,
            soft_wrap=True,
        )
        raise typer.Exit(1) from None


def _finished(work: Work, folder: pathlib.Path, *, report: bool) -> dict[str, Any]:
    """The document, kept in the folder, and the page."""
    import json

    from isocortex.jsonable import jsonable
    from isocortex.learn.protocol_rows import document as documented
    from isocortex.results.atomic import write_text

    document = documented(work)
    if report:
        from isocortex.commands.learn_table import headings
        from isocortex.learn.protocol_curves import curves
        from isocortex.report.learning.page import build_page

        path = folder / "learn.html"
        build_page(document, curves(work), headings(document), path)
        document["report"] = str(path)
    write_text(folder / "learn.json", json.dumps(jsonable(document), indent=2, allow_nan=False) + "\n", "the runs")
    return document


def _names(text: str | None) -> tuple[str, ...] | None:
    """Names at commas; a comma between settings, ``knn:neighbours=1,weighted=false``, does not begin a new name."""
    if text is None:
        return None
    found: list[str] = []
    for part in (p.strip() for p in text.split(",") if p.strip()):
        if found and "=" in part and ":" not in part:
            found[-1] += f",{part}"
        else:
            found.append(part)
    return tuple(found)


def _seeds(text: str | None) -> tuple[int, ...] | None:
    """``5``: the first five; ``3,7``: these; ``3,``: this one."""
    from isocortex.errors import DescriptionError

    if text is None:
        return None
    try:
        if "," not in text:
            return tuple(range(int(text)))
        return tuple(int(t) for t in text.split(",") if t.strip())
    except ValueError:
        raise DescriptionError(f"--seeds: {text!r} is no number and no list; give how many (5) or which (3,7)") from None


def _file_name(work: Work) -> str:
    return re.sub(r"[^A-Za-z0-9.=-]+", "-", f"{work.data.name}-{work.config.stream}").strip("-")
