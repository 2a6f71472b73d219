"""Selectors: which projections of a cortex are meant, in one line of text.

=====================================  =======================================================================
selector                               projections
=====================================  =======================================================================
``*.L23E -> *.L23E``                   from any area's L23E to any area's L23E
``V1.L4E -> V1.L23*``                  globs (``*``, ``?``, ``[..]``) on area and population, ``L5E|L6E`` for either
``kind=feedback -> *.L5E:apical``      one kind of pathway, onto one compartment
``kind=lateral|feedforward``           several kinds, any ends
``*.L5E -> *.L5E, *.L6E -> *.L6E``     a comma: either
``V1.L4E -> V1.L23E#slow``             the projection with the tag ``slow``; ``#`` alone: the one without a tag
=====================================  =======================================================================

Layer and class are part of a population's name: ``*.L5* -> *.*`` is all that leaves layer 5, ``*.*PV -> *.*E`` all that PV
cells send to excitatory ones.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

from isocortex.anatomy.circuit import CLASSES, KINDS, LAYERS, Cortex, Projection
from isocortex.errors import DescriptionError, nearest

_FILTER = re.compile(r"(\w+)\s*=\s*([\w|]+)\s*")
_GLOB = re.compile(r"[\w*?\[\]!|-]+$")
_FORM = "write 'AREA.POPULATION -> AREA.POPULATION[:COMPARTMENT]' with globs, 'kind=KIND', or both"


def matches_glob(name: str, glob: str) -> bool:
    """Whether a name fits one of the alternatives of a glob (``L5E|L6*``); case counts."""
    return any(fnmatchcase(name, g) for g in glob.split("|"))


@dataclasses.dataclass(frozen=True)
class End:
    """One end of a projection: globs on area and population."""

    area: str = "*"
    population: str = "*"

    def matches(self, full_name: str) -> bool:
        """Whether a population such as ``V1.L4E`` is meant."""
        area, _, population = full_name.partition(".")
        return matches_glob(area, self.area) and matches_glob(population, self.population)

    def __str__(self) -> str:
        return f"{self.area}.{self.population}"


ANY = End()


@dataclasses.dataclass(frozen=True)
class Alternative:
    """What stands between two commas of a selector; all its conditions must hold."""

    kinds: tuple[str, ...] = ()
    pre: End = ANY
    post: End = ANY
    compartment: str = "*"
    tag: str | None = None

    def matches(self, p: Projection) -> bool:
        """Whether a projection (complete, as `Cortex.all_projections` gives it) is meant."""
        return (
            (not self.kinds or p.kind in self.kinds)
            and self.pre.matches(p.pre)
            and self.post.matches(p.post)
            and matches_glob(p.compartment or "soma", self.compartment)
            and self.tag in (None, p.tag)
        )

    def __str__(self) -> str:
        kinds = f"kind={'|'.join(self.kinds)}" if self.kinds else ""
        place = "" if self.compartment == "*" else f":{self.compartment}"
        tag = "" if self.tag is None else f"#{self.tag}"
        if kinds and (self.pre, self.post, place + tag) == (ANY, ANY, ""):
            return kinds
        pre = [] if kinds and self.pre == ANY else [str(self.pre)]
        return " ".join([*([kinds] if kinds else []), *pre, "->", f"{self.post}{place}{tag}"])


@dataclasses.dataclass(frozen=True)
class Selector:
    """One or more alternatives; a projection is meant when it matches any of them. ``str`` gives the canonical text."""

    alternatives: tuple[Alternative, ...]

    @classmethod
    def parse(cls, text: str) -> Selector:
        """Read a selector.

        Raises
        ------
        DescriptionError : not of the form; an unknown filter or kind (the message says what is allowed).
        """
        if not isinstance(text, str) or not text.strip():
            raise DescriptionError(f"selector: {text!r} is empty; {_FORM}")
        return cls(tuple(_alternative(part.strip(), text) for part in text.split(",")))

    def __str__(self) -> str:
        return ", ".join(str(a) for a in self.alternatives)

    def matches(self, p: Projection) -> bool:
        """Whether a complete projection is meant."""
        return any(a.matches(p) for a in self.alternatives)

    def select(self, cortex: Cortex, *, optional: bool = False) -> list[Projection]:
        """The projections that are meant, in the cortex's order.

        Raises
        ------
        DescriptionError : an alternative matches nothing (unless `optional`); the message names what comes nearest.
        """
        projections = list(cortex.all_projections())
        for a in () if optional else self.alternatives:
            if not any(a.matches(p) for p in projections):
                raise DescriptionError(f"selector '{a}': matches no projection of {cortex.name}; {_reason(a, projections)}")
        return [p for p in projections if self.matches(p)]

    def of_kind(self, kind: str) -> Selector:
        """The same on pathways of one kind; an alternative that names its kinds keeps them."""
        return Selector(tuple(a if a.kinds else dataclasses.replace(a, kinds=(kind,)) for a in self.alternatives))

    def swapped(self, a: str, b: str) -> Selector:
        """Exchange two layer names in the population globs; applied twice it gives the selector back.

        Raises
        ------
        DescriptionError : a glob such as ``L?E`` or ``L[56]E`` takes one of the two layers without naming it.
        """

        def exchange(end: End) -> End:
            return End(end.area, _swapped_glob(end.population, a, b))

        changed = (dataclasses.replace(x, pre=exchange(x.pre), post=exchange(x.post)) for x in self.alternatives)
        return Selector(tuple(changed))


def exactly(p: Projection, cortex: Cortex) -> Alternative:
    """The selector of one projection and no other (complete, of this cortex)."""
    ends = [End(*name.split(".")) for name in (p.pre, p.post)]
    place = p.compartment or "soma"
    alone = Alternative((), ends[0], ends[1], place)
    siblings = sum(alone.matches(q) for q in cortex.all_projections())
    return dataclasses.replace(alone, tag=p.tag) if siblings > 1 else alone


def _alternative(part: str, text: str) -> Alternative:
    def wrong(problem: str) -> DescriptionError:
        return DescriptionError(f"selector '{text}': {problem}")

    kinds: tuple[str, ...] = ()
    rest = part
    while found := _FILTER.match(rest):
        if found[1] != "kind":
            raise wrong(f"no filter {found[1]!r}; {nearest(found[1], ['kind'])}")
        kinds += tuple(found[2].split("|"))
        rest = rest[found.end() :]
    for kind in kinds:
        if kind not in KINDS:
            raise wrong(f"no kind {kind!r}; {nearest(kind, KINDS)}")
    if kinds and not rest:
        return Alternative(kinds)
    ends = [e.strip() for e in rest.split("->")]
    if len(ends) != 2 or not ends[1] or not (ends[0] or kinds):
        raise wrong(_FORM)
    target, hash_, tag = ends[1].partition("#")
    target, colon, compartment = target.partition(":")
    if (colon and not _GLOB.match(compartment)) or (tag and not re.match(r"\w+$", tag)):
        raise wrong(f"{ends[1]!r} is not 'AREA.POPULATION:COMPARTMENT#TAG'")
    pre = _end(ends[0], wrong) if ends[0] else ANY
    return Alternative(kinds, pre, _end(target.strip(), wrong), compartment or "*", tag if hash_ else None)


def _end(text: str, wrong: object) -> End:
    if text == "*":
        return ANY
    area, _, population = text.partition(".")
    if not (_GLOB.match(area) and _GLOB.match(population)):
        hint = f"; write '*.{text}' for any area" if _GLOB.match(text) else ""
        raise wrong(f"{text!r} is not 'AREA.POPULATION' such as V1.L4E or *.L5*{hint}")  # type: ignore[operator]
    return End(area, population)


def _reason(a: Alternative, projections: Iterable[Projection]) -> str:
    """Say which condition fails, and the nearest name; conditions are dropped from the last to the first."""
    every = list(projections)
    kinds = {p.kind or "" for p in every}
    if a.kinds and not kinds & set(a.kinds):
        return f"there is none of the kind {'|'.join(a.kinds)}; {nearest(a.kinds[0], kinds)}"
    for end, names in ((a.pre, {p.pre for p in every}), (a.post, {p.post for p in every})):
        areas = {n.partition(".")[0] for n in names}
        if not any(matches_glob(x, end.area) for x in areas):
            return f"no area {end.area!r} here; {nearest(end.area, areas)}"
        inside = {n.partition(".")[2] for n in names if matches_glob(n.partition(".")[0], end.area)}
        if not any(matches_glob(x, end.population) for x in inside):
            side = "sends" if end is a.pre else "receives"
            return f"no population {end.population!r} {side} anything here; {nearest(end.population, inside)}"
    anywhere = dataclasses.replace(a, compartment="*", tag=None)
    hit = [p for p in every if anywhere.matches(p)]
    if not hit:
        candidates = [dataclasses.replace(p, compartment=None).name for p in every if not a.kinds or p.kind in a.kinds]
        return f"nothing connects them; {nearest(str(dataclasses.replace(anywhere, kinds=())), candidates)}"
    places = {p.compartment or "soma" for p in hit}
    if not any(matches_glob(x, a.compartment) for x in places):
        return f"no synapses at {a.compartment!r}; {nearest(a.compartment, places)}"
    return f"no tag {a.tag!r}; {nearest(a.tag or '', {p.tag for p in hit})}"


def _swapped_glob(glob: str, a: str, b: str) -> str:
    other = {a: b, b: a}
    token = re.compile(rf"(?<![A-Za-z0-9])({a}|{b})(?![0-9])")

    def exchange(text: str) -> str:
        return token.sub(lambda m: other[m[1]], text)

    new = exchange(glob)
    names = [f"{layer}{c}" for layer in ("", *LAYERS) for c in CLASSES]
    if any(matches_glob(n, glob) != matches_glob(exchange(n), new) for n in names):
        raise DescriptionError(f"selector '{glob}': takes {a} or {b} without naming it; write the layers out, as in 'L5E|L6E'")
    return new
