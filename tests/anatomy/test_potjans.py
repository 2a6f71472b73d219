"""The canonical area against the published table (Potjans and Diesmann 2014)."""

import numpy as np
import pytest

from isocortex.anatomy.circuit import Cortex
from isocortex.anatomy.potjans import full_counts, potjans_area
from isocortex.anatomy.scaling import indegree
from isocortex.engine.connect import connect
from isocortex.errors import DescriptionError

ORDER = ["L23E", "L23I", "L4E", "L4I", "L5E", "L5I", "L6E", "L6I"]


def test_full_counts() -> None:
    area = potjans_area(neurons=1)
    assert [p.name for p in area.populations] == ORDER
    assert [p.n for p in area.populations] == [20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948]
    assert sum(full_counts().values()) == 77169


def test_full_area_has_about_three_hundred_million_synapses() -> None:
    assert sum(p.synapses for p in potjans_area(neurons=1).projections) == pytest.approx(0.2989e9, rel=2e-3)


@pytest.mark.parametrize(
    ("post", "pre", "probability"),
    [("L23E", "L23I", 0.1689), ("L4E", "L6E", 0.0453), ("L5E", "L5I", 0.3726), ("L6E", "L6I", 0.2252), ("L5I", "L23E", 0.0548)],
)
def test_unconnected_pairs_are_as_frequent_as_published(post: str, pre: str, probability: float) -> None:
    n = full_counts()
    synapses = next(p for p in potjans_area(neurons=1).projections if p.name == f"V1.{pre}->V1.{post}").synapses
    assert np.exp(-synapses / (n[pre] * n[post])) == pytest.approx(1 - probability, rel=1e-4)


def test_absent_connections_are_absent() -> None:
    names = {p.name for p in potjans_area().projections}
    assert len(names) == 64 - 9  # zeros of the table: L5I to L23E, L23I, L4I; L6I to all but L6
    for pre, post in (("L6I", "L23E"), ("L6I", "L4E"), ("L6I", "L5E"), ("L5I", "L23E"), ("L5I", "L4I")):
        assert f"V1.{pre}->V1.{post}" not in names


def test_weights_delays_and_the_doubled_projection() -> None:
    by_name = {p.name.replace("V1.", ""): p for p in potjans_area(neurons=1).projections}
    assert by_name["L4E->L4E"].weight == pytest.approx(87.81, abs=0.01)
    assert by_name["L4E->L23E"].weight == pytest.approx(2 * 87.81, abs=0.02)
    assert by_name["L4E->L23I"].weight == pytest.approx(87.81, abs=0.01)
    assert by_name["L4I->L23E"].weight == pytest.approx(4 * 87.81, abs=0.04)
    for name, p in by_name.items():
        mean = 1.5 if "E->" in name else 0.75
        assert (p.dendritic_delay.mean, p.dendritic_delay.sd, p.dendritic_delay.least) == (mean, mean / 2, 0.1)
        assert p.axonal_delay.mean == 0
        assert p.weight_sd == 0.1


def test_background_and_its_constant_current() -> None:
    poisson, dc = potjans_area(neurons=1), potjans_area(neurons=1, drive="dc")
    assert [b.sources for b in poisson.backgrounds] == [1600, 1500, 2100, 1900, 2000, 1900, 2900, 2100]
    assert {b.rate for b in poisson.backgrounds} == {8.0}
    assert not dc.backgrounds
    assert dc["L23E"].cell.I_e == pytest.approx(87.81 * 1600 * 8 * 0.5e-3, rel=1e-4)
    assert poisson["L23E"].cell.I_e == 0


def test_tenth_of_the_area() -> None:
    small, full = potjans_area(neurons=0.1), potjans_area(neurons=1)
    assert [p.n for p in small.populations] == [2068, 583, 2192, 548, 485, 106, 1440, 295]
    n, n_full = ({f"V1.{p.name}": p.n for p in a.populations} for a in (small, full))
    for p, q in zip(small.projections, full.projections, strict=True):
        assert indegree(p, n[p.pre], n[p.post]) == pytest.approx(0.1 * indegree(q, n_full[q.pre], n_full[q.post]))
        assert p.weight == pytest.approx(q.weight / np.sqrt(0.1))


def test_neurons_as_a_number_and_in_degree_apart() -> None:
    by_number = potjans_area(neurons=7717, in_degree=1)
    assert abs(sum(p.n for p in by_number.populations) - 7717) <= 4
    assert by_number.projections[0].weight == pytest.approx(87.81, abs=0.01)
    assert by_number["L4E"].cell.I_e == 0


@pytest.mark.parametrize(
    "changes", [dict(neurons=0), dict(neurons=1e6), dict(neurons=True), dict(in_degree=1.5), dict(in_degree=0)]
)
def test_impossible_scales_are_refused(changes: dict) -> None:
    with pytest.raises(DescriptionError, match=r"potjans_area\.(neurons|in_degree)"):
        potjans_area(**changes)


def test_unknown_drive_suggests_the_nearest() -> None:
    with pytest.raises(DescriptionError, match="did you mean 'poisson'"):
        potjans_area(drive="poison")


def test_drawn_synapses_have_the_wanted_number_and_delays() -> None:
    area = potjans_area(neurons=0.01)
    p = next(q for q in Cortex((area,)).all_projections() if q.name == "V1.L4I->V1.L4E")
    drawn = connect(p, area["L4I"].n, area["L4E"].n, dt=0.1, seed=1)
    assert len(drawn.w) == round(p.synapses)
    assert len(drawn.w) / area["L4E"].n == pytest.approx(0.01 * -np.log(1 - 0.135) * 5479, rel=0.01)
    assert drawn.w.mean() == pytest.approx(4 * 878.1, rel=0.01)
    assert np.min(drawn.dendritic) >= 1
