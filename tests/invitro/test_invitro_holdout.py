"""What counts as held out: what is drawn and was not fitted; where the two disagree, it is said."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from isocortex.cli import app
from isocortex.errors import DescriptionError
from isocortex.invitro import holdout, profile
from isocortex.invitro.profile import Profile, known_profiles
from isocortex.invitro.table import points

LAYER_4 = {p.name for p in points() if p.pathway == "l4-l4" and p.gates}


def fitted_to(names: set[str]) -> dict[str, Profile]:
    """The package's profiles, but that of layer 4 was fitted to these of its points."""
    own = known_profiles()["l4-l4"]
    return known_profiles() | {"l4-l4": dataclasses.replace(own, fit=dict(own.fit) | dict(held_out=sorted(LAYER_4 - names)))}


@pytest.fixture
def refitted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package whose layer 4 was fitted to all of its points."""
    for p in fitted_to(LAYER_4).values():
        profile.write(p, tmp_path / f"{p.pathway}.toml")
    monkeypatch.setattr(profile, "folders", lambda: (tmp_path,))
    known_profiles.cache_clear()
    yield
    known_profiles.cache_clear()


def test_the_records_of_the_package_are_those_of_the_draw_that_counts() -> None:
    assert holdout.put_aside() == holdout.drawn()
    assert holdout.fit_again({p.pathway for p in points()}) == []


def test_a_point_that_was_fitted_is_not_held_out() -> None:
    """One of Egger's four points of layer 4 is drawn; a fit by another seed may have seen it."""
    (drawn,) = LAYER_4 & holdout.drawn()
    other = min(LAYER_4 - {drawn})
    swapped = fitted_to(LAYER_4 - {other})
    assert holdout.put_aside(swapped) == holdout.drawn() - {drawn}  # and what it has not seen was not drawn
    assert holdout.fit_again(["l5-l5", "l4-l4"], swapped) == ["l4-l4"]
    assert holdout.put_aside({}) == frozenset()  # without a record nothing is known


def test_a_row_more_makes_no_fitted_point_a_held_out_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """It draws its study anew."""
    fitted = {p.name for p in points() if p.name not in holdout.drawn()}
    first = next(p for p in points() if p.study == "nevian2006" and p.gates)
    more = (*points(), *(dataclasses.replace(first, point=f"new{i}") for i in range(5)))
    anew = holdout.held_out(more)
    assert anew & fitted  # what has to be kept out
    monkeypatch.setattr(holdout, "points", lambda: more)
    monkeypatch.setattr(holdout, "drawn", lambda: anew)
    assert not holdout.put_aside() & fitted
    assert holdout.fit_again(["l23-basal", "l5-l5"]) == ["l23-basal"]


@pytest.mark.usefixtures("refitted")
def test_the_command_says_which_pathway_is_to_be_fitted_again() -> None:
    said = CliRunner().invoke(app, ["invitro", "l4-l4", "--quiet"])
    assert "run isocortex invitro fit l4-l4" in " ".join(said.stdout.split())
    assert "held out of the fits:" not in said.stdout


@pytest.mark.parametrize("names", [["l4-l4"], ["shared"]])
def test_another_draw_does_not_replace_the_one_that_counts(names: list[str]) -> None:
    done = CliRunner().invoke(app, ["invitro", "fit", *names, "--seed", "3"])
    assert isinstance(done.exception, DescriptionError)
    assert "--seed: 3 needs --out FOLDER" in str(done.exception)
