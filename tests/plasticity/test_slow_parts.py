"""Consolidation, relaxation, eligibility and conversion on the slow clock."""

from __future__ import annotations

from types import SimpleNamespace

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from isocortex import Area, Forced, Population, Projection, Simulation, SpikeTrain, Stack
from isocortex.plasticity.rule import MODULATORS, SlowPart
from isocortex.plasticity.rules.consolidation import Consolidation, Relaxation
from isocortex.plasticity.rules.conversion import Conversion
from isocortex.plasticity.rules.eligibility import Eligibility
from isocortex.plasticity.rules.pair import PairSTDP

REST = {m: jnp.float32(1) for m in MODULATORS}


def run(part: SlowPart, syn: dict[str, float], ticks: int, tick: float = 100.0, **levels: float) -> dict[str, np.ndarray]:
    """Advance one synapse by whole ticks (ms) in float32, as the engine does."""
    c = SimpleNamespace(**{k: jnp.float32(v) for k, v in part.constants(tick).items()})
    now = {k: jnp.asarray([v], jnp.float32) for k, v in syn.items()}
    modulators = REST | {k: jnp.float32(v) for k, v in levels.items()}
    for _ in range(ticks):
        now = now | part.tick(c, now, modulators)
    return {k: np.asarray(v) for k, v in now.items()}


@pytest.mark.parametrize(("w", "slow"), [(1.6, 1.0), (0.3, 1.0), (1.0, 1.2), (2.5, 0.1)])
def test_consolidation_follows_its_equation(w: float, slow: float) -> None:
    part = Consolidation(tau=10_000.0)
    force = lambda _, s: (w - s - 1.25 * s * (1.0 - s) * (2.0 - s)) / 10_000.0  # noqa: E731
    exact = solve_ivp(force, (0, 5000), [slow], rtol=1e-10, atol=1e-12).y[0, -1]
    assert run(part, dict(w=w, w_slow=slow), 50)["w_slow"][0] == pytest.approx(exact, abs=1e-4)


def test_consolidation_has_wells_at_zero_and_w_P_and_a_barrier_between() -> None:
    """With w tied to w_slow only the double well acts."""
    part = Consolidation(tau=2000.0)
    c = SimpleNamespace(**{k: jnp.float32(v) for k, v in part.constants(100.0).items()})
    slow = jnp.asarray([0.9, 1.0, 1.1, 2.4], jnp.float32)
    for _ in range(400):
        slow = part.tick(c, dict(w=slow, w_slow=slow), REST)["w_slow"]
    assert np.asarray(slow) == pytest.approx([0.0, 1.0, 2.0, 2.0], abs=1e-3)


def test_consolidation_without_wells_is_a_low_pass() -> None:
    found = run(Consolidation(P=0.0, tau=10_000.0), dict(w=2.0, w_slow=1.0), 100)["w_slow"][0]
    assert found == pytest.approx(2 - np.exp(-1.0), rel=1e-4)


def test_only_a_change_that_lasts_is_consolidated() -> None:
    """Zenke 2015: a change must last for a good part of tau to take the slow weight over the barrier."""
    kept = {}
    for minutes in (2, 30):
        after = run(Consolidation(), dict(w=2.0, w_slow=0.6), minutes * 60, tick=1000.0)
        kept[minutes] = float(after["w_slow"][0])
    assert kept[2] < 1 < kept[30]


def test_relaxation_is_exact_for_any_tick() -> None:
    part = Relaxation(tau=1000.0)
    for ticks, tick in ((1, 700.0), (7, 100.0), (70, 10.0)):
        found = run(part, dict(w=1.8, w_slow=1.2), ticks, tick)
        assert found["w"][0] == pytest.approx(1.2 + 0.6 * np.exp(-0.7), rel=1e-5)
        assert found["w_slow"][0] == np.float32(1.2)


def test_relaxation_of_an_hour_moves_at_every_tick_of_a_tenth_of_a_second() -> None:
    found = run(Relaxation(tau=3.6e6), dict(w=2.0, w_slow=1.0), 6000)["w"][0]
    assert found - 1 == pytest.approx(np.exp(-600 / 3600), rel=2e-3)


@pytest.mark.parametrize("at", [5.0, 55.0])
def test_what_changes_within_a_tick_relaxes_as_for_the_whole_of_it(at: float) -> None:
    ends = (Population("pre", 1, SpikeTrain()), Population("E", 1, Forced()))
    pair = Area("P", ends, (Projection("pre", "E", 1.0, one_to_one=True, axonal_delay=0.1, dendritic_delay=0.1),))
    change = []
    for slow in ((), Relaxation(tau=100.0)):
        sim = Simulation(pair, {"P.pre->P.E": Stack(rules=PairSTDP(), slow=slow)}, tick=100.0)
        sim.set_spikes("P.pre", at, 0)
        sim.set_spikes("P.E", at + 10.0, 0)
        sim.run(100.0)
        change.append(sim.weights("P.pre->P.E").w[0] - 1)
    assert change[0] > 1e-3
    assert change[1] == pytest.approx(np.exp(-1) * change[0], rel=1e-3)


def test_consolidation_does_not_resolve_a_constant_below_the_tick() -> None:
    """By how much a low-pass that should have arrived is off, in units of the change."""
    off = {tau: abs(run(Consolidation(P=0.0, tau=tau), dict(w=2.0, w_slow=1.0), 50)["w_slow"][0] - 2) for tau in (45.0, 500.0)}
    assert off[500.0] < 1e-3
    assert off[45.0] > 100  # tick: 100 ms


def test_parts_of_consolidation_share_the_slow_weight_which_starts_at_the_weight() -> None:
    assert Consolidation.variables == Relaxation.variables == {"w_slow": "w"}


def eligible(e: float) -> dict[str, float]:
    """A synapse whose trace has been there since the last tick."""
    return dict(w=1.0, e=e, e_seen=e)


@pytest.mark.parametrize("modulator", MODULATORS)
def test_eligibility_listens_to_its_modulator_only(modulator: str) -> None:
    part = Eligibility(modulator=modulator, rate=0.5)
    assert Eligibility.captures in Eligibility.variables
    for m in MODULATORS:
        w = run(part, eligible(0.2), 1, **{m: 3.0})["w"][0]
        # (M - 1) rate integral of 0.2 exp(-t / 1 s) over 0.1 s
        wanted = 1 + (2 * 0.5 * 0.2 * (1 - np.exp(-0.1)) if m == modulator else 0)
        assert w == pytest.approx(wanted, abs=1e-6), m


def test_what_is_induced_in_a_tick_counts_from_its_end_and_nothing_is_lost() -> None:
    """In sum H becomes rate (M - baseline) tau_e H; its first share comes with the next tick, when it has decayed by one."""
    part = Eligibility(tau_e=500.0, rate=2.0, baseline=0.25)
    induced = dict(w=1.0, e=0.1, e_seen=0.0)
    first = run(part, induced, 1, DA=1.25)
    assert (first["w"][0], first["e"][0]) == (1, np.float32(0.1))
    second = run(part, induced, 2, DA=1.25)
    assert second["w"][0] == pytest.approx(1 + 2.0 * 0.5 * 0.1 * (1 - np.exp(-0.2)), abs=1e-6)
    assert second["e"][0] == pytest.approx(0.1 * np.exp(-0.2), rel=1e-6)
    assert run(part, induced, 200, DA=1.25)["w"][0] == pytest.approx(1 + 2.0 * 0.5 * 0.1, abs=1e-5)


def test_eligibility_does_not_depend_on_the_length_of_the_tick() -> None:
    one, many = (run(Eligibility(), eligible(0.3), k, 200.0 / k, DA=2.0) for k in (1, 40))
    assert one["w"][0] == pytest.approx(many["w"][0], abs=2e-6)
    assert one["e"][0] == pytest.approx(many["e"][0], rel=1e-5)


def test_eligibility_waits_for_reward_and_forgets() -> None:
    """Izhikevich 2007: a reward 1 s late finds exp(-1) of the trace; a level below rest reverses the change."""
    waited = run(Eligibility(), eligible(0.1), 10)
    assert waited["w"][0] == 1
    assert waited["e"][0] == pytest.approx(0.1 * np.exp(-1), rel=1e-5)
    late, dip = (float(run(Eligibility(), eligible(float(waited["e"][0])), 1, DA=m)["w"][0]) for m in (2.0, 0.0))
    assert late - 1 == pytest.approx(0.1 * np.exp(-1) * (1 - np.exp(-0.1)), rel=1e-3)
    assert late - 1 == pytest.approx(1 - dip, rel=1e-3)


def test_the_low_pass_of_urbanczik_and_senn_keeps_the_change() -> None:
    part = Eligibility.make(Eligibility.sets["urbanczik2014"][0])
    assert run(part, dict(w=1.0, e=0.1, e_seen=0.0), 30)["w"][0] == pytest.approx(1.1, abs=1e-5)


def test_conversion_tags_depression_only_and_at_rest_changes_nothing() -> None:
    part = Conversion(tau_tag=10_000.0)
    fell = run(part, dict(w=0.7, tag=0.0, w_seen=1.0), 1)
    assert fell["w"][0] == np.float32(0.7)
    assert fell["tag"][0] == pytest.approx(0.3, rel=1e-5)
    assert run(part, dict(w=0.7, tag=0.0, w_seen=1.0), 2)["tag"][0] == pytest.approx(0.3 * np.exp(-0.01), rel=1e-5)
    assert run(part, dict(w=1.3, tag=0.0, w_seen=1.0), 1)["tag"][0] == 0
    assert run(part, dict(w=0.7, tag=0.3, w_seen=0.7), 50)["w"][0] == np.float32(0.7)
    assert run(part, dict(w=0.7, tag=0.3, w_seen=0.7), 50, DA=0.5)["w"][0] == np.float32(0.7)


@pytest.mark.parametrize("waited", [0.0, 20_000.0])
def test_conversion_is_the_integral_of_what_is_left_of_the_tag(waited: float) -> None:
    """(M - 1) (back + more) tag0 tau (exp(-from / tau) - exp(-to / tau)), in any tick; what it adds it does not tag."""
    part = Conversion(tau_tag=10_000.0, back=0.02, more=0.03)
    for tick in (100.0, 1000.0):
        later = run(part, dict(w=0.7, tag=0.3, w_seen=0.7), int(waited / tick), tick)
        found = run(part, {k: float(v[0]) for k, v in later.items()}, int(5000 / tick), tick, DA=3.0)["w"][0]
        left = np.exp(-waited / 10_000) - np.exp(-(waited + 5000) / 10_000)
        assert found == pytest.approx(0.7 + 2 * 0.05 * 0.3 * 10 * left, abs=2e-5)


def test_conversion_listens_to_its_modulator_only() -> None:
    for m in MODULATORS:
        w = run(Conversion(modulator="NE"), dict(w=0.7, tag=0.3, w_seen=0.7), 10, **{m: 2.0})["w"][0]
        assert (w > 0.7 + 1e-3) == (m == "NE")
