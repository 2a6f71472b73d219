"""The end of a tick: what is pending goes into the weights, and the integrals begin anew."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from isocortex.engine.kernel import tables as T
from isocortex.engine.kernel.deliver import trace_values
from isocortex.engine.kernel.visit import changed, leaked, pending


@nb.njit
def settle(
    t: int,
    k: int,
    pointer: Any,
    segments: Any,
    classes: Any,
    scales: Any,
    signals: Any,
    decay: Any,
    dendritic_decay: Any,
    target: Any,
    sig: Any,
    w: Any,
    last: Any,
    slow: Any,
    xhat: Any,
) -> None:
    """Settle every plastic synapse at step t, k steps into the tick, then move the origin of time to t."""
    n_rows = xhat.shape[0]
    xs, gs, new_last = np.zeros(T.MAX_INTEGRALS, np.float32), np.zeros(T.MAX_JUMPS, np.float32), np.zeros(8, np.float32)
    for row in range(n_rows):
        for s in range(pointer[row], pointer[row + 1]):
            c, scale, dd = classes[segments[s, T.CLASS]], scales[segments[s, T.CLASS]], segments[s, T.DENDRITIC]
            if c[T.KIND] == T.STATIC:
                continue
            trace_values(c, scale, row, k, dd, decay, dendritic_decay, xhat, xs, gs)
            seen_post = sig[(t - dd) % sig.shape[0]]
            a = segments[s, T.START]
            b = a + segments[s, T.LENGTH]
            if c[T.KIND] == T.PAIR and c[T.MODE] == T.ADDITIVE and dd == 0:
                settle_plain(a, b, c, scale, xs[0], seen_post, target, w, last)
                continue
            for p in range(a, b):
                settle_one(
                    p, np.int64(target[p]), c, scale, xs, seen_post, sig[t % sig.shape[0]], decay[k], w, last, slow, new_last
                )
        for q in range(xhat.shape[1]):
            xhat[row, q] *= decay[k, q]
    rebase(t, k, signals, decay, sig)


@nb.njit(inline="always")
def settle_plain(a: int, b: int, c: Any, scale: Any, x: Any, seen: Any, target: Any, w: Any, last: Any) -> None:
    """The commonest segment: one integral, hard bounds, no dendritic delay, so that nothing is left unseen."""
    base, stride, shift = c[T.INTEGRALS], c[T.INTEGRALS + 1], c[T.LAST] - c[T.FIRST]
    low, high = scale[T.W_MIN], scale[T.W_MAX]
    if x != 0:
        for p in range(a, b):
            v = w[p] + x * (seen[base + np.int64(target[p]) * stride] - last[p + shift])
            w[p] = min(max(v, low), high)
    last[a + shift : b + shift] = 0


@nb.njit(inline="always")
def settle_one(
    p: int, i: int, c: Any, scale: Any, xs: Any, seen: Any, now: Any, decay: Any, w: Any, last: Any, slow: Any, new_last: Any
) -> None:
    """One synapse; `last` becomes what it will have seen in the units of the next tick."""
    up, down = pending(p, i, c, xs, seen, last, new_last)
    v = w[p]
    if c[T.CAPTURE] >= 0:
        slow[c[T.CAPTURE] + p - c[T.FIRST]] += up + down
    else:
        v = changed(v, up, down, c[T.MODE], scale)
    if c[T.N_LEAK] > 0:
        v = leaked(p, i, v, c, scale, seen, last, slow, new_last)
    w[p] = v
    for q in range(c[T.N_INTEGRAL]):
        column, spec = c[T.INTEGRALS + 3 * q] + i * c[T.INTEGRALS + 3 * q + 1], c[T.INTEGRALS + 3 * q + 2]
        grow = np.float32(1) if spec < 0 else np.float32(1) / decay[spec]
        last[c[T.LAST] + q * c[T.COUNT] + p - c[T.FIRST]] = (seen[column] - now[column]) * grow
    for q in range(c[T.N_LEAK]):
        column = c[T.LEAKS + 3 * q] + i * c[T.LEAKS + 3 * q + 1]
        last[c[T.LAST] + (c[T.N_INTEGRAL] + q) * c[T.COUNT] + p - c[T.FIRST]] = seen[column] - now[column]


@nb.njit
def rebase(t: int, k: int, signals: Any, decay: Any, sig: Any) -> None:
    """Bring the ring of postsynaptic integrals into the units of the next tick."""
    slot = t % sig.shape[0]
    for b in range(signals.shape[0]):
        base, n, stride, spec = signals[b, T.SIG_BASE], signals[b, T.SIG_N], signals[b, T.SIG_STRIDE], signals[b, T.SIG_TRACE]
        grow = np.float32(1) if spec < 0 else np.float32(1) / decay[k, spec]
        for i in range(n):
            column = base + i * stride
            now = sig[slot, column]
            for r in range(sig.shape[0]):
                sig[r, column] = (sig[r, column] - now) * grow
