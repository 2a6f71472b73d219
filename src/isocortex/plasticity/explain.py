"""Who got what and why: the table that `Sheet.explain` returns."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from isocortex.anatomy.circuit import Cortex
from isocortex.plasticity.entry import Assignment, Entry, assign
from isocortex.plasticity.registry import part_name
from isocortex.plasticity.rule import Part
from isocortex.plasticity.stack import Stack


@dataclasses.dataclass(frozen=True)
class Row:
    """What one projection got. Entries are numbered from 1, in the order of the sheet."""

    projection: str
    kind: str
    stack: str
    """The parts in words, with the parameters that differ from their default; ``static`` without any."""
    entries: tuple[int, ...]
    """The entries that stand, in their order."""
    why: tuple[str, ...]
    """Their docs (the selector where an entry has none)."""
    lost: tuple[int, ...]
    """Entries that match too and were replaced by later ones."""


@dataclasses.dataclass(frozen=True)
class Explanation:
    """The table; `rows` for programs, ``str`` for people, `unmatched` the optional entries that match nothing here."""

    rows: tuple[Row, ...]
    entries: tuple[Entry, ...]
    unmatched: tuple[int, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        listed = [
            dict(number=i + 1, select=e.select, mode=e.mode, doc=e.doc, without=e.without) for i, e in enumerate(self.entries)
        ]
        return dict(rows=[dataclasses.asdict(r) for r in self.rows], entries=listed, unmatched=list(self.unmatched))

    def __str__(self) -> str:
        head = ("projection", "kind", "entries", "stack")
        lines = [(r.projection, r.kind, _numbers(r), r.stack) for r in self.rows]
        widths = [max(len(line[i]) for line in (head, *lines)) for i in range(3)]
        table = [
            "  ".join(cell.ljust(w) for cell, w in zip(line, (*widths, 0), strict=True)).rstrip() for line in (head, *lines)
        ]
        return "\n".join([*table, "", *self.legend()])

    def legend(self) -> list[str]:
        """The entries by number, how often each stands, and its doc: a line each."""
        out = []
        for i, entry in enumerate(self.entries, start=1):
            used = sum(i in r.entries for r in self.rows)
            beaten = sum(i in r.lost for r in self.rows)
            count = "matches nothing here" if i in self.unmatched else f"stands on {used}, replaced on {beaten}"
            mode = f"takes away {entry.without}" if entry.without else entry.mode
            out.append(f"{i:3d}  {entry.select}  ({mode}; {count})")
            out += [f"     {entry.doc}"] if entry.doc else []
        return out


def explain(entries: Sequence[Entry], cortex: Cortex) -> Explanation:
    """Resolve and tell; raises what `isocortex.plasticity.entry.assign` raises."""
    rows = tuple(_row(entries, a) for a in assign(entries, cortex))
    seen = {i for r in rows for i in (*r.entries, *r.lost)}
    return Explanation(rows, tuple(entries), tuple(i for i in range(1, len(entries) + 1) if i not in seen))


def in_words(stack: Stack) -> str:
    """The parts with the parameters that differ from their default, or ``static``."""
    return ", ".join(_part_in_words(p) for p in stack.parts) or "static"


def _part_in_words(part: Part) -> str:
    changed = part.values(skip_defaults=True)
    inside = ", ".join(f"{k}={v:g}" if isinstance(v, float) else f"{k}={v}" for k, v in changed.items())
    return part_name(part) + (f"({inside})" if inside else "")


def _row(entries: Sequence[Entry], a: Assignment) -> Row:
    why = tuple(entries[i].doc or entries[i].select for i in a.standing)
    up = lambda indices: tuple(i + 1 for i in indices)  # noqa: E731
    return Row(a.projection.name, a.projection.kind or "", in_words(a.stack), up(a.standing), why, up(a.lost))


def _numbers(row: Row) -> str:
    lost = f" (not {', '.join(map(str, row.lost))})" if row.lost else ""
    return (", ".join(map(str, row.entries)) or "-") + lost
