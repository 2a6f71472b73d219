"""Spike trains that break plasticity code, and potentials to go with them. Trains are sorted, distinct step numbers."""

from __future__ import annotations

import numpy as np

Train = np.ndarray
Pair = tuple[Train, Train]


def poisson(rate: float, n_steps: int, dt: float, seed: int) -> Train:
    """Spikes at random with `rate` (Hz); at most one a step."""
    return np.flatnonzero(np.random.default_rng(seed).random(n_steps) < rate * dt * 1e-3)


def bursts(period: float, length: int, interval: float, n_steps: int, dt: float, first: float) -> Train:
    """`length` spikes, `interval` ms apart, every `period` ms from `first` on."""
    starts = np.arange(first, n_steps * dt, period)
    times = np.round((starts[:, None] + interval * np.arange(length)[None, :]).ravel() / dt).astype(int)
    return np.unique(times[times < n_steps])


def adversarial(n_steps: int, dt: float, axonal: int, dendritic: int) -> dict[str, Pair]:
    """Pairs of trains by name; some depend on the delays (steps)."""
    p, q = poisson(30.0, n_steps, dt, 1), poisson(25.0, n_steps, dt, 2)
    some = np.arange(n_steps // 10, n_steps, n_steps // 7)
    inside = np.clip(some + max(axonal, dendritic) // 2, 0, n_steps - 1)
    meet = some[(some - dendritic + axonal >= 0) & (some - dendritic + axonal < n_steps)]
    dense = np.unique(np.concatenate([some, some + 1, some + 2, some + 5]))
    dense = dense[dense < n_steps]
    none = np.zeros(0, int)
    pre_burst = bursts(200.0, 4, 5.0, n_steps, dt, 10.0)
    post_burst = bursts(200.0, 4, 5.0, n_steps, dt, 14.0)
    return {
        "random": (p, q),
        "dense random": (poisson(200.0, n_steps, dt, 3), poisson(150.0, n_steps, dt, 4)),
        "same train": (p, p),
        "coincident at the soma": (some, some),
        "coincident at the synapse": (meet, meet - dendritic + axonal),
        "inside the delay": (some, inside),
        "one step after arrival": (some, np.clip(some + axonal - dendritic + 1, 0, n_steps - 1)),
        "neighbouring steps": (dense, dense[::2]),
        "inside refractoriness": (p, dense),
        "bursts": (pre_burst, post_burst),
        "bursts post first": (post_burst, pre_burst),
        "burst of two at the window": (pre_burst, bursts(150.0, 3, 16.0, n_steps, dt, 3.0)),
        "only pre": (p, none),
        "only post": (none, q),
        "nothing": (none, none),
        "one pair at the ends": (np.array([0]), np.array([n_steps - 1])),
        "first and last step": (np.array([0, n_steps - 1]), np.array([0, n_steps - 1])),
    }


def with_silence(n_steps: int, dt: float) -> Pair:
    """Activity, then minutes of silence, then activity again."""
    ends = n_steps // 50
    p, q = poisson(40.0, ends, dt, 5), poisson(40.0, ends, dt, 6)
    return np.concatenate([p, n_steps - 1 - p[::-1]]), np.concatenate([q, n_steps - 1 - q[::-1]])


def potential(post: Train, n_steps: int, dt: float, seed: int, *, noise: float = 8.0, rest: float = -70.6) -> np.ndarray:
    """A potential (mV): spikes of 2 ms at +30, then 13 mV that decay with 40 ms (as in Clopath 2010), and slow noise."""
    v = rest + np.repeat(np.random.default_rng(seed).normal(0, 1, n_steps // 40 + 1), 40)[:n_steps] * noise
    last = np.searchsorted(post, np.arange(n_steps), side="right") - 1
    if len(post):
        since = np.where(last >= 0, (np.arange(n_steps) - post[np.maximum(last, 0)]) * dt, np.inf)
        v += 13 * np.exp(-since / 40)
        v[since < 2 - 1e-9] = 30.0
    return v


def sjostrom(rate: float, lag: float, pairs: int, dt: float) -> tuple[Train, Train, int]:
    """`pairs` pre-post pairs at `rate` (Hz), post `lag` ms after pre; and the number of steps."""
    pre = 100.0 + np.arange(pairs) * 1e3 / rate
    steps = lambda t: np.round(t / dt).astype(int)  # noqa: E731
    return steps(pre), steps(pre + lag), round((pre[-1] + 1000.0) / dt)
