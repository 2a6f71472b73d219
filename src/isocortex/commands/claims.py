"""`isocortex claims`: the main job over several seeds, and what it shows of what layers do for learning."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from isocortex.commands.options import Config, Json, Out, Quiet, Sets, listed, refuse_idle
from isocortex.commands.output import Output

if TYPE_CHECKING:
    from rich.table import Table

    from isocortex.experiments import digits
    from isocortex.experiments.claims import Judged
    from isocortex.experiments.estimate import Estimate

Runs = dict[str, Mapping[str, Any]]
USUAL = pathlib.Path("runs") / "claims"


def claims(
    folders: Annotated[
        list[pathlib.Path] | None,
        typer.Argument(metavar="[FOLDER ...]", help="Finished runs to judge; without any, what is missing is run first."),
    ] = None,
    seeds: Annotated[str | None, typer.Option("--seeds", metavar="A,B", help="A run each; default: 0,1,2,3,4.")] = None,
    arms: Annotated[
        str | None,
        typer.Option("--arms", metavar="A,B", help="Default: full,uniform,swapped,off; without:PART is one more."),
    ] = None,
    config: Config = None,
    sets: Sets = None,
    out: Out = None,
    plot: Annotated[
        pathlib.Path | None, typer.Option("--plot", metavar="FILE", help="Draw effects and seeds (.svg, .png, .pdf).")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Judge claims about layers over seeds, with controls: which hold, and what is lost at every other arm.

    Runs what is not there yet, a folder a seed (some 4 minutes each on two cores), and goes on where it was stopped.
    """
    from isocortex.experiments.claims import document, joined, judge
    from isocortex.report.files import check_file, check_format
    from isocortex.report.store import load_summary

    output = Output(as_json, quiet)
    check_format(plot)
    check_file("--plot", plot, "claims.png")
    if folders:
        refuse_idle("claims FOLDER", ("plot", "json", "quiet"), seeds=seeds, arms=arms, config=config, set=sets, out=out)
        found: Runs = {str(folder): load_summary(folder) for folder in folders}
    else:
        found = _all_there(output, _settings(config, sets, arms), _numbers(seeds), out or USUAL)
    runs = joined(found)
    judged = judge(runs)
    if plot is not None:
        from isocortex.report.figures.claims import save_claims

        save_claims(judged, plot)
    output.result(document(judged) | dict(seeds=list(runs), runs=list(found)), table(judged), *lines(judged, len(runs)))


def _numbers(text: str | None) -> list[int]:
    from isocortex.errors import DescriptionError

    words = [w.strip() for w in (text if text is not None else "0,1,2,3,4").split(",")]
    if not all(w.isdecimal() for w in words) or len(set(words)) != len(words):
        raise DescriptionError(f"claims --seeds: {text!r}; whole numbers of at least 0 are needed, each once, commas between")
    return [int(w) for w in words]


def _settings(config: pathlib.Path | None, sets: Sequence[str] | None, arms: str | None) -> digits.Config:
    from isocortex.config import load_config
    from isocortex.errors import DescriptionError
    from isocortex.experiments import digits
    from isocortex.experiments.controls import CONTROLS, FULL

    usual = (FULL, *CONTROLS, "off")
    chosen = listed(arms) if arms is not None else usual
    if FULL not in chosen:
        raise DescriptionError(f"claims --arms: {arms!r} has no {FULL!r}, which all others are compared with")
    return load_config(digits.Config, config, sets or (), arms=chosen)


def _all_there(output: Output, settings: digits.Config, seeds: Sequence[int], out: pathlib.Path) -> Runs:
    """The runs of all seeds: those that are there, those that were stopped after going on with them, and new ones."""
    from isocortex.commands.run import carry_out, new_folder
    from isocortex.experiments import digits
    from isocortex.report.store import SUMMARY, load_summary

    for seed in seeds:  # before anything is run
        digits.prepare(settings.replace(seed=seed))
        for folder in _there(out, seed):
            _check(folder, settings)
    found: Runs = {}
    try:
        for seed in seeds:
            missing = list(settings.arms)
            for folder in _there(out, seed):
                if (folder / SUMMARY).exists():
                    found[str(folder)] = load_summary(folder)
                else:
                    output.note(f"seed {seed}: going on with {folder}")
                    found[str(folder)] = carry_out(output, folder, partial(digits.resume, folder), report=True)
                missing = [arm for arm in missing if arm not in found[str(folder)]["arms"]]
            if missing:
                folder = new_folder(None, out / f"seed-{seed}")
                mine = settings.replace(seed=seed, arms=tuple(missing), out=str(folder))
                output.note(f"seed {seed}: {', '.join(missing)}")
                found[str(folder)] = carry_out(output, folder, partial(digits.run, mine), report=True)
    except KeyboardInterrupt:
        output.notes.print("stopped; the same command again goes on", markup=False)
        raise typer.Exit(1) from None
    return found


def _there(out: pathlib.Path, seed: int) -> Iterator[pathlib.Path]:
    """The folders of runs of a seed, in the order in which they were made."""
    for folder in sorted([*out.glob(f"seed-{seed}"), *out.glob(f"seed-{seed}-*")], key=lambda f: (len(f.name), f.name)):
        if (folder / "run.json").exists():
            yield folder


def _check(folder: pathlib.Path, settings: digits.Config) -> None:
    """Refuse a folder whose run has other settings."""
    from isocortex.experiments.claims import same_settings
    from isocortex.results import manifest

    same_settings(str(folder), manifest.read(folder / "run.json").get("config") or {}, "this command", settings.values())


def table(judged: Sequence[Judged]) -> Table:
    """A group of rows a claim: its effect at the full sheet, and what is lost of it at every other arm."""
    from rich import box
    from rich.table import Table

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    made.add_column("claim", no_wrap=True)
    made.add_column("arm", no_wrap=True)
    for heading in ("effect", "95 % interval", "seeds"):
        made.add_column(heading, justify="right", no_wrap=True)
    for judged_one in judged:
        rows = {"full": judged_one.alone} | {f"full less {arm}": e for arm, e in judged_one.less.items()}
        for k, (arm, estimate) in enumerate(rows.items()):
            made.add_row("" if k else judged_one.claim.name, arm, *_shown(estimate), end_section=k == len(rows) - 1)
    return made


def _shown(e: Estimate | None) -> tuple[str, str, str]:
    """Mean, interval, and for how many seeds there is one."""
    if e is None:
        return "-", "-", "0"
    decimals = 0 if max(map(abs, e.values)) >= 10 else 2
    mean, low, high = (f"{v:.{decimals}f}" for v in (e.mean, e.low, e.high))
    return mean, f"{low} to {high}" if e.spread else "-", str(len(e.values))


def lines(judged: Sequence[Judged], seeds: int) -> list[str]:
    """What the claims say, a line each, and whether they pass or why not."""
    told = [f"{j.claim.name}: {j.claim.text} ({j.claim.unit}): {'no: ' + j.why if j.why else 'passes'}" for j in judged]
    passed = sum(j.passes for j in judged)
    return [
        *told,
        f"{passed} of {len(judged)} pass, {seeds} {'seed' if seeds == 1 else 'seeds'}; full less an arm: paired by seed",
    ]
