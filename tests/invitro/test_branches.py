"""The rule of four branches against its equation, visited pair by pair in float64, and in its limits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from engine.support import pair
from isocortex.invitro import forward
from isocortex.plasticity.rules.branches import Branches
from isocortex.plasticity.rules.pair import PairSTDP
from isocortex.plasticity.rules.triplet import TripletSTDP
from plasticity.test_rules import DELAYS, DT, FLOOR, STEPS, found
from plasticity.trains import adversarial

FULL = dict(A_pair=2e-3, A_burst=8e-3, D_post=3e-3, D_burst=1e-3, D_joint=4e-3, D_pre=5e-3, D_alone=2e-3, power=1.5,
            tau_plus=14.0, tau_o=60.0, tau_y=25.0, tau_c=6.0, tau_joint=18.0, tau_alone=40.0, K=0.4, h=3.0)  # fmt: skip
CASES: dict[str, dict[str, Any]] = {
    "full": FULL,
    "no lasting": FULL | dict(tau_c=0.01),
    "linear": FULL | dict(power=1.0, K=1e4, h=1.0),
    "nearest": FULL | dict(pairing="nearest"),
    "less calcium": FULL | dict(calcium=0.6),
    "joint alone": FULL | dict(A_pair=0.0, A_burst=0.0, D_post=0.0, D_burst=0.0, D_pre=0.0, D_alone=0.0),
}


def _sum(now: int, spikes: np.ndarray, tau: float, dt: float, nearest: bool = False) -> float:
    """The trace that spikes (or the last of them) before step `now` have left there."""
    earlier = spikes[spikes < now]
    lags = (now - (earlier[-1:] if nearest else earlier)) * dt
    return float(np.exp(-lags / tau).sum())


def by_hand(pre: np.ndarray, post: np.ndarray, n: int, dt: float, a: int, d: int, **v: Any) -> tuple[float, float]:
    """dw and the sum of |changes| from the equation: what lasts is added up step by step."""
    p, q = np.asarray(pre, int) + a, np.asarray(post, int) + d
    p, q = p[p < n], q[q < n]
    nearest = v.get("pairing") == "nearest"
    left = v.get("calcium", 1.0)
    high = lambda y: (1 + v["K"] ** v["h"]) * y ** v["h"] / (v["K"] ** v["h"] + y ** v["h"])  # noqa: E731
    changes = []
    decay = math.exp(-dt / v["tau_c"])
    for t in q:
        burst = _sum(t, q, v["tau_o"], dt) ** v["power"]
        changes.append(-(v["D_post"] + v["D_burst"] * burst) * _sum(t, p, v["tau_plus"], dt, nearest))
        size, step = (v["A_pair"] + v["A_burst"] * burst) * (1 - decay), t
        while size > 1e-12 and step < n:
            changes.append(size * _sum(step, p, v["tau_plus"], dt, nearest))
            size, step = size * decay, step + 1
    for t in p:
        changes.append(-v["D_pre"] * high(left * _sum(t, q, v["tau_y"], dt)))
        changes.append(-v["D_alone"] * _sum(t, p, v["tau_alone"], dt))
    for t in range(n):
        x, z = (_sum(t, side, v["tau_joint"], dt, nearest=True) for side in (p, q))
        changes.append(-v["D_joint"] * dt / v["tau_joint"] * x * high(left * z))
    return math.fsum(changes), math.fsum(map(abs, changes))


@pytest.mark.parametrize("case", CASES)
def test_it_is_its_equation_on_adversarial_trains(case: str) -> None:
    largest = 0.0
    for a, d in DELAYS[::4]:
        trains = adversarial(STEPS, DT, a, d)
        pairs, none = list(trains.values()), np.zeros((STEPS, len(trains)))
        double = found(Branches(**CASES[case]), pairs, none, STEPS, DT, a, d, double=True)
        single = found(Branches(**CASES[case]), pairs, none, STEPS, DT, a, d, double=False)
        for i, (name, (pre, post)) in enumerate(trains.items()):
            dw, size = by_hand(pre, post, STEPS, DT, a, d, **CASES[case])
            assert abs(double[i][0] - dw) <= 1e-7 * size + FLOOR, name
            assert abs(single[i][0] - dw) <= 1e-4 * size + FLOOR, name
            largest = max(largest, abs(dw))
    assert largest > 1e-3


def test_without_bursts_and_lasting_it_is_pair_stdp() -> None:
    rng = np.random.default_rng(1)
    pre, post = (np.flatnonzero(rng.random(2000) < 0.03) for _ in range(2))
    ours = Branches(A_pair=4e-3, A_burst=0.0, D_pre=5e-3, tau_plus=17.0, tau_y=34.0, K=1e6)
    theirs = PairSTDP(A_plus=4e-3, A_minus=5e-3, tau_plus=17.0, tau_minus=34.0)
    assert pair([ours], pre, post, 2000) == pytest.approx(pair([theirs], pre, post, 2000), rel=1e-4)


def test_with_a_linear_burst_trace_it_is_the_minimal_triplet_rule() -> None:
    rng = np.random.default_rng(2)
    pre, post = (np.flatnonzero(rng.random(2000) < 0.04) for _ in range(2))
    ours = Branches(A_burst=6.5e-3, D_pre=7.1e-3, K=1e6)
    theirs = TripletSTDP.make(TripletSTDP.sets["visual_all_minimal"][0])
    assert pair([ours], pre, post, 2000) == pytest.approx(pair([theirs], pre, post, 2000), rel=1e-3)


def test_single_pairs_potentiate_only_by_the_pair_branch() -> None:
    pre, post = np.arange(20) * 2000 + 100, np.arange(20) * 2000 + 110
    assert pair([Branches(A_burst=0.5, D_pre=0.0)], pre, post, 40_200, a=1, d=1) == pytest.approx(0.0, abs=1e-5)
    change = pair([Branches(A_pair=0.01, A_burst=0.0, D_pre=0.0, tau_plus=16.8)], pre, post, 40_200, a=1, d=1)
    assert change == pytest.approx(20 * 0.01 * math.exp(-10 / 16.8), rel=1e-3)


POST_FIRST = np.arange(20) * 200 + 105, np.sort(np.concatenate([np.arange(20) * 200 + 100, np.arange(20) * 200 + 95]))
"""Two postsynaptic spikes, 10 and 5 ms before the presynaptic one; steps of 1 ms."""


def by_both(steps: tuple[np.ndarray, np.ndarray], **values: Any) -> tuple[float, float]:
    """Change of a weight by the engine and by the fast model of the fits."""
    pre, post = steps
    trains = forward.Trains.of([(pre.astype(float), post.astype(float))], 1.0)
    fast = forward.ratios(trains, forward.parameters("branches", values)[None], 1.0)[0] - 1
    return pair([Branches(**values)], pre, post, 4200, a=1, d=1), float(fast)


def test_without_calcium_nothing_depresses_at_a_presynaptic_spike() -> None:
    """Where H counts: D_pre and D_joint. What does not go by H, here D_post, is as it was."""
    depresses = dict(A_burst=0.0, D_pre=0.01, D_joint=0.02, K=0.5, h=3.0)
    assert all(dw < -0.05 for dw in by_both(POST_FIRST, **depresses))
    assert by_both(POST_FIRST, **depresses, calcium=0.0) == (0.0, 0.0)
    pre_first = POST_FIRST[0] - 20, POST_FIRST[1]
    others = dict(A_pair=0.0, A_burst=0.02, D_post=0.004, D_pre=0.0)
    found, whole = (by_both(pre_first, **others, calcium=c) for c in (0.0, 1.0))
    assert found == whole
    assert abs(found[0]) > 0.01


@pytest.mark.parametrize("left", [0.69, 0.5, 0.38])
def test_less_calcium_is_a_higher_threshold_and_a_larger_scale(left: float) -> None:
    """H(c y) with K is, for every y, (1 + K^h) / (1 + (K / c)^h) of H(y) with K / c; half the calcium doubles K."""
    K, h = 0.7, 3.0
    scale = (1 + K**h) / (1 + (K / left) ** h)
    less = by_both(POST_FIRST, A_burst=0.0, D_pre=0.01, D_joint=0.02, K=K, h=h, calcium=left)
    higher = by_both(POST_FIRST, A_burst=0.0, D_pre=0.01 * scale, D_joint=0.02 * scale, K=K / left, h=h)
    full = by_both(POST_FIRST, A_burst=0.0, D_pre=0.01, D_joint=0.02, K=K, h=h)
    for a, b, whole in zip(less, higher, full, strict=True):
        assert a == pytest.approx(b, rel=2e-5)
        assert whole < 1.1 * a < 0
