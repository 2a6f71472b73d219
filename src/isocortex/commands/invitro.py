"""`isocortex invitro`: published plasticity experiments beside the virtual slice, and fits of the laminar profile."""

from __future__ import annotations

import pathlib
import shlex
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from isocortex.commands.options import Json, Quiet, Seed, made_folder, refuse_idle
from isocortex.commands.output import Output, fixed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from isocortex.invitro.lab import Result
    from isocortex.invitro.score import Verdict
    from isocortex.invitro.table import Point

Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[STUDY|PATHWAY ...]",
        help="What to run; or: fit PATHWAY ..., fit all, fit shared; or: sheet; or: new FOLDER, for data of your own.",
    ),
]
Plot = Annotated[
    pathlib.Path | None, typer.Option("--plot", metavar="FILE", help="Draw the overview, a panel a study (.svg, .png, .pdf).")
]
Page = Annotated[pathlib.Path | None, typer.Option("--report", metavar="FILE", help="Write a page of all of it (.html).")]
Folder = Annotated[
    pathlib.Path | None,
    typer.Option("--out", "-o", metavar="FOLDER", help="Where fitted profiles and their sheet go; else --data or the package."),
]
Data = Annotated[
    pathlib.Path | None,
    typer.Option(
        "--data", metavar="FOLDER", help="Studies, points and pathways of your own, beside the package's; fits go there."
    ),
]
Without = Annotated[
    list[str] | None, typer.Option("--without", metavar="STUDY", help="Hold a whole study out of the fit; with --out.")
]

USED = {"fit": ("out", "seed", "without", "data"), "sheet": ("out", "data"), "new": ()}
"""The verbs, and the options that do something there."""


def invitro(
    names: Names = None,
    plot: Plot = None,
    report: Page = None,
    data: Data = None,
    out: Folder = None,
    seed: Seed = None,
    without: Without = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run published pairing experiments in the virtual slice and compare.

    Or fit a pathway (invitro fit PATHWAY), write the sheet of what was fitted (invitro sheet), or begin a folder of data of
    your own (invitro new FOLDER). Exit code 1: a named gate that counts is missed.
    """
    from isocortex.invitro.sources import own_data

    output = Output(as_json, quiet)
    verb, *rest = names or [""]
    where = f"invitro {verb}" if verb in USED else "invitro"
    used = USED.get(verb, ("plot", "report", "data"))
    refuse_idle(where, used, plot=plot, report=report, data=data, out=out, seed=seed, without=without)
    if verb == "new":
        _begin(rest, output)
        return
    with own_data(data):
        if verb == "sheet":
            from isocortex.commands.invitro_fit import write_sheet

            write_sheet(rest, out, output)
        elif verb == "fit":
            from isocortex.commands.invitro_fit import fit

            fit(rest, out, seed, output, without or ())
        else:
            _compare(names or [], plot, report, output)


def _begin(rest: Sequence[str], output: Output) -> None:
    """Write the files that data of one's own begins with, and say what comes next."""
    from isocortex.errors import DescriptionError
    from isocortex.invitro.sources import begin

    if len(rest) != 1:
        raise DescriptionError(f"invitro new: needs one folder, not {len(rest)}; for example: isocortex invitro new my_slices")
    folder = pathlib.Path(rest[0])
    made_folder("invitro new", folder)
    files = [str(f) for f in begin(folder)]
    where, figure = shlex.quote(str(folder)), shlex.quote(str(folder / "example.png"))
    output.result({"files": files}, f"written: {', '.join(files)}", "next: put your numbers in, then",
                  f"  isocortex invitro fit example-l23 --data {where}",
                  f"  isocortex invitro example2026 --data {where} --plot {figure}")  # fmt: skip


def _compare(names: Sequence[str], plot: pathlib.Path | None, report: pathlib.Path | None, output: Output) -> None:
    """Run the points, judge them, and write what is asked for."""
    from isocortex.errors import DescriptionError
    from isocortex.invitro import lab, shared
    from isocortex.invitro.holdout import fit_again, put_aside
    from isocortex.invitro.measures import MEASURES
    from isocortex.invitro.score import directions, held_out_score, summary, verdicts
    from isocortex.invitro.table import points
    from isocortex.report.files import check_file, check_format

    check_file("--plot", plot, "overview.png")
    check_file("--report", report, "page.html")
    check_format(plot)
    if report is not None and report.suffix.lower() != ".html":
        raise DescriptionError(f"--report: {report.name!r} must end in .html")
    wanted, curves = lab.chosen(points(), names), {}
    if plot is not None or report is not None:
        from isocortex.report.figures.invitro import between_points

        curves = between_points(wanted)
    began = time.perf_counter()
    with output.stdout_kept_clean():
        results, drawn = lab.measure_with_curves(wanted, curves, progress=not output.quiet)
        measured = {} if names else {name: measure() for name, measure in MEASURES.items()}
    judged, again = verdicts(results, measured), fit_again(dict.fromkeys(p.pathway for p in wanted))
    aside = put_aside()
    document: dict[str, Any] = dict(
        points=[row(r, aside) for r in results],
        summary=summary(results),
        directions=directions(results),
        held_out=held_out_score(results, aside, points()) | dict(fit_again=again),
        shared_set=shared.known(),
        gates=[gate_row(v) for v in judged if v.passed is not None],
        not_judged=[v.gate.name for v in judged if v.passed is None],
    )
    if plot is not None:
        from isocortex.report.figures.invitro import draw

        draw(results, plot, drawn)
        output.note(f"figure: {plot}")
    if report is not None:
        from isocortex.report.invitro.page import build_page

        build_page(results, judged, document["shared_set"], report, drawn)
        output.note(f"page: {report}")
    output.result(document, *shown(results, document, judged, time.perf_counter() - began))
    if any(v.gate.gates and v.passed is not None and not v.passed for v in judged):
        raise typer.Exit(1)


def protocol_text(p: Point) -> str:
    """A point's protocol in a few words: name, frequency, lag, drug."""
    words = [p.protocol] + [f"{v:g} {u}" for v, u in ((p.frequency, "Hz"), (p.lag, "ms")) if v is not None]
    return " ".join([*words, p.drug] if p.drug else words)


def fit_again_text(names: Sequence[str]) -> str:
    """What is wrong where fits held out other points than are drawn, and how to mend it."""
    from isocortex.invitro.sources import sources

    command = sources().fit_command(" ".join(names))
    return (f"[red]other points were held out when {', '.join(names)} was fitted[/red]: those that were fitted do not count as "
            f"held out; run {command}")  # fmt: skip


def row(r: Result, aside: frozenset[str]) -> dict[str, Any]:
    """A point in the JSON document; sem_used is the SEM that z is in, with its floor where n is small. aside : held out."""
    p = r.point
    return dict(study=p.study, pathway=p.pathway, protocol=protocol_text(p), published=p.ratio, sem=p.sem, n=p.n,
                simulated=round(r.simulated, 5), z=round(r.z, 3), provenance=p.provenance, gates=p.gates, point=p.point,
                sem_used=p.error, held_out=p.name in aside, gates_by_direction=p.by_sign)  # fmt: skip


def gate_row(v: Verdict) -> dict[str, Any]:
    """A named gate in the JSON document."""
    return dict(name=v.gate.name, title=v.gate.title, passed=v.passed, said=v.said, gates=v.gate.gates)


def shown(results: Sequence[Result], document: dict[str, Any], judged: Sequence[Verdict], wall: float) -> list[Any]:
    """The table, the summary, the gates, and the held-out points."""
    from isocortex.invitro.holdout import put_aside
    from isocortex.invitro.score import FAR, far_off, not_judged

    aside = put_aside()
    lines: list[Any] = [_table(results, aside)]
    s = document["summary"]
    percent = lambda v: "-" if v is None else f"{v:.0%}"  # noqa: E731
    lines.append(
        f"{s['points']} gating points of {s['studies']} studies and {s['pathways']} pathways: "
        f"{percent(s['within_2_sem'])} within 2 SEM, sign right for {percent(s['sign_correct'])} of the clear changes, "
        f"chi2 {fixed(s['chi2_per_point'])} a point"
        if s["points"]
        else "none of these points gates by its size"
    )
    d = document["directions"]
    if d["points"]:
        lines.append(f"by direction alone: {d['right']} of {d['points']} points right, of {len(d['pathways'])} more pathways")
    held = document["held_out"]
    if held["points"]:
        own = held["own_simulation"]
        lines.append(
            f"held out of the fits: {held['within_2_sem']} of {held['points']} within 2 SEM (a ratio of 1 would meet "
            f"{held['ratio_of_one']}); without those whose simulation is that of a fitted point: {own['within_2_sem']} of "
            f"{own['points']} ({own['ratio_of_one']})"
        )
    if held["fit_again"]:
        lines.append(fit_again_text(held["fit_again"]))
    lines.append(f"beyond {FAR:g} SEM: {far_off(results) or 'none'}")
    both = document["shared_set"]
    if both["chi2"] is not None:
        lines.append(f"one parameter set for all excitatory pathways: chi2 {both['chi2']:.0f}, "
                     f"AIC higher by {both['delta_aic']:.0f} than with a set each")  # fmt: skip
    marks = {True: "[green]pass[/green]", False: "[red]miss[/red]"}
    lines += [f"{marks[bool(v.passed)]}  {v.gate.title}: {v.said}{'' if v.gate.gates else ' (does not gate)'}"
              for v in judged if v.passed is not None]  # fmt: skip
    lines += [said] if (said := not_judged(judged)) else []
    return [*lines, f"{wall:.0f} s"]


def _table(results: Sequence[Result], aside: frozenset[str]) -> Table:
    from rich import box
    from rich.table import Table

    from isocortex.invitro.pathway import pathways

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("point", "published", "n", "simulated", "z", ""):
        table.add_column(heading, justify="right" if heading in ("published", "n", "simulated", "z") else "left")
    table.columns[0].overflow = "fold"
    for pathway in dict.fromkeys(r.point.pathway for r in results):
        table.add_section()
        table.add_row(f"[bold]{pathway}[/bold]  {pathways()[pathway].title}")
        for r in (r for r in results if r.point.pathway == pathway):
            p = r.point
            words = (
                ("held out", p.name in aside),
                ("direction", p.by_sign),
                (p.provenance, not p.gates and p.provenance == "memory"),
                ("no gate", not p.gates),
            )
            note = next((word for word, on in words if on), "")
            z = f"{r.z:+.1f}" if abs(r.z) <= 2 else f"[red]{r.z:+.1f}[/red]"
            n = "" if p.n is None else str(p.n)
            table.add_row(f" {p.name}", f"{p.ratio:.2f} ± {p.error:.2f}", n, f"{r.simulated:.2f}", z, note)
    return table
