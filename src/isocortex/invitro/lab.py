"""The laboratory: every chosen point of the table, in the virtual slice, beside what was measured."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence

import numpy as np

from isocortex.errors import DescriptionError, nearest
from isocortex.invitro import apical, apical_fit, days, modulated
from isocortex.invitro import slice as slices
from isocortex.invitro.curves import Line
from isocortex.invitro.pathway import Pathway, pathways, targets_of
from isocortex.invitro.profile import Profile, stack_of, values_of
from isocortex.invitro.table import Point, studies
from isocortex.plasticity.stack import Stack


@dataclasses.dataclass(frozen=True)
class Result:
    """A point and what the virtual slice gives for it."""

    point: Point
    simulated: float

    @property
    def z(self) -> float:
        """How far the simulated ratio is from the published one, in SEM."""
        return (self.simulated - self.point.ratio) / self.point.error


def chosen(points: Sequence[Point], names: Sequence[str]) -> list[Point]:
    """The points of some studies or pathways; of all where no name is given.

    Raises
    ------
    DescriptionError : a name is neither a study nor a pathway of the table.
    """
    known = {p.study for p in points} | {p.pathway for p in points}
    for name in names:
        if name not in known:
            raise DescriptionError(f"invitro: no study or pathway {name!r}; {nearest(name, known)}")
    return [p for p in points if not names or p.study in names or p.pathway in names]


def case_of(point: Point, pathway: Pathway, values: Mapping[str, float]) -> slices.Case:
    """What the slice has to do for a point."""
    protocol = point.protocol_of()
    pre, post = protocol.trains(point.frequency, point.lag)
    stack = _stack(point, pathway, values)
    readout = studies()[point.study].readout
    return slices.Case(stack, pre, post, protocol.duration, readout, pathway.post, pathway.pre_class, pathway.compartment)


def _stack(point: Point, pathway: Pathway, values: Mapping[str, float]) -> Stack:
    """The stack of the pathway under the drug of a point."""
    return stack_of(pathway, values, targets_of(point.drug))


def measure(
    points: Sequence[Point], profiles: Mapping[str, Profile] | None = None, *, dt: float = slices.DT, progress: bool = False
) -> list[Result]:
    """Run the points, each with its pathway's profile (by default `known_profiles`).

    One simulation has all forced cells, one all cells with a trunk, and there is one for each time course of a modulator and
    one for each length of a day.
    """
    values = {name: values_of(pathways()[name], profiles) for name in dict.fromkeys(p.pathway for p in points)}
    kinds = [_kind(pathways()[p.pathway]) for p in points]
    runs = {"forced": lambda own: _forced(own, values, dt, progress), "trunk": lambda own: _on_trunk(own, values, progress),
            "modulated": lambda own: _modulated(own, values),
            "days": lambda own: _over_days(own, values)}  # fmt: skip
    ratios = np.zeros(len(points))
    for kind, run in runs.items():
        members = [i for i, k in enumerate(kinds) if k == kind]
        if members:
            ratios[members] = run([points[i] for i in members])
    return [Result(p, float(r)) for p, r in zip(points, ratios, strict=True)]


def measure_with_curves(
    points: Sequence[Point], curves: Mapping[Line, Sequence[Point]], *, progress: bool = False
) -> tuple[list[Result], dict[Line, list[Result]]]:
    """The points, and what lies along the curves, in one go."""
    ends = len(points) + np.cumsum([0, *map(len, curves.values())])
    results = measure([*points, *(p for own in curves.values() for p in own)], progress=progress)
    return results[: len(points)], {line: results[a:b] for line, (a, b) in zip(curves, itertools.pairwise(ends), strict=True)}


def _kind(pathway: Pathway) -> str:
    if pathway.scales:
        return "days"
    return "modulated" if pathway.slow else pathway.cell


def _forced(points: Sequence[Point], values: Mapping[str, Mapping[str, float]], dt: float, progress: bool) -> np.ndarray:
    cases = [case_of(p, pathways()[p.pathway], values[p.pathway]) for p in points]
    return slices.run(cases, dt=dt, progress=progress)


def _over_days(points: Sequence[Point], values: Mapping[str, Mapping[str, float]]) -> np.ndarray:
    cases = [case_of(p, pathways()[p.pathway], values[p.pathway]) for p in points]
    return days.run([days.from_zero(c) for c in cases], [p.protocol_of().faster for p in points])


def _modulated(points: Sequence[Point], values: Mapping[str, Mapping[str, float]]) -> np.ndarray:
    stacks = [_stack(p, pathways()[p.pathway], values[p.pathway]) for p in points]
    return modulated.run(points, stacks)


def _on_trunk(points: Sequence[Point], values: Mapping[str, Mapping[str, float]], progress: bool) -> np.ndarray:
    """Mean over the sites of each point."""
    cases = [apical_fit.cases_of(p) for p in points]
    stacks = [_stack(p, pathways()[p.pathway], values[p.pathway]) for p in points]
    flat, owner = [c for each in cases for c in each], np.repeat(np.arange(len(points)), [len(each) for each in cases])
    found = apical.run(flat, [stacks[k] for k in owner], progress=progress)
    return np.array([found[owner == k].mean() for k in range(len(points))])
