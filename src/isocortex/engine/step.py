"""One step of time and one tick, as pure functions of the state. The state is a pytree of arrays; nothing else changes.

Order within step t: what arrived at the ports acts on the cells; they spike; the rules see the spikes; the spikes whose
axonal delay is over reach their synapses, which change and fill the ports for t + dendritic delay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from isocortex.engine import groups as G
from isocortex.engine import random as R
from isocortex.engine.layout import Network
from isocortex.plasticity.rule import Jump

State = dict[str, Any]
Array = jax.Array


def initial_state(net: Network, synapses: Mapping[str, np.ndarray]) -> State:
    """The whole state at time 0."""
    inputs: dict[str, dict[str, np.ndarray]] = {}
    for g in net.cells:
        if g.cell.inputs:
            each = [s.population.cell.initial_inputs(s.n) for s in g.spans]
            inputs[g.name] = {key: np.concatenate([e[key] for e in each]) for key in g.cell.inputs}
    rules = {}
    for r in net.rules:
        each = [b.rule.initial(b.span.n) for b in r.blocks]
        variables = {key: np.concatenate([e[key] for e in each]) for key in each[0]}
        rules[r.name] = dict(vars=variables, S=np.zeros((r.n, len(r.accumulated)), np.float32))
    words = np.random.SeedSequence(net.seed).generate_state(2, np.uint32)
    state = dict(
        t=np.int32(0), k=np.int32(0), seed=words, learning=np.float32(1),
        modulators={name: np.float32(1) for name in ("ACh", "DA", "NE", "5HT")},
        cells={g.name: G.initial_cells(g, net.seed) for g in net.cells}, inputs=inputs, rules=rules, syn=dict(synapses),
    )  # fmt: skip
    return jax.tree.map(jnp.asarray, state)


def parameters(net: Network) -> dict[str, Any]:
    """What the compiled program takes as arguments besides the state (so that new values need no new program)."""
    cells = {
        g.name: G.stacked_constants([s.population.cell.constants(net.dt) for s in g.spans], [s.n for s in g.spans])
        for g in net.cells
    }
    rules = {}
    for r in net.rules:
        sizes = [b.span.n for b in r.blocks]
        constants = G.stacked_constants([b.rule.constants(net.dt) for b in r.blocks], sizes)
        rules[r.name] = dict(constants=constants, growth=_growth_columns(net, r))
    return jax.tree.map(jnp.asarray, dict(cells=cells, rules=rules, tables=net.tables))


def _growth_columns(net: Network, r: G.RuleGroup) -> np.ndarray:
    """For each accumulated term and block, the column of the decay table that discounts it; -1: none."""
    out = np.full((len(r.accumulated), len(r.blocks)), -1, np.int32)
    for b, block in enumerate(r.blocks):
        terms = block.rule.terms()
        for q, number in enumerate(r.accumulated):
            trace = G.trace_of(terms[number])
            out[q, b] = -1 if trace is None else net.traces.index(trace)
    return out


def cells_step(
    net: Network, params: Mapping[str, Any], state: State, arrived: Array, given: Mapping[str, Array]
) -> tuple[State, State]:
    """Advance all cells. Returns their new state and, by group, their signals."""
    keys = R.step_keys(state["seed"], state["t"])
    new, signals = {}, {}
    for g in net.cells:
        rows = arrived[g.port : g.port + g.n * len(g.rows)].reshape(len(g.rows), g.n)
        drive: dict[str, Array] = {}
        for channel, parts in g.channels.items():
            drive[channel] = sum((rows[r] if share == 1.0 else rows[r] * share for r, share in parts[1:]),
                                 rows[parts[0][0]] * parts[0][1] if parts[0][1] != 1.0 else rows[parts[0][0]])  # fmt: skip
        inputs = dict(state["inputs"].get(g.name, {}))
        if "current" in inputs:
            drive["soma:current"] = inputs.pop("current")
        drive |= inputs
        if g.name in given:
            drive["given"] = given[g.name]
        if g.cell.draws:
            drive["uniform"] = R.to_unit(R.draw(keys, R.stream_id(f"cells {g.name}"), g.n))
        c = SimpleNamespace(**params["cells"][g.name])
        new[g.name], signals[g.name] = g.cell.step(c, state["cells"][g.name], drive)
    return new, signals


def gathered(r: G.RuleGroup, signals: Mapping[str, Mapping[str, Array]], name: str) -> Array:
    """One signal for every cell of a rule group; neighbouring spans are taken in one piece."""
    pieces: list[tuple[str, int, int]] = []
    for block in r.blocks:
        group, first, n = block.span.group, block.span.local, block.span.n
        if pieces and pieces[-1][0] == group and pieces[-1][2] == first:
            pieces[-1] = (group, pieces[-1][1], first + n)
        else:
            pieces.append((group, first, first + n))
    parts = [signals[group][name][a:b] for group, a, b in pieces]
    whole = parts[0] if len(parts) == 1 else jnp.concatenate(parts)
    return whole.astype(jnp.float32)


def gain(r: G.RuleGroup, state: State) -> Array | float:
    """Learning switch times the gates of each block."""
    factors = []
    for block in r.blocks:
        f = state["learning"]
        for gate in block.gates:
            f = f * jnp.maximum(0.0, 1.0 + gate.gain * (state["modulators"][gate.modulator] - 1.0))
        factors.append(f)
    if not any(block.gates for block in r.blocks):
        return state["learning"]
    return jnp.concatenate([jnp.broadcast_to(f, (b.span.n,)) for f, b in zip(factors, r.blocks, strict=True)])


def rules_step(
    net: Network, params: Mapping[str, Any], state: State, signals: Mapping[str, Any], k: Array
) -> tuple[State, Array]:
    """Advance all rules. Returns their new state and the row of signals that the kernel will read."""
    decay = params["tables"]["decay"][k]
    new, rows = {}, []
    for r in net.rules:
        p, s = params["rules"][r.name], state["rules"][r.name]
        post = SimpleNamespace(**{name: gathered(r, signals, name) for name in r.blocks[0].rule.reads})
        variables, values = r.rule.step(SimpleNamespace(**p["constants"]), s["vars"], post)
        scale = gain(r, state)
        columns: list[Array] = []
        sums: list[Array] = []
        for number, value in enumerate(values):
            value = jnp.broadcast_to(value, (r.n,)) * scale
            if r.kinds[number] is not Jump:
                q = len(sums)
                value = s["S"][:, q] + value * _discount(net, r, q, decay)
                sums.append(value)
            columns.append(value)
        new[r.name] = dict(vars=variables, S=jnp.stack(sums, 1) if sums else s["S"])
        rows.append(jnp.stack(columns, 1).ravel())
    return new, (jnp.concatenate(rows) if rows else jnp.zeros(0, jnp.float32))


def _discount(net: Network, r: G.RuleGroup, q: int, decay: Array) -> Array | float:
    """exp(-(t - t0) / tau) of the presynaptic trace of accumulated term q: a number, or one a cell where taus differ."""
    columns = _growth_columns(net, r)[q]
    each = [decay[c] if c >= 0 else jnp.float32(1) for c in columns]
    if len(set(columns.tolist())) == 1:
        return each[0]
    return jnp.concatenate([jnp.broadcast_to(e, (b.span.n,)) for e, b in zip(each, r.blocks, strict=True)])


def step(
    net: Network, kernel: Any, params: Mapping[str, Any], state: State, given: Mapping[str, Array]
) -> tuple[State, State, Array]:
    """Advance everything by dt. Returns the state, the cells' signals by group, and all spikes (uint8, padded)."""
    tables, syn = params["tables"], dict(state["syn"])
    syn["drive"], arrived = kernel.inflow(state["t"], R.step_keys(state["seed"], state["t"]), tables, syn["drive"])
    cells, signals = cells_step(net, params, state, arrived, given)
    t, k = state["t"] + 1, state["k"] + 1
    spikes = jnp.concatenate([signals[g.name]["spike"].astype(jnp.uint8) for g in net.cells])
    spikes = jnp.pad(spikes, (0, -net.n % 8))
    rules, row = rules_step(net, params, state, signals, k)
    sig = syn["sig"]
    sig = jax.lax.dynamic_update_index_in_dim(sig, row, t % sig.shape[0], 0) if row.shape[0] else sig
    syn = kernel.deliver(t, k, spikes, tables, sig, {key: v for key, v in syn.items() if key != "sig"}) | dict(sig=sig)
    return state | dict(t=t, k=k, cells=cells, rules=rules, syn=syn), signals, spikes


def settled(net: Network, kernel: Any, params: Mapping[str, Any], state: State) -> State:
    """Bring all weights up to date and move the origin of time to now."""
    syn = dict(state["syn"])
    sig, syn = kernel.settle(state["t"], state["k"], params["tables"], syn.pop("sig"), syn)
    rules = {name: r | dict(S=jnp.zeros_like(r["S"])) for name, r in state["rules"].items()}
    return state | dict(k=jnp.int32(0), rules=rules, syn=syn | dict(sig=sig))


def tick(net: Network, kernel: Any, params: Mapping[str, Any], state: State) -> State:
    """The slow clock: settle, then the slow parts of every stack in their order."""
    state = settled(net, kernel, params, state)
    syn = dict(state["syn"])
    for w in net.wired.values():
        if w.stack.slow and w.m:
            syn["w"], syn["slow"] = _slow(net, w, syn["w"], syn["slow"], state["modulators"], state["learning"])
    return state | dict(syn=syn)


def _slow(
    net: Network, w: Any, weights: Array, slow: Array, modulators: Mapping[str, Array], learning: Array
) -> tuple[Array, Array]:
    """The slow parts of one projection, on its slice of the flat arrays; changes are added, so that no change is none."""
    unit = jnp.float32(w.projection.weight)
    take = lambda a, first: jax.lax.dynamic_slice(a, (first,), (w.m,))  # noqa: E731
    before = {"w": take(weights, w.first)} | {name: take(slow, first) for name, first in w.slow.items()}
    now = {name: a / unit for name, a in before.items()}
    start = dict(now)
    for part in w.stack.slow:
        c = SimpleNamespace(**{key: jnp.float32(v) for key, v in part.constants(net.dt * net.steps).items()})
        now = now | part.tick(c, now, dict(modulators))
    after = {name: a + learning * (now[name] - start[name]) * unit for name, a in before.items()}
    low, high = w.stack.weight.w_min * w.projection.weight, w.stack.weight.w_max * w.projection.weight
    put = lambda a, first, v: jax.lax.dynamic_update_slice(a, v, (first,))  # noqa: E731
    weights = put(weights, w.first, jnp.clip(after["w"], low, high))
    for name, first in w.slow.items():
        slow = put(slow, first, after[name])
    return weights, slow


def finite(net: Network, state: State) -> dict[str, Array]:
    """By cell group: whether all of its state is finite."""
    out = {}
    for name, cells in state["cells"].items():
        checks = [jnp.isfinite(v).all() for v in jax.tree.leaves(cells) if jnp.issubdtype(v.dtype, jnp.floating)]
        out[name] = jnp.stack(checks).all() if checks else jnp.bool_(True)
    return out


def segments_of(net: Network, names: Sequence[str]) -> list[slice]:
    """Where some projections' synapses are in the flat arrays."""
    return [slice(net.wired[n].first, net.wired[n].first + net.wired[n].m) for n in names]
