"""The `isocortex` command: one verb a file in `isocortex.commands`.

Exit codes: 0 fine, 1 a run or a check failed, 2 usage or configuration. Results go to standard output, all else to
standard error.
"""

from __future__ import annotations

import difflib
import json
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from isocortex.commands import bench, claims, doctor, invitro, learn, lesions, report, resume, rules, run, sheet
from isocortex.errors import DescriptionError, IsocortexError
from isocortex.fusion import share_work

OPTIONS = ("seed", "seeds", "data", "arms", "sheet", "rules", "out")
"""Keys of the main job, or of the lesion matrix, that are options as well."""

app = typer.Typer(
    name="isocortex",
    help="Layered cortical circuits whose synapses learn by layer-specific rules.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("run")(run.run)
app.command("learn")(learn.learn)
app.command("claims")(claims.claims)
app.command("lesions")(lesions.lesions)
app.command("resume")(resume.resume)
app.command("report")(report.report)
app.command("rules")(rules.rules)
app.command("sheet")(sheet.sheet)
app.command("invitro")(invitro.invitro)
app.command("bench")(bench.bench)
app.command("doctor")(doctor.doctor)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"isocortex {doctor.installed_version()}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Layered cortical circuits whose synapses learn by layer-specific rules."""


def refuse_keys_as_options(given: Sequence[str]) -> None:
    """Say how a key of the configuration is set where it, or nearly it, is given as an option.

    Raises
    ------
    DescriptionError : such as ``--neurons 400`` in place of ``--set neurons=400``.
    """
    if given[:1] not in (["run"], ["claims"], ["lesions"]):
        return
    from isocortex.experiments.config import Config
    from isocortex.experiments.lesions.config import Config as Lesions

    names = Lesions.field_names() if given[0] == "lesions" else Config.field_names()
    keys = [key for key in names if key not in OPTIONS]
    for word in given[1:]:
        name = word.removeprefix("--").partition("=")[0]
        close = difflib.get_close_matches(name, keys, n=1, cutoff=0.8)
        if word.startswith("--") and close:
            of = " of run" if given[0] == "claims" else ""
            told = f"{close[0]} is a key" if close[0] == name else f"did you mean the key {close[0]}?"
            raise DescriptionError(f"{given[0]}: no option --{name}; {told}: --set {close[0]}=..., --keys{of} lists all")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and leave with its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    share_work()
    try:
        refuse_keys_as_options(given)
        app(args=given, prog_name="isocortex")
    except IsocortexError as e:
        if "--json" in given:
            print(json.dumps({"error": str(e), "exit_code": e.exit_code}, indent=2))
        print(f"isocortex: {e}", file=sys.stderr)
        sys.exit(e.exit_code)
    except BrokenPipeError:  # the reader, such as `head`, has left
        sys.stderr.close()
        sys.exit(0)


if __name__ == "__main__":
    main()
