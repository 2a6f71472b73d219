"""Points of a study that lie on one curve, and points between them, where nothing is published but all can be simulated."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from isocortex.invitro.pathway import pathways
from isocortex.invitro.protocol import Protocol
from isocortex.invitro.table import Point

LEAST = 3
"""A line has points at so many places at least."""
DENSE = 40
"""A curve is simulated at about so many places."""
GRID, CORE = 0.5, 5.0
"""Intervals between points fall on whole steps (ms), and are denser where shorter than the core (ms)."""


def frequency_of(p: Point) -> float | None:
    """How often the presynaptic cell fires (Hz), in a train or from train to train; None where spike times are listed."""
    protocol = p.protocol_of()
    if isinstance(protocol.pre, tuple) or protocol.pre == 0:
        return None
    return p.frequency or protocol.frequency or 1e3 / protocol.every


def lag_of(p: Point) -> float | None:
    """The interval that the table gives (ms), post minus pre."""
    return p.lag


ALONG: Mapping[str, Callable[[Point], float | None]] = {"frequency": frequency_of, "lag": lag_of}


@dataclasses.dataclass(frozen=True)
class Line:
    """Points that differ in one thing alone: along ("frequency" or "lag"). title : what they share."""

    title: str
    along: str
    points: tuple[Point, ...]

    def x(self, p: Point) -> float:
        """Where a point lies (Hz or ms)."""
        return float(ALONG[self.along](p) or 0.0)


def lines(points: Sequence[Point]) -> list[Line]:
    """The lines of a study, along frequency or along the interval, whichever has more points; the others stand alone."""
    return max((_along(points, name) for name in ALONG), key=lambda found: sum(len(line.points) for line in found))


def _along(points: Sequence[Point], along: str) -> list[Line]:
    x, other, unit = ALONG[along], *((lag_of, "ms") if along == "frequency" else (frequency_of, "Hz"))
    shared: dict[str, list[Point]] = {}
    for p in points:
        if p.drug or x(p) is None:
            continue
        held, protocol = other(p), p.protocol_of()
        kind = "" if along == "frequency" and protocol.pre == protocol.post else p.protocol
        title = "" if held is None else f"{held:g} {unit}"
        shared.setdefault(f"{p.pathway} {kind} {title}".strip(), []).append(p)
    return [Line(title, along, tuple(own)) for title, own in shared.items() if len({x(p) for p in own}) >= LEAST]


def between(line: Line) -> list[Point]:
    """Points along a line that nobody measured, from its first place to its last, by the protocol that most of its points have.

    None where the cell has a trunk (there a curve takes minutes) or the pathway a slow part.
    """
    pathway = pathways()[line.points[0].pathway]
    if pathway.cell == "trunk" or pathway.slow:
        return []
    name = collections.Counter(p.protocol for p in line.points).most_common(1)[0][0]
    own = [p for p in line.points if p.protocol == name]
    places = np.unique([line.x(p) for p in own])
    if len(places) < LEAST or not _given(own[0].protocol_of(), line.along):
        return []
    grid = np.geomspace(places[0], places[-1], DENSE) if line.along == "frequency" else _lags(places[0], places[-1])
    return [_moved(own[0], line.along, float(at)) for at in np.union1d(grid, places)]


def _given(protocol: Protocol, along: str) -> bool:
    """Whether a row of the table, and not the protocol, says where on the line it lies."""
    return protocol.wants_frequency if along == "frequency" else protocol.wants_lag


def _lags(first: float, last: float) -> np.ndarray:
    """Intervals on the grid, dense around zero."""
    low, high = np.arcsinh(np.array([first, last]) / CORE)
    return np.unique(np.round(CORE * np.sinh(np.linspace(low, high, DENSE)) / GRID) * GRID)


def _moved(p: Point, along: str, at: float) -> Point:
    moved = dataclasses.replace(p, frequency=at) if along == "frequency" else dataclasses.replace(p, lag=at)
    return dataclasses.replace(moved, point=f"{along} {at:g}", gates=False, by_sign=False, source="not measured")
