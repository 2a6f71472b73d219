"""A fast model of the voltage rules for the optimiser: one train of a protocol under a potential that is known beforehand.

It follows the equations of `VoltageRule` and `DendriticVoltage`, in float64, and nothing of the engine. Trains are far enough
apart that each begins at rest; so one train is enough, and its parts are kept apart for the weight dependence and the drugs.
"""

from __future__ import annotations

import dataclasses

import numba as nb
import numpy as np

PARTS = 4
"""Potentiation; depression after, before, and by the presynaptic train alone: each per unit of its amplitude."""


@dataclasses.dataclass(frozen=True)
class Filters:
    """What the parts depend on: time constants (ms) and thresholds (mV above rest)."""

    tau_x: float
    tau_minus: float
    tau_plus: float
    gap: float
    trace_delay: float = 3.0
    tau_alone: float = 50.0


@nb.njit
def _parts(u: np.ndarray, pre: np.ndarray, f: tuple[float, ...], dt: float) -> np.ndarray:
    tau_x, tau_minus, tau_plus, gap, delay, tau_alone = f
    late = int(round(delay / dt))
    k_minus, k_plus = 1 - np.exp(-dt / tau_minus), 1 - np.exp(-dt / tau_plus)
    decay_x, decay_alone = np.exp(-dt / tau_x), np.exp(-dt / tau_alone)
    minus, plus = np.zeros(len(u) + 1), np.zeros(len(u) + 1)  # before each step
    for t in range(len(u)):
        minus[t + 1] = minus[t] + k_minus * (u[t] - minus[t])
        plus[t + 1] = plus[t] + k_plus * (u[t] - plus[t])
    out, x, alone, i = np.zeros(PARTS), 0.0, 0.0, 0
    for t in range(len(u)):
        x, alone = x * decay_x, alone * decay_alone
        early = max(t - late, 0)
        out[0] += x * max(u[t] - gap, 0.0) * max(plus[early], 0.0)
        out[1] += x * max(minus[t], 0.0)
        while i < len(pre) and pre[i] == t:
            out[2] += max(minus[early], 0.0)
            out[3] += alone
            x, alone, i = x + 1.0, alone + 1.0, i + 1
    out[:2] *= dt / tau_x
    return out


def parts(u: np.ndarray, pre: np.ndarray, filters: Filters, dt: float) -> np.ndarray:
    """`PARTS` of one train. u : potential above rest at every step (mV). pre : steps of the presynaptic spikes, sorted."""
    return _parts(u, pre, dataclasses.astuple(filters), dt)
