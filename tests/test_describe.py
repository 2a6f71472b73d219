"""Descriptions say what is wrong with their arguments as they say all else, and can still be copied and pickled."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from collections.abc import Callable

import pytest

import isocortex
from isocortex import LIF, Entry, Population, Stack, Trace, quantity
from isocortex.describe import Description
from isocortex.errors import DescriptionError
from isocortex.rules import Eligibility, Gate, PairSTDP, Soft


class Own(Description):
    """A constructor of its own is left alone."""

    a: float = quantity(1.0)

    def __init__(self, whatever: float) -> None:
        object.__setattr__(self, "a", whatever)


@pytest.mark.parametrize(
    ("wrong", "parts"),
    [
        (lambda: PairSTDP(tau_pluss=3), ["PairSTDP.tau_pluss: ", "did you mean 'tau_plus'?"]),
        (lambda: Eligibility(tau=1.0), ["Eligibility.tau: ", "did you mean 'tau_e'?"]),
        (lambda: Stack(rule=()), ["Stack.rule: ", "did you mean 'rules'?"]),
        (lambda: Trace(20.0, paring="all"), ["Trace.paring: ", "did you mean 'pairing'?"]),
        (lambda: Gate("ACh"), ["Gate: 'ACh'", "without a name", "by name", "modulator=", "gain"]),
        (lambda: Trace(20.0, "all", 0.0, 1.0), ["Trace: 1.0", "at most 3", "tau, pairing, window"]),
        (lambda: Population("E"), ["Population.n: is missing", "name, n, cell"]),
        (lambda: Population(n=3, cell=LIF()), ["Population.name: is missing"]),
        (Entry, ["Entry.select: is missing"]),
        (lambda: Trace(20.0, tau=10.0), ["Trace.tau: is given twice"]),
        (lambda: Population.make({"name": "E", "n": 3}, "populations[0]"), ["populations[0].cell: is missing"]),
        (lambda: PairSTDP().replace(tau_min=1), ["PairSTDP.tau_min: ", "did you mean 'tau_minus'?"]),
    ],
)
def test_what_a_constructor_does_not_take_is_told_by_name(wrong: Callable[[], object], parts: list[str]) -> None:
    with pytest.raises(DescriptionError) as caught:
        wrong()
    for part in parts:
        assert part in str(caught.value)


def test_an_unknown_name_is_told_before_a_missing_one() -> None:
    with pytest.raises(DescriptionError, match=r"Population\.nmae: .*did you mean 'name'"):
        Population(nmae="E", n=1, cell=LIF())


def test_what_may_stand_by_place_still_may() -> None:
    assert Trace(20.0, "nearest") == Trace(tau=20.0, pairing="nearest")
    assert Population("E", 3, LIF()).n == 3


def test_signatures_are_those_of_the_fields() -> None:
    assert list(inspect.signature(PairSTDP).parameters) == list(PairSTDP.field_names())
    assert {p.kind for p in inspect.signature(PairSTDP).parameters.values()} == {inspect.Parameter.KEYWORD_ONLY}
    assert inspect.signature(Trace).parameters["pairing"].default == "all"


@pytest.mark.parametrize("made", [PairSTDP(eta=0.5), Trace(7.0), Stack(rules=(PairSTDP(),), weight=Soft(w_max=3.0))])
def test_copies_are_equal(made: Description) -> None:
    assert pickle.loads(pickle.dumps(made)) == made
    assert copy.deepcopy(made) == made
    assert dataclasses.replace(made) == made.replace() == type(made).make(made.values()) == made


def test_a_subclass_has_its_own_fields() -> None:
    class More(PairSTDP):
        extra: float = quantity(1.0)

    assert More(extra=2.0, tau_plus=3.0).values() == PairSTDP(tau_plus=3.0).values() | {"extra": 2.0}
    with pytest.raises(DescriptionError, match=r"More\.extr: .*did you mean 'extra'"):
        More(extr=2.0)
    with pytest.raises(DescriptionError, match=r"PairSTDP\.extra: no such parameter"):
        PairSTDP(extra=2.0)


def test_a_constructor_of_ones_own_is_left_alone() -> None:
    assert Own(whatever=3.0).a == 3.0


def test_every_public_name_is_loaded_from_the_top() -> None:
    for name in isocortex.__all__:
        assert getattr(isocortex, name) is not None, name
    assert {"hierarchy", "thalamus", "feedforward", "feedback", "relay_projections"} <= set(isocortex.__all__)
    assert isocortex.hierarchy.__module__ == "isocortex.anatomy.hierarchy"
