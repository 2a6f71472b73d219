"""What the rules become in limits that can be worked out by hand, and published numbers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from isocortex.plasticity.rule import Integral, Jump, Leak, Rule
from isocortex.plasticity.rules.bcm import BCM
from isocortex.plasticity.rules.branches import Branches
from isocortex.plasticity.rules.burst import BurstRule
from isocortex.plasticity.rules.dendritic_prediction import DendriticPrediction
from isocortex.plasticity.rules.dendritic_voltage import DendriticVoltage
from isocortex.plasticity.rules.heterosynaptic import Heterosynaptic, TransmitterInduced
from isocortex.plasticity.rules.inhibitory import InhibitorySTDP
from isocortex.plasticity.rules.oja import Oja
from isocortex.plasticity.rules.pair import PairSTDP
from isocortex.plasticity.rules.scaling import SynapticScaling
from isocortex.plasticity.rules.suppression import Suppression
from isocortex.plasticity.rules.triplet import TripletSTDP
from isocortex.plasticity.rules.voltage import VoltageRule
from plasticity import references as ref
from plasticity.contract import interpret, signals_of, values
from plasticity.trains import adversarial, bursts, poisson, potential, sjostrom

NONE = np.zeros(0, int)


def change(
    rule: Rule, pre: np.ndarray, post: np.ndarray, n: int, dt: float, v: np.ndarray | None = None, **more: Any
) -> tuple[float, float]:
    """Change and summed |change| of one synapse without delays."""
    out = values(rule, signals_of(rule, [post], n, dt, None if v is None else v[:, None]), dt)
    return interpret((rule,), pre, [tuple(o[:, 0] for o in out)], dt, 0, 0, **more)


def at_rate(rule: Rule, rate: float, ms: int, **signals: float) -> list[float]:
    """Values of the terms in the end, for a cell whose spikes are a steady `rate` (Hz) without noise; dt 1 ms."""
    spike = np.full((ms, 1), rate * 1e-3)
    out = values(rule, {"spike": spike} | {k: np.full((ms, 1), v) for k, v in signals.items()}, 1.0)
    return [float(o[-1, 0]) for o in out]


def linear_cell(rule: Rule, x: np.ndarray, tau_pre: float, seconds: int, w: np.ndarray, y_0: float = 10.0) -> np.ndarray:
    """Weights of a cell that fires at w.x (units of y_0, steady inputs) while it learns; dt 0.5 ms."""
    dt = 0.5
    c = SimpleNamespace(**rule.constants(dt))
    trace = jnp.asarray(x * y_0 * 1e-3 * tau_pre)  # mean of a trace that decays with tau_pre
    inputs = jnp.asarray(x)

    def one(carry: Any, _: None) -> Any:
        s, w = carry
        spike = jnp.sum(w * inputs)[None] * y_0 * 1e-3 * dt
        s, out = rule.step(c, s, SimpleNamespace(spike=spike))
        for term, value in zip(rule.terms(), out, strict=True):
            w = w * jnp.exp(-value) if isinstance(term, Leak) else w + trace * value
        return (s, w), None

    start = jax.tree.map(jnp.asarray, rule.initial(1)), jnp.asarray(w, jnp.float32)
    (_, w), _ = jax.jit(lambda state: jax.lax.scan(one, state, None, length=int(seconds * 1e3 / dt)))(start)
    return np.asarray(w)


@pytest.mark.parametrize("pairing", ["all", "nearest"])
def test_triplet_without_triplets_is_pair_stdp(pairing: str) -> None:
    shared = dict(tau_plus=17.0, tau_minus=34.0, pairing=pairing)
    triplet = TripletSTDP(A2_plus=0.01, A2_minus=0.012, A3_plus=0.0, **shared)
    pair = PairSTDP(A_plus=0.01, A_minus=0.012, **shared)
    for name, (pre, post) in adversarial(1000, 0.5, 0, 0).items():
        assert change(triplet, pre, post, 1000, 0.5) == pytest.approx(change(pair, pre, post, 1000, 0.5), abs=1e-12), name


# 60 pairs in one train, minimal all-to-all set: what an independent re-implementation measured (literature.md 1.0). It is
# lower than the exact sum (next test) by up to 0.045 at 50 Hz, hence the tolerance; data and signs are much further apart.
SJOSTROM = [(0.1, 10, 0.000), (0.1, -10, -0.315), (10, 10, 0.116), (10, -10, -0.330), (20, 10, 0.221), (20, -10, -0.343),
            (40, 10, 0.504), (40, -10, 0.148), (50, 10, 0.718), (50, -10, 0.705)]  # fmt: skip


@pytest.mark.parametrize(("rate", "lag", "dw"), SJOSTROM)
def test_minimal_triplet_set_gives_the_published_frequency_dependence(rate: float, lag: float, dw: float) -> None:
    params = TripletSTDP.sets["visual_all_minimal"][0]
    pre, post, n = sjostrom(rate, lag, 60, 0.5)
    assert ref.triplet_reference(pre, post, n, 0.5, **params)[0] == pytest.approx(dw, abs=0.05)
    if rate >= 10:
        assert change(TripletSTDP.make(params), pre, post, n, 0.5)[0] == pytest.approx(dw, abs=0.05)


# 15 trains of 5 pairs, 10 s apart (at 0.1 Hz 50 pairs), Sjostrom 2001: hand arithmetic of literature.md 1.0, to 2 digits
TRAINS = {
    "visual_all_minimal": {(10, 10): 0.10, (20, 10): 0.10, (40, 10): 0.05, (50, 10): 0.03,
                           (10, -10): -0.41, (20, -10): -0.44, (40, -10): -0.30, (50, -10): -0.16},
    "visual_trains": {(10, 10): 0.22, (20, 10): 0.36, (40, 10): 0.50, (50, 10): 0.57,
                      (10, -10): -0.41, (20, -10): -0.40, (40, -10): 0.03, (50, -10): 0.35},
}  # fmt: skip


@pytest.mark.parametrize("name", TRAINS)
def test_triplet_sets_on_the_real_protocol(name: str) -> None:
    params = TripletSTDP.sets[name][0]
    for (rate, lag), dw in TRAINS[name].items():
        pre, post, _ = sjostrom(rate, lag, 5, 0.5)
        starts = np.arange(15)[:, None] * 20_000  # steps of 0.5 ms
        protocol = (pre + starts).ravel(), (post + starts).ravel(), 320_000
        assert ref.triplet_reference(*protocol, 0.5, **params)[0] == pytest.approx(dw, abs=0.03), (rate, lag)


@pytest.mark.parametrize("lag", [10.0, -10.0])
def test_triplet_rule_is_the_sum_over_pairs_and_triplets(lag: float) -> None:
    """All pairs and triplets of 60 pairings at 50 Hz, written out from the equations."""
    params = TripletSTDP.sets["visual_all_full"][0]
    pre, post, n = sjostrom(50.0, lag, 60, 0.5)
    t, u = pre * 0.5, post * 0.5
    past = lambda now, then, tau: np.where(now > then, np.exp(-np.maximum(now - then, 0) / tau), 0.0)  # noqa: E731
    r1, o2 = past(u[:, None], t[None, :], 16.8).sum(1), past(u[:, None], u[None, :], 125.0).sum(1)
    o1, r2 = past(t[:, None], u[None, :], 33.7).sum(1), past(t[:, None], t[None, :], 101.0).sum(1)
    dw = (r1 * (5e-10 + 6.2e-3 * o2)).sum() - (o1 * (7e-3 + 2.3e-4 * r2)).sum()
    assert ref.triplet_reference(pre, post, n, 0.5, **params)[0] == pytest.approx(dw, abs=1e-12)
    assert change(TripletSTDP.make(params), pre, post, n, 0.5)[0] == pytest.approx(dw, abs=1e-12)


@pytest.mark.parametrize(("rate", "sign"), [(2.5, -1), (5.0, 0), (10.0, 1)])
def test_inhibitory_stdp_holds_its_rate(rate: float, sign: int) -> None:
    """Mean change a presynaptic spike: eta (2 rho tau - 2 rho_0 tau), so 0 at rho_0 = 5 Hz."""
    n, dt = 800_000, 0.5
    pre, post = poisson(15.0, n, dt, 11), poisson(rate, n, dt, 12)
    mean = change(InhibitorySTDP(eta=1.0, tau=20.0, rho_0=5.0), pre, post, n, dt)[0] / len(pre)
    happened = len(post) / (n * dt * 1e-3)
    assert mean == pytest.approx(2 * 20e-3 * (happened - 5.0), abs=0.02)
    assert (abs(mean) < 0.02) if sign == 0 else (mean * sign > 0.05)


def test_bcm_depresses_below_and_potentiates_above_its_threshold_at_once() -> None:
    rule = BCM(tau_theta=1e6, tau_y=100.0)  # the threshold stays at 1, that is at 10 Hz
    assert at_rate(rule, 5.0, 2000)[0] < 0 < at_rate(rule, 20.0, 2000)[0]
    assert at_rate(rule, 10.0, 2000)[0] == pytest.approx(0, abs=1e-2 * at_rate(rule, 20.0, 2000)[0])


@pytest.mark.parametrize("w", [0.4, 2.5])
def test_a_bcm_cell_settles_at_its_rate(w: float) -> None:
    """y = w x is 1 in the end, from below and from above."""
    rule = BCM(eta=0.2, tau_theta=1000.0, tau_y=100.0)
    assert linear_cell(rule, np.array([1.25]), 20.0, 120, np.array([w]))[0] == pytest.approx(0.8, rel=5e-3)


@pytest.mark.parametrize("alpha", [1.0, 4.0])
def test_an_oja_cell_has_the_norm_and_direction_of_its_input(alpha: float) -> None:
    x = np.array([1.0, 0.5])
    w = linear_cell(Oja(eta=0.2, alpha=alpha, tau_y=100.0), x, 20.0, 200, np.array([0.2, 0.9]))
    assert np.linalg.norm(w) == pytest.approx(alpha**-0.5, rel=5e-3)
    assert w[1] / w[0] == pytest.approx(0.5, rel=1e-2)


def test_voltage_clamp_depresses_between_the_thresholds_and_potentiates_above() -> None:
    rule = VoltageRule()
    pre = np.arange(100, 5000, 40)
    below, between, above = (change(rule, pre, NONE, 5000, 1.0, np.full(5000, v))[0] for v in (-75.0, -50.0, -10.0))
    assert below == 0
    assert between == pytest.approx(-len(pre) * 14e-5 * (70.6 - 50.0), rel=1e-2)
    assert above > 0


def test_voltage_rule_follows_order_at_20_and_rate_at_50_per_second() -> None:
    """Sjostrom 2001: LTP for pre before post, LTD for the reverse at 20 Hz, LTP for both orders at 50 Hz."""
    rule, dt = VoltageRule(), 0.5
    found = {}
    for rate in (20.0, 50.0):
        for lag in (10.0, -10.0):
            pre, post, n = sjostrom(rate, lag, 60, dt)
            found[rate, lag] = change(rule, pre, post, n, dt, potential(post, n, dt, 0, noise=0.0))[0]
    assert found[20, 10] > 0 > found[20, -10]
    assert min(found[50, 10], found[50, -10]) > 0


def test_a_long_reading_delay_of_the_voltage_rule_is_interpolated_well() -> None:
    """30 steps late with eight samples: within 2 % of the exact delay."""
    n, dt = 20_000, 0.1
    pre, post = poisson(30, n, dt, 1), poisson(30, n, dt, 2)
    v = potential(post, n, dt, 3)
    rule = VoltageRule(trace_delay=3.0)
    params = {k: x for k, x in rule.values().items() if k not in ("eta",)}
    dw, size = ref.voltage_reference(pre, v, n, dt, **params)
    assert abs(change(rule, pre, post, n, dt, v)[0] - dw) < 0.02 * size


def test_homeostatic_amplitude_scales_depression_by_the_mean_square() -> None:
    pre, v = np.arange(19_000, 20_000, 50), np.full(20_000, -60.6)  # 10 mV above rest for 20 s: mean square 100 mV^2
    plain, homeostatic = (change(VoltageRule(u_ref2=u), pre, NONE, 20_000, 1.0, v)[0] for u in (None, 50.0))
    assert homeostatic == pytest.approx(2 * plain, rel=1e-4)


def test_burst_rule_needs_a_change_of_burst_probability() -> None:
    n, dt = 120_000, 0.5
    pre = poisson(5, n, dt, 3)
    single, double = bursts(200, 1, 5, n, dt, 50), bursts(200, 2, 5, n, dt, 150)
    steady = np.union1d(single, double)  # every second event is a burst
    dw, size = change(BurstRule(P_0=0.5, tau_average=2000.0), pre, steady, n, dt)
    assert abs(dw) < 0.1 * size
    more, _ = change(BurstRule(P_0=0.5, tau_average=60_000.0), pre, double, n, dt)
    less, _ = change(BurstRule(P_0=0.5, tau_average=60_000.0), pre, single, n, dt)
    assert less < 0 < more


def test_a_dendrite_that_predicts_its_soma_does_not_learn() -> None:
    rule = DendriticPrediction()
    predicted = (30 * -70.0 + 600 * -56.0) / 630
    rate = 1e3 * 0.15 / (1 + 0.5 * np.exp((-55.0 - predicted) / 3))
    right, less, more = (at_rate(rule, r, 10, v_dendrite=-56.0) for r in (rate, 0.5 * rate, 2 * rate))
    assert right[0] == pytest.approx(0, abs=1e-9)
    assert less[0] < 0 < more[0]
    assert more[0] == -more[1]  # the two exponentials of the postsynaptic potential


@pytest.mark.parametrize(("theta_plus", "u", "potentiates", "depresses"), [
    (45.0, 16.0, False, False),  # below both thresholds nothing changes
    (5.0, 16.0, True, False),  # below theta_d (30 mV) alone it does
    (45.0, 40.0, False, True),
    (45.0, 60.0, True, True),
])  # fmt: skip
def test_a_dendrite_below_both_thresholds_does_not_learn(
    theta_plus: float, u: float, potentiates: bool, depresses: bool
) -> None:
    rule = DendriticVoltage(theta_plus=theta_plus)
    found = values(rule, {"v_dendrite": np.full((200, 1), rule.E_L + u)}, 0.1)
    ltp, rise, ltd, pre = (np.abs(v).max() for v in found)
    assert (ltp > 0, rise > 0, ltd > 0, pre > 0) == (potentiates, potentiates, depresses, False)


def test_scaling_grows_the_weights_of_a_silent_cell_and_shrinks_those_of_a_loud_one() -> None:
    rule = SynapticScaling(rho_0=5.0, tau=50e3, tau_rate=100.0)
    n = 10_000
    silent = change(rule, NONE, NONE, n, 1.0)[0]
    # the rate decays from 5 Hz with 0.1 s, then the weight grows with 50 s
    assert silent == pytest.approx(np.expm1((10.0 - 0.1) / 50), rel=1e-3)
    assert change(rule, NONE, np.arange(0, n, 50), n, 1.0)[0] == pytest.approx(np.expm1(-3 * 10 / 50), rel=2e-2)
    assert at_rate(rule, 5.0, 2000)[0] == pytest.approx(0, abs=0.01 / 50e3)  # of what silence does in a step


def test_scaling_holds_its_average_in_float32_with_constants_of_minutes() -> None:
    """At dt 0.1 ms a step changes the average by less than float32 resolves; the carry keeps it."""
    rule, n = SynapticScaling(rho_0=5.0, tau=1e3, tau_rate=600e3), 200_000
    out = values(rule, {"spike": np.zeros((n, 1))}, 0.1, double=False)[0]
    lost = 1 - np.exp(-20 / 600)  # of the average, after 20 s of silence
    assert float(out[-1, 0]) == pytest.approx(-lost * 0.1 / 1e3, rel=1e-4)


def test_heterosynaptic_plasticity_needs_bursts_and_distance_from_its_reference() -> None:
    rule = Heterosynaptic(beta=0.05)
    isolated, burst = np.arange(0, 5000, 500), bursts(500, 8, 5, 5000, 1.0, 0)
    assert abs(change(rule, NONE, isolated, 5000, 1.0, rests=dict(w_slow=0.2))[0]) < 1e-9
    assert change(rule, NONE, burst, 5000, 1.0, rests=dict(w_slow=1.0))[0] == 0
    assert -0.8 - 1e-9 < change(rule, NONE, burst, 5000, 1.0, rests=dict(w_slow=0.2))[0] < -0.5


def test_rules_stack_by_their_sum() -> None:
    n, dt = 2000, 0.5
    pre, post = poisson(40, n, dt, 1), poisson(40, n, dt, 2)
    rules = PairSTDP(), TripletSTDP.make(TripletSTDP.sets["zenke2015"][0]), TransmitterInduced(), InhibitorySTDP()
    each = [tuple(o[:, 0] for o in values(r, signals_of(r, [post], n, dt), dt)) for r in rules]
    together, size = interpret(rules, pre, each, dt, 3, 5)
    alone = [interpret((r,), pre, [v], dt, 3, 5) for r, v in zip(rules, each, strict=True)]
    assert together == pytest.approx(sum(dw for dw, _ in alone), abs=1e-12)
    assert size == pytest.approx(sum(s for _, s in alone))


@pytest.mark.parametrize(
    ("pre", "post", "sign"),
    [([20], [0, 40], -1), ([0, 40], [20], 1), ([0], [20], 1), ([20], [0], -1)],
    ids=["post-pre-post", "pre-post-pre", "pre-post", "post-pre"],
)
def test_under_suppression_the_first_pair_of_a_triplet_decides(pre: list[int], post: list[int], sign: int) -> None:
    """Froemke & Dan 2002, with their constants at 10 ms: -0.39 + 0.51 (1 - e^(-20/75)) and 0.51 - 0.39 (1 - e^(-20/34))."""
    rule = Suppression.make(Suppression.sets["froemke_dan2002"][0])
    dw, _ = change(rule, np.array(pre) + 10, np.array(post) + 10, 300, 0.5)
    assert np.sign(dw) == sign
    plus, minus = 1.01 / 60 * np.exp(-10 / 14.8), 0.52 / 60 * np.exp(-10 / 33.8)
    later = {(1, 2): plus * (1 - np.exp(-20 / 75)) - minus, (2, 1): plus - minus * (1 - np.exp(-20 / 34))}
    assert dw == pytest.approx(later.get((len(pre), len(post)), plus if sign > 0 else -minus), rel=1e-6)


def test_without_suppression_it_is_pair_stdp() -> None:
    rng = np.random.default_rng(3)
    pre, post = (np.flatnonzero(rng.random(4000) < 0.02) for _ in range(2))
    ours = Suppression(A_plus=0.02, A_minus=0.03, tau_plus=15.0, tau_minus=30.0, tau_pre=1e-3, tau_post=1e-3)
    theirs = PairSTDP(A_plus=0.02, A_minus=0.03, tau_plus=15.0, tau_minus=30.0)
    assert change(ours, pre, post, 4000, 0.5) == pytest.approx(change(theirs, pre, post, 4000, 0.5), rel=1e-6)


@pytest.mark.parametrize(
    ("amplitudes", "kinds"),
    [
        (dict(D_joint=0.1), [Integral]),
        (dict(A_burst=0.1, D_joint=0.1), [Integral, Integral]),
        (dict(A_pair=0.1, D_pre=0.1), [Integral, Jump]),
        (dict(A_pair=0.1, D_post=0.1), [Integral, Integral]),
        (dict(), [Jump]),
    ],
)
def test_only_the_branches_that_are_not_0_stand_in_a_rule(amplitudes: dict[str, float], kinds: list[type]) -> None:
    """With all of them 0, one stands, and it changes nothing."""
    rule = Branches(**(dict(A_burst=0.0, D_pre=0.0) | amplitudes))
    assert [type(t) for t in rule.terms()] == kinds
    total, absolute = change(rule, poisson(20.0, 4000, 0.5, seed=1), poisson(20.0, 4000, 0.5, seed=2), 4000, 0.5)
    assert (absolute > 0) is bool(amplitudes), total
