"""Runs one cell model outside the engine: the step of `cell` over given arrivals, compiled, in float32."""

from __future__ import annotations

import functools
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np


def half(name, n):
    return np.full(n, 0.5)


def float32_constants(cell, dt):
    return SimpleNamespace(**{k: np.float32(v) for k, v in cell.constants(dt).items()})


def run(cell, dt, drive, *, n=1, uniform=half, state=None, full=False):
    """Advance `cell`; `drive[name]` has shape (steps,) or (steps, n). Returns the signals, each (steps, n).

    With `full` also the states at the end of each step, and the last state as arrays.
    """
    drive = {
        k: jnp.asarray(np.broadcast_to(np.atleast_2d(np.asarray(d, np.float32).T).T, (len(d), n))) for k, d in drive.items()
    }
    channels = [k for k in drive if ":" in k]
    start = cell.initial(n, channels, uniform) if state is None else state
    last, (signals, states) = advance(type(cell), full, vars(float32_constants(cell, dt)), start, drive)
    signals = {k: np.asarray(v) for k, v in signals.items()}
    return (signals, {k: np.asarray(v) for k, v in states.items()}, last) if full else signals


@functools.partial(jax.jit, static_argnums=(0, 1))
def advance(model, full, constants, state, drive):
    """Scan the step of a cell class; compiled once for all parameters."""

    def step(s, d):
        new, signals = model.step(SimpleNamespace(**constants), s, d)
        return new, (signals, new) if full else (signals, {})

    return jax.lax.scan(step, state, drive)


def spike_times(signals, dt, cell=0):
    """Times of the ends of the steps at which one cell fires (ms)."""
    return (np.flatnonzero(signals["spike"][:, cell]) + 1) * dt


def constant(value, duration, dt):
    return np.full(round(duration / dt), value)


def pulse(weight, at, duration, dt):
    """One arrival of `weight` at time `at`."""
    out = np.zeros(round(duration / dt))
    out[round(at / dt)] = weight
    return out
