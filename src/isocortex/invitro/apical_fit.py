"""A fast model of `DendriticVoltage` on the cell with a trunk, for the optimiser.

The potential at a synapse does not depend on the rule (the synapse is weak), so it is recorded once, with the engine; trains
are far enough apart that each begins at rest, so one is enough. The rest is the rule in float64. The numbers that are reported
are those of the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numba as nb
import numpy as np

from isocortex.invitro import apical
from isocortex.invitro.pathway import Pathway, targets_of
from isocortex.invitro.table import Point
from isocortex.plasticity.rules.dendritic_voltage import DendriticVoltage

AMPLITUDES = ("A_LTP", "A_post", "A_pre", "A_alone")
CALCIUM = "T_VDCC"
"""The target whose blockers take the calcium spike away."""


def cases_of(point: Point) -> list[apical.Case]:
    """What the slice has to do for a point: a case for each of the sites of its protocol."""
    protocol = point.protocol_of()
    pre, post = protocol.train(point.frequency, point.lag)
    calcium = CALCIUM not in targets_of(point.drug)
    return [apical.Case(pre, post, protocol.repetitions, protocol.every, site, protocol.cooperative, calcium)
            for site in protocol.site]  # fmt: skip


@nb.njit
def _parts(u: np.ndarray, pre: np.ndarray, f: np.ndarray, dt: float) -> np.ndarray:
    slow, rise, alone_decay, late = np.exp(-dt / f[2]), np.exp(-dt / f[3]), np.exp(-dt / f[6]), int(np.round(f[7] / dt))
    lasting = np.exp(-dt / f[8])
    k_plus, k_minus = 1 - np.exp(-dt / f[4]), 1 - np.exp(-dt / f[5])
    plus = np.zeros(len(u) + 1)  # before each step
    for t in range(len(u)):
        plus[t + 1] = plus[t] + k_plus * (u[t] - plus[t])
    out, x, y, z, alone, minus, i = np.zeros(4), 0.0, 0.0, 0.0, 0.0, 0.0, 0
    for t in range(len(u)):
        x, y, z, alone = x * slow, y * rise, z * lasting, alone * alone_decay
        out[0] += (x - y) * max(u[t] - f[0], 0.0) * max(plus[max(t - late, 0)], 0.0) * dt
        out[1] += z * max(u[t] - f[1], 0.0) * dt
        while i < len(pre) and pre[i] == t:
            out[2] += max(minus, 0.0)
            out[3] += alone
            x, y, z, alone, i = x + 1.0, y + 1.0, z + 1.0, alone + 1.0, i + 1
        minus += k_minus * (u[t] - minus)
    return out


def parts(u: np.ndarray, pre: np.ndarray, rule: Mapping[str, float], dt: float) -> np.ndarray:
    """Of one train, what each of `AMPLITUDES` is multiplied with. u : potential above rest (mV) at every step; pre : steps."""
    names = ("theta_plus", "theta_d", "tau_x", "tau_rise", "tau_plus", "tau_minus", "tau_alone", "trace_delay", "tau_post")
    return _parts(u, pre, np.array([rule[n] for n in names]), dt)


def steps_of(case: apical.Case) -> np.ndarray:
    """The steps of `apical.potentials` in which the presynaptic cell fires; the first step ends at `DT`."""
    return np.round((case.pre + apical.REST) / apical.DT).astype(np.int64) - 1


def model(pathway: Pathway, chosen: Sequence[Point], base: Mapping[str, float]) -> Callable[[Mapping[str, float]], np.ndarray]:
    """The fast model of some points: free parameters to ratios."""
    cases = [cases_of(p) for p in chosen]
    flat = [c for each in cases for c in each]
    us = [np.ascontiguousarray(u - DendriticVoltage().E_L) for u in apical.potentials(flat)]
    pres = [steps_of(c) for c in flat]
    changes = [pathway.under(targets_of(p.drug)) for p in chosen]
    owner = np.repeat(np.arange(len(chosen)), [len(each) for each in cases])
    defaults = {k: v for k, v in DendriticVoltage().values().items() if isinstance(v, float)}

    def ratios(values: Mapping[str, float]) -> np.ndarray:
        rule = defaults | dict(base) | pathway.complete(values)
        sign = rule["eta"] * np.array([1.0, -1.0, -1.0, -1.0])
        out = np.zeros(len(chosen))
        for u, pre, case, k in zip(us, pres, flat, owner, strict=True):
            left = np.array([changes[k].get(a, rule[a]) for a in AMPLITUDES])
            out[k] += max(1.0 + case.repetitions * float((sign * left) @ parts(u, pre, rule, apical.DT)), 0.0) / len(cases[k])
        return out

    return ratios
