"""From a description to arrays: the tables that the kernel reads and the state at time 0."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from isocortex.anatomy.circuit import Cortex, Projection
from isocortex.engine import groups as G
from isocortex.engine import signals as P
from isocortex.engine.connect import Drawn, connect
from isocortex.engine.kernel import tables as T
from isocortex.engine.kernel.inflow import poisson_limits
from isocortex.engine.random import stream_id
from isocortex.errors import DescriptionError
from isocortex.plasticity.rule import Integral, Jump, Leak, Soft, Trace
from isocortex.plasticity.stack import Stack

TICKS = (100.0, 80.0, 50.0, 35.0, 20.0, 10.0, 5.0, 2.0, 1.0)  # ms; the longest that no trace is too short for
SPAN, MOST = 7.0, 8.0
"""How many of the shortest trace constant a tick spans, and may span: after 7, float32 rounds what a pair changes by 1e-4."""

OUTSIDE = 0.01
"""Share of the initial weights outside the bounds of their plasticity from which on it is told; less is a tail."""


@dataclasses.dataclass(frozen=True)
class Wired:
    """A projection as it stands in the flat arrays: `m` synapses from `first` on; slow variables at `slow[name]`."""

    projection: Projection
    pre: G.Span
    post: G.Span
    stack: Stack
    first: int
    m: int
    slow: Mapping[str, int]

    def unit(self, variable: str) -> float:
        """What a weight or slow variable is counted in: the reference weight, or 1 where it is a mere number."""
        return 1.0 if any(variable in part.numbers for part in self.stack.slow) else self.projection.weight


@dataclasses.dataclass(frozen=True)
class Network:
    """Everything about a network that does not change while it runs."""

    cortex: Cortex
    dt: float
    steps: int
    """Steps of a tick."""
    seed: int
    cells: tuple[G.CellGroup, ...]
    rules: tuple[P.RuleGroup, ...]
    signals: tuple[P.SignalGroup, ...]
    spans: Mapping[str, G.Span]
    wired: Mapping[str, Wired]
    traces: tuple[Trace, ...]
    tables: dict[str, np.ndarray]
    n: int

    @property
    def ports(self) -> int:
        return sum(g.n * len(g.rows) for g in self.cells)

    @property
    def areas(self) -> tuple[str, ...]:
        """Names of the areas: neuromodulators have a level in each."""
        return tuple(a.name for a in self.cortex.areas)

    def area_of(self, span: G.Span) -> int:
        """Which area a population lies in."""
        return next(i for i, a in enumerate(self.cortex.areas) if span.name in {f"{a.name}.{p.name}" for p in a.populations})


def build(
    cortex: Cortex, stacks: Mapping[str, Stack], *, dt: float, tick: float | None, seed: int
) -> tuple[Network, dict[str, np.ndarray]]:
    """Lay a network out. Returns it and the synaptic state at time 0."""
    projections = list(cortex.all_projections())
    cells = G.cell_groups(cortex, projections)
    spans = {s.name: s for g in cells for s in g.spans}
    rules = P.rule_groups(stacks, projections, spans)
    signals = P.signal_groups(stacks, projections, spans, rules)
    traces = P.distinct_traces(signals)
    steps = _tick_steps(tick, dt, traces)
    drawn = [connect(p, spans[p.pre].n, spans[p.post].n, dt, seed) for p in projections]
    wired = _wire(projections, drawn, spans, stacks)
    _warn_of_bounds(wired, drawn)
    delays = _axonal_delays(drawn)
    n = sum(g.n for g in cells)
    segments, pointer = _segments(wired, drawn, delays, n)
    longest = max([int(np.max(d.dendritic, initial=0)) for d in drawn], default=0)
    classes, scales, sizes = _classes(wired, cells, signals, traces, len(delays), dt)
    plastic_delay = max(
        [int(np.max(d.dendritic, initial=0)) for d, w in zip(drawn, wired, strict=True) if w.stack.rules], default=0
    )
    decay = np.exp(-np.outer(np.arange(steps + 1) * dt, [1 / t.tau for t in traces] or [0.0]))
    far = np.exp(-np.outer(np.arange(longest + 1) * dt, [1 / t.tau for t in traces] or [0.0]))
    index = np.uint16 if max((s.n for s in spans.values()), default=0) <= 2**16 else np.int32
    noise, noise_weights, limits = _noise(cortex, cells, spans, dt)
    tables = dict(
        groups=np.array([g.first for g in cells], np.int32),
        delays=np.array(delays, np.int32),
        pointer=pointer,
        segments=segments,
        settling=_settling(segments, pointer, classes),
        classes=classes,
        scales=scales,
        traces=_trace_table(traces, dt),
        decay=decay.astype(np.float32),
        dendritic_decay=far.astype(np.float32),
        target=_join([d.post for d in drawn], index),
        signals=_signals(signals, traces),
        rows=np.array([(g.base, g.n, g.stride, g.summed) for g in signals] or np.zeros((0, 4)), np.int32),
        noise=noise,
        noise_weights=noise_weights,
        limits=limits,
    )
    network = Network(
        cortex,
        dt,
        steps,
        seed,
        tuple(cells),
        tuple(rules),
        tuple(signals),
        spans,
        {w.projection.name: w for w in wired},
        tuple(traces),
        tables,
        n,
    )
    return network, _initial_synapses(network, drawn, sizes, len(delays), longest, plastic_delay)


def _tick_steps(tick: float | None, dt: float, traces: Sequence[Trace]) -> int:
    """Steps of a tick; see `SPAN`."""
    shortest = min((t.tau for t in traces), default=20.0)
    if tick is None:
        tick = next((t for t in TICKS if t <= SPAN * shortest and t >= 5 * dt), max(SPAN * shortest, dt))
    elif tick > MOST * shortest:
        raise DescriptionError(
            f"Simulation.tick: is {tick:g} ms, longer than {MOST:g} of the shortest trace constant ({shortest:g} ms); "
            f"at most {MOST * shortest:g} ms is allowed, {SPAN:g} times it is the default"
        )
    if tick < dt:
        raise DescriptionError(f"Simulation.tick: is {tick:g} ms; must be at least dt ({dt:g} ms)")
    return max(1, round(tick / dt))


def _wire(
    projections: Sequence[Projection], drawn: Sequence[Drawn], spans: Mapping[str, G.Span], stacks: Mapping[str, Stack]
) -> list[Wired]:
    wired, first, slow = [], 0, 0
    for p, d in zip(projections, drawn, strict=True):
        stack, m = stacks.get(p.name, Stack()), len(d.pre)
        places: dict[str, int] = {}
        for part in stack.slow:
            for variable in part.variables:
                if variable not in places:
                    places[variable] = slow
                    slow += m
        wired.append(Wired(p, spans[p.pre], spans[p.post], stack, first, m, places))
        first += m
    if first >= 2**31 or slow >= 2**31:
        raise DescriptionError(f"Cortex: {first} synapses; at most 2147483647 are allowed")
    return wired


def _warn_of_bounds(wired: Sequence[Wired], drawn: Sequence[Drawn]) -> None:
    """Initial weights of a plastic projection that lie outside its bounds: the first visit will move them there."""
    for w, d in zip(wired, drawn, strict=True):
        unit, bounds = np.float32(w.projection.weight), w.stack.weight
        low, high = np.float32(bounds.w_min) * unit, np.float32(bounds.w_max) * unit
        outside = np.mean((d.w < low) | (d.w > high)) if w.m and w.stack.plastic else 0.0
        if outside > OUTSIDE:
            warnings.warn(
                f"{w.projection.name}: {outside:.1%} of the initial weights lie outside the bounds of the plasticity, "
                f"{low:g} to {high:g} (w_min = {bounds.w_min:g} and w_max = {bounds.w_max:g} times the mean weight {unit:g}); "
                "they are moved to the bounds when they are first visited, also with learning off. Draw weights with a smaller "
                "spread, or give the stack a weight dependence with other bounds, such as Additive(w_max=...)",
                UserWarning,
                stacklevel=4,
            )


def _axonal_delays(drawn: Sequence[Drawn]) -> list[int]:
    found: set[int] = {0} if not drawn else set()
    for d in drawn:
        found |= {d.axonal} if isinstance(d.axonal, int) else set(np.unique(d.axonal).tolist())
    return sorted(found)


def _segments(wired: Sequence[Wired], drawn: Sequence[Drawn], delays: Sequence[int], n: int) -> tuple[np.ndarray, np.ndarray]:
    """Runs of synapses that share presynaptic cell, projection and delays, sorted by (cell, axonal delay, projection)."""
    rank = {steps: i for i, steps in enumerate(delays)}
    lookup = np.array([rank.get(s, 0) for s in range(max(delays) + 1)])
    rows, parts = [], []
    for number, (w, d) in enumerate(zip(wired, drawn, strict=True)):
        if w.m == 0:
            continue
        axonal = np.broadcast_to(d.axonal, d.pre.shape)
        dendritic = np.broadcast_to(d.dendritic, d.pre.shape)
        new = np.ones(w.m, bool)
        new[1:] = np.diff(d.pre) != 0
        for each in (d.axonal, d.dendritic):
            if not isinstance(each, int):
                new[1:] |= np.diff(each) != 0
        starts = np.flatnonzero(new)
        part = np.empty((len(starts), 4), np.int32)
        part[:, T.START] = w.first + starts
        part[:, T.LENGTH] = np.diff(np.append(starts, w.m))
        part[:, T.CLASS] = number
        part[:, T.DENDRITIC] = dendritic[starts]
        parts.append(part)
        rows.append((w.pre.first + d.pre[starts].astype(np.int64)) * len(delays) + lookup[axonal[starts]])
    segments = np.concatenate(parts) if parts else np.zeros((1, 4), np.int32)
    row = np.concatenate(rows) if rows else np.zeros(0, np.int64)
    order = np.argsort(row, kind="stable")
    pointer = np.searchsorted(row[order], np.arange(n * len(delays) + 1)).astype(np.int32)
    return (segments[order] if parts else segments), pointer


def _settling(segments: np.ndarray, pointer: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """The plastic segments in the order of memory, with the row of each."""
    rows = np.repeat(np.arange(len(pointer) - 1, dtype=np.int32), np.diff(pointer))
    table = np.column_stack([segments[: len(rows)], rows])
    table = table[classes[table[:, T.CLASS], T.KIND] != T.STATIC]
    return np.ascontiguousarray(table[np.argsort(table[:, T.START], kind="stable")])


def _classes(
    wired: Sequence[Wired],
    cells: Sequence[G.CellGroup],
    signals: Sequence[P.SignalGroup],
    traces: Sequence[Trace],
    n_da: int,
    dt: float,
) -> tuple[np.ndarray, np.ndarray, dict[str, int]]:
    classes = np.zeros((max(len(wired), 1), T.N_CLASS), np.int32)
    scales = np.ones((max(len(wired), 1), T.N_SCALE), np.float32)
    last, stp = 0, 0
    for row, scale, w in zip(classes, scales, wired, strict=False):
        kinds = [column.kind for column, _ in P.merged(w.stack.rules)]
        integrals, leaks, jumps = (kinds.count(kind) for kind in P.KINDS)
        _check_size(w, integrals, jumps, leaks)
        row[[T.N_INTEGRAL, T.N_JUMP, T.N_LEAK]] = integrals, jumps, leaks
        row[[T.FIRST, T.LAST, T.COUNT, T.PRE_FIRST]] = w.first, last, w.m, w.pre.first
        last += (integrals + leaks) * w.m
        group = next(g for g in cells if g.name == w.post.group)
        where = group.rows.index((str(w.projection.compartment), tuple(w.projection.receptors or ())))
        row[T.PORT] = group.port + where * group.n + w.post.local
        captured = w.stack.captures
        row[T.CAPTURE] = w.slow[captured] if captured else -1
        row[T.SHORT_TERM] = -1
        if w.stack.short_term is not None:
            row[T.SHORT_TERM] = stp
            stp += w.pre.n * n_da
            s = w.stack.short_term
            scale[[T.U, T.TAU_REC, T.TAU_FACIL]] = s.U, s.tau_rec / dt, s.tau_facil / dt
        _place_columns(row, w, signals, traces)
        _place_dependence(row, scale, w)
        simple = integrals in (1, 2) and jumps <= 1 and not captured and (jumps == 0 or row[T.JUMPS + 2] < 0)
        if simple and (integrals, jumps, leaks) == (1, 1, 0) and row[T.MODE] == T.ADDITIVE:
            row[T.KIND] = T.PAIR
        elif simple and leaks <= 1:
            row[T.KIND] = T.STACK
        else:
            row[T.KIND] = T.GENERAL if w.stack.rules else T.STATIC
    return classes, scales, dict(last=last, stp=stp)


def _check_size(w: Wired, integrals: int, jumps: int, leaks: int) -> None:
    for what, number, most in (
        ("integrals", integrals, T.MAX_INTEGRALS),
        ("jumps", jumps, T.MAX_JUMPS),
        ("leaks", leaks, T.MAX_LEAKS),
    ):
        if number > most:
            raise DescriptionError(f"{w.projection.title}: its stack has {number} {what}; at most {most} are allowed")


def _place_columns(row: np.ndarray, w: Wired, signals: Sequence[P.SignalGroup], traces: Sequence[Trace]) -> None:
    """Write where the stack's columns are found among the postsynaptic signals."""
    if not w.stack.rules:
        return
    group, block = _find(w, signals)
    row[T.AGED] = bool(group.aged_by)
    place = {Integral: T.INTEGRALS, Jump: T.JUMPS, Leak: T.LEAKS}
    for number, (column, key) in enumerate(zip(group.columns, block.keys, strict=True)):
        at = place[column.kind]
        if column.kind is Leak and key and key not in w.slow:
            raise DescriptionError(
                f"{w.projection.title}: a rule leaks towards {key!r}, which no slow part of its stack has; "
                f"there are: {', '.join(w.slow) or 'none'}"
            )
        third = traces.index(key) if isinstance(key, Trace) else w.slow[key] if key else -1
        row[at : at + 3] = group.place(block, number), group.stride, third
        place[column.kind] = at + 3


def _find(w: Wired, signals: Sequence[P.SignalGroup]) -> tuple[P.SignalGroup, P.SignalBlock]:
    kinds = [type(r) for r in w.stack.rules]
    for group in signals:
        for block in group.blocks:
            same = block.rules == w.stack.rules and [type(r) for r in block.rules] == kinds
            same = same and block.gates == w.stack.gates and block.span is w.post
            if same and group.captured == bool(w.stack.captures):
                return group, block
    raise AssertionError(f"the stack of {w.projection.name} is in no group")


def _place_dependence(row: np.ndarray, scale: np.ndarray, w: Wired) -> None:
    weight, reference = w.stack.weight, w.projection.weight
    if w.stack.plastic and reference <= 0:
        raise w.projection.error("weight", "is 0; a plastic projection needs a mean weight above 0, the unit of its changes")
    modes = {0: T.ADDITIVE, 1: T.SOFT, 2: T.POWER_LAW}
    row[T.MODE] = modes[weight.mode]
    mu_plus, mu_minus = weight.exponents()
    if isinstance(weight, Soft) and (mu_plus, mu_minus) != (1.0, 1.0):
        row[T.MODE] = T.SOFT_POWER
    scale[[T.W_REF, T.W_MIN, T.W_MAX, T.MU_PLUS, T.MU_MINUS]] = (
        reference,
        weight.w_min * reference,
        weight.w_max * reference,
        mu_plus,
        mu_minus,
    )


def _trace_table(traces: Sequence[Trace], dt: float) -> np.ndarray:
    names = {"all": T.ALL, "nearest": T.NEAREST, "event": T.EVENT, "suppressed": T.SUPPRESSED}
    return np.array([(names[t.pairing], t.window / dt) for t in traces] or [(0, 0)], np.float32)


def _signals(signals: Sequence[P.SignalGroup], traces: Sequence[Trace]) -> np.ndarray:
    rows = []
    for group in signals:
        aged = group.aged_by
        for block in group.blocks:
            for number in range(group.summed):
                key = block.keys[number]
                spec = traces.index(key) if isinstance(key, Trace) else -1
                leaks = aged if group.columns[number].kind is Integral else ()
                first = group.place(block, leaks[0]) if leaks else -1
                leaking = group.columns[number].kind is Leak
                rows.append((group.place(block, number), block.span.n, group.stride, spec, first, len(leaks), leaking))
    return np.array(rows or np.zeros((0, 7)), np.int32)


def _noise(
    cortex: Cortex, cells: Sequence[G.CellGroup], spans: Mapping[str, G.Span], dt: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows, weights, limits, first = [], [], [], 0
    for b in cortex.backgrounds():
        span = spans[b.post]
        group = next(g for g in cells if g.name == span.group)
        mean = b.rate * b.sources * dt * 1e-3
        if mean == 0:
            continue
        draws, steps = poisson_limits(mean)
        port = group.port + group.rows.index(G.background_row(b)) * group.n + span.local
        rows.append((port, span.n, first, len(steps), draws, np.uint32(stream_id(b.name)).astype(np.int32)))
        weights.append(b.weight)
        limits.append(steps)
        first += len(steps)
    table = np.array(rows, np.int32).reshape(-1, 6)
    return table, np.array(weights, np.float32), np.concatenate(limits) if limits else np.zeros(0, np.int32)


def _join(parts: Sequence[np.ndarray], dtype: Any) -> np.ndarray:
    return np.concatenate([p.astype(dtype) for p in parts]) if parts else np.zeros(0, dtype)


def _initial_synapses(
    net: Network, drawn: Sequence[Drawn], sizes: Mapping[str, int], n_da: int, longest: int, plastic_delay: int
) -> dict[str, np.ndarray]:
    slow = np.zeros(sum(w.m * len(w.slow) for w in net.wired.values()), np.float32)
    for w, d in zip(net.wired.values(), drawn, strict=True):
        for part in w.stack.slow:
            for variable, start in part.variables.items():
                at = w.slow[variable]
                slow[at : at + w.m] = d.w if start == "w" else float(start) * w.unit(variable)
    stp = np.zeros((sizes["stp"], 3), np.float32)
    for w in net.wired.values():
        s, place = w.stack.short_term, list(net.wired).index(w.projection.name)
        if s is not None:
            at = net.tables["classes"][place, T.SHORT_TERM]
            stp[at : at + w.pre.n * n_da] = s.U, 1.0, -(2.0**30)
    rows = net.n * n_da
    ring = int(net.tables["delays"].max(initial=0)) + 1
    signals = sum(g.n * g.stride for g in net.signals)
    return dict(
        w=_join([d.w for d in drawn], np.float32),
        last=np.zeros(sizes["last"], np.float32),
        slow=slow,
        xhat=np.zeros((rows, max(len(net.traces), 1)), np.float32),
        seen=np.full(rows, T.NEVER, np.int32),
        stp=stp,
        drive=np.zeros((longest + 1, max(net.ports, 1)), np.float32),
        ids=np.zeros((ring, net.n), np.int32),
        counts=np.zeros(ring, np.int32),
        sums=np.zeros(sum(g.n * g.summed for g in net.signals), np.float32),
        sig=np.zeros((plastic_delay + 1, signals), np.float32),
        held=np.zeros((plastic_delay + 1, signals), np.float32),
    )
