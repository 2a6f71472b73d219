"""Homeostasis in the slice: a day in seconds, the fast model against the engine, and what a culture did."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from isocortex.errors import DataError, DescriptionError
from isocortex.invitro import compare, days, lab, protocol, score, table
from isocortex.invitro import slice as slices
from isocortex.invitro.fit import model
from isocortex.invitro.pathway import pathways
from isocortex.invitro.profile import stack_of, values_of
from isocortex.plasticity import registry
from isocortex.plasticity.rules.scaling import InhibitoryScaling, SynapticScaling
from isocortex.plasticity.stack import Stack

CULTURE = pathways()["i-culture"]
POINTS = [p for p in table.points() if p.pathway == CULTURE.name]
HOUR = 3.6e6


@pytest.fixture(scope="module")
def results() -> list[lab.Result]:
    return lab.measure(POINTS)


def test_a_day_follows_the_rate_of_the_cell(results: list[lab.Result]) -> None:
    """The weight grows by the integral of (rho - rho_0) / (rho_0 tau); the running rate takes ten minutes to follow."""
    tau = values_of(CULTURE)["tau"] / HOUR
    late = 24 - 1 / 6
    wanted = {"day_silent": -1.0, "day_low": -0.5, "day_usual": 0.0, "day_high": 0.5}
    for r in results:
        assert np.log(r.simulated) == pytest.approx(wanted[r.point.protocol] * late / tau, abs=0.005), r.point.name


def test_what_a_culture_did(results: list[lab.Result]) -> None:
    gates = {g.name: g for g in score.gates()}
    assert score.verdict(gates["gonzalez_islas_day"], results).passed
    w = {r.point.point: r.simulated for r in results}
    assert w["TTX"] == w["CTZ_TTX"] < w["CNQX"] < w["CNQX_light"] < w["CTZ"]


def test_the_fast_model_is_the_engine(results: list[lab.Result]) -> None:
    fast = model(CULTURE, POINTS, {})(values_of(CULTURE))
    np.testing.assert_allclose([r.simulated for r in results], fast, atol=2e-3)


def test_excitatory_scaling_goes_the_other_way() -> None:
    case = days.from_zero(lab.case_of(POINTS[0], CULTURE, values_of(CULTURE)))
    rule = SynapticScaling(tau=24 * HOUR, tau_rate=HOUR / 6)
    (grown,) = days.run([dataclasses.replace(case, stack=Stack(rules=rule, weight=case.stack.weight))], [3600.0])
    assert POINTS[0].protocol == "day_silent"
    assert grown == pytest.approx(np.exp(1 - 1 / 144), rel=2e-3)
    other = dataclasses.replace(CULTURE, rule="scaling")
    assert model(other, POINTS[:1], {})(dict(tau=24 * HOUR))[0] == pytest.approx(grown, rel=2e-3)


def test_a_faster_clock_is_the_same_day() -> None:
    """Ten minutes in real time and as ten seconds at the same rate."""
    stack = Stack(rules=InhibitoryScaling(tau=600e3), weight=stack_of(CULTURE, values_of(CULTURE)).weight)
    spikes = [np.arange(250.0, length, 500.0) for length in (600e3, 10e3)]
    cases = [slices.Case(stack, np.zeros(0), post, length) for post, length in zip(spikes, (600e3, 10e3), strict=True)]
    whole, short = days.run(cases, [1.0, 60.0])
    assert whole == pytest.approx(np.exp((2 / 5 - 1) * (1 - 0.1 * (1 - np.exp(-10)))), rel=5e-3)
    assert short == pytest.approx(whole, rel=5e-3)


def test_the_forms_of_rules_are_compared_on_excitatory_synapses() -> None:
    assert {p.pre_class for p in compare.gating()} == {"E"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("faster = 0.5", "faster: is 0.5; a finite number of at least 1"),
        ("faster = inf", "faster: is inf"),
        ("", "neither side fires"),
    ],
)
def test_a_clock_that_makes_no_sense_is_refused(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "protocols.toml"
    file.write_text(f'[day]\npre = 0\npost = 0\nrepetitions = 1\nevery = "24 s"\n{text}\n')
    with pytest.raises(DescriptionError, match=said):
        protocol.protocols(file)


def test_a_faster_clock_is_for_scaling_alone(tmp_path: Path) -> None:
    file = tmp_path / "points.csv"
    row = "gonzalez_islas2024,x,l4-l4,day_usual,,,,0.6,0.1,7,yes,file,a data file"
    file.write_text(",".join(table.COLUMNS) + "\n" + row + "\n")
    with pytest.raises(DataError, match="day_usual runs faster than in the paper, which only a rule of scaling"):
        table.points(file)


def test_other_homeostasis_goes_by_its_spikes() -> None:
    scaling = {rule for rule in registry.parts() if dataclasses.replace(CULTURE, rule=rule).scales}
    assert scaling == {"scaling", "inhibitory_scaling"}


def test_what_stops_the_depression_by_trains_is_blocked() -> None:
    """Monday et al. 2020: CB1 receptors are ended with AM251, and protein synthesis is needed; the proteasome is not."""
    pathway = pathways()["ca1-cck"]
    (point,) = (p for p in table.points() if p.name == "monday2020/trains_MG132")
    drugs = ("", "MG132", "AM251", "anisomycin", "ziram", "PYR41", "NSC23766")
    found = lab.measure([dataclasses.replace(point, pathway=pathway.name, drug=drug) for drug in drugs])
    ratios = [r.simulated for r in found]
    assert ratios[0] == ratios[1] < 0.8
    assert ratios[2:] == [1.0] * 5


def test_a_clock_so_fast_that_rates_are_not_resolved_is_refused() -> None:
    stack = Stack(rules=InhibitoryScaling(tau_rate=60e3), weight=stack_of(CULTURE, values_of(CULTURE)).weight)
    case = slices.Case(stack, np.zeros(0), np.zeros(0), 1000.0)
    with pytest.raises(
        DescriptionError, match=r"tau_rate: is 16\.6667 ms where a protocol runs 3600 times as fast; at least 50"
    ):
        days.run([case], [3600.0])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[c.slow]\nname = 'relaxation'", "c.slow: does nothing beside a rule of scaling"),
        ("[c.calcium]\nL_VDCC = 0.5", "c.calcium: does nothing beside"),
        ("[c.ties]\nw_max = 'tau'", "c.ties.w_max: a rule of scaling has no bounds here"),
    ],
)
def test_what_does_nothing_beside_scaling_is_refused(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "pathways.toml"
    known = 'pre = "I"\npost = "E"\ncompartment = "soma"\narea = "cortex"\n'
    scaling = "[c.rule]\nname = 'inhibitory_scaling'\n[c.free]\ntau = [1e6, 1e9]\n"
    file.write_text(f"[c]\n{known}{scaling}{text}\n")
    with pytest.raises(DescriptionError, match=said):
        pathways(file)
