"""The end of a tick: what is pending goes into the weights, and the integrals begin anew."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from isocortex.engine.kernel import tables as T
from isocortex.engine.kernel.deliver import back, integral_factors
from isocortex.engine.kernel.lanes import LANES, settle_lanes, settle_lanes_held
from isocortex.engine.kernel.prefetch import prefetch
from isocortex.engine.kernel.visit import F0, F1, U, changed, faded, fading, leaked, pending, split

AHEAD = 1024
"""How many synapses further on memory is asked for while one is settled: less comes too late."""


@nb.njit
def settle(t: int, k: int, signals: Any, tables: Any, syn: Any) -> None:
    """Settle every plastic synapse at step t, k steps into the tick, then move the origin of time to t."""
    xs, new_last = np.zeros(T.MAX_INTEGRALS, np.float32), np.zeros(8, np.float32)
    target, sig, xhat, w, last, slow = tables.target, syn.sig, syn.xhat, syn.w, syn.last, syn.slow
    slot, n_sig = t % sig.shape[0], sig.shape[0]
    gain, gained, many = np.empty(sig.shape, np.float32), np.zeros(n_sig, np.bool_), crowded(tables.settling, sig.shape)
    for s in range(tables.settling.shape[0]):  # as they lie in memory
        a, which, dd = tables.settling[s, T.START], tables.settling[s, T.CLASS], tables.settling[s, T.DENDRITIC]
        b, row = a + tables.settling[s, T.LENGTH], tables.settling[s, T.ROW]
        c, scale = tables.classes[which], tables.scales[which]
        fresh, held = syn.seen[row] <= t - k, syn.held[dd]
        integral_factors(c, scale, row, dd, tables, xhat, xs)
        seen = sig[back(slot, dd, n_sig)]
        if c[T.KIND] == T.PAIR:
            settle_pair(a, b, fresh, held, c, scale, xs[0], seen, target, w, last)
        elif c[T.KIND] == T.GENERAL:
            settle_general(a, b, fresh, held, c, scale, xs, seen, target, w, last, slow, new_last)
        elif fresh and many[dd]:
            if not gained[dd]:
                gains(signals, seen, held, gain[dd])
                gained[dd] = True
            settle_unseen(a, b, c, scale, xs, gain[dd], target, w, slow)
        else:
            settle_simple(a, b, fresh, held, c, scale, xs, seen, target, w, last, slow)
    for row in range(xhat.shape[0]):
        for q in range(xhat.shape[1]):
            xhat[row, q] *= tables.decay[k, q]
    rebase(t, k, signals, tables.decay, sig, syn.held)
    syn.sums[:] = 0


@nb.njit(inline="always")
def settle_pair(
    a: int, b: int, fresh: bool, held: Any, c: Any, scale: Any, x: Any, seen: Any, target: Any, w: Any, last: Any
) -> None:
    """What `visit_pair` does, without a jump."""
    if x == 0:
        return
    base, shift, low, high = c[T.INTEGRALS], c[T.LAST] - c[T.FIRST], scale[T.W_MIN], scale[T.W_MAX]
    numbers, whole = (x, low, high), b - (b - a) % LANES
    for p in range(a, whole, LANES):
        prefetch(w, p + AHEAD)
        prefetch(target, p + AHEAD)
        prefetch(last, p + shift + AHEAD)
        if fresh:
            settle_lanes_held(p, p + shift, base, numbers, target, w, last, held, seen)
        else:
            settle_lanes(p, p + shift, base, numbers, target, w, last, held, seen)
    for p in range(whole, b):
        j = U(base) + U(2) * U(target[p])
        v = w[p] + x * (seen[j] - (held[j] if fresh else last[p + shift]))
        w[p] = min(max(v, low), high)


@nb.njit
def crowded(settling: Any, shape: tuple[int, int]) -> Any:
    """By dendritic delay: whether more synapses have it than there are columns, so that what is the same for all synapses of a
    cell is worth working out first. shape : (delays, columns)."""
    synapses = np.zeros(shape[0], np.int64)
    for s in range(settling.shape[0]):
        synapses[settling[s, T.DENDRITIC]] += settling[s, T.LENGTH]
    return synapses > shape[1]


@nb.njit
def gains(signals: Any, seen: Any, held: Any, gain: Any) -> None:
    """What happens in a whole tick to synapses of one dendritic delay that no spike reached, by column: what an integral
    gathered, as it counts now, or what a leak leaves."""
    for b in range(signals.shape[0]):
        base, n, stride = signals[b, T.SIG_BASE], signals[b, T.SIG_N], signals[b, T.SIG_STRIDE]
        for i in range(n):
            at, age = base + i * stride, F0
            change = seen[at] - held[at]
            for q in range(signals[b, T.SIG_LEAKS]):
                age += seen[signals[b, T.SIG_LEAK] + i * stride + q]
            gain[at] = fading(change) if signals[b, T.SIG_LEAKING] else fading(age) * change


@nb.njit(inline="always")
def settle_unseen(a: int, b: int, c: Any, scale: Any, xs: Any, gain: Any, target: Any, w: Any, slow: Any) -> None:
    """One or two integrals and at most one leak, where no spike came in this tick: a cell's numbers are the same for all its
    synapses."""
    base, stride, mode, two = U(c[T.INTEGRALS]), U(c[T.INTEGRALS + 1]), c[T.MODE], c[T.N_INTEGRAL] > 1
    x, x2, base2, leaks = xs[0], xs[1], U(c[T.INTEGRALS + 3]), c[T.N_LEAK] > 0
    leak, rest_at, rest_shift = U(c[T.LEAKS]), c[T.LEAKS + 2], U(c[T.LEAKS + 2] - c[T.FIRST])
    for p in range(U(a), U(b)):
        i, v = U(target[p]) * stride, w[p]
        if leaks:
            rest = F0 if rest_at < 0 else slow[p + rest_shift]
            v = rest + (v - rest) * gain[leak + i]
        up, down = split(x * gain[base + i])
        if two:
            up2, down2 = split(x2 * gain[base2 + i])
            up, down = up + up2, down + down2
        w[p] = changed(v, up, down, mode, scale)


@nb.njit(inline="always")
def settle_simple(
    a: int, b: int, fresh: bool, held: Any, c: Any, scale: Any, xs: Any, seen: Any, target: Any, w: Any, last: Any, slow: Any
) -> None:
    """The same, synapse by synapse."""
    base, stride, mode, two = U(c[T.INTEGRALS]), U(c[T.INTEGRALS + 1]), c[T.MODE], c[T.N_INTEGRAL] > 1
    x, x2, base2, shift = xs[0], xs[1], U(c[T.INTEGRALS + 3]), U(c[T.LAST] - c[T.FIRST])
    leak, leak_stride, rest_at, leaks = U(c[T.LEAKS]), U(c[T.LEAKS + 1]), c[T.LEAKS + 2], c[T.N_LEAK] > 0
    shift2, leak_shift = shift + U(c[T.COUNT]), shift + U(c[T.COUNT]) * U(c[T.N_INTEGRAL])
    rest_shift, aged = U(rest_at - c[T.FIRST]), c[T.AGED] > 0
    for p in range(U(a), U(b)):
        i, v, age = U(target[p]), w[p], F1
        if leaks:
            j = leak + i * leak_stride
            q = seen[j]
            v = faded(v, F0 if rest_at < 0 else slow[p + rest_shift], q - (held[j] if fresh else last[p + leak_shift]))
            if aged:
                age = fading(q)
        j = base + i * stride
        up, down = split(x * age * (seen[j] - (held[j] if fresh else last[p + shift])))
        if two:
            j = base2 + i * stride
            up2, down2 = split(x2 * age * (seen[j] - (held[j] if fresh else last[p + shift2])))
            up, down = up + up2, down + down2
        w[p] = changed(v, up, down, mode, scale)


@nb.njit(inline="always")
def settle_general(
    a: int,
    b: int,
    fresh: bool,
    held: Any,
    c: Any,
    scale: Any,
    xs: Any,
    seen: Any,
    target: Any,
    w: Any,
    last: Any,
    slow: Any,
    new_last: Any,
) -> None:
    """Any stack."""
    for p in range(a, b):
        i = np.int64(target[p])
        v, age = leaked(p, i, w[p], fresh, held, c, seen, last, slow, new_last)
        up, down = pending(p, i, fresh, held, c, xs, seen, last, new_last)
        if c[T.CAPTURE] >= 0:
            slow[c[T.CAPTURE] + p - c[T.FIRST]] += up + down
            up, down = F0, F0
        w[p] = changed(v, up * age, down * age, c[T.MODE], scale)


@nb.njit
def rebase(t: int, k: int, signals: Any, decay: Any, sig: Any, held: Any) -> None:
    """Bring the ring of postsynaptic integrals into the units of the next tick, integrals before the leaks that age them, and
    hold what synapses see of them now, one row a dendritic delay."""
    slot, n_sig = t % sig.shape[0], sig.shape[0]
    unit = np.empty(sig.shape[1], np.float32)
    for b in range(signals.shape[0]):
        base, n, stride, spec = signals[b, T.SIG_BASE], signals[b, T.SIG_N], signals[b, T.SIG_STRIDE], signals[b, T.SIG_TRACE]
        grow = F1 if spec < 0 else F1 / decay[k, spec]
        for i in range(n):
            age = F0
            for q in range(signals[b, T.SIG_LEAKS]):
                age += sig[slot, signals[b, T.SIG_LEAK] + i * stride + q]
            unit[i] = grow * fading(age)
        for r in range(1, n_sig + 1):  # the row of now is the last one
            row = sig[(slot + r) % n_sig]
            for i in range(n):
                column = base + i * stride
                row[column] = (row[column] - sig[slot, column]) * unit[i]
    for dd in range(n_sig):
        held[dd] = sig[back(slot, dd, n_sig)]
