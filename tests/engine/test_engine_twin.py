"""The Numba kernel and its twin in plain JAX are the same: spikes exactly, weights to the precision of float32."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from isocortex.anatomy.circuit import Area, Background, Delay, Population, Projection
from isocortex.cells.lif import LIF
from isocortex.cells.sources import PoissonSource
from isocortex.engine import signals
from isocortex.engine.doctor import self_test
from isocortex.engine.kernel import tables as T
from isocortex.engine.simulation import Simulation
from isocortex.plasticity.rule import Additive, Gate, PowerLaw, Rule, ShortTerm, SlowPart, Soft, WeightDependence
from isocortex.plasticity.rules.branches import Branches
from isocortex.plasticity.rules.burst import BurstRule
from isocortex.plasticity.rules.consolidation import Consolidation, Relaxation
from isocortex.plasticity.rules.eligibility import Eligibility
from isocortex.plasticity.rules.heterosynaptic import Heterosynaptic, TransmitterInduced
from isocortex.plasticity.rules.inhibitory import InhibitorySTDP
from isocortex.plasticity.rules.oja import Oja
from isocortex.plasticity.rules.pair import PairSTDP
from isocortex.plasticity.rules.scaling import SynapticScaling
from isocortex.plasticity.rules.triplet import TripletSTDP
from isocortex.plasticity.stack import Stack

RULES: list[Rule] = [
    PairSTDP(A_plus=0.02, A_minus=0.02),
    PairSTDP(A_plus=0.02, A_minus=0.02, tau_plus=10.0, pairing="nearest"),
    TripletSTDP(A2_minus=0.02, A3_plus=0.05),
    TripletSTDP.make(TripletSTDP.sets["hippocampus_all_full"][0]),
    InhibitorySTDP(eta=0.02),
    BurstRule(eta=0.2),
    TransmitterInduced(delta=0.01),
    Oja(eta=0.1),
    Heterosynaptic(towards="zero"),
    SynapticScaling(tau=2000.0, tau_rate=500.0),
    Branches(A_burst=0.05, D_pre=0.02, power=1.5),
    Branches(A_pair=0.02, D_joint=0.05, D_pre=0.0, power=2.0, K=0.3, h=4.0),
    Branches(A_pair=0.02, D_joint=0.05, D_pre=0.02, calcium=0.5, K=0.3, h=4.0),
]
WEIGHTS: list[WeightDependence] = [
    Additive(),
    Additive(w_min=0.8, w_max=1.2),
    Soft(),
    Soft(mu_plus=0.4, mu_minus=0.8),
    PowerLaw(),
]
SLOW: list[tuple[SlowPart, ...]] = [
    (),
    (Relaxation(tau=500.0),),
    (Consolidation(tau=500.0), Relaxation(tau=300.0)),
    (Eligibility(tau_e=300.0, rate=3.0),),
    (Eligibility(tau_e=300.0, modulator="ACh", baseline=0.5), Consolidation(tau=400.0)),
]


def fits(rules: tuple[Rule, ...]) -> bool:
    """At most two leaks and six integrals stand in a stack, no part twice."""
    leaks = sum(isinstance(r, Oja | Heterosynaptic | SynapticScaling) for r in rules)
    return leaks <= 2


stacks = st.builds(
    lambda rules, weight, gates, slow, short, leak: Stack(
        rules=(*rules, Heterosynaptic(beta=0.1)) if leak and "w_slow" in _slow_names(slow) and len(rules) < 3 else tuple(rules),
        weight=weight, gates=gates, slow=slow, short_term=short,
    ),
    rules=st.lists(st.sampled_from(RULES), min_size=0, max_size=3, unique=True).map(tuple).filter(fits),
    weight=st.sampled_from(WEIGHTS),
    gates=st.sampled_from([(), (Gate(gain=0.5),), (Gate(modulator="DA", gain=-2.0), Gate())]),
    slow=st.sampled_from(SLOW),
    short=st.sampled_from([None, None, ShortTerm(), ShortTerm(U=0.2, tau_facil=600.0, tau_rec=100.0)]),
    leak=st.booleans(),
)  # fmt: skip
delays = st.builds(
    Delay,
    mean=st.sampled_from([0.0, 0.5, 1.5, 3.0]),
    sd=st.sampled_from([0.0, 0.8]),
    distribution=st.sampled_from(["normal", "uniform"]),
)


def _slow_names(slow: tuple[SlowPart, ...]) -> set[str]:
    return {name for part in slow for name in part.variables}


@st.composite
def networks(draw: Any) -> tuple[Area, dict[str, Stack]]:
    n_e, n_i, n_in = draw(st.integers(1, 25)), draw(st.integers(1, 9)), draw(st.integers(1, 20))
    populations = (
        Population("E", n_e, LIF(V_0_sd=4.0)),
        Population("I", n_i, LIF(V_0_sd=4.0)),
        Population("in", n_in, PoissonSource(rate=40.0)),
    )
    projections = []
    for pre, post, weight in (("E", "E", 60.0), ("in", "E", 300.0), ("I", "E", 150.0), ("in", "I", 300.0), ("E", "I", 100.0)):
        axonal, dendritic = draw(delays), draw(delays)
        if axonal.mean + dendritic.mean < 0.5:
            dendritic = Delay(1.0)
        projections.append(
            Projection(pre, post, weight, probability=draw(st.sampled_from([0.0, 0.15, 0.6, 1.0])),
                       weight_sd=draw(st.sampled_from([0.0, 0.4])), axonal_delay=axonal, dendritic_delay=dendritic)
        )  # fmt: skip
    area = Area("V", populations, tuple(projections), (Background("E", 85.0, rate=9000.0),))
    chosen = [p.name for p in area.projections if draw(st.booleans())]
    return area, {name: draw(stacks) for name in chosen}


def both(area: Area, chosen: dict[str, Stack], **options: Any) -> tuple[Simulation, Simulation]:
    return (
        Simulation(area, chosen, dt=0.5, tick=20.0, kernel="numba", **options),
        Simulation(area, chosen, dt=0.5, tick=20.0, kernel="jax", **options),
    )


def compare(one: Simulation, other: Simulation) -> None:
    for name in one.net.spans:
        for a, b in zip(one.spikes(name), other.spikes(name), strict=True):
            np.testing.assert_array_equal(a, b)
    for name, w in one.net.wired.items():
        a, b = one.weights(name), other.weights(name)
        np.testing.assert_array_equal(a.pre, b.pre)
        np.testing.assert_array_equal(a.post, b.post)
        unit = w.projection.weight
        np.testing.assert_allclose(a.w / unit, b.w / unit, rtol=2e-5, atol=2e-5, err_msg=name)
        for key in a.slow:
            np.testing.assert_allclose(a.slow[key] / unit, b.slow[key] / unit, rtol=2e-5, atol=2e-5, err_msg=f"{name} {key}")


@pytest.mark.filterwarnings("ignore:.*of the initial weights lie outside the bounds")
@pytest.mark.filterwarnings("ignore:.*no part of the sheet listens")
@settings(max_examples=5, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(networks(), st.integers(0, 2**31))
def test_the_kernel_equals_its_twin_on_random_networks(network: tuple[Area, dict[str, Stack]], seed: int) -> None:
    one, other = both(*network, seed=seed)
    for sim in (one, other):
        sim.run(35)
        sim.set_modulator("ACh", 1.6)
        sim.set_modulator("DA", 1.3)
        sim.run(50)  # ends within a tick
    compare(one, other)


def everything() -> tuple[Area, dict[str, Stack]]:
    """One network that has every kind of stack, with distributed delays on both sides."""
    n = 24
    populations = (Population("E", n, LIF(V_0_sd=4.0)), Population("in", n, PoissonSource(rate=60.0)))
    each = {
        "pair": Stack(rules=(RULES[0],)),
        "stack": Stack(rules=(RULES[2], Heterosynaptic()), weight=Soft(), slow=SLOW[2]),
        "power": Stack(rules=(RULES[0],), weight=PowerLaw(), gates=(Gate(gain=0.5),)),
        "halfsoft": Stack(rules=(RULES[1], SynapticScaling(tau=2000.0)), weight=Soft(mu_plus=0.4, mu_minus=0.8)),
        "many": Stack(rules=(RULES[3], RULES[5], RULES[7], RULES[9])),
        "eligible": Stack(rules=(RULES[0], RULES[6]), slow=SLOW[3], short_term=ShortTerm()),
        "slow": Stack(slow=(Relaxation(tau=100.0),)),
        "facilitates": Stack(short_term=ShortTerm(U=0.2, tau_facil=600.0, tau_rec=100.0)),
    }
    projections = tuple(
        Projection(
            "in" if i % 2 else "E", "E", 60.0, probability=0.4, weight_sd=0.3, tag=tag,
            axonal_delay=Delay(1.5, 0.8) if i % 3 else Delay(1.0),
            dendritic_delay=Delay(2.0, 1.0, "uniform") if i % 3 != 1 else Delay(0.0),
        )
        for i, tag in enumerate(each)
    )  # fmt: skip
    area = Area("V", populations, projections, (Background("E", 85.0, rate=9000.0),))
    return area, {p.name: stack for p, stack in zip(area.projections, each.values(), strict=True)}


def compare_state(one: Simulation, other: Simulation) -> None:
    """Membranes, inputs on the way, traces and rules; the queue of spikes is kept differently by the two."""
    for part in ("cells", "rules", "inputs"):
        for a, b in zip(jax.tree.leaves(one.state[part]), jax.tree.leaves(other.state[part]), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)
    for key in ("xhat", "seen", "stp"):
        np.testing.assert_allclose(one.state["syn"][key], other.state["syn"][key], rtol=1e-5, atol=1e-6, err_msg=key)
    np.testing.assert_allclose(one.state["syn"]["drive"], other.state["syn"]["drive"], rtol=1e-5, atol=1e-2)


def test_every_kind_of_stack_at_once() -> None:
    one, other = both(*everything(), seed=5)
    start = {name: one.weights(name).w for name in one.net.wired}
    for sim in (one, other):
        sim.run(70)
        sim.set_modulator("DA", 2.0)
        sim.run(93)
    compare_state(one, other)
    for sim in (one, other):
        sim.run(37)
    assert one.counts["V.E"] > 50
    compare(one, other)
    changed = {name.partition("#")[2] for name in start if np.abs(one.weights(name).w - start[name]).max() > 0.1}
    assert changed >= {"pair", "stack", "power", "halfsoft", "many", "eligible"}
    np.testing.assert_array_equal(one.weights("V.in->V.E#facilitates").w, start["V.in->V.E#facilitates"])


@pytest.mark.parametrize("kernel", ["numba", "jax"])
def test_a_network_without_synapses_runs(kernel: str) -> None:
    sim = Simulation(Area("V", (Population("in", 50, PoissonSource(rate=100.0)),)), kernel=kernel)
    sim.run(100)
    assert sim.counts["V.in"] == pytest.approx(500, abs=5 * 500**0.5)


def test_the_doctor_finds_nothing() -> None:
    found = self_test()
    assert found["ok"], found


TWO = [
    (Branches(A_burst=0.05, D_joint=0.1, D_pre=0.02, tau_joint=8.0, power=3.0, K=0.3, h=4.0),),
    (Branches(A_burst=0.05, D_post=0.02, D_pre=0.02), SynapticScaling(tau=2000.0, tau_rate=500.0)),
    (PairSTDP(A_plus=0.02, A_minus=0.02), Branches(A_pair=0.02, D_pre=0.01, tau_plus=9.0, h=1.5)),
    (Branches(A_burst=0.05, D_joint=0.1, D_pre=0.0, tau_joint=8.0), SynapticScaling(tau=2000.0, tau_rate=500.0)),
    (Branches(A_burst=0.0, D_joint=0.1, D_pre=0.0, tau_joint=8.0), SynapticScaling(tau=2000.0, tau_rate=500.0)),
]


@pytest.mark.parametrize("rules", TWO)
@pytest.mark.parametrize("weight", [Additive(w_min=0.5, w_max=1.5), Soft(w_max=2.0)])
def test_stacks_of_few_columns_equal_their_twin_behind_distributed_delays(
    rules: tuple[Rule, ...], weight: WeightDependence
) -> None:
    populations = (Population("E", 40, LIF(V_0_sd=4.0)), Population("in", 20, PoissonSource(rate=40.0)))
    delay = Delay(1.5, 0.8)
    projections = (
        Projection("E", "E", 60.0, probability=0.5, axonal_delay=Delay(0.5), dendritic_delay=delay),
        Projection("in", "E", 300.0, probability=0.5, axonal_delay=delay, dendritic_delay=Delay(1.0)),
    )
    area = Area("V", populations, projections, (Background("E", 85.0, rate=9000.0),))
    one, other = both(area, {p.name: Stack(rules=rules, weight=weight) for p in area.projections}, seed=4)
    assert set(one.net.tables["classes"][:, T.KIND]) == {T.STACK}
    for sim in (one, other):
        sim.run(175)  # three ticks and a half; some cells do not fire in one
    compare(one, other)
    changed = np.abs(one.weights("V.E->V.E").w / 60.0 - 1).mean()
    assert changed > 1e-3


def test_rules_advanced_together_or_each_by_itself_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    populations = tuple(Population(name, 30, LIF(V_0_sd=4.0)) for name in ("L4E", "L5E"))
    projections = tuple(Projection(a, b, 60.0, probability=0.3) for a in ("L4E", "L5E") for b in ("L4E", "L5E"))
    area = Area("V", populations, projections, tuple(Background(p.name, 85.0, rate=9000.0) for p in populations))
    rules = {"V.L4E": TripletSTDP(A2_minus=0.02, A3_plus=0.05), "V.L5E": TripletSTDP(A2_minus=0.01, A3_plus=0.02, tau_x=300.0)}
    stacks = {p.name: Stack(rules=(rules[p.post],), weight=Additive()) for p in area.projections}
    together = Simulation(area, stacks, dt=0.5, seed=1)
    monkeypatch.setattr(signals, "MANY", 1)
    apart = Simulation(area, stacks, dt=0.5, seed=1)
    assert (len(together.net.rules), len(apart.net.rules)) == (1, 2)
    for sim in (together, apart):
        sim.run(100)
    compare(together, apart)
