"""What `isocortex.plasticity.rule` promises, for one synapse, in float64 and step by step: traces, integrals, jumps, leaks.

A rule's own `step` is run by JAX, in float64 or as the engine runs it, in float32.
"""

from __future__ import annotations

import functools
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from isocortex.plasticity.rule import Integral, Jump, Leak, Rule, Trace


@functools.cache
def _program(rule: type[Rule]) -> Any:
    @jax.jit
    def run(constants: dict[str, Any], state: dict[str, Any], signals: dict[str, Any]) -> Any:
        def one(s: Any, x: dict[str, Any]) -> Any:
            return rule.step(SimpleNamespace(**constants), s, SimpleNamespace(**x))

        return jax.lax.scan(one, state, signals)

    return run


def signals_of(
    rule: Rule, posts: list[np.ndarray], n_steps: int, dt: float, v: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """What the rule reads: arrays of shape (n_steps, trains)."""
    spike = np.zeros((n_steps, len(posts)))
    for i, post in enumerate(posts):
        spike[post, i] = 1
    return {name: spike if name == "spike" else np.asarray(v) for name in rule.reads}


def values(rule: Rule, signals: dict[str, np.ndarray], dt: float, *, double: bool = True) -> tuple[np.ndarray, ...]:
    """The value of every term at every step: arrays of shape (n_steps, trains), float64."""
    kind = np.float64 if double else np.float32
    n = next(iter(signals.values())).shape[1]
    with jax.enable_x64(double):
        cast = lambda tree: jax.tree.map(lambda a: jnp.asarray(a, kind), tree)  # noqa: E731
        _, out = _program(type(rule))(cast(rule.constants(dt)), cast(rule.initial(n)), cast(signals))
        return tuple(np.asarray(o, np.float64) for o in out)


@functools.lru_cache(256)
def trace_before(trace: Trace | None, arrivals: tuple[int, ...], n_steps: int, dt: float) -> np.ndarray:
    """The trace at every step, before that step's own spike, shape (n_steps,)."""
    if trace is None:
        return np.ones(n_steps)
    x, last, out, decay = 0.0, None, np.zeros(n_steps), np.exp(-dt / trace.tau)
    spikes = set(arrivals)
    for t in range(n_steps):
        x *= decay
        out[t] = x
        if t in spikes:
            since = np.inf if last is None else (t - last) * dt
            if trace.pairing == "all":
                x += 1
            elif trace.pairing == "nearest":
                x = 1.0
            elif trace.pairing == "event":
                x += since >= trace.window - 1e-9
            else:
                x += 1 - np.exp(-since / trace.window)
            last = t
    return out


def shifted(signal: np.ndarray, steps: int, before: float = 0.0) -> np.ndarray:
    """The signal `steps` later, and `before` until it begins."""
    out = np.full_like(signal, before)
    out[steps:] = signal[: len(signal) - steps]
    return out


def interpret(
    rules: tuple[Rule, ...], pre: np.ndarray, each: list[tuple[np.ndarray, ...]], dt: float, axonal: int, dendritic: int,
    *, w: float = 1.0, rests: dict[str, float] | None = None,
) -> tuple[float, float]:  # fmt: skip
    """Change of a weight and the sum of |changes|, without bounds; `each` holds every rule's `values` for one train."""
    n_steps = len(each[0][0])
    arrivals = pre[pre + axonal < n_steps] + axonal
    arrived = np.zeros(n_steps)
    arrived[arrivals] = 1
    induction, leaks = np.zeros(n_steps), []
    size = np.zeros(n_steps)
    for rule, signals in zip(rules, each, strict=True):
        for term, signal in zip(rule.terms(), signals, strict=True):
            # a cell rests before time 0: what it integrates is nothing, what a spike meets is the state at the start
            seen = shifted(signal, dendritic, signal[0] if isinstance(term, Jump) else 0.0)
            if isinstance(term, Leak):
                leaks.append((seen, (rests or {})[term.rest] if term.rest else 0.0))
                continue
            assert isinstance(term, Integral | Jump)
            x = trace_before(term.trace, tuple(arrivals.tolist()), n_steps, dt)
            change = x * seen * (arrived if isinstance(term, Jump) else 1.0)
            induction += change
            size += np.abs(change)
    if not leaks:
        return float(induction.sum()), float(size.sum())
    start, total = w, size.sum()
    for t in np.flatnonzero((induction != 0) | np.any([q != 0 for q, _ in leaks], axis=0)):
        w += induction[t]
        for q, rest in leaks:
            step = (rest - w) * -np.expm1(-q[t])
            w, total = w + step, total + abs(step)
    return float(w - start), float(total)
