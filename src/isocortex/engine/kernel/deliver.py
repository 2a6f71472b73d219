"""One step of the synapses: spikes arrive, plastic weights are brought up to date, the targets' ports are filled."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from isocortex.engine.kernel import tables as T
from isocortex.engine.kernel.prefetch import LINE, fetch
from isocortex.engine.kernel.visit import F1, transmit, visit_general, visit_pair, visit_stack

CHUNK = 64


@nb.njit
def keep(row: Any, rows: Any, sig: Any) -> None:
    """Put the rules' columns into a slot of the ring, the columns of a cell side by side."""
    for g in range(rows.shape[0]):
        base, n, width = rows[g, T.ROW_BASE], rows[g, T.ROW_N], rows[g, T.ROW_STRIDE]
        side = sig[base : base + n * width].reshape(n, width)
        if width == 2:  # written out for the commonest forms, so that the loops vectorise
            one, two = row[base : base + n], row[base + n : base + 2 * n]
            for i in range(n):
                side[i, 0] = one[i]
                side[i, 1] = two[i]
        elif width == 3:
            one, two, three = row[base : base + n], row[base + n : base + 2 * n], row[base + 2 * n : base + 3 * n]
            for i in range(n):
                side[i, 0] = one[i]
                side[i, 1] = two[i]
                side[i, 2] = three[i]
        else:
            for column in range(width):
                one = row[base + column * n : base + (column + 1) * n]
                for i in range(n):
                    side[i, column] = one[i]


@nb.njit(inline="always")
def compact(spiked: Any, ids: Any) -> int:
    """Write the indices of the cells that spiked; `spiked` is read eight cells at a time."""
    count = 0
    for word in range(spiked.shape[0]):
        bits = spiked[word]
        if bits != 0:
            for byte in range(8):
                if (bits >> np.uint64(8 * byte)) & np.uint64(1):
                    ids[count] = 8 * word + byte
                    count += 1
    return count


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
def advance_traces(row: int, t: int, k: int, traces: Any, decay: Any, xhat: Any, seen: Any) -> None:
    """The traces of one presynaptic cell (at one axonal delay) after a spike; held in units of the tick's beginning."""
    since = np.float32(t - seen[row])
    for q in range(traces.shape[0]):
        unit = F1 / decay[k, q]
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
def trace_values(
    c: Any, scale: Any, row: int, k: int, dd: int, decay: Any, dendritic_decay: Any, xhat: Any, xs: Any, gs: Any
) -> None:
    """Presynaptic factors of the integrals (xs) and jumps (gs) of one segment, times the reference weight."""
    for q in range(c[T.N_INTEGRAL]):
        spec = c[T.INTEGRALS + 3 * q + 2]
        xs[q] = scale[T.W_REF] if spec < 0 else scale[T.W_REF] * xhat[row, spec] * dendritic_decay[dd, spec]
    for q in range(c[T.N_JUMP]):
        spec = c[T.JUMPS + 3 * q + 2]
        gs[q] = scale[T.W_REF] if spec < 0 else scale[T.W_REF] * xhat[row, spec] * decay[k, spec]


@nb.njit
def arrive(
    row: int,
    after: int,
    cell: int,
    d: int,
    n_da: int,
    t: int,
    k: int,
    pointer: Any,
    segments: Any,
    classes: Any,
    scales: Any,
    decay: Any,
    dendritic_decay: Any,
    target: Any,
    sig: Any,
    w: Any,
    last: Any,
    slow: Any,
    xhat: Any,
    stp: Any,
    drive: Any,
    xs: Any,
    gs: Any,
    new_last: Any,
) -> None:
    """A spike of one cell arrives at its synapses of one axonal delay."""
    before, amp, end = -1, F1, pointer[row + 1]
    n_drive, n_sig = drive.shape[0], sig.shape[0]
    drive_slot, sig_slot = t % n_drive, t % n_sig
    for s in range(pointer[row], end):
        a, which, dd = segments[s, T.START], segments[s, T.CLASS], segments[s, T.DENDRITIC]
        b = a + segments[s, T.LENGTH]
        c, scale = classes[which], scales[which]
        if which != before:
            before, amp = which, F1
            if c[T.SHORT_TERM] >= 0:
                amp = terminal(c[T.SHORT_TERM] + (cell - c[T.PRE_FIRST]) * n_da + d, t, scale, stp)
        at = drive_slot + dd  # dd is below the size of either ring
        port = drive[at if at < n_drive else at - n_drive, c[T.PORT] :]
        if c[T.KIND] != T.STATIC:
            trace_values(c, scale, row, k, dd, decay, dendritic_decay, xhat, xs, gs)
        at = sig_slot - dd
        seen_post = sig[at if at >= 0 else at + n_sig]
        following = s + 1 if s + 1 < end else after
        ahead, ahead_end = segments[following, T.START], segments[following, T.START] + segments[following, T.LENGTH]
        ahead_c = classes[segments[following, T.CLASS]]
        pace = CHUNK * segments[following, T.LENGTH] // (b - a) + LINE
        if c[T.KIND] == T.STATIC:
            for p in range(a, b, CHUNK):
                fetch(ahead, min(ahead + pace, ahead_end), ahead_c, target, w, last)
                ahead += pace
                transmit(p, min(p + CHUNK, b), amp, target, w, port)
        elif c[T.KIND] == T.PAIR:
            for p in range(a, b, CHUNK):
                fetch(ahead, min(ahead + pace, ahead_end), ahead_c, target, w, last)
                ahead += pace
                visit_pair(p, min(p + CHUNK, b), amp, xs[0], gs[0], c, scale, seen_post, target, w, last, port)
        elif c[T.KIND] == T.STACK:
            visit_stack(a, b, amp, xs[0], gs[0], c, scale, seen_post, target, w, last, slow, port)
        else:
            visit_general(a, b, amp, xs, gs, c, scale, seen_post, target, w, last, slow, port, new_last)


@nb.njit
def deliver(
    t: int,
    k: int,
    spiked: Any,
    delays: Any,
    pointer: Any,
    segments: Any,
    classes: Any,
    scales: Any,
    traces: Any,
    decay: Any,
    dendritic_decay: Any,
    target: Any,
    sig: Any,
    w: Any,
    last: Any,
    slow: Any,
    xhat: Any,
    seen: Any,
    stp: Any,
    drive: Any,
    ids: Any,
    counts: Any,
) -> None:
    """Take this step's spikes in, and let those of earlier steps arrive whose axonal delay is over."""
    ring, n_da = ids.shape[0], delays.shape[0]
    xs, gs, new_last = np.zeros(T.MAX_INTEGRALS, np.float32), np.zeros(T.MAX_JUMPS, np.float32), np.zeros(8, np.float32)
    counts[t % ring] = compact(spiked, ids[t % ring])
    for d in range(n_da):
        sent = t - delays[d]
        if sent < 1:
            continue
        slot = sent % ring
        for q in range(counts[slot]):
            cell = ids[slot, q]
            row = cell * n_da + d
            if pointer[row] == pointer[row + 1]:
                continue
            after = pointer[ids[slot, q + 1] * n_da + d] if q + 1 < counts[slot] else pointer[row]
            arrive(
                row,
                after,
                cell,
                d,
                n_da,
                t,
                k,
                pointer,
                segments,
                classes,
                scales,
                decay,
                dendritic_decay,
                target,
                sig,
                w,
                last,
                slow,
                xhat,
                stp,
                drive,
                xs,
                gs,
                new_last,
            )
            advance_traces(row, t, k, traces, decay, xhat, seen)
