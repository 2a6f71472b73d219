"""A fast model of `DendriticVoltage` on the cell with a trunk, for the optimiser.

The potential at a synapse does not depend on the rule (the synapse is weak), so it is recorded once, with the engine; trains
are far enough apart that each begins at rest, so one is enough. The rest is the rule in float64. The numbers that are reported
are those of the engine.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import numba as nb
import numpy as np

from isocortex.errors import DescriptionError
from isocortex.invitro import apical
from isocortex.invitro.pathway import WEIGHT, Pathway, pathways, targets_of
from isocortex.invitro.table import Point
from isocortex.plasticity.rules.dendritic_voltage import DendriticVoltage

AMPLITUDES = ("A_LTP", "A_post", "D_pre", "A_alone")
"""In the order of `parts`; to the first A_NO is added."""
CALCIUM = "T_VDCC"
"""The target whose blockers take the calcium spike away."""


def cases_of(point: Point) -> list[apical.Case]:
    """What the slice has to do for a point: a case for each of the sites of its protocol, or of its pathway."""
    protocol, pathway = point.protocol_of(), pathways()[point.pathway]
    sites = protocol.site or (() if pathway.site is None else (pathway.site,))
    if not sites:
        raise DescriptionError(f"{point.name}: neither {protocol.name} nor {pathway.name} says where the synapse is (site)")
    pre, post = protocol.train(point.frequency, point.lag)
    times = protocol.step_times(point.frequency, point.lag)
    step = None if times is None or protocol.step is None else (*times, protocol.step)
    calcium = CALCIUM not in targets_of(point.drug)
    whole = apical.Case(pre, post, protocol.repetitions, protocol.every, 0.0, protocol.cooperative, calcium, step, pathway.post)
    return [dataclasses.replace(whole, site=site) for site in sites]


@nb.njit
def _parts(u: np.ndarray, pre: np.ndarray, f: np.ndarray, dt: float) -> np.ndarray:
    slow, rise = np.exp(-dt / f[2]), np.exp(-dt / max(f[3], 1e-9))
    alone_decay, lasting, late = np.exp(-dt / f[6]), np.exp(-dt / f[8]), int(np.round(f[7] / dt))
    k_plus, k_minus = 1 - np.exp(-dt / f[4]), 1 - np.exp(-dt / f[5])
    plus = np.zeros(len(u) + 1)  # before each step
    for t in range(len(u)):
        plus[t + 1] = plus[t] + k_plus * (u[t] - plus[t])
    out, x, y, z, alone, minus, i = np.zeros((len(pre) + 1, 4)), 0.0, 0.0, 0.0, 0.0, 0.0, 0
    for t in range(len(u)):
        x, y, z, alone = x * slow, y * rise, z * lasting, alone * alone_decay
        out[i, 0] += (x - y) * max(u[t] - f[0], 0.0) * max(plus[max(t - late, 0)], 0.0) * dt
        out[i, 1] += z * max(u[t] - f[1], 0.0) * dt
        while i < len(pre) and pre[i] == t:
            raised = (f[11] * max(minus, 0.0) / f[9]) ** f[10]
            out[i, 2], out[i, 3] = 1.0 - 1.0 / (1.0 + raised), alone
            x, y, z, alone, i = x + 1.0, y + 1.0, z + 1.0, alone + 1.0, i + 1
        minus += k_minus * (u[t] - minus)
    return out


def parts(u: np.ndarray, pre: np.ndarray, rule: Mapping[str, float], dt: float) -> np.ndarray:
    """Of one train, what each of `AMPLITUDES` is multiplied with: up to each presynaptic spike, and after the last.

    u : potential above rest (mV) at every step. pre : steps. Shape (spikes + 1, amplitudes).
    """
    names = ("theta_plus", "theta_d", "tau_x", "tau_rise", "tau_plus", "tau_minus", "tau_alone", "trace_delay", "tau_post",
             "K", "h", "calcium")  # fmt: skip
    return _parts(u, pre, np.array([rule[n] for n in names]), dt)


@nb.njit
def ratio(up: np.ndarray, down: np.ndarray, repetitions: int, low: float, high: float) -> float:
    """The weight after so many trains; it begins at 1.

    up, down : what a train adds and takes, one number a visit of the synapse. low, high : soft bounds; without them high is 0.
    """
    w = 1.0
    for _ in range(repetitions):
        for a, b in zip(up, down):  # noqa: B905
            w = min(max(w + a * (1.0 - w / high) - b * w / high, low), high) if high > 0 else max(w + a - b, 0.0)
    return w


def steps_of(case: apical.Case) -> np.ndarray:
    """The steps of `apical.potentials` in which the presynaptic cell fires; the first step ends at `DT`."""
    return np.round((case.pre + apical.REST) / apical.DT).astype(np.int64) - 1


def model(pathway: Pathway, chosen: Sequence[Point], base: Mapping[str, float]) -> Callable[[Mapping[str, float]], np.ndarray]:
    """The fast model of some points: free parameters to ratios.

    Raises
    ------
    DescriptionError : the pathway has another rule.
    """
    if pathway.rule != DendriticVoltage.name:
        known = f"the fast model of the cell with a trunk does not know {pathway.rule!r}; allowed: {DendriticVoltage.name}"
        raise DescriptionError(f"{pathway.name}.rule.name: {known}")
    cases = [cases_of(p) for p in chosen]
    flat = [c for each in cases for c in each]
    us = [np.ascontiguousarray(u - DendriticVoltage().E_L) for u in apical.potentials(flat)]
    pres = [steps_of(c) for c in flat]
    changes = [pathway.under(targets_of(p.drug)) for p in chosen]
    owner = np.repeat(np.arange(len(chosen)), [len(each) for each in cases])
    defaults = {k: v for k, v in DendriticVoltage().values().items() if isinstance(v, float)}

    def ratios(values: Mapping[str, float]) -> np.ndarray:
        rule = defaults | dict(base) | pathway.complete(values)
        low, high = (rule.get(bound, 0.0) for bound in WEIGHT)
        out = np.zeros(len(chosen))
        for u, pre, case, k in zip(us, pres, flat, owner, strict=True):
            own = rule | changes[k]
            own["A_LTP"] += own["A_NO"]
            each = own["eta"] * np.array([own[a] for a in AMPLITUDES]) * parts(u, pre, own, apical.DT)
            out[k] += ratio(each[:, 0], each[:, 1:].sum(1), case.repetitions, low, high) / len(cases[k])
        return out

    return ratios
