"""The kernel in plain JAX: every synapse at every step. Slow, runs on any device, and is the oracle of the Numba kernel.

It follows the same equations from the tables' meaning, dense over synapses, and shares no code with the kernel.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from isocortex.engine import random as R
from isocortex.engine.kernel import tables as T

Tables = dict[str, Any]


class Twin:
    """The four functions, bound to one network's tables."""

    def __init__(self, tables: Tables) -> None:
        self.fixed = {key: np.asarray(tables[key]) for key in ("noise", "noise_weights", "signals", "rows")}
        self.columns = _columns(tables)

    def inflow(self, t: Any, keys: Any, tables: Tables, drive: Any) -> tuple[Any, Any]:
        """(drive ring, what reaches each port at step t + 1)."""
        return _inflow(t, keys, dict(tables) | self.fixed, drive)

    def fire(
        self, t: Any, at: Any, spiked: list[Any], others: Any, tables: Tables, bits: Any, syn: dict[str, Any]
    ) -> tuple[list[Any], Any, Any, dict[str, Any]]:
        """(spiked, others, bits with row `at` filled, state whose ring `ids` holds a 1 for each cell that spiked)."""
        every = jnp.concatenate(spiked)
        padded = jnp.pad(every, (0, -every.shape[0] % T.WORD))
        words = jax.lax.bitcast_convert_type(jnp.packbits(padded, bitorder="little").reshape(-1, 4), jnp.uint32)
        ids = syn["ids"].at[t % syn["ids"].shape[0]].set(every.astype(jnp.int32))
        return spiked, others, bits.at[at].set(words), syn | dict(ids=ids)

    def deliver(self, t: Any, k: Any, tables: Tables, row: Any, syn: dict[str, Any]) -> dict[str, Any]:
        """The synaptic state after step t."""
        return _deliver(t, k, dict(tables) | self.columns | self.fixed, row, syn)

    def settle(self, t: Any, k: Any, tables: Tables, syn: dict[str, Any]) -> dict[str, Any]:
        """The synaptic state after settling at step t."""
        sig, syn = _settle(t, k, dict(tables) | self.columns | self.fixed, syn["sig"], syn)
        return syn | dict(sig=sig, sums=jnp.zeros_like(syn["sums"]))


def _columns(tables: Tables) -> Tables:
    """Per-synapse columns of the tables: row (cell and axonal delay), class and dendritic delay of every synapse."""
    pointer, segments = np.asarray(tables["pointer"]), np.asarray(tables["segments"])
    rows = np.repeat(np.arange(len(pointer) - 1), np.diff(pointer))
    m = len(np.asarray(tables["target"]))
    row, which, dendritic = (np.zeros(m, np.int32) for _ in range(3))
    for r, s in zip(rows, segments, strict=False):
        run = slice(s[T.START], s[T.START] + s[T.LENGTH])
        row[run], which[run], dendritic[run] = r, s[T.CLASS], s[T.DENDRITIC]
    return dict(row=row, which=which, dendritic=dendritic)


def _inflow(t: Any, keys: Any, tables: Tables, drive: Any) -> tuple[Any, Any]:
    slot = t % drive.shape[0]
    out = drive[slot]
    for row, weight in zip(tables["noise"], tables["noise_weights"], strict=True):
        port, n, first, size, draws, stream = (int(v) for v in row)
        limits = tables["limits"][first : first + size]
        for draw in range(draws):
            words = (R.draw(keys, (stream + draw) & 0xFFFFFFFF, n) ^ jnp.uint32(2**31)).astype(jnp.int32)
            count = (words[:, None] > limits[None, :]).sum(1)
            out = out.at[port : port + n].add(jnp.float32(weight) * count.astype(jnp.float32))
    return drive.at[slot].set(0.0), out


def _factor(tables: Tables, syn: dict[str, Any], column: int, number: int, extra: Any) -> Any:
    """Presynaptic factor of one term for every synapse: the reference weight times the trace (1 without one)."""
    spec = tables["classes"][tables["which"], column + 3 * number + 2]
    x = syn["xhat"][tables["row"], jnp.maximum(spec, 0)] * extra(jnp.maximum(spec, 0))
    return tables["scales"][tables["which"], T.W_REF] * jnp.where(spec < 0, 1.0, x)


def _signal(tables: Tables, sig: Any, slot: Any, column: int, number: int) -> Any:
    """Value of one term's signal for every synapse, from the given slot of the ring (one a synapse)."""
    c = tables["classes"][tables["which"]]
    at = c[:, column + 3 * number] + tables["target"].astype(jnp.int32) * c[:, column + 3 * number + 1]
    return sig[slot, jnp.minimum(at, sig.shape[1] - 1)]


def _depend(tables: Tables, w: Any, up: Any, down: Any) -> Any:
    """New weight after potentiation and depression, by the projection's mode, within its bounds."""
    scale, mode = tables["scales"][tables["which"]], tables["classes"][tables["which"], T.MODE]
    share, ratio = w / scale[:, T.W_MAX], w / scale[:, T.W_REF]
    plus, minus = scale[:, T.MU_PLUS], scale[:, T.MU_MINUS]
    gain_up = jnp.select(
        [mode == T.SOFT, mode == T.SOFT_POWER, mode == T.POWER_LAW],
        [1 - share, jnp.maximum(1 - share, 0) ** plus, ratio**plus],
        1.0,
    )
    gain_down = jnp.select(
        [mode == T.SOFT, mode == T.SOFT_POWER, mode == T.POWER_LAW], [share, jnp.maximum(share, 0) ** minus, ratio**minus], 1.0
    )
    return jnp.clip(w + up * gain_up + down * gain_down, scale[:, T.W_MIN], scale[:, T.W_MAX])


def _update(tables: Tables, syn: dict[str, Any], sig: Any, seen_slot: Any, jumps: Any, k: Any, active: Any) -> dict[str, Any]:
    """Bring the synapses where `active` up to date."""
    c = tables["classes"][tables["which"]]
    m = c.shape[0]
    p = jnp.arange(m) - c[:, T.FIRST]
    last, slow, w = syn["last"], syn["slow"], syn["w"]
    total = jnp.zeros(m)
    for q in range(T.MAX_LEAKS if last.shape[0] else 0):
        here = active & (c[:, T.N_LEAK] > q)
        at = jnp.where(here, c[:, T.LAST] + (c[:, T.N_INTEGRAL] + q) * c[:, T.COUNT] + p, last.shape[0])
        s, rest_at = _signal(tables, sig, seen_slot, T.LEAKS, q), c[:, T.LEAKS + 3 * q + 2]
        rest = jnp.where(rest_at < 0, 0.0, slow.at[rest_at + p].get(mode="clip") if slow.shape[0] else 0.0)
        w = jnp.where(here, rest + (w - rest) * jnp.exp(last.at[at].get(mode="clip") - s), w)
        total = total + jnp.where(here, s, 0.0)
        last = last.at[at].set(s, mode="drop")
    age = jnp.where(c[:, T.AGED] > 0, jnp.exp(-total), 1.0)
    up, down = jnp.zeros(m), jnp.zeros(m)
    far = lambda spec: tables["dendritic_decay"][tables["dendritic"], spec]  # noqa: E731
    for q in range(T.MAX_INTEGRALS if last.shape[0] else 0):
        here = active & (c[:, T.N_INTEGRAL] > q)
        at = jnp.where(here, c[:, T.LAST] + q * c[:, T.COUNT] + p, last.shape[0])
        s = _signal(tables, sig, seen_slot, T.INTEGRALS, q)
        v = jnp.where(here, age * _factor(tables, syn, T.INTEGRALS, q, far) * (s - last.at[at].get(mode="clip")), 0.0)
        up, down = up + jnp.maximum(v, 0), down + jnp.minimum(v, 0)
        last = last.at[at].set(s, mode="drop")
    for q in range(T.MAX_JUMPS if jumps and sig.shape[1] else 0):
        here = active & (c[:, T.N_JUMP] > q)
        g = _factor(tables, syn, T.JUMPS, q, lambda spec: tables["decay"][k, spec])
        v = jnp.where(here, g * _signal(tables, sig, seen_slot, T.JUMPS, q), 0.0)
        up, down = up + jnp.maximum(v, 0), down + jnp.minimum(v, 0)
    captured = c[:, T.CAPTURE] >= 0
    plastic = active & (c[:, T.KIND] != T.STATIC)
    if slow.shape[0]:
        slow = slow.at[jnp.where(plastic & captured, c[:, T.CAPTURE] + p, slow.shape[0])].add(up + down, mode="drop")
    up, down = jnp.where(captured, 0.0, up), jnp.where(captured, 0.0, down)
    w = jnp.where(plastic, _depend(tables, w, up, down), w)
    return syn | dict(w=w, last=last, slow=slow)


def _short_term(tables: Tables, syn: dict[str, Any], t: Any, arrived: Any) -> tuple[dict[str, Any], Any]:
    """Transmission of every synapse where a spike arrives, and the terminals after it."""
    c, scale = tables["classes"][tables["which"]], tables["scales"][tables["which"]]
    n_da, stp = tables["delays"].shape[0], syn["stp"]
    if stp.shape[0] == 0:
        return syn, jnp.ones(c.shape[0])
    cell, d = tables["row"] // n_da, tables["row"] % n_da
    at = jnp.where(
        arrived & (c[:, T.SHORT_TERM] >= 0), c[:, T.SHORT_TERM] + (cell - c[:, T.PRE_FIRST]) * n_da + d, stp.shape[0]
    )
    u, x, seen = (stp.at[at, i].get(mode="clip") for i in range(3))
    since = t.astype(jnp.float32) - seen
    fresh = since >= 2.0**29
    x = jnp.where(fresh, x, 1 - (1 - x) * jnp.exp(-since / scale[:, T.TAU_REC]))
    facil = scale[:, T.TAU_FACIL]
    relaxed = jnp.where(
        facil > 0, scale[:, T.U] + (u - scale[:, T.U]) * jnp.exp(-since / jnp.where(facil > 0, facil, 1.0)), scale[:, T.U]
    )
    u = jnp.where(fresh, u, relaxed)
    sent = u * x
    stp = stp.at[at, 0].set(u + scale[:, T.U] * (1 - u), mode="drop").at[at, 1].set(x - sent, mode="drop")
    stp = stp.at[at, 2].set(t.astype(jnp.float32), mode="drop")
    return syn | dict(stp=stp), jnp.where(c[:, T.SHORT_TERM] >= 0, sent, 1.0)


def _kept(t: Any, tables: Tables, row: Any, syn: dict[str, Any]) -> dict[str, Any]:
    """What the rules gave at step t: columns that are integrated are added up, all of them go into the ring."""
    sides, sums, first = [], [], 0
    for base, n, width, summed in tables["rows"]:
        columns = row[base : base + n * width].reshape(width, n)
        total = syn["sums"][first : first + n * summed].reshape(summed, n) + columns[:summed]
        sides.append(jnp.concatenate([total, columns[summed:]]).T.ravel())
        sums.append(total.ravel())
        first += n * summed
    if not sides:
        return syn
    sig = syn["sig"].at[t % syn["sig"].shape[0]].set(jnp.concatenate(sides))
    return syn | dict(sig=sig, sums=jnp.concatenate(sums))


def _deliver(t: Any, k: Any, tables: Tables, row: Any, syn: dict[str, Any]) -> dict[str, Any]:
    syn = _kept(t, tables, row, syn)
    sig = syn["sig"]
    ring, n_da = syn["ids"].shape[0], tables["delays"].shape[0]
    n_rows = syn["xhat"].shape[0]
    cells, d = jnp.arange(n_rows) // n_da, jnp.arange(n_rows) % n_da
    sent = t - tables["delays"][d]
    row_arrived = (sent >= 1) & (syn["ids"][sent % ring, cells] > 0)
    if tables["target"].shape[0]:
        arrived = row_arrived[tables["row"]]
        syn, amp = _short_term(tables, syn, t, arrived)
        syn = _update(tables, syn, sig, (t - tables["dendritic"]) % sig.shape[0], True, k, arrived)
        slot, port = (t + tables["dendritic"]) % syn["drive"].shape[0], tables["classes"][tables["which"], T.PORT]
        value = jnp.where(arrived, amp * syn["w"], 0.0)
        syn = syn | dict(drive=syn["drive"].at[slot, port + tables["target"].astype(jnp.int32)].add(value))
    return syn | _traces(tables, syn, t, k, row_arrived & (jnp.diff(tables["pointer"]) > 0))


def _traces(tables: Tables, syn: dict[str, Any], t: Any, k: Any, arrived: Any) -> dict[str, Any]:
    """Presynaptic traces after the spikes that arrived."""
    pairing, window = tables["traces"][:, T.PAIRING], tables["traces"][:, T.WINDOW]
    since = (t - syn["seen"]).astype(jnp.float32)[:, None]
    unit = 1 / tables["decay"][k][None, :]
    x = syn["xhat"]
    after = jnp.select(
        [pairing == T.NEAREST, pairing == T.EVENT, pairing == T.SUPPRESSED],
        [
            jnp.broadcast_to(unit, x.shape),
            x + unit * (since >= window),
            x + unit * (1 - jnp.exp(-since / jnp.maximum(window, 1e-6))),
        ],
        x + unit,
    )
    return dict(xhat=jnp.where(arrived[:, None], after, x), seen=jnp.where(arrived, t, syn["seen"]).astype(jnp.int32))


def _settle(t: Any, k: Any, tables: Tables, sig: Any, syn: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    m = tables["target"].shape[0]
    if m:
        syn = _update(tables, syn, sig, (t - tables["dendritic"]) % sig.shape[0], False, k, jnp.ones(m, bool))
    for base, n, stride, spec, leak, leaks, _ in tables["signals"]:
        columns = base + stride * np.arange(n)
        age = sum((sig[t % sig.shape[0], leak + stride * np.arange(n) + q] for q in range(leaks)), np.zeros(n, np.float32))
        unit = (1.0 if spec < 0 else 1.0 / tables["decay"][k, spec]) * jnp.exp(-age)
        sig = sig.at[:, columns].set((sig[:, columns] - sig[t % sig.shape[0], columns]) * unit)
    if m:
        syn = syn | dict(last=_reseen(t, tables, sig, syn["last"]))
    return sig, syn | dict(xhat=syn["xhat"] * tables["decay"][k][None, :])


def _reseen(t: Any, tables: Tables, sig: Any, last: Any) -> Any:
    """What every synapse has seen, in the new units."""
    c = tables["classes"][tables["which"]]
    p, slot = jnp.arange(c.shape[0]) - c[:, T.FIRST], (t - tables["dendritic"]) % sig.shape[0]
    for column, count, before in ((T.INTEGRALS, T.N_INTEGRAL, None), (T.LEAKS, T.N_LEAK, T.N_INTEGRAL)):
        for q in range((T.MAX_INTEGRALS if before is None else T.MAX_LEAKS) if last.shape[0] else 0):
            term = q + (0 if before is None else c[:, before])
            at = jnp.where(c[:, count] > q, c[:, T.LAST] + term * c[:, T.COUNT] + p, last.shape[0])
            last = last.at[at].set(_signal(tables, sig, slot, column, q), mode="drop")
    return last
