"""The laminar area: classes, the interneuron motif, compartments, and sizes."""

import math

import pytest

from isocortex.anatomy.circuit import Area, Cortex
from isocortex.anatomy.laminar import indegrees, laminar_area
from isocortex.anatomy.synapses import weight_of_psp
from isocortex.anatomy.tables import table
from isocortex.cells.conductance import ConductanceLIF
from isocortex.cells.lif import LIF
from isocortex.cells.pyramidal import Pyramidal
from isocortex.cells.sources import PoissonSource
from isocortex.errors import DescriptionError


@pytest.fixture(scope="module")
def area() -> Area:
    return laminar_area()


def test_populations(area: Area) -> None:
    assert len(area.populations) == 16
    assert abs(sum(p.n for p in area.populations) - 4000) <= 16
    for layer in ("L23", "L4", "L5", "L6"):
        assert [p.cell_class for p in area.populations if p.layer == layer] == ["E", "PV", "SST", "VIP"]
    assert isinstance(area["L23E"].cell, Pyramidal)
    assert isinstance(area["L5E"].cell, Pyramidal)


def test_interneuron_classes_have_the_published_shares(area: Area) -> None:
    total = {c: sum(p.n for p in area.populations if p.cell_class == c) for c in ("PV", "SST", "VIP")}
    everyone = sum(total.values())
    assert total["PV"] / everyone == pytest.approx(0.4, abs=0.02)  # Rudy et al. 2011
    assert total["SST"] / everyone == pytest.approx(0.3, abs=0.02)
    assert total["VIP"] / everyone == pytest.approx(0.3, abs=0.02)


def test_motif(area: Area) -> None:
    pairs = {(area[p.pre[3:]].cell_class, area[p.post[3:]].cell_class) for p in area.projections}
    assert {("PV", "E"), ("PV", "PV"), ("SST", "E"), ("SST", "PV"), ("SST", "VIP"), ("VIP", "SST")} <= pairs
    assert not {("SST", "SST"), ("VIP", "E"), ("VIP", "PV"), ("VIP", "VIP")} & pairs


def test_one_cell_of_each_class_contributes_as_measured() -> None:
    k = {(pre, post): v for pre, post, v in indegrees()}
    shares = table("laminar")["shares"]["L23"]
    # in-degree over the number of source cells; Pfeffer et al. 2013: SST->E 0.54, SST->PV 0.33 of PV->E and so on
    on_e = (k["L23SST", "L23E"] / shares["SST"]) / (k["L23PV", "L23E"] / shares["PV"])
    on_pv = (k["L23SST", "L23PV"] / shares["SST"]) / (k["L23PV", "L23PV"] / shares["PV"])
    assert on_e == pytest.approx(0.54)
    assert on_pv == pytest.approx(0.33 / 1.01)


def test_an_excitatory_cell_keeps_its_inhibitory_synapses() -> None:
    inhibitory = sum(v for pre, post, v in indegrees() if post == "L5E" and pre in ("L5PV", "L5SST", "L5VIP"))
    published = -0.05 * 1065 * math.log(1 - 0.3726)
    assert inhibitory == pytest.approx(published, rel=1e-3)


def test_where_synapses_land(area: Area) -> None:
    for p in Cortex((area,)).all_projections():
        pre, post = area[p.pre[3:]], area[p.post[3:]]
        if not isinstance(post.cell, Pyramidal):
            assert p.compartment == "soma"
        else:
            assert p.compartment == {"E": "basal", "PV": "soma", "SST": "apical"}[pre.cell_class]


def test_indegrees_do_not_depend_on_the_number_of_cells(area: Area) -> None:
    small = laminar_area(neurons=500)
    assert [p.indegree for p in small.projections] == [p.indegree for p in area.projections]
    assert all(p.n >= 1 for p in small.populations)


def test_weights_give_the_same_potential_in_every_cell(area: Area) -> None:
    by_name = {p.name.replace("V1.", ""): p.weight for p in area.projections}
    assert by_name["L4E->L4SST"] == pytest.approx(weight_of_psp(area["L4SST"].cell, 0.671))
    assert by_name["L4E->L4PV"] == pytest.approx(2 * weight_of_psp(area["L4PV"].cell, 0.671))  # strong onto PV
    assert by_name["L4PV->L4E"] == pytest.approx(weight_of_psp(area["L4E"].cell, 4 * 0.671, "GABA_A"))
    assert by_name["L4E->L23E:basal"] == pytest.approx(2 * by_name["L23E->L23E:basal"])
    assert by_name["L23E->L23E:basal"] == pytest.approx(weight_of_psp(area["L23E"].cell, 0.671, "AMPA", "basal"))


def test_weight_of_psp_by_hand() -> None:
    assert weight_of_psp(LIF(), 0.15) == pytest.approx(87.8, abs=0.05)
    # tau_m = 2 tau_s: the kernel peaks at 1/4 of tau_m tau_s / (C (tau_m - tau_s)) = 10/250 mV/pA, so 1 mV needs 100 pA
    cell = ConductanceLIF(C_m=250.0, g_L=25.0, tau_AMPA=5.0, tau_GABA_A=5.0, E_AMPA=0.0, E_GABA_A=-80.0)
    assert weight_of_psp(cell, 1.0) == pytest.approx(100 / 60)
    assert weight_of_psp(cell, 1.0, "GABA_A") == pytest.approx(100 / 20)


def test_a_cell_without_a_membrane_has_no_such_weight() -> None:
    with pytest.raises(DescriptionError, match="give the weight"):
        weight_of_psp(PoissonSource(), 1.0)


def test_cells_can_be_replaced_by_class_and_by_population() -> None:
    mine = laminar_area(cells={"L5E": Pyramidal(b=0.0), "PV": ConductanceLIF(C_m=200.0)})
    assert mine["L5E"].cell == Pyramidal(b=0.0)
    assert mine["L23E"].cell == Pyramidal()
    assert {mine[f"{layer}PV"].cell for layer in ("L23", "L4", "L5", "L6")} == {ConductanceLIF(C_m=200.0)}


def test_errors_name_the_nearest() -> None:
    with pytest.raises(DescriptionError, match="did you mean 'L5E'"):
        laminar_area(cells={"L5e": Pyramidal()})
    with pytest.raises(DescriptionError, match=r"laminar_area\.neurons"):
        laminar_area(neurons=10)


def test_every_table_says_where_it_comes_from() -> None:
    for name in ("potjans", "laminar", "hierarchy"):
        for key, entry in table(name).items():
            entries = entry.values() if key == "cells" else [entry]
            assert all(e.get("source") for e in entries), f"{name}.{key}"
