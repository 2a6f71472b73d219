"""The typical bugs of plasticity code (research/simulators.md 4.6), as far as they can sit in a rule: one test each."""

from __future__ import annotations

import numpy as np
import pytest

from isocortex.plasticity.rule import Additive, Rule
from isocortex.plasticity.rules.bcm import BCM
from isocortex.plasticity.rules.burst import BurstRule
from isocortex.plasticity.rules.heterosynaptic import Heterosynaptic
from isocortex.plasticity.rules.inhibitory import InhibitorySTDP
from isocortex.plasticity.rules.oja import Oja
from isocortex.plasticity.rules.pair import PairSTDP
from isocortex.plasticity.rules.triplet import TripletSTDP
from plasticity.contract import interpret, signals_of, values
from plasticity.trains import poisson

PAIR = PairSTDP(A_plus=0.01, A_minus=0.012, tau_plus=20.0, tau_minus=30.0)
TRIPLET = TripletSTDP.make(TripletSTDP.sets["hippocampus_all_full"][0])
SPIKE_RULES = [PAIR, TRIPLET, InhibitorySTDP(eta=0.01), BurstRule(eta=0.1, tau_average=500.0), Heterosynaptic(towards="zero")]


def at(*steps: int) -> np.ndarray:
    return np.array(steps, int)


def run(rule: Rule, pre: np.ndarray, post: np.ndarray, n: int, dt: float, a: int = 0, d: int = 0) -> tuple[float, float]:
    out = values(rule, signals_of(rule, [post], n, dt), dt)
    return interpret((rule,), pre, [tuple(o[:, 0] for o in out)], dt, a, d)


def change(rule: Rule, pre: np.ndarray, post: np.ndarray, n: int = 1000, dt: float = 1.0, a: int = 0, d: int = 0) -> float:
    return run(rule, pre, post, n, dt, a, d)[0]


def test_pre_and_post_are_not_swapped() -> None:
    assert change(PAIR, at(100), at(110)) == pytest.approx(0.01 * np.exp(-10 / 20))
    assert change(PAIR, at(110), at(100)) == pytest.approx(-0.012 * np.exp(-10 / 30))


@pytest.mark.parametrize("rule", SPIKE_RULES, ids=lambda r: type(r).__name__)
def test_decay_knows_dt(rule: Rule) -> None:
    """The same spikes in steps of 1, 0.5 and 0.2 ms; running averages start one step before the first."""
    pre, post = poisson(40, 2000, 1.0, 1), poisson(40, 2000, 1.0, 2)
    coarse = change(rule, pre, post, 2000, 1.0)
    for fine in (2, 5):
        assert change(rule, pre * fine, post * fine, 2000 * fine, 1 / fine) == pytest.approx(coarse, rel=1e-3)


@pytest.mark.parametrize("rule", [BCM(tau_theta=300.0), Oja()], ids=lambda r: type(r).__name__)
def test_rates_know_dt(rule: Rule) -> None:
    """Rules on rates integrate over time: a step of dt moves a trace by about dt / (2 tau), here 1/40 and less."""
    pre, post = poisson(40, 2000, 1.0, 1), poisson(40, 2000, 1.0, 2)
    coarse, fine = (run(rule, pre * k, post * k, 2000 * k, 1 / k) for k in (1, 4))
    assert abs(coarse[0] - fine[0]) < coarse[1] / 20
    assert coarse[1] == pytest.approx(fine[1], rel=0.1)


@pytest.mark.parametrize("rule", [PAIR, TRIPLET], ids=lambda r: type(r).__name__)
def test_spikes_that_meet_at_the_synapse_do_not_see_each_other(rule: Rule) -> None:
    assert change(rule, at(100), at(100)) == 0
    assert change(rule, at(100), at(107), a=9, d=2) == 0
    assert change(rule, at(100), at(106), a=9, d=2) < 0 < change(rule, at(100), at(108), a=9, d=2)


def test_a_slow_trace_does_not_see_its_own_spike() -> None:
    only_triplets = TripletSTDP(A2_plus=0.0, A3_plus=0.01, A2_minus=0.0, A3_minus=0.01)
    assert change(only_triplets, at(100), at(110)) == 0
    assert change(only_triplets, at(110), at(100)) == 0
    assert change(only_triplets, at(100), at(90, 110)) > 0
    assert change(only_triplets, at(90, 110), at(100)) < 0


def test_both_changes_of_one_step_come_from_before_it() -> None:
    """A pre and a post spike meet at 120 after post 100 and pre 110: each sees the other's past only."""
    dw = 0.01 * np.exp(-10 / 20) - 0.012 * (np.exp(-10 / 30) + np.exp(-20 / 30))
    assert change(PAIR, at(110, 120), at(100, 120)) == pytest.approx(dw)


def test_spikes_one_step_apart_each_count() -> None:
    three = sum(change(PAIR, at(100), at(s)) for s in (110, 111, 112))
    assert change(PAIR, at(100), at(110, 111, 112)) == pytest.approx(three)


def test_nearest_pairing_keeps_only_the_last_spike() -> None:
    rule = PAIR.replace(pairing="nearest")
    assert change(rule, at(90, 100), at(110)) == pytest.approx(0.01 * np.exp(-10 / 20))
    assert change(rule, at(110), at(90, 100)) == pytest.approx(-0.012 * np.exp(-10 / 30))


@pytest.mark.parametrize("rule", SPIKE_RULES, ids=lambda r: type(r).__name__)
def test_delays_act_on_both_sides(rule: Rule) -> None:
    """Only what meets at the synapse counts: both later by the same time is the same; the cells' spikes alone are not."""
    pre, post = poisson(30, 900, 1.0, 1) + 20, poisson(30, 900, 1.0, 2) + 20
    plain = change(rule, pre, post)
    assert change(rule, pre, post, 1020, a=13, d=13) == pytest.approx(plain, rel=1e-3)
    assert change(rule, pre - 13, post, a=13) == pytest.approx(plain, rel=1e-9)
    if not isinstance(rule, Heterosynaptic):  # which knows no presynaptic spike
        assert change(rule, pre, post, a=13) != pytest.approx(plain, rel=1e-3)
        assert change(rule, pre, post, d=13) != pytest.approx(plain, rel=1e-3)


def test_axonal_and_dendritic_delay_have_opposite_effects() -> None:
    assert change(PAIR, at(100), at(100), d=7) == pytest.approx(0.01 * np.exp(-7 / 20))
    assert change(PAIR, at(100), at(100), a=7) == pytest.approx(-0.012 * np.exp(-7 / 30))


def test_an_inhibitory_weight_is_a_magnitude_that_grows_with_the_rate_it_must_lower() -> None:
    rule, pre = InhibitorySTDP(eta=0.01, rho_0=5.0), poisson(20, 10_000, 1.0, 1)
    assert change(rule, pre, poisson(20, 10_000, 1.0, 2), 10_000) > 0
    assert change(rule, pre, at(), 10_000) == pytest.approx(-len(pre) * 0.01 * 2 * 5e-3 * 20)
    assert Additive().w_min == 0  # and the bounds keep it from crossing zero


def test_history_is_not_pruned() -> None:
    """A pair three seconds apart with the slow constant of the hippocampal set, 946 ms."""
    rule = TripletSTDP(A2_plus=0.0, A3_plus=0.0, A2_minus=0.0, A3_minus=0.01, tau_x=946.0)
    assert change(rule, at(100, 3100), at(3090), 4000) == pytest.approx(-0.01 * np.exp(-3000 / 946) * np.exp(-10 / 33.7))


def test_what_follows_the_last_presynaptic_spike_counts_to_the_last_step() -> None:
    assert change(PAIR, at(100), at(999)) == pytest.approx(0.01 * np.exp(-899 / 20), rel=1e-9)
    assert change(PAIR, at(990), at(999)) == pytest.approx(0.01 * np.exp(-9 / 20))


@pytest.mark.parametrize("rule", SPIKE_RULES, ids=lambda r: type(r).__name__)
def test_a_run_leaves_nothing_behind(rule: Rule) -> None:
    pre, post = poisson(60, 1000, 1.0, 1), poisson(60, 1000, 1.0, 2)
    first = change(rule, pre, post)
    assert first != 0
    assert change(rule, pre, post) == first


def test_a_burst_probability_stays_a_probability() -> None:
    """After minutes of silence the averages have decayed to nothing, which is no 0/0."""
    rule, n = BurstRule(tau_average=100.0, eta=1.0), 300_000
    post = np.concatenate([at(0, 5, 200), n - 1 - at(200, 195, 0)])
    (p,) = values(rule, signals_of(rule, [post], n, 1.0), 1.0, double=False)
    assert np.isfinite(p).all()
    # an event that is one window older than its burst weighs exp(-window / tau) of it
    assert -np.exp(16 / 100) <= p.min() < 0
    assert p.max() == 1
