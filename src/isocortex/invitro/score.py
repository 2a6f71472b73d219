"""Scores: z, how many points are met, chi2, and the named gates."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import pairwise
from pathlib import Path
from typing import Any

from isocortex.checks import is_number
from isocortex.errors import DescriptionError, nearest
from isocortex.invitro.condition import alone
from isocortex.invitro.files import check_keys, read_tables
from isocortex.invitro.holdout import put_aside
from isocortex.invitro.lab import Result
from isocortex.invitro.measures import MEASURES
from isocortex.invitro.sources import Kept
from isocortex.invitro.table import Point, points

MET = 2.0
"""Within so many SEM a point counts as met; where the published change is larger, its sign counts."""
FAR = 4.0
"""Beyond so many SEM a point is far off."""
LEAST = 0.02
"""The smallest simulated change of the weight that has a direction: more than where ticks fall is worth (0.013), less than the
smallest published change whose direction a gate asks for (0.034, Egger's at 50 Hz), so that the published ratios pass."""


def met(results: Sequence[Result]) -> int:
    """How many points are met."""
    return sum(abs(r.z) <= MET for r in results)


def held_out_score(results: Sequence[Result], aside: frozenset[str], every: Sequence[Point]) -> dict[str, Any]:
    """Of the points that were held out (`aside`): how many there are and are met, and how many a ratio of 1 would meet.

    own_simulation : the same for those whose simulation is not that of a point that was fitted; the others test nothing new.
    """
    held = [r for r in results if r.point.name in aside]
    own = {p.name for p in alone((r.point for r in held), (p for p in every if p.gates and p.name not in aside))}
    count = lambda rs: dict(points=len(rs), within_2_sem=met(rs), ratio_of_one=met([Result(r.point, 1.0) for r in rs]))  # noqa: E731
    return count(held) | dict(own_simulation=count([r for r in held if r.point.name in own]))


def far_off(results: Sequence[Result]) -> int:
    """How many of the points that gate are far off."""
    return sum(abs(r.z) > FAR for r in results if r.point.gates)


def has_sign(result: Result) -> bool:
    """Whether the published change is clear enough to have a sign: beyond `MET` SEM."""
    return abs(result.point.ratio - 1) > MET * result.point.error


def direction(simulated: float) -> int:
    """1 where a simulated ratio is up, -1 where it is down, 0 where its change is less than `LEAST`."""
    return int(simulated >= 1 + LEAST) - int(simulated <= 1 - LEAST)


def sign_right(result: Result) -> bool:
    """Whether the simulated change has the published sign."""
    return direction(result.simulated) * (result.point.ratio - 1) > 0


def summary(results: Sequence[Result]) -> dict[str, Any]:
    """Of the points that gate: their number, the shares within 2 SEM and of the right sign, chi2 a point (None of none).

    Those that gate by their direction alone count only in the share of the right sign; see `directions`.
    """
    gating = [r for r in results if r.point.gates]
    signed = [r for r in results if r.point.by_sign or (r.point.gates and has_sign(r))]
    share = lambda hits, of: sum(hits) / len(of) if of else None  # noqa: E731
    return dict(
        points=len(gating),
        studies=len({r.point.study for r in gating}),
        pathways=len({r.point.pathway for r in gating}),
        within_2_sem=met(gating) / len(gating) if gating else None,
        sign_correct=share((sign_right(r) for r in signed), signed),
        chi2_per_point=share((r.z**2 for r in gating), gating),
    )


def directions(results: Sequence[Result]) -> dict[str, Any]:
    """Of the points that gate by their direction alone: how many there are, how many are right, their studies and pathways."""
    own = [r for r in results if r.point.by_sign]
    return dict(
        points=len(own),
        right=sum(map(sign_right, own)),
        studies=sorted({r.point.study for r in own}),
        pathways=sorted({r.point.pathway for r in own}),
    )


@dataclasses.dataclass(frozen=True)
class Gate:
    """A named gate: see ``gates.toml``."""

    name: str
    title: str
    points: tuple[str, ...]
    criterion: str
    gates: bool
    measure: str = ""
    range: tuple[float, float] = (0.0, 0.0)


@dataclasses.dataclass(frozen=True)
class Verdict:
    """Whether a gate is passed; None where it could not be judged. said : how many of its points, and the worst."""

    gate: Gate
    passed: bool | None
    said: str


DIRECTIONS = {"sign": "of the measured sign", "below": "depressed"}
"""Criteria that ask for no size."""
CRITERIA = ("within", "sign", "below", "increasing", "crosses", "measured")


@Kept
def gates(path: Path | None = None) -> tuple[Gate, ...]:
    """The gates of a file, by default those in `files.sources`."""
    return tuple(read_tables("gates.toml", path, _gate).values())


def _gate(name: str, table: dict[str, Any], where: str) -> Gate:
    check_keys(table, ("title", "points", "criterion", "gates", "measure", "range"), where)
    needed = ("title", "points", "criterion", "gates")
    for key in (*needed, "measure", "range") if table.get("criterion") == "measured" else needed:
        if key not in table:
            raise DescriptionError(f"{where}.{key}: is missing")
    if not isinstance(table["title"], str):
        raise DescriptionError(f"{where}.title: is {table['title']!r}; text is needed")
    if not (isinstance(table["points"], list) and all(isinstance(p, str) for p in table["points"])):
        raise DescriptionError(f"{where}.points: is {table['points']!r}; a list of names or patterns is needed")
    if not isinstance(table["gates"], bool):
        raise DescriptionError(f"{where}.gates: is {table['gates']!r}; true or false is needed")
    if table["criterion"] not in CRITERIA:
        known = nearest(str(table["criterion"]), CRITERIA)
        raise DescriptionError(f"{where}.criterion: {table['criterion']!r} is not known; {known}")
    if table["criterion"] == "measured" and table["measure"] not in MEASURES:
        raise DescriptionError(
            f"{where}.measure: {table['measure']!r} is not known; {nearest(str(table['measure']), MEASURES)}"
        )
    span = table.get("range", [0.0, 0.0])
    if not (isinstance(span, list) and len(span) == 2 and all(map(is_number, span)) and span[0] <= span[1]):
        raise DescriptionError(f"{where}.range: is {span!r}; two numbers in order are needed")
    low, high = span
    return Gate(name, table["title"], tuple(table["points"]), table["criterion"], table["gates"],
                table.get("measure", ""), (float(low), float(high)))  # fmt: skip


def matches(pattern: str, p: Point) -> bool:
    """Whether a pattern of a gate means a point; a point that repeats another is not meant where that other is."""
    return fnmatchcase(p.name, pattern) and not (p.again and fnmatchcase(p.again, pattern))


def of_gate(gate: Gate, results: Sequence[Result]) -> list[Result]:
    """The results of a gate's points, in the order of its list."""
    found = [r for pattern in gate.points for r in results if matches(pattern, r.point)]
    return list({r.point.name: r for r in found}.values())


def verdict(gate: Gate, results: Sequence[Result], measured: Mapping[str, float] | None = None) -> Verdict:
    """Judge a gate by the results of all its points, and by what was measured on a cell or a rule."""
    own = of_gate(gate, results)
    if gate.criterion == "measured":
        value = (measured or {}).get(gate.measure)
        if value is None:
            return Verdict(gate, None, "")
        low, high = gate.range
        return Verdict(gate, low <= value <= high, f"{value:.3g}, allowed {low:g} to {high:g}")
    wanted = sum(any(matches(pattern, p) for pattern in gate.points) for p in points())
    if not own or len(own) < wanted:
        return Verdict(gate, None, f"{len(own)} of its {wanted} points" if own else "")
    good = {
        "within": [abs(r.z) <= MET for r in own],
        "sign": [sign_right(r) for r in own],
        "below": [direction(r.simulated) < 0 for r in own],
        "increasing": [b.simulated - a.simulated >= LEAST for a, b in pairwise(own)] + [abs(r.z) <= MET for r in own],
        "crosses": [direction(own[0].simulated) < 0, direction(own[-1].simulated) > 0],
    }[gate.criterion]
    worst = max(own, key=lambda r: abs(r.z))
    aside = sum(r.point.name in put_aside() for r in own)
    said = [f"{sum(good)} of {len(own)} {DIRECTIONS[gate.criterion]}"] if gate.criterion in DIRECTIONS else []
    if not all(r.point.by_sign for r in own):  # of these no size is known
        said.append(f"{met(own)} of {len(own)} within 2 SEM; worst {worst.point.point} at {worst.z:+.1f}")
    return Verdict(gate, all(good), f"{', '.join(said)}; {aside or 'none'} held out of the fits")


def verdicts(results: Sequence[Result], measured: Mapping[str, float] | None = None) -> list[Verdict]:
    """Of every gate, in the order of the file."""
    return [verdict(gate, results, measured) for gate in gates()]


def not_judged(every: Sequence[Verdict]) -> str:
    """The gates that could not be judged, in a sentence: by name where some of their points were run. Empty where all were."""
    left = [v for v in every if v.passed is None]
    names = [f"{v.gate.name} ({v.said})" for v in left if v.said]
    none = len(left) - len(names)
    names += [f"{none}{' others' if names else ''} of which nothing was run"] if none else []
    return f"gates not judged, since not all that they need was run: {', '.join(names)}" if names else ""
