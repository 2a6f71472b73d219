"""Two more forms of rule for the comparison: the voltage rule and the burst rule, on the protocols of the table.

The voltage rule needs a potential: as in Clopath et al. 2010, it is that of their adaptive exponential cell (`ClopathAdEx`),
made to fire by brief strong currents when the protocol says; the synapse itself adds nothing to it. The burst rule needs spikes
alone. Both act through the bounds that are given with their parameters (``w_min``, ``w_max``; none where w_max is not there).
A drug blocks potentiation or depression where it blocks the branch of the pathway's own rule that does the same; what it leaves
of the calcium, it leaves of the depression.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numba as nb
import numpy as np

from isocortex.cells.adex import ClopathAdEx
from isocortex.engine.groups import stacked_constants
from isocortex.invitro.apical_fit import ratio
from isocortex.invitro.forward import changed
from isocortex.invitro.pathway import Pathway, targets_of
from isocortex.invitro.table import Point
from isocortex.invitro.voltage import Filters, parts

DT = 0.5
REST = 20.0
SETTLES = 600.0
"""A train is over so long after its last spike (ms); trains are farther apart, or the next is part of it."""
KICK = 1e5
"""The current that evokes a spike within one step (pA)."""
E_0 = 5.0
VOLTAGE = {
    "A_LTD": (1e-6, 1e-2),
    "A_LTP": (1e-7, 1e-2),
    "tau_x": (3.0, 60.0),
    "tau_minus": (2.0, 100.0),
    "tau_plus": (2.0, 200.0),
}
"""What is fitted; the thresholds are the paper's."""
BURST = {"eta": (1e-4, 1.0), "tau_pre": (3.0, 100.0), "tau_average": (1000.0, 60_000.0), "P_0": (1e-3, 0.9)}
GAP = 25.3
"""theta_plus above theta_minus (mV), Clopath et al. 2010 (ModelDB 144566)."""

Model = Callable[[Mapping[str, float]], np.ndarray]


def switches(pathway: Pathway, chosen: Sequence[Point]) -> np.ndarray:
    """What the drug of each point leaves of potentiation and depression, from 0 to 1, shape (points, 2)."""
    out = np.ones((len(chosen), 2))
    for row, p in zip(out, chosen, strict=True):
        for name, left in pathway.under(targets_of(p.drug)).items():
            row[0 if name.startswith("A") else 1] *= left
    return out


@lru_cache(maxsize=64)
def evoked(trains: tuple[tuple[float, ...], ...], length: float) -> np.ndarray:
    """The potential above rest of a `ClopathAdEx` cell that fires at given times (ms), shape (trains, steps)."""
    steps, n = round(length / DT), len(trains)
    kicks = np.zeros((steps, n), np.float32)
    for k, times in enumerate(trains):
        kicks[np.round(np.array(times) / DT).astype(int), k] = KICK
    cell = ClopathAdEx()
    c = {k: jnp.asarray(v) for k, v in stacked_constants([cell.constants(DT)], [n]).items()}
    start = {k: jnp.asarray(v) for k, v in cell.initial(n, ["soma:current"], lambda _, m: np.zeros(m)).items()}
    return np.asarray(_potentials(c, start, kicks), float).T - cell.E_L


@jax.jit
def _potentials(c: dict, start: dict, kicks: jax.Array) -> jax.Array:
    def step(s: dict, kick: jax.Array) -> tuple[dict, jax.Array]:
        new, signals = ClopathAdEx.step(SimpleNamespace(**c), s, {"soma:current": kick})
        return new, signals["v"]

    return jax.lax.scan(step, start, kicks)[1]


def voltage_model(pathway: Pathway, chosen: Sequence[Point]) -> Model:
    """The voltage rule: its parameters to ratios of some points. One train is simulated; the bounds act once a train."""
    trains = [p.protocol_of().train(p.frequency, p.lag) for p in chosen]
    length = REST + max(max([*pre, *post]) for pre, post in trains) + SETTLES
    us = evoked(tuple(tuple((post + REST).tolist()) for _, post in trains), length)
    pres = [np.round((pre + REST) / DT).astype(np.int64) for pre, _ in trains]
    repetitions, left = np.array([p.protocol_of().repetitions for p in chosen]), switches(pathway, chosen)

    def ratios(v: Mapping[str, float]) -> np.ndarray:
        filters = Filters(v["tau_x"], v["tau_minus"], v["tau_plus"], GAP)
        each = np.array([parts(u, pre, filters, DT) for u, pre in zip(us, pres, strict=True)])
        up, down = v["A_LTP"] * each[:, :1] * left[:, :1], v["A_LTD"] * each[:, 1:2] * left[:, 1:]
        return np.array([ratio(a, b, n, *_bounds(v)) for a, b, n in zip(up, down, repetitions, strict=True)])

    return ratios


def _bounds(v: Mapping[str, float]) -> tuple[float, float]:
    return v.get("w_min", 0.0), v.get("w_max", 0.0)


@nb.njit
def _burst(pre: np.ndarray, post: np.ndarray, p: np.ndarray, potentiates: float, depresses: float) -> float:
    """`BurstRule` spike by spike, with soft bounds; times in ms."""
    eta, tau_pre, tau_average, prob, w_min, w_max = p[0], p[1], p[2], p[3], p[4], p[5]
    events = E_0 * 1e-3 * tau_average
    w, x, last, i, j, since_pre, since_post, bursting = 1.0, 0.0, 0.0, 0, 0, -1e9, -1e9, False
    while i < len(pre) or j < len(post):
        t = min(pre[i] if i < len(pre) else 1e18, post[j] if j < len(post) else 1e18)
        x, events, last = x * np.exp(-(t - last) / tau_pre), events * np.exp(-(t - last) / tau_average), t
        before = x
        if i < len(pre) and pre[i] == t:
            x += 1.0 if t - since_pre >= 16.0 else 0.0
            since_pre, i = t, i + 1
        if j < len(post) and post[j] == t:
            if t - since_post >= 16.0:
                w = changed(w, -depresses * eta * prob * before, w_min, w_max)
                prob, events, bursting = prob * events / (events + 1), events + 1, False
            elif not bursting:
                w = changed(w, potentiates * eta * before, w_min, w_max)
                prob, bursting = prob + 1 / max(events, 1e-3), True
            since_post, j = t, j + 1
    return w


def burst_model(pathway: Pathway, chosen: Sequence[Point]) -> Model:
    """The burst rule: its parameters to ratios of some points, over all repetitions."""
    trains = [p.protocol_of().trains(p.frequency, p.lag) for p in chosen]
    left = switches(pathway, chosen)

    def ratios(v: Mapping[str, float]) -> np.ndarray:
        p = np.array([*(v[k] for k in BURST), *_bounds(v)])
        return np.array([_burst(pre, post, p, *row) for (pre, post), row in zip(trains, left, strict=True)])

    return ratios


MODELS: dict[str, tuple[Callable[[Pathway, Sequence[Point]], Model], dict[str, tuple[float, float]]]] = {
    "voltage": (voltage_model, VOLTAGE),
    "burst": (burst_model, BURST),
}
"""Form -> its model, and bounds of what is fitted."""
