"""A fast model of one pair of spike trains, for the optimiser: every spike on its own, float64, nothing of the engine.

It follows the equations of `Branches` (and so of what that reduces to), with soft bounds applied at each spike. The numbers
that are reported are never these: they are those of the virtual slice.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numba as nb
import numpy as np

from isocortex.errors import DescriptionError
from isocortex.plasticity.rules.branches import Branches
from isocortex.plasticity.rules.inhibitory import InhibitorySTDP
from isocortex.plasticity.rules.pair import PairSTDP
from isocortex.plasticity.rules.triplet import TripletSTDP

NAMES = (
    "A_pair", "A_burst", "D_post", "D_pre", "D_alone", "power", "tau_plus", "tau_o", "tau_y", "tau_c", "tau_alone", "K", "h",
    "w_min", "w_max", "A3_minus", "tau_x", "D_burst", "D_joint", "tau_joint", "nearest", "calcium",
)  # fmt: skip
BOUNDS = dict(w_min=0.0, w_max=0.0)
"""By default; with w_max = 0 the weight has no bounds to speak of."""
TRIPLET = dict(A3_minus=0.0, tau_x=100.0)
"""What only the triplet rule has."""
RULES = {r.name: r for r in (Branches, InhibitorySTDP, PairSTDP, TripletSTDP)}
"""The rules that this model knows."""
NEAREST = dict(nearest=0.0)
"""1 where the presynaptic trace of `Branches` saturates."""


def parameters(rule: str, values: Mapping[str, float]) -> np.ndarray:
    """The parameters of a rule in the order of `NAMES`, float64.

    Raises
    ------
    DescriptionError : the rule, or a choice of it, is none that this model knows.
    """
    if rule not in RULES:
        raise DescriptionError(f"fit: the fast model does not know {rule!r}; allowed: {', '.join(sorted(RULES))}")
    others = BOUNDS | TRIPLET | NEAREST
    out = {n: float(getattr(Branches(), n)) for n in NAMES if n not in others} | dict(A_burst=0.0) | others
    v = RULES[rule]().values() | dict(values)
    if rule == "branches":
        out |= dict(A_burst=Branches().A_burst, D_pre=Branches().D_pre) | dict(values)
        out["nearest"] = float(out.pop("pairing", "all") == "nearest")
        scale = out.pop("eta", 1.0)
        out |= {k: out[k] * scale for k in (*NAMES[:5], "D_burst", "D_joint")}
        return np.array([out[n] for n in NAMES])
    for name, known in (("pairing", "all"), ("rho_0", 0.0)):
        if v.get(name, known) != known:
            raise DescriptionError(f"fit: the fast model knows {rule!r} with {name} = {known!r} alone, not {v[name]!r}")
    if rule == "pair_stdp":
        out |= dict(A_pair=v["A_plus"], D_pre=v["A_minus"], tau_plus=v["tau_plus"], tau_y=v["tau_minus"], K=1e9, h=1.0)
    elif rule == "triplet":
        out |= dict(A_pair=v["A2_plus"], A_burst=v["A3_plus"], D_pre=v["A2_minus"], tau_plus=v["tau_plus"],
                    tau_y=v["tau_minus"], tau_o=v["tau_y"], K=1e9, h=1.0)  # fmt: skip
        out |= {k: v[k] for k in TRIPLET}
    else:
        out |= dict(A_pair=1.0, D_pre=-1.0, tau_plus=v["tau"], tau_y=v["tau"], K=1e9, h=1.0)
    scale = v["eta"]
    out |= {k: out[k] * scale for k in ("A_pair", "A_burst", "D_pre", "A3_minus")} | {k: v[k] for k in BOUNDS if k in v}
    return np.array([out[n] for n in NAMES])


def on_grid(times: np.ndarray, dt: float) -> np.ndarray:
    """Spike times (ms) as steps, as the engine rounds them."""
    return np.round(np.asarray(times) / dt).astype(np.int64)


@nb.njit
def changed(w: float, change: float, w_min: float, w_max: float) -> float:
    if w_max <= 0:
        return w + change
    w += change * (1.0 - w / w_max) if change > 0 else change * w / w_max
    return min(max(w, w_min), w_max)


@nb.njit
def _high(y: float, K: float, h: float) -> float:
    raised, K_h = (y**h if y > 1e-30 else 0.0), K**h
    return (1 + K_h) * raised / (K_h + raised)


@nb.njit
def _joint_sums(p: np.ndarray, dt: float) -> np.ndarray:
    """Sums over steps of u H(calcium u) dt / tau_joint with u = exp(-steps dt / tau_joint), to where u has died away."""
    q, D_joint = dt / p[19], p[18]
    out = np.zeros(int(14 / q) + 2 if D_joint > 0 else 1)
    for j in range(1, len(out)):
        u = np.exp(-j * q)
        out[j] = out[j - 1] + D_joint * q * u * _high(p[21] * u, p[11], p[12])
    return out


@nb.njit
def _joint(sums: np.ndarray, q: float, m: int, n: int, steps: int) -> float:
    """Depression in the next steps, m after the last postsynaptic and n after the last presynaptic spike; -1: none yet."""
    if len(sums) == 1 or m < 0 or n < 0 or m >= len(sums) - 1:
        return 0.0
    return float(np.exp((m - n) * q) * (sums[min(m + steps, len(sums) - 1)] - sums[m]))


@nb.njit
def ratio(pre: np.ndarray, post: np.ndarray, p: np.ndarray, dt: float) -> float:
    """The weight after all spikes (steps, sorted); it begins at 1."""
    A_pair, A_burst, D_post, D_pre, D_alone, power = p[0], p[1], p[2], p[3], p[4], p[5]
    q, d, sums = np.exp(-dt / p[6]), np.exp(-dt / p[9]), _joint_sums(p, dt)
    at_once, later = (1 - d) / (1 - d * q), d * q / (1 - d * q)
    w, x, alone, slow, o, y, signal, last = 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0
    i, j, last_pre, last_post = 0, 0, -1, -1
    while i < len(pre) or j < len(post):
        t = min(pre[i] if i < len(pre) else 2**62, post[j] if j < len(post) else 2**62)
        gap = (t - last) * dt
        m, n = (last - last_post if last_post >= 0 else -1), (last - last_pre if last_pre >= 0 else -1)
        w = changed(w, -_joint(sums, dt / p[19], m, n, t - last), p[13], p[14])
        x, alone, slow = x * np.exp(-gap / p[6]), alone * np.exp(-gap / p[10]), slow * np.exp(-gap / p[16])
        o, y = o * np.exp(-gap / p[7]), y * np.exp(-gap / p[8])
        signal *= np.exp(-gap / p[9])
        is_pre, is_post = i < len(pre) and pre[i] == t, j < len(post) and post[j] == t
        before_y = y
        if is_post:
            burst = o**power if o > 1e-30 else 0.0
            lasting = A_pair + A_burst * burst
            w = changed(w, x * lasting * at_once, p[13], p[14])
            w = changed(w, -x * (D_post + p[17] * burst), p[13], p[14])
            signal += lasting * (1 - d)
            o, y, j, last_post = o + 1.0, y + p[21], j + 1, t
        if is_pre:
            depression = D_pre * _high(before_y, p[11], p[12]) + D_alone * alone + p[15] * before_y * slow
            w = changed(w, -depression, p[13], p[14])
            added = 1.0 - x if p[20] > 0 else 1.0
            w = changed(w, signal * later * added, p[13], p[14])
            x, alone, slow, i, last_pre = x + added, alone + 1.0, slow + 1.0, i + 1, t
        last = t
    m, n = (last - last_post if last_post >= 0 else -1), (last - last_pre if last_pre >= 0 else -1)
    return float(changed(w, -_joint(sums, dt / p[19], m, n, len(sums)), p[13], p[14]))


@dataclasses.dataclass(frozen=True)
class Trains:
    """Pairs of spike trains, one after the other: steps, and where each train begins (one place more than there are trains)."""

    pre: np.ndarray
    post: np.ndarray
    pre_at: np.ndarray
    post_at: np.ndarray

    @classmethod
    def of(cls, pairs: Sequence[tuple[np.ndarray, np.ndarray]], dt: float) -> Trains:
        """From times (ms)."""
        sides = [[on_grid(pair[side], dt) for pair in pairs] for side in (0, 1)]
        joined = [np.concatenate([*trains, np.zeros(0, np.int64)]) for trains in sides]
        places = [np.cumsum([0, *map(len, trains)]) for trains in sides]
        return cls(joined[0], joined[1], places[0], places[1])


@nb.njit
def _every(pre: np.ndarray, post: np.ndarray, pre_at: np.ndarray, post_at: np.ndarray, p: np.ndarray, dt: float) -> np.ndarray:
    out = np.empty(len(p))
    for k in range(len(p)):
        out[k] = ratio(pre[pre_at[k] : pre_at[k + 1]], post[post_at[k] : post_at[k + 1]], p[k], dt)
    return out


def ratios(trains: Trains, parameter_sets: np.ndarray, dt: float) -> np.ndarray:
    """`ratio` of every pair of trains with its own parameters (trains, `NAMES`), shape (trains,)."""
    return _every(trains.pre, trains.post, trains.pre_at, trains.post_at, parameter_sets, dt)
