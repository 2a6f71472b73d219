"""Curves through a study's points: where nobody measured, the slice can be asked."""

from __future__ import annotations

import numpy as np
import pytest

from isocortex.invitro.curves import Line, between, lines
from isocortex.invitro.lab import measure_with_curves
from isocortex.invitro.pathway import pathways
from isocortex.invitro.table import Point, points
from isocortex.report.figures.invitro import between_points


def of(study: str, cell: str = "spikes") -> list[Point]:
    return [p for p in points() if p.study == study and (pathways()[p.pathway].cell == "trunk") == (cell == "trunk")]


def line(study: str, title: str, cell: str = "spikes") -> Line:
    return next(x for x in lines(of(study, cell)) if title in x.title)


def test_a_curve_runs_from_the_first_place_to_the_last_through_every_place() -> None:
    bi = line("bi_poo1998", "pairs_1hz")
    made = between(bi)
    at = [p.lag for p in made]
    assert bi.along == "lag"
    assert at == sorted(set(at))
    assert (at[0], at[-1]) == (-50.0, 50.0)
    assert set(at) >= {-50.0, -20.0, -5.0, 5.0, 20.0, 50.0}
    assert all(t is not None and (2 * t).is_integer() for t in at)
    assert max(np.diff([t for t in at if t is not None and abs(t) <= 5])) <= 2.0  # dense where windows are steep


def test_what_nobody_measured_does_not_gate() -> None:
    made = between(line("sjostrom2001", "-10 ms"))
    assert made
    assert not any(p.gates or p.by_sign for p in made)


def test_a_curve_keeps_to_one_protocol() -> None:
    """Sjostrom's 0.1 Hz are single pairs; his trains begin at 10 Hz."""
    made = between(line("sjostrom2001", "-10 ms"))
    assert {p.protocol for p in made} == {"sjostrom_trains"}
    assert {p.lag for p in made} == {-10.0}
    assert made[0].frequency == pytest.approx(10.0)
    assert made[-1].frequency == pytest.approx(50.0)


def test_the_cell_with_a_trunk_has_no_curves() -> None:
    assert between(line("nevian2006", "nevian_3ap", "trunk")) == []


def test_fewer_than_three_places_are_no_line() -> None:
    assert lines(of("bender2006")) == []


def test_drugs_stand_alone() -> None:
    on_lines = {p.name for x in lines(of("sjostrom2001")) for p in x.points}
    assert "sjostrom2001/f20_m10_APV" not in on_lines
    assert "sjostrom2001/f20_m10" in on_lines


def test_a_symmetric_window_is_drawn_symmetric_and_through_the_points() -> None:
    own = of("damour2015")
    results, drawn = measure_with_curves(own, between_points(own))
    (curve,) = drawn.values()
    at = {r.point.lag: r.simulated for r in curve}
    assert [r.point for r in results] == own
    for r in results:
        assert at[r.point.lag] == pytest.approx(r.simulated, abs=1e-5)
    for lag, w in at.items():
        assert lag is not None
        assert w == pytest.approx(at[-lag], abs=1e-5)
    change = lambda lag: at[lag] - 1  # noqa: E731
    assert change(40.0) / change(5.0) == pytest.approx(np.exp(-35 / 10), rel=0.02)  # one trace of 10 ms
