"""The learner's sheet: what it says, and what lesions of it say."""

from __future__ import annotations

import pytest

from isocortex.errors import DescriptionError
from isocortex.learn.bank import Bank
from isocortex.learn.growth import chosen_sheet
from isocortex.learn.rate_cortex import rate_cortex
from isocortex.learn.rates import Rates, default_sheet, rates
from isocortex.plasticity import registry
from isocortex.plasticity.sheet import Sheet
from learn.digits import digits, learner

BANKS = (Bank(name="V1"), Bank(name="V2", source="V1", patch=3))


def of(sheet: Sheet | str | None) -> Rates:
    return rates(chosen_sheet(sheet, BANKS, 3072), rate_cortex(BANKS, 3072), BANKS)


def test_default_is_fast_and_reversible_above_and_lasting_below() -> None:
    r = of(None)
    assert r.adapting.strength == 1 and r.adapting.reversible
    assert r.guessing == 0 and r.eta == 1 and r.floor == 0
    assert r.modulators == (("DA", 1.0),)
    assert all(how.whiten and how.eta == 1 for how in r.learning.values())


def test_uniform_learns_alike_everywhere() -> None:
    """Superficial layers follow less, deep ones as much: the mean over synapses is between 0 and 1."""
    r = of("uniform")
    assert 0 < r.adapting.strength < 1
    assert r.guessing == pytest.approx(r.adapting.strength)
    assert {how.eta for how in r.learning.values()} == {r.eta}


def test_swapped_follows_below_and_not_in_l23() -> None:
    r = of("swapped")
    assert r.guessing == 1 and r.adapting.strength == 0.5
    assert r.gate is None and r.reopening is None and r.modulators == ()


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("following", lambda r: r.adapting.strength == 0),
        ("reversal", lambda r: not r.adapting.reversible),
        ("surprise_gate", lambda r: r.gate is None and r.reopening is not None and r.modulators == (("DA", 1.0),)),
        ("reopening", lambda r: r.reopening is None and r.gate is not None),
        ("gate", lambda r: r.modulators == () and r.gate is not None),
        ("decorrelation", lambda r: not r.decorrelated and not any(how.whiten for how in r.learning.values())),
        ("hebbian_step", lambda r: r.eta == 0 and all(how.eta == 0 for how in r.learning.values())),
    ],
)
def test_each_mechanism_can_be_taken_away(name: str, change: object) -> None:
    assert callable(change)
    assert not change(of(None))
    assert change(of(f"without {name}"))


def test_sheet_survives_toml() -> None:
    assert Sheet.from_toml(default_sheet().to_toml()) == default_sheet()


def test_a_sheet_can_be_written_for_one_area() -> None:
    more = Sheet.from_toml('[[entry]]\nselect = "V2.L4E -> V2.L23E"\nparts = [{ name = "hebbian_step", eta = 0.0 }]', "mine")
    r = of(default_sheet() + more)
    assert r.learning["V1"].eta == 1 and r.learning["V2"].eta == 0


def test_a_selector_that_matches_nothing_is_an_error() -> None:
    more = Sheet.from_toml('[[entry]]\nselect = "V9.L4E -> V9.L23E"\nparts = []', "mine")
    x, y, _, _ = digits()
    with pytest.raises(DescriptionError, match="V9"):
        learner(sheet=default_sheet() + more).fit(x[:50], y[:50])


def test_floor_of_the_association_step_forgets() -> None:
    """With a least step of 0.5 a mean is made of the last few samples."""
    x, y, test, labels = digits()
    more = Sheet.from_toml(
        '[[entry]]\nselect = "kind=feedforward -> A.L5E"\nparts = [{ name = "hebbian_step", floor = 0.5 }]', "mine"
    )
    forgetful = learner(sheet=default_sheet() + more).fit(x, y)
    assert learner().fit(x, y).score(test, labels) > forgetful.score(test, labels)


def test_parts_of_learners_are_found_in_sheets_and_are_no_rules_of_the_simulator() -> None:
    ours = registry.rate_parts()
    assert set(ours) >= {
        "decorrelation",
        "hebbian_step",
        "following",
        "reversal",
        "surprise_gate",
        "reopening",
        "fixation",
        "turning",
    }
    assert not set(ours) & set(registry.parts())
    for name, cls in ours.items():
        assert registry.part(name) is cls
    with pytest.raises(DescriptionError, match="hebbian_step: is a part of learners"):
        ours["hebbian_step"]().terms()
