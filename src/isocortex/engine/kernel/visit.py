"""What happens at a synapse: the numbers of a segment brought up to date. Numba; knows terms, not rules.

Positions: p counts synapses in the flat arrays; a term's plane of `last` begins at LAST + term * COUNT. `fresh`: it is the
first visit of the tick, so that what was seen last is what stood at its end at this dendritic delay, `held` (0 without a
delay), whatever `last` still holds.

A weight leaks first, then it takes in what integrals and jumps bring. What an integral has gathered leaks from then on as
well: where it is `AGED` it was gathered times exp(Q), Q the leaks since the tick's beginning, and counts times exp(-Q) now.
"""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from isocortex.engine.kernel import tables as T
from isocortex.engine.kernel.lanes import LANES, pair_lanes, pair_lanes_held, transmit_lanes

F0, F1 = np.float32(0), np.float32(1)
U = np.uint64  # indices are unsigned, so that Numba need not look for negative ones


@nb.njit(inline="always")
def changed(w: Any, up: Any, down: Any, mode: Any, scale: Any) -> Any:
    """The weight after potentiation `up` >= 0 and depression `down` <= 0, with its dependence and bounds."""
    if mode == T.SOFT:
        share = w / scale[T.W_MAX]
        up, down = up * (F1 - share), down * share
    elif mode == T.POWER_LAW:
        share = w / scale[T.W_REF]
        up, down = up * share ** scale[T.MU_PLUS], down * share ** scale[T.MU_MINUS]
    elif mode == T.SOFT_POWER:
        share = w / scale[T.W_MAX]
        up, down = up * max(F1 - share, F0) ** scale[T.MU_PLUS], down * max(share, F0) ** scale[T.MU_MINUS]
    return min(max(w + up + down, scale[T.W_MIN]), scale[T.W_MAX])


@nb.njit(inline="always")
def split(value: Any) -> Any:
    """Positive and negative part."""
    return max(value, F0), min(value, F0)


@nb.njit(inline="always")
def transmit(a: int, b: int, amp: Any, target: Any, w: Any, port: Any) -> None:
    """A segment without plasticity."""
    whole = b - (b - a) % LANES
    for p in range(a, whole, LANES):
        transmit_lanes(p, amp, target, w, port)
    for p in range(U(whole), U(b)):
        port[U(target[p])] += amp * w[p]


@nb.njit(inline="always")
def fading(amount: Any) -> Any:
    """exp(-amount), by series where that is as exact in float32 and several times quicker."""
    if abs(amount) < np.float32(0.01):
        return F1 - amount * (F1 - amount * (np.float32(0.5) - amount * np.float32(1 / 6)))
    return np.float32(np.exp(-amount))


@nb.njit(inline="always")
def faded(v: Any, rest: Any, amount: Any) -> Any:
    """rest + (v - rest) exp(-amount)."""
    return rest + (v - rest) * fading(amount)


@nb.njit(inline="always")
def visit_pair(
    a: int,
    b: int,
    amp: Any,
    x: Any,
    x_jump: Any,
    fresh: bool,
    held: Any,
    c: Any,
    scale: Any,
    sig: Any,
    target: Any,
    syn: Any,
    port: Any,
) -> None:
    """A segment with one integral and one jump that needs no trace, under hard bounds (pair STDP, minimal triplet, ...).

    A target's integral and jump stand side by side.
    """
    base, shift, low, high, w, last = c[T.INTEGRALS], c[T.LAST] - c[T.FIRST], scale[T.W_MIN], scale[T.W_MAX], syn.w, syn.last
    numbers, whole = (amp, x, x_jump, low, high), b - (b - a) % LANES
    if fresh:
        for p in range(a, whole, LANES):
            pair_lanes_held(p, p + shift, base, numbers, target, w, last, held, sig, port)
    else:
        for p in range(a, whole, LANES):
            pair_lanes(p, p + shift, base, numbers, target, w, last, held, sig, port)
    for p in range(whole, b):
        i = U(target[p])
        j = U(base) + U(2) * i
        s = sig[j]
        before = held[j] if fresh else last[p + shift]
        v = min(max(w[p] + x * (s - before) + x_jump * sig[j + U(1)], low), high)
        w[p] = v
        last[p + shift] = s
        port[i] += amp * v


@nb.njit(inline="always")
def visit_stack(
    a: int,
    b: int,
    amp: Any,
    xs: Any,
    x_jump: Any,
    fresh: bool,
    held: Any,
    c: Any,
    scale: Any,
    sig: Any,
    target: Any,
    syn: Any,
    port: Any,
) -> None:
    """A segment with one or two integrals, at most one jump (else x_jump is 0) and at most one leak, under any dependence."""
    base, stride, jump, jump_stride = U(c[T.INTEGRALS]), U(c[T.INTEGRALS + 1]), U(c[T.JUMPS]), U(c[T.JUMPS + 1])
    x, x2, base2, two = xs[0], xs[1], U(c[T.INTEGRALS + 3]), c[T.N_INTEGRAL] > 1
    leak, leak_stride, rest_at = U(c[T.LEAKS]), U(c[T.LEAKS + 1]), c[T.LEAKS + 2]
    mode, shift, leaks, aged = c[T.MODE], U(c[T.LAST] - c[T.FIRST]), c[T.N_LEAK] > 0, c[T.AGED] > 0
    shift2 = shift + U(c[T.COUNT])
    leak_shift = shift + U(c[T.COUNT]) * U(c[T.N_INTEGRAL])
    rest_shift = U(rest_at - c[T.FIRST])
    w, last, slow = syn.w, syn.last, syn.slow
    for p in range(U(a), U(b)):
        i, v, age = U(target[p]), w[p], F1
        if leaks:
            j = leak + i * leak_stride
            q = sig[j]
            rest = F0 if rest_at < 0 else slow[p + rest_shift]
            v = faded(v, rest, q - (held[j] if fresh else last[p + leak_shift]))
            last[p + leak_shift] = q
            if aged:
                age = fading(q)
        j = base + i * stride
        s = sig[j]
        up, down = split(x * age * (s - (held[j] if fresh else last[p + shift])))
        last[p + shift] = s
        if two:
            j = base2 + i * stride
            s = sig[j]
            up2, down2 = split(x2 * age * (s - (held[j] if fresh else last[p + shift2])))
            up, down = up + up2, down + down2
            last[p + shift2] = s
        up2, down2 = split(x_jump * sig[jump + i * jump_stride])
        v = changed(v, up + up2, down + down2, mode, scale)
        w[p] = v
        port[i] += amp * v


@nb.njit(inline="always")
def pending(p: int, i: int, fresh: bool, held: Any, c: Any, xs: Any, sig: Any, last: Any, new_last: Any) -> Any:
    """Potentiation and depression that the integrals have gathered since the last visit."""
    up, down = F0, F0
    for k in range(c[T.N_INTEGRAL]):
        j = c[T.INTEGRALS + 3 * k] + i * c[T.INTEGRALS + 3 * k + 1]
        s = sig[j]
        at = c[T.LAST] + k * c[T.COUNT] + p - c[T.FIRST]
        plus, minus = split(xs[k] * (s - (held[j] if fresh else last[at])))
        up, down = up + plus, down + minus
        new_last[k] = s
    return up, down


@nb.njit(inline="always")
def leaked(p: int, i: int, v: Any, fresh: bool, held: Any, c: Any, sig: Any, last: Any, slow: Any, new_last: Any) -> Any:
    """The weight after its leaks, towards 0 or towards a slow variable, and what aged integrals count now."""
    total = F0
    for k in range(c[T.N_LEAK]):
        j = c[T.LEAKS + 3 * k] + i * c[T.LEAKS + 3 * k + 1]
        s = sig[j]
        term = c[T.N_INTEGRAL] + k
        at = c[T.LAST] + term * c[T.COUNT] + p - c[T.FIRST]
        rest_at = c[T.LEAKS + 3 * k + 2]
        rest = F0 if rest_at < 0 else slow[rest_at + p - c[T.FIRST]]
        v = faded(v, rest, s - (held[j] if fresh else last[at]))
        new_last[term] = s
        total += s
    return v, fading(total) if c[T.AGED] > 0 else F1


@nb.njit(inline="always")
def visit_general(
    a: int,
    b: int,
    amp: Any,
    xs: Any,
    gs: Any,
    fresh: bool,
    held: Any,
    c: Any,
    scale: Any,
    sig: Any,
    target: Any,
    syn: Any,
    port: Any,
    seen: Any,
) -> None:
    """A segment with any stack."""
    w, last, slow = syn.w, syn.last, syn.slow
    for p in range(a, b):
        i = np.int64(target[p])
        v, age = leaked(p, i, w[p], fresh, held, c, sig, last, slow, seen)
        up, down = pending(p, i, fresh, held, c, xs, sig, last, seen)
        up, down = up * age, down * age
        for k in range(c[T.N_JUMP]):
            plus, minus = split(gs[k] * sig[c[T.JUMPS + 3 * k] + i * c[T.JUMPS + 3 * k + 1]])
            up, down = up + plus, down + minus
        if c[T.CAPTURE] >= 0:
            slow[c[T.CAPTURE] + p - c[T.FIRST]] += up + down
            up, down = F0, F0
        v = changed(v, up, down, c[T.MODE], scale)
        w[p] = v
        for k in range(c[T.N_INTEGRAL] + c[T.N_LEAK]):
            last[c[T.LAST] + k * c[T.COUNT] + p - c[T.FIRST]] = seen[k]
        port[i] += amp * v
