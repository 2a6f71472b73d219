"""One step of the synapses: spikes arrive, plastic weights are brought up to date, the targets' ports are filled."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from isocortex.engine.kernel import tables as T
from isocortex.engine.kernel.prefetch import CHUNK, ahead, announce, fetch
from isocortex.engine.kernel.visit import F0, F1, transmit, visit_general, visit_pair, visit_stack


@nb.njit(inline="always")
def terminal(at: int, t: int, scale: Any, stp: Any) -> Any:
    """Short-term plasticity at one terminal: what a spike transmits; `stp` rows are (u, x, time of the last spike)."""
    since = np.float32(t) - stp[at, 2]
    u, x = stp[at, 0], stp[at, 1]
    if since < np.float32(2**29):
        x = F1 - (F1 - x) * np.float32(np.exp(-since / scale[T.TAU_REC]))
        if scale[T.TAU_FACIL] > 0:
            u = scale[T.U] + (u - scale[T.U]) * np.float32(np.exp(-since / scale[T.TAU_FACIL]))
        else:
            u = scale[T.U]
    sent = u * x
    stp[at, 0] = u + scale[T.U] * (F1 - u)
    stp[at, 1] = x - sent
    stp[at, 2] = np.float32(t)
    return sent


@nb.njit(inline="always")
def advance_traces(row: int, t: int, k: int, tables: Any, xhat: Any, seen: Any) -> None:
    """The traces of one presynaptic cell (at one axonal delay) after a spike; held in units of the tick's beginning."""
    since, traces = np.float32(t - seen[row]), tables.traces
    for q in range(traces.shape[0]):
        unit = F1 / tables.decay[k, q]
        pairing = np.int64(traces[q, T.PAIRING])
        if pairing == T.ALL:
            xhat[row, q] += unit
        elif pairing == T.NEAREST:
            xhat[row, q] = unit
        elif pairing == T.EVENT:
            if since >= traces[q, T.WINDOW]:
                xhat[row, q] += unit
        else:
            xhat[row, q] += unit * (F1 - np.float32(np.exp(-since / traces[q, T.WINDOW])))
    seen[row] = t


@nb.njit(inline="always")
def back(slot: int, steps: int, n: int) -> int:
    """The slot of a ring of n that was filled so many steps (fewer than n) before `slot`."""
    return slot - steps if slot >= steps else slot - steps + n


@nb.njit(inline="always")
def integral_factors(c: Any, scale: Any, row: int, dd: int, tables: Any, xhat: Any, xs: Any) -> None:
    """Presynaptic factors of the integrals of one segment, times the reference weight."""
    for q in range(c[T.N_INTEGRAL]):
        spec = c[T.INTEGRALS + 3 * q + 2]
        xs[q] = scale[T.W_REF] if spec < 0 else scale[T.W_REF] * xhat[row, spec] * tables.dendritic_decay[dd, spec]


@nb.njit(inline="always")
def trace_values(c: Any, scale: Any, row: int, k: int, dd: int, tables: Any, xhat: Any, xs: Any, gs: Any) -> None:
    """Presynaptic factors of the integrals (xs) and jumps (gs) of one segment, times the reference weight."""
    integral_factors(c, scale, row, dd, tables, xhat, xs)
    gs[0] = F0  # where there is no jump
    for q in range(c[T.N_JUMP]):
        spec = c[T.JUMPS + 3 * q + 2]
        gs[q] = scale[T.W_REF] if spec < 0 else scale[T.W_REF] * xhat[row, spec] * tables.decay[k, spec]


@nb.njit
def arrive(row: int, following: int, t: int, k: int, tables: Any, syn: Any, xs: Any, gs: Any, seen: Any) -> None:
    """A spike of one cell arrives at its synapses of one axonal delay, its `row`; that of the `following` one will be next."""
    before, amp, n_da = -1, F1, tables.delays.shape[0]
    cell, d = row // n_da, row % n_da
    first, end = tables.pointer[row], tables.pointer[row + 1]
    after, after_end = tables.pointer[following], tables.pointer[following + 1]
    n_drive, n_sig = syn.drive.shape[0], syn.sig.shape[0]
    drive_slot, sig_slot = t % n_drive, t % n_sig
    for s in range(first, end):
        a, which, dd = tables.segments[s, T.START], tables.segments[s, T.CLASS], tables.segments[s, T.DENDRITIC]
        b = a + tables.segments[s, T.LENGTH]
        c, scale = tables.classes[which], tables.scales[which]
        if which != before:
            before, amp = which, F1
            if c[T.SHORT_TERM] >= 0:
                amp = terminal(c[T.SHORT_TERM] + (cell - c[T.PRE_FIRST]) * n_da + d, t, scale, syn.stp)
        at = drive_slot + dd  # dd is below the size of either ring
        port = syn.drive[at if at < n_drive else at - n_drive, c[T.PORT] :]
        soon = ahead(after + s - first, after_end, b - a, tables)
        if c[T.KIND] == T.STATIC:
            for p in range(a, b, CHUNK):
                fetch(soon, p - a, tables, syn)
                transmit(p, min(p + CHUNK, b), amp, tables.target, syn.w, port)
            continue
        trace_values(c, scale, row, k, dd, tables, syn.xhat, xs, gs)
        fresh, held = syn.seen[row] <= t - k, syn.held[dd]
        sig = syn.sig[back(sig_slot, dd, n_sig)]
        if c[T.KIND] == T.PAIR:
            for p in range(a, b, CHUNK):
                fetch(soon, p - a, tables, syn)
                visit_pair(p, min(p + CHUNK, b), amp, xs[0], gs[0], fresh, held, c, scale, sig, tables.target, syn, port)
        elif c[T.KIND] == T.STACK:
            for p in range(a, b, CHUNK):
                fetch(soon, p - a, tables, syn)
                visit_stack(p, min(p + CHUNK, b), amp, xs, gs[0], fresh, held, c, scale, sig, tables.target, syn, port)
        else:
            visit_general(a, b, amp, xs, gs, fresh, held, c, scale, sig, tables.target, syn, port, seen)


@nb.njit
def deliver(t: int, k: int, tables: Any, syn: Any) -> None:
    """Let the spikes arrive whose axonal delay is over at step t, k steps into the tick."""
    ring, n_da = syn.ids.shape[0], tables.delays.shape[0]
    xs, gs, seen = np.zeros(T.MAX_INTEGRALS, np.float32), np.zeros(T.MAX_JUMPS, np.float32), np.zeros(8, np.float32)
    for d in range(n_da):
        sent = t - tables.delays[d]
        if sent < 1:
            continue
        slot = sent % ring
        announce(syn.ids[slot, : syn.counts[slot]], d, tables, syn)
        for q in range(syn.counts[slot]):
            row = syn.ids[slot, q] * n_da + d
            if tables.pointer[row] == tables.pointer[row + 1]:
                continue
            arrive(row, upcoming(q + 1, sent, d, t, tables, syn), t, k, tables, syn, xs, gs, seen)
            advance_traces(row, t, k, tables, syn.xhat, syn.seen)


@nb.njit(inline="always")
def upcoming(q: int, sent: int, d: int, t: int, tables: Any, syn: Any) -> int:
    """The row of spike number q of those sent at a step, or of the first of the next step; row 0 where that is not known."""
    ring, n_da = syn.ids.shape[0], tables.delays.shape[0]
    if q < syn.counts[sent % ring]:
        return syn.ids[sent % ring, q] * n_da + d
    if sent < t and syn.counts[(sent + 1) % ring] > 0:
        return syn.ids[(sent + 1) % ring, 0] * n_da + d
    return 0
