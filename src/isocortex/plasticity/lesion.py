"""Lesions: functions from a sheet's entries to others. What breaks tells what a mechanism was for."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from isocortex import units
from isocortex.anatomy.circuit import LAYERS, Cortex, Projection
from isocortex.anatomy.scaling import indegree
from isocortex.anatomy.selectors import Selector, exactly
from isocortex.checks import is_number
from isocortex.errors import DescriptionError, nearest
from isocortex.plasticity.entry import Assignment, Entry, assign, named
from isocortex.plasticity.registry import part_name
from isocortex.plasticity.rule import Gate, Part, Rule, ShortTerm, SlowPart, WeightDependence

Entries = tuple[Entry, ...]
Weighted = list[tuple[float, Any]]


def without(entries: Sequence[Entry], name: str, on: str | None = None) -> Entries:
    """Take the parts of a name or a kind away, everywhere or, by one more entry, on the pathways of a selector.

    A name that no entry uses is an error. Where there is a part of that name it is meant, else a kind; ``kind=NAME`` is a kind.
    """
    there = [p for e in entries for p in e.parts]
    if name in {p.kind for p in there} - {part_name(p) for p in there}:
        name = f"kind={name}"
    if not any(named(p, name) for p in there):
        used = {n for p in there for n in (part_name(p), p.kind)}
        raise DescriptionError(f"sheet.without: the sheet has no part or kind {name!r}; {nearest(name, used)}")
    if on is not None:
        return (*entries, Entry(on, (), f"lesion: {name} is taken away here", "add", without=name))
    kept = (tuple(p for p in e.parts if not named(p, name)) for e in entries)
    return tuple(e.replace(parts=parts) for e, parts in zip(entries, kept, strict=True))


def swapped(entries: Sequence[Entry], a: str, b: str) -> Entries:
    """Exchange two layer names in the selectors of all entries that are not `fixed`.

    Raises
    ------
    DescriptionError : no such layer, the same layer twice, or no selector that the exchange would change.
    """
    for layer in (a, b):
        if layer not in LAYERS:
            raise DescriptionError(f"sheet.swapped: no layer {layer!r}; {nearest(layer, LAYERS)}")
    if a == b:
        raise DescriptionError(f"sheet.swapped: {a} with itself; give two layers")
    changed = tuple(e if e.fixed else e.replace(select=str(e.selector.swapped(a, b))) for e in entries)
    if changed == tuple(entries):
        raise DescriptionError(f"sheet.swapped: no selector names {a} or {b}, so nothing would change")
    return changed


def paced(entries: Sequence[Entry], factor: float) -> Entries:
    """Let all plasticity run `factor` times as fast, so that minutes of exposure fit into seconds.

    Amplitudes (fields with ``role="rate"``) are multiplied; a part without an amplitude (a slow part) has its times divided.
    Windows, traces and set points stay, and so does what is in proportion to induction (`SlowPart.of_induction`), which follows
    by itself. Learning in fewer and larger steps is noisier: this is an acceleration, no identity.
    """
    if not is_number(factor) or not 0 < factor < math.inf:
        raise DescriptionError(f"sheet.paced: factor is {factor!r}; a finite number above 0 is needed")
    return tuple(e.replace(parts=tuple(_paced(p, factor) for p in e.parts)) for e in entries)


def _paced(part: Part, factor: float) -> Part:
    if isinstance(part, SlowPart) and part.of_induction:
        return part
    quantities = {f.name: f.metadata["quantity"] for f in dataclasses.fields(part) if "quantity" in f.metadata}
    rates = [name for name, q in quantities.items() if q["role"] == "rate"]
    if rates:
        return part.replace(**{name: getattr(part, name) * factor for name in rates})
    if isinstance(part, SlowPart):
        times = [name for name, q in quantities.items() if q["unit"] == "ms"]
        return part.replace(**{name: getattr(part, name) / factor for name in times})
    return part


def uniform(entries: Sequence[Entry], cortex: Cortex) -> Entries:
    """One set of rules for all plastic synapses of excitatory, one for those of inhibitory cells.

    What is plastic stays so and what is static stays static; each projection counts by its expected number of synapses.

    - Every part that any projection has is there, but for rules that read a signal which a target cell does not give: these
      are on all synapses that can have them, and count those only.
    - Amplitudes (fields with ``role="rate"``, and the gain of a gate) are means over all plastic synapses of the sign, zero
      where the part is absent: a part on a share f of them has its rate times f.
      A slow part without an amplitude acts at the rate 1/tau, and that is averaged. What multiplies induction
      (`SlowPart.of_induction`) is averaged over the synapses that have it, as a number is.
    - Times, potentials and rates (ms, mV, Hz) are means over the synapses that have the part.
    - Plain numbers (``A_plus``, exponents, bounds) are means weighted by the amplitude, so that the mean of the product
      amplitude times number, which is what acts, is kept.
    - Words (a pairing, a receptor), the kind of weight dependence, and whether induction goes to an eligibility trace cannot
      be averaged: the majority of synapses decides.
    - Short-term plasticity stays as it is: it belongs to the pathway's transmission and changes no weight. So do the parts of
      `fixed` entries, wherever they stood.
    """
    whole = assign(entries, cortex)
    assigned = assign([e.replace(parts=() if e.fixed else e.parts, optional=True) for e in entries], cortex)
    out = []
    for excitatory, word in ((True, "excitatory"), (False, "inhibitory")):
        group = [a for a in assigned if a.stack.plastic and cortex.population(a.projection.pre).excitatory == excitatory]
        if group:
            doc = f"layer-uniform: the mean over the plastic {word} synapses"
            by_parts: dict[tuple[Part, ...], list[Assignment]] = {}
            for a, parts in zip(group, _mean_parts(group, cortex), strict=True):
                by_parts.setdefault(parts, []).append(a)
            out += [Entry(_select(alike, cortex), parts, doc) for parts, alike in by_parts.items()]
    by_short_term: dict[ShortTerm, list[Assignment]] = {}
    for a in assigned:
        if a.stack.short_term:
            by_short_term.setdefault(a.stack.short_term, []).append(a)
    doc = "short-term plasticity as it was: it belongs to the pathway, not to learning"
    out += [Entry(_select(group, cortex), (part,), doc, "add") for part, group in by_short_term.items()]
    for i, entry in enumerate(entries):
        left: dict[tuple[Part, ...], list[Assignment]] = {}
        for a in whole if entry.fixed else ():
            if i in a.standing and (parts := tuple(p for p in entry.parts if p in a.stack.parts)):
                left.setdefault(parts, []).append(a)
        out += [entry.replace(select=_select(alike, cortex), parts=parts, without="") for parts, alike in left.items()]
    return tuple(out)


def expected_synapses(p: Projection, cortex: Cortex) -> float:
    """The mean number of synapses that a projection will have."""
    n_pre, n_post = cortex.population(p.pre).n, cortex.population(p.post).n
    return indegree(p, n_pre, n_post) * n_post


def _select(group: Iterable[Assignment], cortex: Cortex) -> str:
    return str(Selector(tuple(exactly(a.projection, cortex) for a in group)))


def _mean_parts(group: Sequence[Assignment], cortex: Cortex) -> list[tuple[Part, ...]]:
    """The parts of each projection of a group; they differ only where a cell cannot give what a rule reads."""
    counts = [expected_synapses(a.projection, cortex) for a in group]
    weights = counts if sum(counts) > 0 else [1.0] * len(group)
    signals = [set(cortex.population(a.projection.post).cell.signals) for a in group]
    slots: dict[tuple[object, ...], Weighted] = {}
    for weight, a in zip(weights, group, strict=True):
        seen: dict[tuple[object, ...], int] = {}
        for part in (*a.stack.rules, *a.stack.gates, *a.stack.slow):
            key = (type(part), part.modulator if isinstance(part, Gate) else "")
            seen[key] = seen.get(key, 0) + 1  # a stack may hold one class twice: the first, the second, ...
            slots.setdefault((*key, seen[key]), []).append((weight, part))
    parts: list[list[Part]] = [[] for _ in group]
    for found in slots.values():
        able = [i for i, given in enumerate(signals) if _reads(found[0][1]) <= given]
        total = sum(weights[i] for i in able)
        if not _minority_capture(found, total):
            mean = _mean_part(found, total)
            for i in able:
                parts[i].append(mean)
    weight_dependence = _mean_weight([(w, a.stack.weight) for w, a in zip(weights, group, strict=True)])
    return [(*p, weight_dependence) for p in parts]


def _reads(part: Part) -> set[str]:
    return set(part.reads) if isinstance(part, Rule) else set()


def _minority_capture(found: Weighted, total: float) -> bool:
    part = found[0][1]
    return isinstance(part, SlowPart) and bool(part.captures) and sum(w for w, _ in found) < total / 2


def _mean_weight(found: Weighted) -> WeightDependence:
    kind = _majority([(w, type(p)) for w, p in found])
    alike = [(w, p) for w, p in found if type(p) is kind]
    mean = _mean_part(alike, sum(w for w, _ in alike))
    assert isinstance(mean, WeightDependence)
    return mean


def _mean_part(found: Weighted, total: float) -> Part:
    """The mean of parts of one class; `total` counts also the synapses without the part."""
    cls = type(found[0][1])
    fields = dataclasses.fields(cls)
    of_induction = issubclass(cls, SlowPart) and cls.of_induction
    rates = [f.name for f in fields if f.metadata.get("quantity", {}).get("role") == "rate" and not of_induction]
    if issubclass(cls, Gate):
        rates = ["gain"]
    acting = [(w * getattr(p, rates[0]), p) for w, p in found] if len(rates) == 1 else found
    if not sum(w for w, _ in acting) > 0 or min(w for w, _ in acting) < 0:
        acting = found
    values: dict[str, Any] = {}
    for f in fields:
        column = _reader(f.name)
        if not rates and f.name == "tau" and issubclass(cls, SlowPart):
            values[f.name] = _slowed(column(found), total)
        elif "quantity" not in f.metadata or any(getattr(p, f.name) is None for _, p in found):
            values[f.name] = _majority(column(found))
        elif f.name in rates:
            values[f.name] = _mean(column(found), total)
        else:
            dimension = units.KNOWN[f.metadata["quantity"]["unit"]][0]
            plain = dimension == "number" or dimension.startswith("per ")
            values[f.name] = _mean(column(acting if plain else found))
    return cls.make(values)


def _reader(name: str) -> Callable[[Weighted], Weighted]:
    return lambda weighted: [(w, getattr(p, name)) for w, p in weighted]


def _mean(column: Weighted, total: float | None = None) -> float:
    over = sum(w for w, _ in column)
    if total is None or total == over:
        if len({v for _, v in column}) == 1:
            return float(column[0][1])  # exactly, without rounding
        return float(sum(w * v for w, v in column) / over)
    return float(sum(w * v for w, v in column) / total)


def _slowed(column: Weighted, total: float) -> float:
    """The time constant of the mean rate 1/tau; infinite where the part is absent."""
    if len({tau for _, tau in column}) == 1:
        return float(column[0][1] * (total / sum(w for w, _ in column)))
    return float(total / sum(w / tau for w, tau in column))


def _majority(column: Weighted) -> Any:
    count: dict[Any, float] = {}
    for w, v in column:
        count[v] = count.get(v, 0.0) + w
    return max(count, key=lambda v: count[v])
