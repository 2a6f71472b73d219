"""Synapse numbers, amplitudes and the compensation of van Albada et al. 2015, against numbers worked out by hand."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isocortex.anatomy.circuit import Area, Background, Population, Projection
from isocortex.anatomy.potjans import full_rates, potjans_area
from isocortex.anatomy.scaling import full_input, indegree, mean_current, psc_of_psp, scaled, synapse_number
from isocortex.cells.conductance import ConductanceLIF
from isocortex.cells.lif import LIF
from isocortex.errors import DescriptionError


def toy() -> Area:
    return Area(
        "A",
        (Population("E", 100, LIF(I_e=3.0)), Population("I", 40, LIF())),
        (Projection("E", "E", weight=10.0, indegree=100), Projection("I", "E", weight=50.0, synapses=4000)),
        (Background("E", weight=10.0, rate=8.0, sources=1000),),
    )


def test_one_of_two_pairs_connected_by_chance_half_needs_one_synapse() -> None:
    # 1 - 1/2 of the pairs stay unconnected after one draw among two: ln(1/2) / ln(1 - 1/2) = 1
    assert synapse_number(0.5, 1, 2) == pytest.approx(1.0)


def test_few_synapses_are_number_of_pairs_times_probability() -> None:
    assert synapse_number(1e-6, 1000, 1000) == pytest.approx(1.0, rel=1e-5)


@pytest.mark.parametrize("probability", [-0.1, 1.0, math.nan])
def test_synapse_number_refuses_what_is_no_probability(probability: float) -> None:
    with pytest.raises(DescriptionError, match=r"synapse_number\.probability"):
        synapse_number(probability, 10, 10)


def test_published_amplitude() -> None:
    assert psc_of_psp(0.15) == pytest.approx(87.8, abs=0.05)  # Potjans and Diesmann 2014, table 5


def test_amplitude_at_equal_time_constants_is_an_alpha_function() -> None:
    # V(t) = t/C exp(-t/tau) peaks at tau/(C e); close by, the general formula must agree
    assert psc_of_psp(1.0, 100.0, 10.0, 10.0) == pytest.approx(100 / 10 * math.e)
    assert psc_of_psp(1.0, 100.0, 10.0, 10.001) == pytest.approx(100 / 10 * math.e, rel=1e-3)


def test_mean_input_by_hand() -> None:
    # E: 10 pA x 100 x 5 Hz x 0.5 ms = 2.5 pA; I: 50 x 40 x 8 x 0.5 = 8 pA; background: 10 x 1000 x 8 x 0.5 = 40 pA
    assert mean_current(10.0, 100, 5.0, 0.5) == pytest.approx(2.5)
    assert full_input(toy(), "E", {"E": 5.0, "I": 8.0}) == pytest.approx(2.5 - 8.0 + 40.0)


def test_compensation_by_hand() -> None:
    small = scaled(toy(), neurons=0.5, in_degree=0.25, rates={"E": 5.0, "I": 8.0})
    assert [p.n for p in small.populations] == [50, 20]
    assert small["E"].cell.I_e == pytest.approx(3.0 + (1 - 0.5) * 34.5)
    assert small["I"].cell.I_e == 0.0
    from_e, from_i = small.projections
    assert (from_e.weight, from_e.indegree) == (20.0, 25.0)
    assert (from_i.weight, from_i.synapses) == (100.0, pytest.approx(10 * 50))  # 40 / 4 synapses a cell, 50 cells
    assert (small.backgrounds[0].weight, small.backgrounds[0].sources) == (20.0, 250.0)


def test_probability_becomes_an_indegree() -> None:
    area = Area("A", (Population("E", 200, LIF()),), (Projection("E", "E", weight=1.0, probability=0.1),))
    (p,) = scaled(area, 0.5, 0.25, {"E": 1.0}).projections
    assert (p.indegree, p.probability) == (5.0, None)


@settings(max_examples=15, deadline=None)
@given(neurons=st.floats(0.01, 1.0), k=st.floats(0.01, 1.0))
def test_mean_and_variance_of_the_input_are_kept(neurons: float, k: float) -> None:
    rates, full = full_rates(), potjans_area(neurons=1)
    small = potjans_area(neurons=neurons, in_degree=k)
    for name in rates:
        mean = full_input(small, name, rates) + small[name].cell.I_e
        assert mean == pytest.approx(full_input(full, name, rates), rel=1e-6)
        assert variance(small, name) == pytest.approx(variance(full, name), rel=1e-6)


def variance(area: Area, name: str) -> float:
    """Variance of the input up to a constant: sum of K w^2 r."""
    rates, n, full = full_rates(), {f"{area.name}.{p.name}": p.n for p in area.populations}, f"{area.name}.{name}"
    inside = sum(indegree(p, n[p.pre], n[p.post]) * p.weight**2 * rates[p.pre.partition(".")[2]]
                 for p in area.projections if p.post == full)  # fmt: skip
    return inside + sum(b.sources * b.weight**2 * b.rate for b in area.backgrounds if b.post == full)


def test_one_to_one_has_one_synapse_and_is_not_scaled() -> None:
    area = toy()
    alone = area.replace(projections=(Projection("E", "E", weight=10.0, one_to_one=True),))
    assert indegree(alone.projections[0], 100, 100) == 1.0
    with pytest.raises(DescriptionError, match=r"scaled: .*A\.E->A\.E.* is one to one"):
        scaled(alone, 0.5, 0.5, {"E": 1.0})


def test_only_lif_can_be_compensated() -> None:
    area = Area("A", (Population("E", 10, ConductanceLIF()),))
    with pytest.raises(DescriptionError, match=r"A\.E is of ConductanceLIF"):
        scaled(area, 0.5, 0.5, {})


def test_missing_rate_and_wrong_scale_are_errors() -> None:
    with pytest.raises(DescriptionError, match="the rate of 'I' is missing"):
        scaled(toy(), 0.5, 0.5, {"E": 5.0})
    with pytest.raises(DescriptionError, match=r"scaled\.in_degree: is 0"):
        scaled(toy(), 0.5, 0, {"E": 5.0, "I": 8.0})
