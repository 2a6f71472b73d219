"""Every rule against its reference, on adversarial trains, over both delays: at most 1e-4 of the summed absolute change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from isocortex.plasticity.rule import Rule
from isocortex.plasticity.rules.bcm import BCM
from isocortex.plasticity.rules.burst import BurstRule
from isocortex.plasticity.rules.dendritic_prediction import DendriticPrediction
from isocortex.plasticity.rules.heterosynaptic import Heterosynaptic, TransmitterInduced
from isocortex.plasticity.rules.inhibitory import InhibitorySTDP
from isocortex.plasticity.rules.oja import Oja
from isocortex.plasticity.rules.pair import PairSTDP
from isocortex.plasticity.rules.scaling import InhibitoryScaling, SynapticScaling
from isocortex.plasticity.rules.suppression import Suppression
from isocortex.plasticity.rules.triplet import TripletSTDP
from isocortex.plasticity.rules.voltage import VoltageRule
from plasticity import references as ref
from plasticity.contract import interpret, signals_of, values
from plasticity.trains import adversarial, potential, with_silence

DT, STEPS = 0.5, 1500
FLOOR = 1e-9  # of the weight: -70.6 mV, rest and threshold of the voltage rule, is no float32 number
DELAYS = [(a, d) for a in (0, 1, 9) for d in (0, 1, 14)]
VISUAL = dict(A_LTD=14e-5, A_LTP=8e-5, tau_x=15.0, tau_minus=10.0, tau_plus=7.0, theta_minus=-70.6, theta_plus=-45.3)
PREDICTION = dict(eta=0.05, phi_max=0.15, k=0.5, beta=1 / 3, theta=-55.0, g_D=600.0, g_L=30.0, E_L=-70.0, tau_L=10.0, tau_s=3.0)
BURST = dict(eta=0.1, tau_pre=20.0, tau_average=700.0, window=16.0, P_0=0.2, E_0=4.0)
RATES = dict(eta=0.5, y_0=10.0, tau_pre=20.0, tau_y=100.0)
SCALING = dict(rho_0=6.0, tau=900.0, tau_rate=300.0)
GROWING = SCALING | dict(tau=9000.0)  # slower: what fires more grows without end
WINDOW = dict(A_plus=0.02, A_minus=0.03, tau_plus=15.0, tau_minus=30.0)
SUPPRESSED = Suppression.sets["froemke_dan2002"][0]
VOGELS = dict(eta=0.01, tau=25.0, rho_0=8.0)
BETA = dict(beta=0.07, tau_minus=20.0)
REST = 0.4

Reference = Callable[..., ref.Result]
Case = tuple[Rule, Reference, dict[str, Any]]
CASES: dict[str, Case] = {
    "pair all": (PairSTDP(**WINDOW), ref.pair_reference, WINDOW),
    "pair nearest": (PairSTDP(**WINDOW, pairing="nearest"), ref.pair_reference, WINDOW | dict(pairing="nearest")),
    **{f"triplet {name}": (TripletSTDP.make(v), ref.triplet_reference, v)
       for name, (v, _) in TripletSTDP.sets.items() if name != "zenke2015"},
    "suppression": (Suppression(**SUPPRESSED), ref.suppression_reference, SUPPRESSED),
    "inhibitory": (InhibitorySTDP(**VOGELS), ref.inhibitory_reference, VOGELS),
    "transmitter": (TransmitterInduced(delta=3e-3), ref.transmitter_reference, dict(delta=3e-3)),
    "heterosynaptic": (Heterosynaptic(beta=0.07), ref.heterosynaptic_reference, BETA | dict(rest=REST)),
    "heterosynaptic zero": (Heterosynaptic(beta=0.07, towards="zero"), ref.heterosynaptic_reference, BETA),
    "burst": (BurstRule(**BURST), ref.burst_reference, BURST),
    "bcm": (BCM(**RATES, tau_theta=400.0), ref.bcm_reference, RATES | dict(tau_theta=400.0)),
    "oja": (Oja(**RATES, alpha=0.5), ref.oja_reference, RATES | dict(alpha=0.5)),
    "scaling": (SynapticScaling(**SCALING), ref.scaling_reference, SCALING),
    "inhibitory scaling": (InhibitoryScaling(**GROWING), ref.scaling_reference, GROWING | dict(strength=-1.0)),
    "voltage": (VoltageRule(**VISUAL, trace_delay=0.0), ref.voltage_reference, VISUAL),
    "voltage late": (VoltageRule(**VISUAL, trace_delay=3.5), ref.voltage_reference, VISUAL | dict(trace_delay=3.5)),
    "voltage homeostatic": (VoltageRule(**VISUAL, u_ref2=60.0, trace_delay=3.0), ref.voltage_reference,
                            VISUAL | dict(u_ref2=60.0, trace_delay=3.0)),
    "dendritic prediction": (DendriticPrediction(**PREDICTION), ref.dendritic_prediction_reference, PREDICTION),
}  # fmt: skip


def expected(case: str, pre: np.ndarray, post: np.ndarray, v: np.ndarray, n: int, dt: float, a: int, d: int) -> ref.Result:
    rule, reference, params = CASES[case]
    if "v" in rule.reads:
        return reference(pre, v, n, dt, a, d, **params)
    if "v_dendrite" in rule.reads:
        return reference(pre, post, v, n, dt, a, d, **params)
    return reference(pre, post, n, dt, a, d, **params)


def found(
    rule: Rule, trains: list[tuple[np.ndarray, np.ndarray]], v: np.ndarray, n: int, dt: float, a: int, d: int, *, double: bool
) -> list[ref.Result]:
    out = values(rule, signals_of(rule, [post for _, post in trains], n, dt, v), dt, double=double)
    return [
        interpret((rule,), pre, [tuple(o[:, i] for o in out)], dt, a, d, rests=dict(w_slow=REST))
        for i, (pre, _) in enumerate(trains)
    ]


@pytest.mark.parametrize("case", CASES)
def test_a_rule_is_its_reference_on_adversarial_trains_over_both_delays(case: str) -> None:
    changed = 0.0
    for a, d in DELAYS:
        trains = adversarial(STEPS, DT, a, d)
        v = np.stack([potential(post, STEPS, DT, seed) for seed, (_, post) in enumerate(trains.values())], 1)
        pairs = list(trains.values())
        double = found(CASES[case][0], pairs, v, STEPS, DT, a, d, double=True)
        single = found(CASES[case][0], pairs, v, STEPS, DT, a, d, double=False)
        for i, (name, (pre, post)) in enumerate(trains.items()):
            dw, size = expected(case, pre, post, v[:, i], STEPS, DT, a, d)
            where = f"{name}, axonal {a}, dendritic {d}"
            assert abs(double[i][0] - dw) <= 1e-7 * size + FLOOR, where
            assert abs(single[i][0] - dw) <= 1e-4 * size + FLOOR, where
            changed = max(changed, abs(dw))
    assert changed > 1e-3


@pytest.mark.parametrize("case", [c for c in CASES if c not in ("voltage late", "heterosynaptic zero")])
def test_minutes_of_silence_change_nothing_in_between(case: str) -> None:
    n, dt, a, d = 200_000, 1.0, 2, 3
    pre, post = with_silence(n, dt)
    v = potential(post, n, dt, 0)
    dw, size = expected(case, pre, post, v, n, dt, a, d)
    ((single, _),) = found(CASES[case][0], [(pre, post)], v[:, None], n, dt, a, d, double=False)
    assert np.isfinite(single)
    assert abs(single - dw) <= 1e-4 * size + FLOOR
