"""The voltage and the burst rule as the comparison fits them: against the rules themselves, and what they must do."""

from __future__ import annotations

import numpy as np
import pytest

from isocortex.invitro import compare, forms
from isocortex.invitro.fit import points_for
from isocortex.invitro.pathway import pathways
from isocortex.invitro.table import points
from isocortex.invitro.voltage import Filters, parts
from isocortex.plasticity.rules.burst import BurstRule
from isocortex.plasticity.rules.voltage import VoltageRule
from plasticity.contract import interpret, signals_of, values

CLOPATH = dict(A_LTD=14e-5, A_LTP=8e-5, tau_x=15.0, tau_minus=10.0, tau_plus=7.0)
"""Clopath et al. 2010, visual cortex."""


def named(study: str, *wanted: str) -> list:  # type: ignore[type-arg]
    return [next(p for p in points() if p.name == f"{study}/{name}") for name in wanted]


@pytest.mark.parametrize("lag", [10.0, -10.0])
def test_the_fast_voltage_model_is_the_rule(lag: float) -> None:
    post = 50.0 + 20.0 * np.arange(5)
    u = forms.evoked((tuple(post),), 400.0)[0]
    pre = np.round((post - lag) / forms.DT).astype(np.int64)
    rule = VoltageRule(**CLOPATH)
    each = values(rule, signals_of(rule, [pre], len(u), forms.DT, v=(u + rule.E_L)[:, None]), forms.DT)
    expected, _ = interpret((rule,), pre, [tuple(v[:, 0] for v in each)], forms.DT, 0, 0)
    up, down = parts(u, pre, Filters(15.0, 10.0, 7.0, forms.GAP), forms.DT)
    assert CLOPATH["A_LTP"] * up - CLOPATH["A_LTD"] * down == pytest.approx(expected, rel=1e-3)


def test_the_published_voltage_rule_changes_its_sign_with_frequency() -> None:
    """Clopath et al. 2010 fitted Sjöström et al. 2001: at -10 ms depression up to 20 Hz and potentiation at 50 Hz."""
    chosen = named("sjostrom2001", "f10_m10", "f20_m10", "f50_m10", "f10_p10", "f20_p10", "f40_p10", "f50_p10")
    found = forms.voltage_model(pathways()["l5-l5"], chosen)(CLOPATH)
    assert found[0] < 1
    assert found[1] < 1
    assert found[2] > 1
    assert (np.diff(found[3:]) > 0).all()


def test_an_evoked_cell_fires_when_it_is_told() -> None:
    times = (30.0, 50.0, 55.0)
    u = forms.evoked((times, ()), 100.0)
    up = np.flatnonzero((u[0][1:] > 90) & (u[0][:-1] <= 90)) + 1
    np.testing.assert_allclose(up * forms.DT, times, atol=forms.DT)
    assert np.abs(u[1]).max() < 0.01


def test_the_fast_burst_model_is_the_rule_for_small_changes() -> None:
    """Soft bounds hardly matter then: potentiation counts (1 - 1/3), depression 1/3."""
    v = dict(eta=1e-5, tau_pre=20.0, tau_average=5000.0, P_0=0.3, w_max=3.0)
    chosen = named("letzkus2006", "ap3_p10", "ap1_p10")
    found = (forms.burst_model(pathways()["l23-l5"], chosen)(v) - 1) / v["eta"]
    rule, dt = BurstRule(**{k: x for k, x in v.items() if k != "w_max"}), 0.5
    for p, change in zip(chosen, found, strict=True):
        pre, post = (np.round(t / dt).astype(np.int64) for t in p.protocol_of().trains(p.frequency, p.lag))
        signal = values(rule, signals_of(rule, [post], int(post[-1]) + 10, dt), dt)[0][:, 0] / v["eta"]
        weighted = np.where(signal > 0, signal * (1 - 1 / v["w_max"]), signal / v["w_max"])
        expected, _ = interpret((rule,), pre, [(weighted,)], dt, 0, 0)
        assert change == pytest.approx(expected, rel=0.02)
    assert found[0] > 0 > found[1]  # bursts potentiate, single spikes depress


def test_a_drug_blocks_the_half_that_its_branch_is_in() -> None:
    pathway = pathways()["l5-l5"]
    chosen = points_for(pathway)[0]
    left = forms.switches(pathway, chosen)
    for row, p in zip(left, chosen, strict=True):
        if not p.drug:
            assert row.all()
        elif p.drug == "AM251":
            assert row.tolist() == [1.0, 0.0]


def test_what_a_drug_leaves_of_the_calcium_it_leaves_of_the_depression() -> None:
    """Nevian & Sakmann 2006: potentiation does not mind nimodipine."""
    chosen = named("nevian2006", "ap3_m50", "ap3_m50_nimodipine", "ap3_m50_nimodipine_Ni", "ap3_m50_MCPG")
    left = forms.switches(pathways()["l23-basal"], chosen)
    np.testing.assert_allclose(left, [[1, 1], [1, 0.69], [1, 0.34], [1, 0]])


def test_forms_are_compared_where_there_are_more_points_than_parameters() -> None:
    found = compare.by_form(["l23-l5", "l4-l23"], starts=2)
    assert {"pair", "voltage", "burst"} <= set(found["l23-l5"])
    assert set(found["l4-l23"]) == {"own"}
    for v in found["l23-l5"].values():
        assert v["aic"] == pytest.approx(v["chi2"] + 2 * v["free"], abs=0.11)
    assert "l23-l5-trunk" not in {p.name for p in compare.gating()}
