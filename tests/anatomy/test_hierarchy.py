"""Joining areas: what feedforward, feedback and the thalamic relay reach, and what they must not."""

from collections.abc import Callable

import pytest

from isocortex.anatomy.circuit import Area, Cortex, Population, Projection
from isocortex.anatomy.hierarchy import feedback, feedforward, hierarchy, relay_projections, thalamus
from isocortex.anatomy.laminar import laminar_area
from isocortex.anatomy.potjans import potjans_area
from isocortex.anatomy.synapses import weight_of_psp
from isocortex.cells.lif import LIF
from isocortex.errors import DescriptionError


@pytest.fixture(scope="module")
def cortex() -> Cortex:
    return hierarchy([laminar_area(name) for name in ("V1", "V2", "V4")], thalamus())


def of_kind(cortex: Cortex, kind: str) -> list:
    return [p for p in cortex.all_projections() if p.kind == kind]


def test_feedforward_goes_from_l23_to_the_next_l4(cortex: Cortex) -> None:
    ends = {(p.pre, p.post) for p in of_kind(cortex, "feedforward")}
    assert ends == {("V1.L23E", "V2.L4E"), ("V1.L23E", "V2.L4PV"), ("V2.L23E", "V4.L4E"), ("V2.L23E", "V4.L4PV")}


def test_feedback_reaches_apical_compartments_only_and_never_l4(cortex: Cortex) -> None:
    found = of_kind(cortex, "feedback")
    assert {(p.pre, p.post) for p in found if p.post.startswith("V1")} == {
        (f"V2.{pre}", f"V1.{post}") for pre in ("L5E", "L6E") for post in ("L23E", "L5E")
    }
    assert len(found) == 8
    assert {p.compartment for p in found} == {"apical"}
    populations = cortex.populations()
    assert all(populations[p.post].layer != "L4" for p in found)


def test_feedback_takes_no_l4_target_from_the_user() -> None:
    with pytest.raises(DescriptionError, match="L4E is in L4"):
        feedback(laminar_area("V2"), laminar_area("V1"), onto=["L4E"])


def test_feedback_can_be_left_out() -> None:
    assert not of_kind(hierarchy([laminar_area("V1"), laminar_area("V2")], with_feedback=False), "feedback")


def test_conduction_is_axonal_between_areas(cortex: Cortex) -> None:
    for kind, ms in (("feedforward", 3.5), ("feedback", 5.5)):
        assert {p.axonal_delay.mean for p in of_kind(cortex, kind)} == {ms}


def test_relay_has_on_and_off_channels(cortex: Cortex) -> None:
    populations = cortex.populations()
    assert [populations[f"LGN.{c}"].n for c in ("on", "off")] == [451, 451]
    targets = {p.post for p in of_kind(cortex, "thalamic")}
    assert targets == {"V1.L4E", "V1.L4PV", "V1.L6E", "V1.L6PV"}


def test_relay_onto_the_full_canonical_area_is_as_published() -> None:
    found = relay_projections(thalamus(), potjans_area(neurons=1))
    # ln(1 - p) of 902 relay cells: -902 ln(1 - 0.0983) = 93.3 synapses onto an L4E cell, both channels together
    onto_l4e = [p for p in found if p.post == "V1.L4E"]
    assert sum(p.indegree for p in onto_l4e) == pytest.approx(93.33, abs=0.02)
    assert {round(p.weight, 1) for p in found} == {87.8}
    assert {p.post for p in found} == {"V1.L4E", "V1.L4I", "V1.L6E", "V1.L6I"}


def test_relay_scales_with_the_area() -> None:
    found = relay_projections(thalamus(), potjans_area(neurons=0.25))
    assert sum(p.indegree for p in found if p.post == "V1.L4E") == pytest.approx(93.33 / 4, rel=1e-3)
    assert found[0].weight == pytest.approx(2 * 87.81, rel=1e-3)


def test_relay_onto_other_areas_keeps_the_published_mean_input(cortex: Cortex) -> None:
    found = [p for p in of_kind(cortex, "thalamic") if p.post == "V1.L4E"]
    assert sum(p.indegree for p in found) == pytest.approx(93.33 / 4, rel=1e-3)
    assert found[0].weight == pytest.approx(weight_of_psp(cortex.population("V1.L4E").cell, 4 * 0.15))


def test_given_weights_and_indegrees_are_taken() -> None:
    lower, upper = laminar_area("V1"), laminar_area("V2")
    (p, *_) = feedforward(lower, upper, indegree=12, weight=0.5)
    assert (p.indegree, p.weight) == (12, 0.5)
    (q, *_) = relay_projections(thalamus(), lower, in_degree=1.0, weight=0.3, weight_distribution="uniform")
    assert (q.weight, q.weight_distribution) == (0.3, "uniform")


def test_point_cells_receive_feedback_where_they_can() -> None:
    cortex = hierarchy([potjans_area("V1", 0.01), potjans_area("V2", 0.01)])
    assert {(p.post, p.compartment) for p in of_kind(cortex, "feedback")} == {("V1.L23E", "soma"), ("V1.L5E", "soma")}


def test_one_area_alone_needs_no_list() -> None:
    area = laminar_area("V1", 200)
    assert hierarchy(area) == Cortex((area,))


def test_what_cannot_be_joined_is_an_error() -> None:
    odd = Area("X", (Population("E", 10, LIF()),))
    with pytest.raises(DescriptionError, match="X has none of L23E"):
        feedforward(odd, laminar_area("V2"))
    with pytest.raises(DescriptionError, match="X has none of L4E"):
        relay_projections(thalamus(), odd)
    with pytest.raises(DescriptionError, match=r"hierarchy\.areas: is empty"):
        hierarchy([])


def test_an_area_with_layers_is_no_relay() -> None:
    with pytest.raises(DescriptionError, match=r"hierarchy.relay: V2 has the layered population .*hierarchy\(\[V1, V2\]\)"):
        hierarchy(laminar_area("V1"), laminar_area("V2"))


def test_a_potential_of_0_is_0_and_not_the_default() -> None:
    lower, upper = laminar_area("V1"), laminar_area("V2")
    made = (
        *relay_projections(thalamus(), lower, psp=0.0),
        *feedforward(lower, upper, psp=0.0),
        *feedback(upper, lower, psp=0.0),
    )
    assert {p.kind for p in made} == {"thalamic", "feedforward", "feedback"}
    assert {p.weight for p in made} == {0.0}
    assert {p.weight for p in relay_projections(thalamus(), lower, weight=0.0)} == {0.0}


def test_a_fraction_for_a_relay_that_is_not_there_is_refused() -> None:
    areas = [laminar_area("V1", 200), laminar_area("V2", 200)]
    with pytest.raises(DescriptionError, match=r"hierarchy\.relay_in_degree: is 0\.1 .*no relay.*thalamus\(\)"):
        hierarchy(areas, relay_in_degree=0.1)
    with pytest.raises(DescriptionError, match=r"in_degree: is '10 %'; a fraction above 0"):
        hierarchy(areas, thalamus(), relay_in_degree="10 %")
    cortex = hierarchy(areas, thalamus(), relay_in_degree=0.1)
    onto_l4e = sum(p.indegree for p in of_kind(cortex, "thalamic") if p.post == "V1.L4E")
    assert onto_l4e == pytest.approx(9.333, rel=1e-3)  # a tenth of the published 93.33


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (lambda v1: hierarchy([v1, "V2"]), "hierarchy.areas: 'V2'"),
        (lambda v1: hierarchy("V1"), "hierarchy.areas: 'V1'"),
        (lambda v1: hierarchy(None), "hierarchy.areas: None"),
        (lambda v1: hierarchy(hierarchy(v1)), "hierarchy.areas: Cortex("),
        (lambda v1: hierarchy(v1, "LGN"), "hierarchy.relay: 'LGN'"),
        (lambda v1: feedforward(v1, "V2"), "feedforward.upper: 'V2'"),
        (lambda v1: feedback("V2", v1), "feedback.upper: 'V2'"),
        (lambda v1: relay_projections("LGN", v1), "relay_projections.relay: 'LGN'"),
    ],
)
def test_what_is_no_area_is_told_and_what_is_needed(wrong: Callable[[Area], object], field: str) -> None:
    with pytest.raises(DescriptionError) as caught:
        wrong(laminar_area("V1", 200))
    assert str(caught.value).startswith(field)
    assert "an Area is needed, such as" in str(caught.value)
    assert len(str(caught.value)) < 200


def test_one_further_projection_needs_no_list() -> None:
    more = Projection("V2.L23E", "V1.L23E", 0.1, indegree=2, kind="feedback")
    cortex = hierarchy([laminar_area("V1", 200), laminar_area("V2", 200)], projections=more)
    assert [p.post for p in cortex.all_projections() if p.pre == "V2.L23E" and p.kind == "feedback"] == ["V1.L23E"]
