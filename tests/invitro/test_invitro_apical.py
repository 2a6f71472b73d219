"""The slice on the cell with a trunk: the engine against the fast model, and what dendrite and rule make of the location."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from isocortex.errors import DescriptionError
from isocortex.invitro import apical, apical_fit, dendrite, lab, protocol, score
from isocortex.invitro.fit import model, points_for
from isocortex.invitro.pathway import pathways
from isocortex.invitro.profile import known_profiles, values_of
from isocortex.invitro.table import points
from isocortex.plasticity.rule import Additive, Soft
from isocortex.plasticity.rules.dendritic_voltage import DendriticVoltage
from isocortex.plasticity.stack import Stack

TRUNK = [p for p in pathways().values() if p.cell == "trunk"]
RULE = DendriticVoltage(A_LTP=2e-4, A_post=2e-4, D_pre=2e-2, K=20.0, h=2.0, tau_x=8.0, tau_rise=6.0, A_alone=1e-3)


def case(pre: list[float], post: list[float], **changes: object) -> apical.Case:
    made = apical.Case(np.array(pre), np.array(post), 10, 1000.0, 600.0)
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]


def stack(rule: DendriticVoltage = RULE) -> Stack:
    return Stack(rules=(rule,), weight=Additive(w_max=1e3))


@pytest.fixture(scope="module")
def results() -> list[lab.Result]:
    return lab.measure([q for p in TRUNK for q in points_for(p)[0]])


def test_the_fast_model_is_the_engine() -> None:
    """Ten bursts before and after a presynaptic spike, near and far, with and without calcium, and a presynaptic train."""
    burst, later = [10.0, 15.0, 20.0], [0.0, 5.0, 10.0]
    cases = [case([0.0], burst), case([10.0], later), case([0.0], burst, site=200.0), case([10.0], later, calcium=False),
             case([0.0, 20.0, 40.0], [])]  # fmt: skip
    found = apical.run(cases, [stack()] * len(cases))
    values = RULE.values()
    sign = np.array([values["A_LTP"], -values["A_post"], -values["D_pre"], -values["A_alone"]])
    expected = []
    for c, u in zip(cases, apical.potentials(cases), strict=True):
        parts = apical_fit.parts(u - RULE.E_L, apical_fit.steps_of(c), values, apical.DT)
        expected.append(1 + c.repetitions * float((parts @ sign).sum()))
    assert np.ptp(expected) > 0.05
    np.testing.assert_allclose(found, expected, atol=0.002)


def test_a_step_below_threshold_depresses_what_fires_during_or_after_it_and_not_before() -> None:
    """Sjöström et al. 2004; the rule's u_minus, by hand: 1 - exp(-125/50) of the step's depolarisation in its middle."""
    rule = DendriticVoltage(A_LTP=0.0, A_post=0.0, D_pre=0.02, K=4.0, h=4.0, tau_minus=50.0)
    step = (0.0, 250.0, -55.0)
    during, after, before = (case([t], [], site=0.0, step=s) for t, s in (
        (125.0, step), (290.0, step), (0.0, (100.0, 350.0, -55.0))))  # fmt: skip
    found = apical.run([during, after, before], [stack(rule)] * 3)
    u = 15.0 * (1 - np.exp(-125 / 50))
    assert found[0] == pytest.approx(1 - 10 * 0.02 * u**4 / (4.0**4 + u**4), abs=0.004)
    assert found[0] < found[1] < 0.99
    assert found[2] == pytest.approx(1.0, abs=1e-4)


def test_the_fast_model_is_the_engine_through_soft_bounds_and_steps() -> None:
    rule = DendriticVoltage(A_LTP=5e-4, A_post=2e-3, tau_post=3.0, D_pre=0.03, K=2.0, h=4.0, tau_rise=0.0, tau_minus=60.0)
    cases = [case([0.0, 20.0, 40.0], [10.0, 30.0, 50.0], site=50.0), case([10.0, 30.0], [0.0, 20.0], site=50.0),
             case([50.0, 90.0], [60.0, 80.0], site=50.0, step=(0.0, 200.0, -56.0))]  # fmt: skip
    found = apical.run(cases, [Stack(rules=(rule,), weight=Soft(w_min=0.6, w_max=2.0))] * 3)
    expected = []
    for c, u in zip(cases, apical.potentials(cases), strict=True):
        parts = apical_fit.parts(u - rule.E_L, apical_fit.steps_of(c), rule.values(), apical.DT)
        each = parts * np.array([rule.A_LTP, rule.A_post, rule.D_pre, rule.A_alone])
        expected.append(apical_fit.ratio(each[:, 0], each[:, 1:].sum(1), c.repetitions, 0.6, 2.0))
    assert np.ptp(expected) > 0.1
    np.testing.assert_allclose(found, expected, atol=0.005)


def test_nitric_oxide_carries_a_part_of_potentiation() -> None:
    pairs = [case([0.0], [10.0, 15.0, 20.0], site=50.0)] * 3
    kinds = (dict(A_LTP=3e-4), dict(A_LTP=1e-4, A_NO=2e-4), dict(A_LTP=1e-4))
    whole, parted, blocked = apical.run(pairs, [stack(DendriticVoltage(A_post=0.0, **k)) for k in kinds])
    assert parted == pytest.approx(whole, abs=1e-5)
    assert 1 < blocked < whole - 0.01


def test_without_depolarisation_nothing_changes() -> None:
    quiet = RULE.replace(D_pre=0.0, A_alone=0.0)
    np.testing.assert_array_equal(apical.run([case([0.0], [])], [stack(quiet)]), [1.0])


def test_profiles_in_the_engine_are_what_was_fitted(results: list[lab.Result]) -> None:
    for pathway in TRUNK:
        own = [r for r in results if r.point.pathway == pathway.name]
        base = dict(values_of(pathways()[pathway.inherits])) if pathway.inherits else {}
        fast = model(pathway, [r.point for r in own], base)(known_profiles()[pathway.name].values)
        np.testing.assert_allclose([r.simulated for r in own], fast, atol=0.06)


def test_near_and_far_synapses_change_oppositely_with_one_rule(results: list[lab.Result]) -> None:
    """Letzkus et al. 2006: the order that potentiates near the soma depresses far away, and the other way round."""
    by_name = {r.point.point: r.simulated for r in results if r.point.study == "letzkus2006"}
    assert by_name["trunk_ap3_p10"] > 1.1
    assert by_name["trunk_ap3_m10"] < 1.0
    assert by_name["trunk_ap3_p10_distal"] < 1.0
    assert by_name["trunk_ap3_m10_distal"] > 1.1
    assert by_name["trunk_ap3_m10_distal_Ni"] < 1.0  # the calcium spike made it
    gates = {g.name: g for g in score.gates()}
    assert score.verdict(gates["letzkus_trunk"], results).passed
    assert score.verdict(gates["letzkus_trunk_within"], results).passed
    assert score.verdict(gates["boosting"], results).passed


def test_boosting_works_by_the_calcium_spike() -> None:
    """The same trains with the same other inputs, without calcium: no potentiation."""
    p = protocol.protocols()["sjostrom_trains_cooperative"]
    pre, post = p.train(50.0, 10.0)
    with_it = apical.Case(pre, post, p.repetitions, p.every, p.site[0], p.cooperative)
    rule = stack(DendriticVoltage.make({k: v for k, v in values_of(pathways()["l23-l5-v1-trunk"]).items()}, "boosted"))
    both = apical.run([with_it, dataclasses.replace(with_it, calcium=False)], [rule, rule])
    assert both[0] > 1.1
    assert both[1] < 1.0


def test_the_trunk_has_larkums_critical_frequency() -> None:
    assert 80 <= dendrite.trunk_critical_frequency() <= 120
    assert dendrite.trunk_critical_frequency(dendrite.TRUNK.replace(g_Ca=0.0)) == np.inf


def test_one_rule_has_the_frequency_curve_and_the_steps(results: list[lab.Result]) -> None:
    """Sjöström et al. 2001, 2003, 2004 and 2007, in the same cell with one set of parameters."""
    gates = {g.name: g for g in score.gates()}
    assert score.verdict(gates["sjostrom_steps"], results).passed
    assert score.verdict(gates["nevian_trunk"], results).passed
    by_name = {r.point.name: r.simulated for r in results}
    assert by_name["sjostrom2004/burst"] < 0.8
    assert by_name["sjostrom2004/burst_AM251"] > 0.95
    assert by_name["sjostrom2007/steps_LNAME"] < by_name["sjostrom2007/steps"] < by_name["sjostrom2007/steps_AM251"]


def test_a_synapse_on_the_trunk_needs_a_place() -> None:
    p = next(q for q in points() if q.name == "sjostrom2001/f20_p10")
    with pytest.raises(DescriptionError, match="neither sjostrom_trains nor l5-l5 says where the synapse is"):
        apical_fit.cases_of(p)


def test_a_protocol_on_the_trunk_says_where(tmp_path) -> None:  # type: ignore[no-untyped-def]
    text = '[x]\npre = 1\npost = 1\nlag = "10 ms"\nrepetitions = 2\nevery = "1 s"\nsite = {site}\n'
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text(text.format(site='["200 um", "0.6 mm"]'))
    bad.write_text(text.format(site='"200"'))
    assert protocol.protocols(good)["x"].site == pytest.approx((200.0, 600.0))
    with pytest.raises(DescriptionError, match="has no unit"):
        protocol.protocols(bad)
