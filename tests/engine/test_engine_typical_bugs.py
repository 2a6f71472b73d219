"""The typical bugs of plasticity code (research/simulators.md 4.6), as far as they can sit in the engine."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from engine.support import Unbounded, balanced, forced, give, matrix, pair, pairs
from isocortex.anatomy.circuit import Area, Population, Projection
from isocortex.cells.forced import Forced
from isocortex.cells.lif import LIF
from isocortex.engine.record import Record
from isocortex.engine.simulation import Simulation
from isocortex.plasticity.rule import Additive
from isocortex.plasticity.rules.eligibility import Eligibility
from isocortex.plasticity.rules.inhibitory import InhibitorySTDP
from isocortex.plasticity.rules.pair import PairSTDP
from isocortex.plasticity.stack import Stack
from plasticity.trains import poisson

PAIR = PairSTDP(A_plus=0.01, A_minus=0.012, tau_plus=20.0, tau_minus=30.0)
UP = PairSTDP(A_plus=0.01, A_minus=0.0, tau_plus=20.0)


def at(*steps: int) -> np.ndarray:
    return np.array(steps, int)


@pytest.fixture(scope="module")
def table() -> np.ndarray:
    """Changes of all pairs of these trains at an axonal delay of 1 step: rows pre, columns post."""
    return pairs([PAIR], [at(99), at(109), at(99, 119)], [at(100), at(110), at(101), at(100, 120)], 300)


def test_pre_and_post_are_not_swapped(table: np.ndarray) -> None:
    assert table[0, 1] == pytest.approx(0.01 * math.exp(-10 / 20), rel=1e-4)
    assert table[1, 0] == pytest.approx(-0.012 * math.exp(-10 / 30), rel=1e-4)


def test_spikes_that_meet_at_the_synapse_do_not_see_each_other(table: np.ndarray) -> None:
    """A trace is read before it is incremented."""
    assert table[0, 0] == table[1, 1] == 0
    assert table[0, 2] == pytest.approx(0.01 * math.exp(-1 / 20), rel=1e-4)


def test_both_changes_of_one_step_come_from_before_it(table: np.ndarray) -> None:
    """Pre and post meet at 100 and again at 120: each sees the other's first spike."""
    assert table[2, 3] == pytest.approx(0.01 * math.exp(-20 / 20) - 0.012 * math.exp(-20 / 30), rel=1e-4)


def test_decay_knows_dt() -> None:
    pre, post = poisson(40, 1000, 1.0, 1), poisson(40, 1000, 1.0, 2)
    coarse = pair([PAIR], pre, post, 1010, 1.0)
    # a spike of step s is at time (s + 1) dt, so that step 2 s + 1 is the same time in half steps
    fine = pair([PAIR], 2 * pre + 1, 2 * post + 1, 2020, 0.5, a=2)
    assert coarse != 0
    assert fine == pytest.approx(coarse, rel=1e-3)


def test_a_clamped_spike_counts_and_a_refractory_cell_does_not_fire() -> None:
    """Rules see the spikes of a cell, not its threshold crossings: while refractory it neither fires nor learns."""
    cell = LIF(t_ref=10.0, tau_AMPA=0.5)
    area = Area(
        "V",
        (Population("A", 1, Forced(), "E"), Population("E", 1, cell)),
        (Projection("A", "E", 60_000.0, probability=1.0, axonal_delay=1.0),),
    )
    sim = Simulation(area, {"V.A->V.E": Stack(rules=(UP,), weight=Additive(w_max=10.0))}, dt=1.0)
    give(sim, "V.A", [np.arange(10, 60)])
    sim.run(100)
    times, _ = sim.spikes("V.E")
    assert len(times) > 2
    assert np.diff(times).min() >= 11
    arrivals = np.arange(12.0, 62.0)
    expected = sum(0.01 * np.exp(-(t - arrivals[arrivals < t]) / 20).sum() for t in times)
    assert sim.weights("V.A->V.E").w[0] / 60_000 == pytest.approx(1 + expected, rel=1e-5)


def test_a_refractory_time_is_not_needed_to_count_every_given_spike() -> None:
    three = sum(pairs([UP], [at(100)], [at(110), at(111), at(112)], 200)[0])
    assert pair([UP], at(100), at(110, 111, 112), 200) == pytest.approx(three, rel=1e-4)


def test_clipping_is_done_at_every_visit() -> None:
    """What a bound takes away does not come back: ten pairs into the bound, then one depression."""
    pre, post = 100 * np.arange(10), 100 * np.arange(10) + 10
    rule = PairSTDP(A_plus=0.1, A_minus=0.1)
    stack = dict(weight=Additive(w_min=0.0, w_max=1.05))
    dw = pair([rule], np.append(pre, 1200), np.append(post, 1191), 1300, **stack)
    assert dw == pytest.approx(0.05 - 0.1 * math.exp(-10 / 20), rel=1e-3)


def test_inhibitory_weights_are_magnitudes_that_stop_at_zero() -> None:
    area = Area(
        "V",
        (Population("I", 1, Forced()), Population("E", 1, LIF())),
        (Projection("I", "E", 100.0, probability=1.0, axonal_delay=1.0),),
    )
    sim = Simulation(
        area,
        {"V.I->V.E": Stack(rules=(InhibitorySTDP(eta=0.3, rho_0=10.0, tau=20.0),))},
        dt=1.0,
        record=[Record("V.E", "v", every=1.0), Record("V.I->V.E", "w")],
    )
    give(sim, "V.I", [np.arange(20, 500, 20)])
    sim.run(600)
    _, w = sim.samples("V.I->V.E", "w")
    assert w[0, 0] < 100
    assert w.min() == 0 == w[-1, 0]  # a silent target: the weight falls to nothing and stays there
    _, v = sim.samples("V.E", "v")
    assert v.min() < -65.01
    assert v.max() <= -65.0  # what is left of it never excites
    assert sim.weights("V.I->V.E").w[0] == 0


@pytest.mark.parametrize(("axonal", "dendritic"), [(7, 0), (1, 6), (3, 4)])
def test_both_delays_count(axonal: int, dendritic: int) -> None:
    """The same somatic spikes, 3 steps apart: their order at the synapse is that of the delays."""
    dw = pair([PAIR], at(100), at(103), 200, a=axonal, d=dendritic)
    lag = 3 + dendritic - axonal
    expected = 0.01 * math.exp(-lag / 20) if lag > 0 else -0.012 * math.exp(lag / 30)
    assert dw == pytest.approx(expected, rel=1e-4)


def test_a_run_leaves_nothing_behind_for_the_next_network() -> None:
    first, second = (balanced(Stack(rules=(PAIR,)), seed=3) for _ in range(2))
    start = second.checksum()
    first.run(60)
    assert second.checksum() == start != first.checksum()
    second.run(60)
    assert second.checksum() == first.checksum()


def test_everything_that_acts_later_is_saved(tmp_path: Path) -> None:
    """Spikes on the way, traces, pending integrals and eligibility: the change after a restart is that of one run."""

    def fresh() -> Simulation:
        stack = Stack(rules=(PAIR,), weight=Unbounded(), slow=(Eligibility(modulator="DA", baseline=0.0, tau_e=200.0),))
        return forced([at(99, 130)], [at(110, 150)], {("r", 9, 5): stack}, 1.0, tick=50.0)

    whole = fresh()
    whole.run(400)
    parts = fresh()
    parts.run(103)  # the presynaptic spike has not arrived
    parts.save(tmp_path / "one.ckpt")
    parts = fresh()
    parts.load(tmp_path / "one.ckpt")
    parts.run(10)  # the postsynaptic spike is on its way back
    parts.save(tmp_path / "two.ckpt")
    parts = fresh()
    parts.load(tmp_path / "two.ckpt")
    parts.run(287)
    assert matrix(whole, "r", 9, 5)[0, 0] != 1
    assert parts.checksum() == whole.checksum()


def test_eligibility_knows_the_change_of_its_own_tick() -> None:
    """Induction of a tick is in the trace at its end, whole, and has been turned into weight a tick later."""
    slow = Eligibility(modulator="DA", baseline=0.0, tau_e=1000.0, rate=1.0)
    stack = Stack(rules=(UP,), weight=Unbounded(), slow=(slow,))
    sim = forced([at(10)], [at(20)], {("r", 1, 0): stack}, 1.0, tick=50.0)
    sim.run(50)
    induced = 0.01 * math.exp(-9 / 20)
    assert matrix(sim, "r", 1, 0)[0, 0] == 1
    assert sim.weights("V.A->V.B#r_1_0").slow["e"][0] == pytest.approx(induced, rel=1e-5)
    sim.run(50)
    turned = induced * 1e-3 * 1000.0 * -math.expm1(-50 / 1000)
    assert matrix(sim, "r", 1, 0)[0, 0] - 1 == pytest.approx(turned, rel=1e-3)
    assert sim.weights("V.A->V.B#r_1_0").slow["e"][0] == pytest.approx(induced * math.exp(-50 / 1000), rel=1e-5)


def test_history_is_not_pruned() -> None:
    """A slow trace lasts over minutes: postsynaptic spikes, two minutes of silence, one presynaptic spike.

    Measured: 3e-3 too fast. The factor of a step is a float32 number, so a time constant is right to 3e-8 tau / dt.
    """
    rule = PairSTDP(A_plus=0.0, A_minus=0.01, tau_plus=20.0, tau_minus=60_000.0)
    dw = pair([rule], at(120_000), at(10, 20, 30), 120_010)
    expected = -0.01 * sum(math.exp(-(120_001 - t) / 60_000) for t in (10, 20, 30))
    assert dw == pytest.approx(expected, rel=120_000 * 3e-8)


def test_a_slow_presynaptic_trace_lasts_over_many_ticks() -> None:
    rule = PairSTDP(A_plus=0.01, A_minus=0.0, tau_plus=5000.0)
    sim = forced([at(10)], [at(20_000)], {("r", 1, 0): Stack(rules=(rule,), weight=Unbounded())}, 1.0, tick=20.0)
    sim.run(20_010)
    assert matrix(sim, "r", 1, 0)[0, 0] - 1 == pytest.approx(0.01 * math.exp(-(20_000 - 11) / 5000), rel=1e-3)


def test_what_follows_the_last_presynaptic_spike_is_in_the_weights() -> None:
    """No presynaptic spike and no tick come after the postsynaptic one: 17 steps into a tick."""
    sim = forced([at(10)], [at(15)], {("r", 1, 0): Stack(rules=(UP,), weight=Unbounded())}, 1.0)
    sim.run(17)
    assert int(sim.state["k"]) == 17
    assert matrix(sim, "r", 1, 0)[0, 0] == pytest.approx(1 + 0.01 * math.exp(-4 / 20), rel=1e-6)
    sim.run(1)
    assert matrix(sim, "r", 1, 0)[0, 0] == pytest.approx(1 + 0.01 * math.exp(-4 / 20), rel=1e-6)


def test_no_time_constant_can_be_zero() -> None:
    with pytest.raises(ValueError, match=r"tau_plus.*more than 0"):
        PairSTDP(tau_plus=0.0)
