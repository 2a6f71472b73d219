"""Cells sorted into groups that are advanced together, whatever population they belong to."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from isocortex.anatomy.circuit import Background, Cortex, Population, Projection
from isocortex.cells.cell import Cell
from isocortex.engine.random import uniform_numbers

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
