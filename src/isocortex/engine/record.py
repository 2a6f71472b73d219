"""What is recorded while a simulation runs, besides spikes."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import numpy as np

from isocortex.checks import is_whole
from isocortex.describe import Description, quantity
from isocortex.engine.layout import Network, Wired
from isocortex.engine.random import generator
from isocortex.errors import DescriptionError, nearest
from isocortex.plasticity.registry import part_name
from isocortex.results.log import Logs, MemoryLog
from isocortex.results.samples import Sampled, SampleStore

FAR = 0.1
"""From so large a part of an interval on its rounding is told."""


class Record(Description, kw_only=False):
    """Record a variable of a population's cells, or of a projection's synapses.

    ``Record("V1.L23E", "V")``, ``Record("V1.L4E->V1.L23E", "w", every="1 s", sample=1000)``. Cell variables are taken every
    `every` ms, synaptic ones at the ticks, every `every` ms rounded to whole ticks. `sample`: at most so many, drawn once.
    """

    target: str
    variable: str
    every: float | None = quantity(None, "ms", above=0, optional=True, doc="none: 1 ms for cells, a tick for synapses")
    sample: int | None = None

    @property
    def title(self) -> str:
        return f"Record({self.target}, {self.variable})"

    def validate(self) -> None:
        if self.sample is not None and not is_whole(self.sample, 1):
            raise self.error("sample", f"is {self.sample!r}; a whole number of at least 1 is needed")


@dataclasses.dataclass(frozen=True)
class Probe:
    """A cell variable: `index` (local to its group), every `every` steps."""

    record: Record
    group: str
    index: np.ndarray
    every: int
    store: SampleStore

    def rows(self, steps: int) -> int:
        """Rows that a buffer for so many steps needs."""
        return steps // self.every + 2


@dataclasses.dataclass(frozen=True)
class Tap:
    """A synaptic variable: `index` into the flat array `array` ("w" or "slow"), every `every` ticks."""

    record: Record
    array: str
    index: np.ndarray
    every: int
    store: SampleStore


def chosen(record: Record, n: int, seed: int) -> np.ndarray:
    """The indices that are sampled, in order."""
    if record.sample is None or record.sample >= n:
        return np.arange(n)
    return np.sort(generator(seed, f"sample {record.target} {record.variable}").choice(n, record.sample, replace=False))


def probe(net: Network, record: Record, variables: Mapping[str, Sequence[str]], logs: Logs = MemoryLog) -> Probe:
    """Resolve the record of a cell variable; `variables` lists what each group has."""
    if record.target not in net.spans:
        raise record.error(
            "target", f"no population or projection {record.target!r}; {nearest(record.target, [*net.spans, *net.wired])}"
        )
    span = net.spans[record.target]
    if record.variable not in variables[span.group]:
        raise record.error("variable", f"{record.variable!r} is not there; {nearest(record.variable, variables[span.group])}")
    every = max(1, round((record.every or 1.0) / net.dt))
    index = chosen(record, span.n, net.seed)
    coords = {"population": record.target, "neuron": index} | (
        {"layer": span.population.layer} if span.population.layer else {}
    )
    sampled = Sampled(record.target, record.variable, "cell", len(index), _unit(record.variable), coords)
    return Probe(record, span.group, index + span.local, every, SampleStore(sampled, logs))


def _warn_where_far(net: Network, record: Record) -> None:
    """Warn where an interval, rounded to whole steps or ticks, is far from what was asked for."""
    if record.every is None:
        return
    called, unit = ("ticks", net.dt * net.steps) if record.target in net.wired else ("steps", net.dt)
    taken = max(1, round(record.every / unit)) * unit
    if abs(taken / record.every - 1) > FAR:
        hint = "; Simulation(tick=...) sets them" if called == "ticks" else ""
        told = f"is {record.every:g} ms and taken as {taken:g} ms, in whole {called} of {unit:g} ms{hint}"
        warnings.warn(f"{record.title}.every: {told}", UserWarning, stacklevel=4)


def tap(net: Network, record: Record, logs: Logs = MemoryLog) -> Tap:
    """Resolve the record of a synaptic variable."""
    w = net.wired[record.target]
    where = place(net, w, record)
    every = max(1, round((record.every or 0.0) / (net.dt * net.steps)))
    index = chosen(record, w.m, net.seed)
    pre, post = ends(net, w)
    coords = {"projection": record.target, "pre": pre[index], "post": post[index]}
    sampled = Sampled(record.target, record.variable, "synapse", len(index), w.post.population.cell.weight_unit, coords)
    return Tap(record, where[0], where[1] + index, every, SampleStore(sampled, logs))


def place(net: Network, w: Wired, record: Record) -> tuple[str, int]:
    """The flat array that holds a synaptic variable, and where it begins."""
    if record.variable == "w":
        return "w", w.first
    if record.variable not in w.slow:
        raise record.error("variable", f"{record.variable!r} is not there; {nearest(record.variable, ['w', *w.slow])}")
    return "slow", w.slow[record.variable]


def ends(net: Network, w: Wired) -> tuple[np.ndarray, np.ndarray]:
    """Pre- and postsynaptic index, within its population, of every synapse of a projection (int32)."""
    number = list(net.wired).index(w.projection.name)
    segments, pointer = net.tables["segments"], net.tables["pointer"]
    row = np.repeat(np.arange(len(pointer) - 1), np.diff(pointer))
    mine = np.flatnonzero(segments[: len(row), 2] == number)
    pre = np.empty(w.m, np.int32)
    order = np.argsort(segments[mine, 0])
    runs = segments[mine][order]
    pre[:] = np.repeat(row[mine][order] // len(net.tables["delays"]) - w.pre.first, runs[:, 1])
    return pre, net.tables["target"][w.first : w.first + w.m].astype(np.int32)


def resolve(
    net: Network, records: Sequence[Record], variables: Mapping[str, Sequence[str]], logs: Logs = MemoryLog
) -> tuple[list[Probe], list[Tap]]:
    """Sort records into probes of cells and taps of synapses."""
    seen: set[tuple[str, str]] = set()
    for r in records:
        if (r.target, r.variable) in seen:
            raise DescriptionError(f"{r.title}: is there twice")
        seen.add((r.target, r.variable))
        _warn_where_far(net, r)
    probes = [probe(net, r, variables, logs) for r in records if r.target not in net.wired]
    return probes, [tap(net, r, logs) for r in records if r.target in net.wired]


def buffers(probes: Sequence[Probe], steps: int) -> list[np.ndarray]:
    """Room for what the probes see in a tick."""
    return [np.zeros((p.rows(steps), len(p.index)), np.float32) for p in probes]


def write(
    probes: Sequence[Probe], room: Sequence[Any], t: Any, start: Any, cells: Mapping[str, Any], signals: Mapping[str, Any]
) -> list[Any]:
    """Put the values of step t into the buffers of a chunk that began after step `start`; the last of an interval stays."""
    out = []
    for p, b in zip(probes, room, strict=True):
        source = cells[p.group] if p.record.variable in cells[p.group] else signals[p.group]
        value = source[p.record.variable][p.index].astype(b.dtype)
        out.append(jax.lax.dynamic_update_index_in_dim(b, value, (t - 1) // p.every - start // p.every, 0))
    return out


def collect(probes: Sequence[Probe], room: Sequence[Any], start: int, end: int, dt: float) -> None:
    """Append the whole intervals of a chunk to the stores."""
    for p, b in zip(probes, room, strict=True):
        first, last = start // p.every, end // p.every
        if last > first:
            p.store.append((np.arange(first, last) + 1) * p.every * dt, np.asarray(b)[: last - first])


def _unit(variable: str) -> str:
    return "mV" if variable.lower().startswith("v") else "1"


def rule_state(net: Network, variables: Mapping[str, Mapping[str, Any]], w: Wired) -> dict[str, dict[str, np.ndarray]]:
    """The variables of the rules of a projection, of its target cells. variables : of all rules, by group."""
    out: dict[str, dict[str, np.ndarray]] = {}
    for rule in w.stack.rules:
        for group in net.rules:
            block = group.find(rule, w.stack.gates, w.post)
            if block is not None:
                name = part_name(rule)
                name = name if name not in out else f"{name}#{sum(key.partition('#')[0] == name for key in out) + 1}"
                place = slice(block.offset, block.offset + w.post.n)
                out[name] = {key: np.array(values[place]) for key, values in variables[group.name].items()}
    return out
