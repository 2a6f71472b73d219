"""Tetani and what is left of them, by what Frey and Morris (1997) found; the numbers are those of a summary from memory."""

from __future__ import annotations

import numpy as np
import pytest

from isocortex.invitro import capture
from isocortex.invitro.measures import MEASURES
from isocortex.plasticity.rules.consolidation import Relaxation


@pytest.fixture(scope="module")
def found() -> dict[str, capture.Course]:
    return capture.known()


def test_a_weak_change_is_forgotten_and_a_strong_one_is_kept(found: dict[str, capture.Course]) -> None:
    assert found["weak"].early["S1"] > 1.4
    assert found["weak"].late["S1"] < 1.1
    assert found["strong"].late["S1"] > 1.5


@pytest.mark.parametrize("protocol", ["weak_before", "weak_after"])
def test_a_strong_tetanus_elsewhere_keeps_what_is_left_of_a_weak_one(protocol: str, found: dict[str, capture.Course]) -> None:
    """It loses what it lost before there were proteins (half an hour, and some minutes in which they rise) and no more."""
    waited = dict(weak_before=30.0, weak_after=0.0)[protocol]
    change = found[protocol].early["S1"] - 1
    least, most = (1 + change * np.exp(-(waited + rise) / 60.0) for rise in (15.0, 0.0))
    assert least < found[protocol].late["S1"] < most
    assert found[protocol].late["S1"] > found["weak"].late["S1"] + 0.2


def test_three_hours_are_too_long_for_a_tag(found: dict[str, capture.Course]) -> None:
    assert found["weak_long_before"].late["S1"] < 1.1
    assert found["weak_long_before"].late["S2"] > 1.5


def test_dopamine_makes_a_weak_change_last(found: dict[str, capture.Course]) -> None:
    """At least twice as much of it is kept; it lowers the threshold of the proteins, and adds nothing by itself."""
    assert found["weak_dopamine"].early == pytest.approx(found["weak"].early, rel=1e-5)
    assert found["weak_dopamine"].late["S1"] - 1 > 2 * (found["weak"].late["S1"] - 1)
    assert found["weak_dopamine"].late["S1"] > 1.3
    assert found["weak_dopamine"].late["silent"] == 1


def test_without_protein_synthesis_nothing_lasts(found: dict[str, capture.Course]) -> None:
    assert found["strong_blocked"].early["S1"] > 1.9
    assert found["strong_blocked"].late["S1"] < 1.1
    assert found["weak_before_blocked"].late["S1"] < 1.1


def test_a_pathway_where_nothing_happens_stays_as_it_is(found: dict[str, capture.Course]) -> None:
    for course in found.values():
        assert course.late["silent"] == pytest.approx(1.0, abs=0.01)


def test_without_the_part_all_is_forgotten() -> None:
    for course in capture.courses([Relaxation()]).values():
        assert course.late["S1"] < 1.1


def test_the_measures_are_these(found: dict[str, capture.Course]) -> None:
    assert MEASURES["tetanus_weak_after"]() == found["weak_after"].late["S1"]
