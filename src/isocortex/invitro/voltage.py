"""A fast model of `VoltageRule` for the optimiser: one train of a protocol under a potential that is known beforehand.

Float64, and nothing of the engine. Trains are far enough apart that each begins at rest, so one is enough.
"""

from __future__ import annotations

import dataclasses

import numba as nb
import numpy as np


@dataclasses.dataclass(frozen=True)
class Filters:
    """What the changes depend on: time constants (ms), and how far theta_plus is above theta_minus, which is rest (mV)."""

    tau_x: float
    tau_minus: float
    tau_plus: float
    gap: float
    trace_delay: float = 3.0


@nb.njit
def _parts(u: np.ndarray, pre: np.ndarray, f: tuple[float, ...], dt: float) -> tuple[float, float]:
    tau_x, tau_minus, tau_plus, gap, delay = f
    late = round(delay / dt)
    k_minus, k_plus, decay_x = 1 - np.exp(-dt / tau_minus), 1 - np.exp(-dt / tau_plus), np.exp(-dt / tau_x)
    minus, plus = np.zeros(len(u) + 1), np.zeros(len(u) + 1)  # before each step
    for t in range(len(u)):
        minus[t + 1] = minus[t] + k_minus * (u[t] - minus[t])
        plus[t + 1] = plus[t] + k_plus * (u[t] - plus[t])
    up, down, x, i = 0.0, 0.0, 0.0, 0
    for t in range(len(u)):
        x *= decay_x
        early = max(t - late, 0)
        up += x * max(u[t] - gap, 0.0) * max(plus[early], 0.0)
        while i < len(pre) and pre[i] == t:
            down += max(minus[early], 0.0)
            x, i = x + 1.0, i + 1
    return up * dt / tau_x, down


def parts(u: np.ndarray, pre: np.ndarray, filters: Filters, dt: float) -> tuple[float, float]:
    """Potentiation per A_LTP, and depression per A_LTD, of one train.

    u : potential above rest at every step (mV). pre : steps of the presynaptic spikes, sorted.
    """
    return _parts(u, pre, dataclasses.astuple(filters), dt)
