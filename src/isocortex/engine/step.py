"""One step of time and one tick, as pure functions of the state. The state is a pytree of arrays; nothing else changes.

Order within step t: what arrived at the ports acts on the cells; they spike; the rules see the spikes; the spikes whose
axonal delay is over reach their synapses, which change and fill the ports for t + dendritic delay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from isocortex.engine import groups as G
from isocortex.engine import random as R
from isocortex.engine import signals as P
from isocortex.engine import slow
from isocortex.engine.layout import Network
from isocortex.plasticity.rule import MODULATORS, Integral, Rule

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
        rules[r.name] = variables
    words = np.random.SeedSequence(net.seed).generate_state(2, np.uint32)
    state: State = dict(
        t=np.int32(0), k=np.int32(0), seed=words, learning=np.float32(1),
        modulators={name: np.ones(len(net.areas), np.float32) for name in MODULATORS},
        dose={name: np.zeros(len(net.areas), np.float32) for name in MODULATORS},
        cells={g.name: G.initial_cells(g, net.seed) for g in net.cells},
        inputs=inputs, rules=rules, syn=dict(synapses),
    )  # fmt: skip
    return jax.tree.map(jnp.asarray, state)


def with_past(net: Network, params: Mapping[str, Any], state: State) -> State:
    """Fill the ring of signals as if the cells had been at rest before the first step, for spikes that arrive at once."""
    if not net.signals:
        return state
    given = {g.name: jnp.zeros(g.n) for g in net.cells if "given" in g.cell.inputs}
    _, signals = cells_step(net, params, state, jnp.zeros(max(net.ports, 1)), given)
    silent = {name: s | dict(spike=jnp.zeros_like(s["spike"])) for name, s in signals.items()}
    _, terms = rules_step(net, params, state, silent)
    row = signals_step(net, terms, params["tables"]["decay"][0], state["syn"]["sums"])
    sides = []
    for g in net.signals:  # nothing has been integrated yet
        columns = row[g.base : g.base + g.n * g.stride].reshape(g.stride, g.n)
        sides.append(columns.at[: g.summed].set(0.0).T.ravel())
    return state | dict(syn=state["syn"] | dict(sig=jnp.broadcast_to(jnp.concatenate(sides), state["syn"]["sig"].shape) + 0.0))


def parameters(net: Network) -> dict[str, Any]:
    """What the compiled program takes as arguments besides the state (so that new values need no new program)."""
    cells = {
        g.name: G.stacked_constants([s.population.cell.constants(net.dt) for s in g.spans], [s.n for s in g.spans])
        for g in net.cells
    }
    rules = {}
    for r in net.rules:
        sizes = [b.span.n for b in r.blocks]
        rules[r.name] = G.stacked_constants([b.rule.constants(net.dt) for b in r.blocks], sizes)
    return jax.tree.map(jnp.asarray, dict(cells=cells, rules=rules, tables=net.tables))


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
        drive |= state["inputs"].get(g.name, {})
        if g.name in given:
            drive["given"] = given[g.name]
        if g.cell.draws:
            drive["uniform"] = R.to_unit(R.draw(keys, R.stream_id(f"cells {g.name}"), g.n))
        c = SimpleNamespace(**params["cells"][g.name])
        new[g.name], signals[g.name] = g.cell.step(c, state["cells"][g.name], drive)
    return new, signals


def joined(pieces: Sequence[tuple[str, int, int]], arrays: Mapping[str, Array]) -> Array:
    """Concatenate ``arrays[name][first : first + n]``; neighbours are taken in one piece."""
    runs: list[tuple[str, int, int]] = []
    for name, first, n in pieces:
        if runs and runs[-1][0] == name and runs[-1][2] == first:
            runs[-1] = (name, runs[-1][1], first + n)
        else:
            runs.append((name, first, first + n))
    parts = [arrays[name][a:b] for name, a, b in runs]
    return parts[0] if len(parts) == 1 else jnp.concatenate(parts)


def spread(values: Sequence[Array], sizes: Sequence[int]) -> Array:
    """One number a block to one a cell; a single number where all are the same object."""
    if all(v is values[0] for v in values):
        return values[0]
    return jnp.concatenate([jnp.broadcast_to(v, (n,)) for v, n in zip(values, sizes, strict=True)])


def gain(net: Network, r: P.RuleGroup, state: State) -> Array:
    """Learning switch times, where the rule is one of induction, the gates of each block; modulators are those of its area."""
    factors = []
    for block in r.blocks:
        f, area = state["learning"], net.area_of(block.span)
        for gate in block.gates if block.rule.kind == Rule.kind else ():
            f = f * jnp.maximum(0.0, 1.0 + gate.gain * (state["modulators"][gate.modulator][area] - 1.0))
        factors.append(f)
    return spread(factors, [b.span.n for b in r.blocks])


def rules_step(
    net: Network, params: Mapping[str, Any], state: State, signals: Mapping[str, Any]
) -> tuple[State, dict[str, list[Array]]]:
    """Advance all rules. Returns their new state and, by group, the values of their terms."""
    new, terms = {}, {}
    for r in net.rules:
        spans = [(b.span.group, b.span.local, b.span.n) for b in r.blocks]
        reads = r.blocks[0].rule.reads
        post = {
            name: joined(spans, {g: s[name] for g, s in signals.items() if name in s}).astype(jnp.float32) for name in reads
        }
        c = SimpleNamespace(**params["rules"][r.name])
        new[r.name], values = r.rule.step(c, state["rules"][r.name], SimpleNamespace(**post))
        scale = gain(net, r, state)
        terms[r.name] = [jnp.broadcast_to(value, (r.n,)) * scale for value in values]
    return new, terms


def signals_step(net: Network, terms: Mapping[str, list[Array]], decay: Array, sums: Array) -> Array:
    """Sum terms into columns: all columns, one after the other; of those that are integrated, what this step adds.

    `sums` are these columns so far. An integral that leaks is gathered times exp(Q), Q what has leaked since the tick's
    beginning, and read times exp(-Q): then it has leaked since it was gathered, exactly.
    """
    rows, first = [], 0
    for g in net.signals:
        before = sums[first : first + g.summed * g.n].reshape(g.summed, g.n)
        first += g.summed * g.n
        age = jnp.exp(reduce(jnp.add, [before[i] for i in g.aged_by])) if g.aged_by else None
        for number, column in enumerate(g.columns):
            value = reduce(jnp.add, [_term(g, terms, place, term) for place, term in column.sources])
            if number < g.summed:
                value = value * _discount(net, g, number, decay)
            rows.append(value * age if age is not None and column.kind is Integral else value)
    return jnp.concatenate(rows) if rows else jnp.zeros(0, jnp.float32)


def _term(g: P.SignalGroup, terms: Mapping[str, list[Array]], place: int, number: int) -> Array:
    """One term of one rule of the stack, for every cell of a signal group."""
    name, offsets = g.feeds[place]
    return joined([(name, at, b.span.n) for at, b in zip(offsets, g.blocks, strict=True)], {name: terms[name][number]})


def _discount(net: Network, g: P.SignalGroup, number: int, decay: Array) -> Array:
    """exp(-(t - t0) / tau) of a column's presynaptic trace."""
    keys = [block.keys[number] for block in g.blocks]
    each = {key: decay[net.traces.index(key)] if isinstance(key, P.Trace) else jnp.float32(1) for key in keys}
    return spread([each[key] for key in keys], [b.span.n for b in g.blocks])


def step(
    net: Network, kernel: Any, params: Mapping[str, Any], state: State, given: Mapping[str, Array], bits: Array, at: Array
) -> tuple[State, State, Array]:
    """Advance everything by dt. Returns the state, the cells' signals by group, and `bits` with the spikes in row `at`."""
    tables, syn = params["tables"], dict(state["syn"])
    syn["drive"], arrived = kernel.inflow(state["t"], R.step_keys(state["seed"], state["t"]), tables, syn["drive"])
    cells, signals = cells_step(net, params, state, arrived, given)
    t, k = state["t"] + 1, state["k"] + 1
    signals, bits, syn = fired(net, kernel, t, at, signals, tables, bits, syn)
    rules, terms = rules_step(net, params, state, signals)
    syn = kernel.deliver(t, k, tables, signals_step(net, terms, tables["decay"][k], syn["sums"]), syn)
    return state | dict(t=t, k=k, cells=cells, rules=rules, syn=syn), signals, bits


def fired(
    net: Network, kernel: Any, t: Array, at: Array, signals: State, tables: State, bits: Array, syn: State
) -> tuple[State, Array, State]:
    """Hand the spikes to the kernel, and with them what rules read, which XLA would else compute for each reader anew."""
    wanted = {name for r in net.rules for name in r.blocks[0].rule.reads} - {"spike"}
    read = {name: {key: v for key, v in s.items() if key in wanted} for name, s in signals.items()}
    spiked = [signals[g.name]["spike"].astype(jnp.uint8) for g in net.cells]
    spiked, read, bits, syn = kernel.fire(t, at, spiked, read, tables, bits, syn)
    seen = {g.name: signals[g.name] | read[g.name] | dict(spike=s) for g, s in zip(net.cells, spiked, strict=True)}
    return seen, bits, syn


def settled(net: Network, kernel: Any, params: Mapping[str, Any], state: State) -> State:
    """Bring all weights up to date and move the origin of time to now."""
    syn = kernel.settle(state["t"], state["k"], params["tables"], dict(state["syn"]))
    return state | dict(k=jnp.int32(0), syn=syn)


def tick(net: Network, kernel: Any, params: Mapping[str, Any], state: State) -> State:
    """The slow clock: settle, then the slow parts of every stack in their order."""
    state = settled(net, kernel, params, state)
    mean = {name: level + state["dose"][name] / net.steps for name, level in state["modulators"].items()}
    syn = slow.advanced(net, params["tables"]["target"], state["syn"], state["learning"], mean)
    return state | dict(dose={name: jnp.zeros_like(d) for name, d in state["dose"].items()}, syn=syn)


def finite(state: State) -> dict[str, Array]:
    """By cell group: whether all of its state is finite."""
    out = {}
    for name, cells in state["cells"].items():
        checks = [jnp.isfinite(v).all() for v in jax.tree.leaves(cells) if jnp.issubdtype(v.dtype, jnp.floating)]
        out[name] = jnp.stack(checks).all() if checks else jnp.bool_(True)
    return out
