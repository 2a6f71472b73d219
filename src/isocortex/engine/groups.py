"""Cells and rules sorted into groups that are advanced together, whatever population or projection they belong to."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from isocortex.anatomy.circuit import Background, Cortex, Population, Projection
from isocortex.cells.cell import Cell
from isocortex.engine.random import uniform_numbers
from isocortex.errors import DescriptionError, nearest
from isocortex.plasticity.rule import Gate, Integral, Jump, Leak, Rule, Term, Trace
from isocortex.plasticity.stack import Stack

Mix = tuple[tuple[str, float], ...]


@dataclasses.dataclass(frozen=True)
class Span:
    """Where a population's cells are: `first` among all cells, `local` within its group."""

    name: str
    population: Population
    group: str
    first: int
    local: int

    @property
    def n(self) -> int:
        return self.population.n

    @property
    def ids(self) -> slice:
        return slice(self.first, self.first + self.n)


@dataclasses.dataclass(frozen=True)
class CellGroup:
    """All cells of one class. `rows` are the ports: (compartment, receptor mix), each of n cells, from `port` on."""

    name: str
    cell: type[Cell]
    first: int
    n: int
    port: int
    rows: tuple[tuple[str, Mix], ...]
    spans: tuple[Span, ...]

    @property
    def channels(self) -> dict[str, list[tuple[int, float]]]:
        """Channel -> the rows that feed it, with the fraction of their weight."""
        out: dict[str, list[tuple[int, float]]] = {}
        for r, (compartment, mix) in enumerate(self.rows):
            for receptor, fraction in mix:
                out.setdefault(f"{compartment}:{receptor}", []).append((r, fraction))
        return out


def stacked(values: Sequence[Any], sizes: Sequence[int]) -> np.ndarray:
    """One number a population -> a scalar where all agree, else one number a cell (float32)."""
    if all(v == values[0] for v in values):
        return np.float32(values[0])  # type: ignore[return-value]
    return np.repeat(np.asarray(values, np.float32), sizes)


def stacked_constants(each: Sequence[Mapping[str, float]], sizes: Sequence[int]) -> dict[str, np.ndarray]:
    """`stacked` for every constant."""
    return {key: stacked([c[key] for c in each], sizes) for key in each[0]}


def cell_groups(cortex: Cortex, projections: Sequence[Projection]) -> list[CellGroup]:
    """Sort the populations by cell class and give each group the ports that its inputs need."""
    populations = cortex.populations()
    by_class: dict[type[Cell], list[str]] = {}
    for name, p in populations.items():
        by_class.setdefault(type(p.cell), []).append(name)
    groups, first, port = [], 0, 0
    for cls, names in by_class.items():
        rows = _rows(names, projections, cortex.backgrounds())
        spans, local = [], 0
        for name in names:
            spans.append(Span(name, populations[name], cls.__name__, first + local, local))
            local += populations[name].n
        groups.append(CellGroup(cls.__name__, cls, first, local, port, rows, tuple(spans)))
        first, port = first + local, port + local * len(rows)
    return groups


def _rows(
    names: Sequence[str], projections: Sequence[Projection], backgrounds: Sequence[Background]
) -> tuple[tuple[str, Mix], ...]:
    rows: dict[tuple[str, Mix], None] = {}
    for p in projections:
        if p.post in names:
            rows[(str(p.compartment), tuple(p.receptors or ()))] = None
    for b in backgrounds:
        if b.post in names:
            rows[background_row(b)] = None
    return tuple(rows)


def background_row(b: Background) -> tuple[str, Mix]:
    """The port that a background drive fills."""
    return (b.compartment or "soma", ((b.receptor, 1.0),))


def initial_cells(group: CellGroup, seed: int) -> dict[str, np.ndarray]:
    """State of a group at time 0."""
    parts = []
    for span in group.spans:
        draws = lambda what, n, span=span: uniform_numbers(seed, f"initial {span.name} {what}", n)  # noqa: E731
        parts.append(span.population.cell.initial(span.n, list(group.channels), draws))
    return {key: np.concatenate([p[key] for p in parts]) for key in parts[0]}


@dataclasses.dataclass(frozen=True)
class Block:
    """One rule on one postsynaptic population: `offset` is its place in its group."""

    rule: Rule
    gates: tuple[Gate, ...]
    span: Span
    offset: int


@dataclasses.dataclass(frozen=True)
class RuleGroup:
    """All blocks whose rules have the same class and kinds of terms. Its signals begin at `base`, `terms` a cell."""

    name: str
    rule: type[Rule]
    kinds: tuple[type, ...]
    base: int
    n: int
    blocks: tuple[Block, ...]

    def column(self, block: Block, term: int) -> int:
        """Where a term of a block's first cell is; the next cell follows `stride` further on."""
        return self.base + block.offset * self.stride + term

    @property
    def stride(self) -> int:
        return len(self.kinds)

    @property
    def accumulated(self) -> tuple[int, ...]:
        """The terms that are integrated over time (integrals and leaks)."""
        return tuple(i for i, kind in enumerate(self.kinds) if kind is not Jump)


def trace_of(term: Term) -> Trace | None:
    """The presynaptic trace of a term, if it has one."""
    return None if isinstance(term, Leak) else term.trace


def rule_groups(stacks: Mapping[str, Stack], projections: Sequence[Projection], spans: Mapping[str, Span]) -> list[RuleGroup]:
    """One block for each different (rule, gates, postsynaptic population), sorted into groups."""
    keyed: dict[tuple[type[Rule], tuple[type, ...]], dict[tuple[int, Rule, tuple[Gate, ...]], Span]] = {}
    for p in projections:
        stack = stacks.get(p.name)
        if stack is None:
            continue
        span = spans[p.post]
        for rule in stack.rules:
            _check_signals(rule, span, p)
            kinds = tuple(type(t) for t in rule.terms())
            keyed.setdefault((type(rule), kinds), {})[(span.first, rule, stack.gates)] = span
    groups: list[RuleGroup] = []
    base = 0
    for (cls, kinds), members in keyed.items():
        blocks, n = [], 0
        for (_, rule, gates), span in sorted(members.items(), key=lambda item: item[0][0]):
            blocks.append(Block(rule, gates, span, n))
            n += span.n
        groups.append(RuleGroup(f"{cls.__name__}{len(groups)}", cls, kinds, base, n, tuple(blocks)))
        base += n * len(kinds)
    return groups


def _check_signals(rule: Rule, span: Span, p: Projection) -> None:
    given = span.population.cell.signals
    for signal in rule.reads:
        if signal not in given:
            raise DescriptionError(
                f"{p.title}: {rule.title} reads the signal {signal!r}, which {type(span.population.cell).__name__} "
                f"({span.name}) does not give; {nearest(signal, given)}"
            )


def distinct_traces(groups: Sequence[RuleGroup]) -> list[Trace]:
    """All presynaptic traces that some term needs."""
    found: dict[Trace, None] = {}
    for group in groups:
        for block in group.blocks:
            for term in block.rule.terms():
                trace = trace_of(term)
                if trace is not None:
                    found[trace] = None
    return list(found)


def counts_of(stack: Stack) -> tuple[int, int, int]:
    """How many integrals, jumps and leaks a stack has."""
    terms = [t for rule in stack.rules for t in rule.terms()]
    return tuple(sum(isinstance(t, kind) for t in terms) for kind in (Integral, Jump, Leak))  # type: ignore[return-value]
