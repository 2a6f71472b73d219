"""An entry of a sheet, and what a list of entries makes of a cortex."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from isocortex.anatomy.circuit import Cortex, Projection
from isocortex.anatomy.selectors import Selector
from isocortex.describe import Description, choice, several
from isocortex.errors import DescriptionError, nearest
from isocortex.plasticity.registry import library, part_name
from isocortex.plasticity.rule import Part
from isocortex.plasticity.stack import Stack


class Entry(Description, kw_only=False):
    """One line of a sheet: who gets which parts, and why.

    Parameters
    ----------
    select : a selector (see `isocortex.anatomy.selectors`); held in its canonical spelling.
    parts : the parts, in the order in which they act; none makes the synapses static.
    doc : why, with the source.
    mode : ``replace``: these parts take the place of whatever stands; ``add``: they are appended to it.
    optional : the selector may match nothing (otherwise that is an error).
    fixed : the parts belong to the cells, not to how a layer learns (the set point of a homeostatic rule, say): `swapped`
        leaves the entry where it is, `uniform` its parts as they are. Only with ``mode="add"``.
    without : the name or kind of parts that are taken away from what stands, before `parts` are appended (a lesion of some
        pathways). Only with ``mode="add"``; that no pathway has such a part is an error unless the entry is `optional`.
    """

    select: str
    parts: tuple[Part, ...] = ()
    doc: str = ""
    mode: str = choice("replace", ("replace", "add"))
    optional: bool = False
    fixed: bool = False
    without: str = ""

    def validate(self) -> None:
        object.__setattr__(self, "select", str(Selector.parse(self.select)))
        object.__setattr__(self, "parts", several(self, "parts", Part))
        for flag in ("optional", "fixed"):
            if not isinstance(getattr(self, flag), bool):
                raise self.error(flag, f"is {getattr(self, flag)!r}; true or false is needed")
        if self.fixed and self.mode != "add":
            raise self.error("fixed", 'is true with mode = "replace"; only what is added can be fixed, set mode = "add"')
        if self.without and self.mode != "add":
            raise self.error("without", 'stands with mode = "replace", which leaves no parts to take away; set mode = "add"')
        for text in ("doc", "without"):
            if not isinstance(getattr(self, text), str):
                raise self.error(text, f"is {getattr(self, text)!r}; text is needed")
        Stack.of(self.parts, self.title)  # parts that cannot stand together are an error here, not in a run

    @property
    def title(self) -> str:
        return f"entry '{self.select}'"

    @property
    def selector(self) -> Selector:
        """The parsed selector."""
        return Selector.parse(self.select)


@dataclasses.dataclass(frozen=True)
class Assignment:
    """What one projection gets: its stack, and the entries (by index) that stand and that lost."""

    projection: Projection
    stack: Stack
    standing: tuple[int, ...] = ()
    lost: tuple[int, ...] = ()


def assign(entries: Sequence[Entry], cortex: Cortex) -> list[Assignment]:
    """Work out every projection's stack; later entries win.

    Raises
    ------
    DescriptionError : a selector that matches nothing, parts that cannot stand together, a part to be taken away that is not
        there, a rule that reads a signal which the postsynaptic cell does not give.
    """
    matching: dict[str, list[int]] = {p.name: [] for p in cortex.all_projections()}
    for i, entry in enumerate(entries):
        try:
            chosen = entry.selector.select(cortex, optional=entry.optional)
        except DescriptionError as e:
            raise DescriptionError(f"sheet, entry {i + 1}: {e}") from None
        for p in chosen:
            matching[p.name].append(i)
    assigned = [_assignment(entries, cortex, p, matching[p.name]) for p in cortex.all_projections()]
    for i, entry in enumerate(entries):
        if entry.without and not entry.optional:
            _check_lesion(entries, i, assigned)
    return assigned


def named(part: Part, name: str) -> bool:
    """Whether a name or a kind means a part: ``kind=NAME`` the kind; else a part of the library of that name, else either."""
    if name.startswith("kind="):
        return part.kind == name.removeprefix("kind=")
    return part_name(part) == name if name in library() else name in (part_name(part), part.kind)


def standing_parts(entries: Sequence[Entry], standing: Sequence[int]) -> list[Part]:
    """The parts that entries leave, one entry after the other."""
    parts: list[Part] = []
    for i in standing:
        kept = [p for p in parts if not (entries[i].without and named(p, entries[i].without))]
        parts = [*kept, *entries[i].parts]
    return parts


def _check_lesion(entries: Sequence[Entry], i: int, assigned: Sequence[Assignment]) -> None:
    """Refuse an entry that is to take away what none of its pathways has."""
    there = [p for a in assigned if i in a.standing for p in standing_parts(entries, [j for j in a.standing if j < i])]
    if not any(named(p, entries[i].without) for p in there):
        used = {n for p in there for n in (part_name(p), p.kind)}
        problem = f"no pathway of '{entries[i].select}' has a part {entries[i].without!r} to take away"
        there_are = nearest(entries[i].without, used) if used else "they have none"
        raise DescriptionError(f"sheet, entry {i + 1}: {problem}; {there_are}")


def _assignment(entries: Sequence[Entry], cortex: Cortex, p: Projection, matching: list[int]) -> Assignment:
    replacing = [i for i in matching if entries[i].mode == "replace"]
    start = replacing[-1] if replacing else 0
    standing = tuple(i for i in matching if i >= start)
    where = f"{p.name} (entries {', '.join(str(i + 1) for i in standing)})"
    stack = Stack.of(standing_parts(entries, standing), where)
    signals = cortex.population(p.post).cell.signals
    for rule in stack.rules:
        for signal in rule.reads:
            if signal not in signals:
                cell = type(cortex.population(p.post).cell).__name__
                raise DescriptionError(f"{where}: {rule.title} reads {signal!r}, which {cell} does not give; "
                                       f"{nearest(signal, signals)}")  # fmt: skip
    return Assignment(p, stack, standing, tuple(i for i in matching if i < start))
