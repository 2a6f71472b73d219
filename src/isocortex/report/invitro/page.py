"""The page of the slice laboratory: one HTML file that needs nothing else."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from isocortex.invitro.curves import Line
from isocortex.invitro.holdout import fit_again, put_aside
from isocortex.invitro.lab import Result
from isocortex.invitro.pathway import pathways
from isocortex.invitro.score import FAR, MET, Verdict, directions, far_off, held_out_score, met, not_judged, summary
from isocortex.invitro.table import points, studies
from isocortex.report.figures.invitro import inline
from isocortex.report.templates import rendered
from isocortex.results.atomic import write_text


@dataclasses.dataclass(frozen=True)
class Row:
    """A point of the table. missed : beyond 2 SEM; note : why it counts less, if it does."""

    name: str
    published: str
    n: str
    simulated: str
    z: str
    missed: bool
    note: str
    source: str


def build_page(
    results: Sequence[Result],
    verdicts: Sequence[Verdict],
    shared_set: Mapping[str, Any],
    path: str | pathlib.Path,
    drawn: Mapping[Line, Sequence[Result]] | None = None,
) -> None:
    """Write the page.

    Parameters
    ----------
    results : of the laboratory. verdicts : of the named gates. shared_set : of one parameter set for all (`shared.known`).
    path : the file. drawn : what is simulated along the lines of the figure.

    Raises
    ------
    RunError : the file cannot be written; a former one is untouched.
    """
    write_text(path, render(results, verdicts, shared_set, drawn))


def render(
    results: Sequence[Result],
    verdicts: Sequence[Verdict],
    shared_set: Mapping[str, Any],
    drawn: Mapping[Line, Sequence[Result]] | None = None,
) -> str:
    """The page as text."""
    aside = put_aside()
    whole = len(results) == len(points())
    shown = {name: studies()[name] for name in dict.fromkeys(r.point.study for r in results)}
    numbers = {name: sum(r.point.study == name for r in results) for name in shown}
    return rendered(
        "invitro/template.html",
        title=headline(results),
        facts=facts(results, aside, shared_set if whole else {}),
        verdicts=[v for v in verdicts if v.passed is not None],
        not_judged=not_judged(verdicts),
        figure=inline(results, drawn or {}) if results else "",
        groups=list(groups(results, aside)),
        studies=[(study, numbers[name]) for name, study in shown.items()],
    )


def headline(results: Sequence[Result]) -> str:
    """The sentence on top: how many of the points that gate are met, and how many are far off."""
    gating = [r for r in results if r.point.gates]
    if not gating:
        return "None of these points gates"
    far = far_off(gating) or "none"
    return f"{met(gating)} of {len(gating)} published points are met within {MET:g} SEM, {far} beyond {FAR:g}"


def facts(results: Sequence[Result], aside: frozenset[str], shared_set: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Short labelled numbers for the top of the page; those that these points do not give are left out."""
    s = summary(results)
    made = [("studies", str(s["studies"])), ("pathways", str(s["pathways"]))]
    for key, label, form in (
        ("within_2_sem", "within 2 SEM", "{:.0%}"),
        ("sign_correct", "sign right, of clear changes", "{:.0%}"),
        ("chi2_per_point", "chi2 a point", "{:.2f}"),
    ):
        if s[key] is not None:
            made.append((label, form.format(s[key])))
    d = directions(results)
    if d["points"]:
        made.append(("gate by direction alone", f"{d['right']} of {d['points']} right, {len(d['pathways'])} pathways"))
    held = held_out_score(results, aside, points())
    own = held["own_simulation"]
    if held["points"]:
        made.append(("held out of the fits", f"{held['within_2_sem']} of {held['points']} within 2 SEM"))
        made.append(("the same by a ratio of 1", f"{held['ratio_of_one']} of {held['points']}"))
    again = fit_again(dict.fromkeys(r.point.pathway for r in results))
    if again:
        made.append(("fitted with other points held out, to be fitted again", ", ".join(again)))
    if own["points"] < held["points"]:
        made.append(("held out, and with a simulation of their own", f"{own['within_2_sem']} of {own['points']} within 2 SEM"))
    if shared_set.get("delta_aic") is not None:
        made.append(("one parameter set for all excitatory pathways", f"AIC higher by {shared_set['delta_aic']:.0f}"))
    return made


def groups(results: Sequence[Result], aside: frozenset[str]) -> Iterator[tuple[str, str, list[Row]]]:
    """Pathway, its title, and its points, in the order of the table."""
    for name in dict.fromkeys(r.point.pathway for r in results):
        yield name, pathways()[name].title, [_row(r, aside) for r in results if r.point.pathway == name]


def _row(r: Result, aside: frozenset[str]) -> Row:
    p = r.point
    note = "held out" if p.name in aside else "" if p.gates else "direction gates" if p.by_sign else "does not gate"
    n = "" if p.n is None else str(p.n)
    published = f"{p.ratio:.2f} ± {p.error:.2f}"
    return Row(p.name, published, n, f"{r.simulated:.2f}", f"{r.z:+.1f}", abs(r.z) > MET, note, p.provenance)
