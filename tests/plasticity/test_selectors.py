"""Selectors: what they take, how they are spelled, and what is said when they take nothing."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isocortex.anatomy.circuit import LAYERS, Area, Cortex, Population, Projection
from isocortex.anatomy.selectors import Selector, exactly
from isocortex.cells.lif import LIF
from isocortex.cells.sources import PoissonSource
from isocortex.errors import DescriptionError


class TwoPlaces(LIF):
    """A cell with two compartments, to have something to select."""

    compartments = ("basal", "apical")


def area(name: str) -> Area:
    populations = [Population(p, 10, LIF()) for p in ("L23E", "L23PV", "L4E")] + [Population("L5E", 10, TwoPlaces())]
    inside = [("L23E", "L23E"), ("L23PV", "L23E"), ("L4E", "L23E"), ("L23E", "L5E"), ("L5E", "L5E")]
    return Area(name, populations, [Projection(a, b, probability=0.1) for a, b in inside])


@pytest.fixture
def cortex() -> Cortex:
    lgn = Area("LGN", (Population("relay", 5, PoissonSource()),))
    between = [
        Projection("LGN.relay", "V1.L4E", probability=0.5),
        Projection("V1.L23E", "V2.L4E", probability=0.1, kind="feedforward"),
        Projection("V2.L5E", "V1.L5E", probability=0.1, kind="feedback", compartment="apical"),
        Projection("V2.L5E", "V1.L23E", probability=0.1, kind="feedback"),
        Projection("V2.L5E", "V1.L23E", probability=0.1, kind="feedback", tag="slow"),
    ]
    return Cortex((area("V1"), area("V2"), lgn), between)


def names(text: str, cortex: Cortex) -> set[str]:
    return {p.name for p in Selector.parse(text).select(cortex)}


@pytest.mark.parametrize(("text", "expected"), [
    ("*.L23E -> *.L23E", {"V1.L23E->V1.L23E", "V2.L23E->V2.L23E"}),
    ("V1.L4E -> V1.L23*", {"V1.L4E->V1.L23E"}),
    ("kind=feedback -> *.L5E:apical", {"V2.L5E->V1.L5E:apical"}),
    ("kind=feedback", {"V2.L5E->V1.L5E:apical", "V2.L5E->V1.L23E", "V2.L5E->V1.L23E#slow"}),
    ("kind=thalamic|feedforward", {"LGN.relay->V1.L4E", "V1.L23E->V2.L4E"}),
    ("kind=lateral V1.* -> *.L5E", {"V1.L23E->V1.L5E:basal", "V1.L5E->V1.L5E:basal"}),
    ("*.*PV -> *.*E", {"V1.L23PV->V1.L23E", "V2.L23PV->V2.L23E"}),
    ("V1.L4E|L5E -> V1.*", {"V1.L4E->V1.L23E", "V1.L5E->V1.L5E:basal"}),
    ("V1.L4E->V1.L23E, LGN.* -> *", {"V1.L4E->V1.L23E", "LGN.relay->V1.L4E"}),
    ("V2.L5E -> V1.L23E#", {"V2.L5E->V1.L23E"}),
    ("V2.L5E -> V1.L23E#slow", {"V2.L5E->V1.L23E#slow"}),
])  # fmt: skip
def test_takes_what_it_says(text: str, expected: set[str], cortex: Cortex) -> None:
    assert names(text, cortex) == expected


def test_every_projection_has_a_selector_of_its_own(cortex: Cortex) -> None:
    for p in cortex.all_projections():
        assert names(str(exactly(p, cortex)), cortex) == {p.name}


@pytest.mark.parametrize(("text", "said"), [
    ("", "is empty"),
    ("*.L23E", "AREA.POPULATION -> AREA.POPULATION"),
    ("*.L4E -> *.L5E -> *.L6E", "AREA.POPULATION -> AREA.POPULATION"),
    ("L23E -> *.L23E", "write '*.L23E' for any area"),
    ("V1.L4E -> V1.L5E:", "AREA.POPULATION:COMPARTMENT"),
    ("kind=feedbak -> *.L5E", "did you mean 'feedback'?"),
    ("kid=feedback", "did you mean 'kind'?"),
    ("kind=lateral,", "kind=KIND"),
])  # fmt: skip
def test_a_wrong_form_is_an_error_that_says_what_is_allowed(text: str, said: str) -> None:
    with pytest.raises(DescriptionError) as e:
        Selector.parse(text)
    assert said in str(e.value)


@pytest.mark.parametrize(("text", "said"), [
    ("*.L23e -> *.L23E", "no population 'L23e' sends anything here"),
    ("*.L23e -> *.L23E", "did you mean 'L23E'?"),
    ("*.L4E -> *.L23Q", "no population 'L23Q' receives anything here"),
    ("V11.L4E -> *.L23E", "no area 'V11' here"),
    ("*.L5E -> *.L5E:apicl", "did you mean 'apical'?"),
    ("kind=feedback -> *.L4E", "nothing connects them"),
    ("V1.L23E -> V1.L4E", "nothing connects them"),
    ("V1.L4E -> V1.L23E#slow", "no tag 'slow'"),
    ("V1.L4E -> V1.L23E, V1.L6E -> V1.L23E", "no population 'L6E'"),
])  # fmt: skip
def test_a_selector_of_nothing_names_the_nearest(text: str, said: str, cortex: Cortex) -> None:
    with pytest.raises(DescriptionError) as e:
        Selector.parse(text).select(cortex)
    assert said in str(e.value)


def test_a_kind_that_the_cortex_has_not_is_named_with_those_it_has() -> None:
    alone = Cortex((area("V1"),))
    with pytest.raises(DescriptionError, match=r"none of the kind feedback; allowed: interneuron, lateral"):
        Selector.parse("kind=feedback").select(alone)
    assert Selector.parse("kind=feedback").select(alone, optional=True) == []


def test_swapping_layers_exchanges_who_is_taken(cortex: Cortex) -> None:
    swapped = Selector.parse("V1.L23E -> V1.L5E:basal, *.L4E -> *.*").swapped("L23", "L5")
    assert str(swapped) == "V1.L5E -> V1.L23E:basal, *.L4E -> *.*"
    assert swapped.swapped("L23", "L5") == Selector.parse("V1.L23E -> V1.L5E:basal, *.L4E -> *.*")


@pytest.mark.parametrize("glob", ["L?E", "L[56]E", "L2*"])
def test_a_glob_that_hides_a_layer_cannot_be_swapped(glob: str) -> None:
    with pytest.raises(DescriptionError, match="without naming it"):
        Selector.parse(f"*.{glob} -> *.*").swapped("L23", "L5")


GLOBS = st.sampled_from(["*", "L23E", "L5*", "L4E|L6E", "*PV", "L6?", "relay"])


KINDS = st.lists(st.sampled_from(["lateral", "feedback"]), max_size=2, unique=True)
ENDS = st.sampled_from(["", ":apical", ":apical|basal", "#", "#a"])


@given(KINDS, GLOBS, GLOBS, ENDS, st.permutations(LAYERS))
def test_canonical_text_reads_back_and_swapping_is_its_own_inverse(
    kinds: list[str], pre: str, post: str, end: str, layers: list[str]
) -> None:
    text = (f"kind={'|'.join(kinds)} " if kinds else "") + f"V?.{pre}->*.{post}{end}"
    selector = Selector.parse(text)
    assert Selector.parse(str(selector)) == selector
    a, b = layers[:2]
    if "L6?" not in (pre, post):
        assert selector.swapped(a, b).swapped(a, b) == selector


def test_matching_asks_only_what_the_selector_names() -> None:
    p = SimpleNamespace(kind="lateral", pre="A.X", post="B.Y", compartment=None, tag="")
    assert Selector.parse("A.X -> B.Y:soma").matches(p)  # type: ignore[arg-type]
    assert not Selector.parse("a.X -> B.Y").matches(p)  # type: ignore[arg-type]
