"""What there is: populations, projections, background drive, areas and the cortex. Descriptions; nothing is allocated."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from isocortex.cells.cell import EXCITATORY_RECEPTORS, INHIBITORY_RECEPTORS, RECEPTORS, Cell, Source
from isocortex.checks import is_whole
from isocortex.describe import Description, choice, quantity, several
from isocortex.errors import DescriptionError, nearest

LAYERS = ("L1", "L23", "L4", "L5", "L6")
CLASSES = ("E", "I", "PV", "SST", "VIP")
NUMBERS = ("probability", "indegree", "synapses", "one_to_one")
"""The fields of a projection that say how many synapses there are."""
KINDS = ("thalamic", "feedforward", "feedback", "lateral", "interneuron")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*$")
_LAYERED = re.compile(rf"({'|'.join(LAYERS)})?({'|'.join(CLASSES)})$")


class Delay(Description, kw_only=False):
    """A delay in ms, constant or distributed over the synapses of a projection.

    Drawn values are kept at `least` or more: a normal is drawn again where it falls below, the others are cut there. Delays
    are rounded to whole steps of dt (a half to the even number), drawn ones to `resolution` before.
    """

    mean: float = quantity(1.5, "ms", least=0)
    sd: float = quantity(0.0, "ms", least=0)
    distribution: str = choice("normal", ("normal", "lognormal", "uniform"), doc="uniform: mean +- sqrt(3) sd")
    least: float = quantity(0.0, "ms", least=0)
    resolution: float | None = quantity(None, "ms", above=0, optional=True, doc="grid of the drawn values (none: dt)")

    def validate(self) -> None:
        if self.sd > 0 and self.distribution == "lognormal" and self.mean == 0:
            raise self.error("mean", "is 0 ms; a lognormal distribution needs a mean above 0 ms")
        if self.sd > 0 and self.distribution == "normal" and self.least > self.mean + 3 * self.sd:
            most = f"mean + 3 sd ({self.mean + 3 * self.sd:g} ms)"
            raise self.error("least", f"is {self.least:g} ms; at most {most} is allowed, as hardly a value drawn lies above")


class Population(Description, kw_only=False):
    """Cells of one kind. Layer and class are read off a name such as ``L23E``, ``L5PV``, ``E``; else give `cell_class`."""

    name: str
    n: int
    cell: Cell
    cell_class: str | None = None
    layer: str | None = None
    doc: str = ""

    def validate(self) -> None:
        if not isinstance(self.name, str) or not _NAME.match(self.name):
            raise self.error("name", f"{self.name!r}; a letter, then letters, digits or _")
        if not is_whole(self.n, 1):
            raise self.error("n", f"is {self.n!r}; a whole number of at least 1 is needed")
        if not isinstance(self.cell, Cell):
            raise self.error("cell", f"is {self.cell!r}; a cell such as LIF() is needed")
        match = _LAYERED.match(self.name)
        if self.layer is None and match:
            object.__setattr__(self, "layer", match[1])
        if self.cell_class is None:
            if not match and not isinstance(self.cell, Source):
                raise self.error("cell_class", f"cannot be read off the name; give one of {', '.join(CLASSES)}")
            object.__setattr__(self, "cell_class", match[2] if match else "E")
        if self.cell_class not in CLASSES:
            raise self.error("cell_class", f"{self.cell_class!r} is not known; {nearest(str(self.cell_class), CLASSES)}")
        if self.layer is not None and self.layer not in LAYERS:
            raise self.error("layer", f"{self.layer!r} is not known; {nearest(self.layer, LAYERS)}")

    @property
    def excitatory(self) -> bool:
        """Whether its synapses excite."""
        return self.cell_class == "E"


class Projection(Description, kw_only=False):
    """Synapses from one population to a compartment of another.

    Names are ``"L4E"`` inside an area or ``"V1.L4E"``. Give exactly one of `probability` (each pair, independently),
    `indegree` (each target, drawn with replacement), `synapses` (total number, drawn with replacement) and `one_to_one` (cell
    i to cell i, of two populations of the same size). Weights are
    magnitudes in the target cell's unit; the sign is the presynaptic class's. `receptors` says what fraction of the weight
    reaches which receptor. A spike acts on the target after `axonal_delay` + `dendritic_delay`; the synapse sees the
    presynaptic spike after the first and the postsynaptic spike after the second.
    """

    pre: str
    post: str
    weight: float = quantity(1.0, "1", least=0, doc="mean, in the unit of the target cell (nS or pA)")
    probability: float | None = quantity(None, "1", least=0, most=1, optional=True)
    indegree: float | None = quantity(None, "1", least=0, optional=True)
    synapses: float | None = quantity(None, "1", least=0, optional=True)
    compartment: str | None = None
    receptors: tuple[tuple[str, float], ...] | None = None
    weight_sd: float = quantity(0.0, "1", least=0, doc="standard deviation as a fraction of the mean")
    weight_distribution: str = choice("normal", ("normal", "lognormal", "uniform"), doc="uniform: 0 to twice the mean")
    axonal_delay: Delay = Delay(1.5)
    dendritic_delay: Delay = Delay(0.0)
    kind: str | None = None
    autapses: bool = True
    doc: str = ""
    tag: str = ""
    one_to_one: bool = False

    @property
    def name(self) -> str:
        """``pre->post``, with the compartment where one is named, and the tag where two would be alike."""
        where = f":{self.compartment}" if self.compartment and self.compartment != "soma" else ""
        return f"{self.pre}->{self.post}{where}" + (f"#{self.tag}" if self.tag else "")

    def validate(self) -> None:
        if not isinstance(self.one_to_one, bool):
            raise self.error("one_to_one", f"is {self.one_to_one!r}; true or false is needed")
        given = [k for k in NUMBERS if getattr(self, k) is not None and getattr(self, k) is not False]
        if len(given) != 1:
            raise self.error("probability", f"give exactly one of {', '.join(NUMBERS)} (given: {given or 'none'})")
        for field in ("axonal_delay", "dendritic_delay"):
            value = getattr(self, field)
            if not isinstance(value, Delay):
                object.__setattr__(self, field, Delay(value))
        if self.kind is not None and self.kind not in KINDS:
            raise self.error("kind", f"{self.kind!r} is not known; {nearest(self.kind, KINDS)}")
        if isinstance(self.receptors, str):
            problem = f"is {self.receptors!r}; fractions are needed, such as {{{self.receptors!r}: 1.0}}"
            raise self.error("receptors", problem)
        if self.receptors is not None:
            pairs = tuple(sorted((str(k), float(v)) for k, v in dict(self.receptors).items()))
            for receptor, fraction in pairs:
                if receptor not in RECEPTORS:
                    raise self.error("receptors", f"{receptor!r} is not known; {nearest(receptor, RECEPTORS)}")
                if not 0 <= fraction < float("inf"):
                    raise self.error("receptors", f"{receptor} has the fraction {fraction}; at least 0 is needed")
            object.__setattr__(self, "receptors", pairs)


class Background(Description, kw_only=False):
    """Independent Poisson input to every cell of a population: `sources` inputs at `rate` each, jumps of `weight`."""

    post: str
    weight: float = quantity(1.0, "1", doc="jump of the receptor's variable, in the cell's unit")
    rate: float = quantity(8.0, "Hz", least=0)
    sources: float = quantity(1.0, "1", least=0)
    compartment: str | None = None
    receptor: str = choice("AMPA", RECEPTORS)

    @property
    def name(self) -> str:
        """``background->post``."""
        return f"background->{self.post}" + (f":{self.compartment}" if self.compartment else "") + f":{self.receptor}"


class Area(Description, kw_only=False):
    """Populations and the projections among them. Names inside are short (``L4E``)."""

    name: str
    populations: tuple[Population, ...]
    projections: tuple[Projection, ...] = ()
    backgrounds: tuple[Background, ...] = ()
    doc: str = ""

    def validate(self) -> None:
        if not isinstance(self.name, str) or not _NAME.match(self.name):
            raise self.error("name", f"{self.name!r}; a letter, then letters, digits or _")
        for field, kind in (("populations", Population), ("projections", Projection), ("backgrounds", Background)):
            object.__setattr__(self, field, several(self, field, kind))
        if not self.populations:
            raise self.error("populations", "is empty; at least one population is needed")
        names = [p.name for p in self.populations]
        for name in names:
            if names.count(name) > 1:
                raise self.error("populations", f"{name!r} is there {names.count(name)} times; names must differ")
        local = lambda end: end if "." in end else f"{self.name}.{end}"  # noqa: E731
        projections = (p.replace(pre=local(p.pre), post=local(p.post)) for p in self.projections)
        object.__setattr__(self, "projections", tuple(projections))
        object.__setattr__(self, "backgrounds", tuple(b.replace(post=local(b.post)) for b in self.backgrounds))
        Cortex((self,))  # every name inside must be there

    def __getitem__(self, name: str) -> Population:
        for p in self.populations:
            if p.name == name:
                return p
        raise DescriptionError(f"{self.title}: no population {name!r}; {nearest(name, [p.name for p in self.populations])}")


class Cortex(Description, kw_only=False):
    """Areas and the projections between them (full names). Everything is checked when it is made."""

    areas: tuple[Area, ...]
    projections: tuple[Projection, ...] = ()
    name: str = "cortex"
    schema: ClassVar[int] = 1

    def validate(self) -> None:
        for field, kind in (("areas", Area), ("projections", Projection)):
            object.__setattr__(self, field, several(self, field, kind))
        names = [a.name for a in self.areas]
        for name in names:
            if names.count(name) > 1:
                raise self.error("areas", f"{name!r} is there {names.count(name)} times; names must differ")
        seen: set[str] = set()
        for p in self.all_projections():
            _check_projection(self, p)
            if p.name in seen:
                raise DescriptionError(f"{p.title}.tag: two projections are named {p.name}; give one of them a tag")
            seen.add(p.name)
        for b in self.backgrounds():
            _check_target(b, self.population(b.post, b), b.compartment, (b.receptor,))

    def populations(self) -> dict[str, Population]:
        """Full name -> population, in order."""
        return {f"{a.name}.{p.name}": p for a in self.areas for p in a.populations}

    def population(self, name: str, asked_by: Description | None = None) -> Population:
        """Look a population up by its full name; an unknown one is an error that suggests the nearest."""
        found = self.populations()
        if name not in found:
            where = asked_by.title if asked_by is not None else self.title
            raise DescriptionError(f"{where}: no population {name!r}; {nearest(name, found)}")
        return found[name]

    def all_projections(self) -> Iterator[Projection]:
        """The projections of the areas and between them, complete: kind, compartment and receptors filled in."""
        for p in (*(q for a in self.areas for q in a.projections), *self.projections):
            yield complete(self, p)

    def backgrounds(self) -> Sequence[Background]:
        """The background drives of all areas."""
        return [b for a in self.areas for b in a.backgrounds]


def as_cortex(given: Cortex | Area, where: str) -> Cortex:
    """A cortex as it is, an area as a cortex of one; anything else is an error that names the argument `where`."""
    if isinstance(given, Area):
        return Cortex((given,))
    if not isinstance(given, Cortex):
        raise DescriptionError(f"{where}: is {given!r}; an Area or a Cortex is needed")
    return given


def complete(cortex: Cortex, p: Projection) -> Projection:
    """Fill in what a projection leaves open: compartment (the first), receptors (by sign), kind (by its ends)."""
    pre, post = cortex.population(p.pre, p), cortex.population(p.post, p)
    first = post.cell.compartments[0] if post.cell.compartments else "soma"
    changes: dict[str, Any] = {}
    if p.compartment is None:
        changes["compartment"] = first
    if p.receptors is None:
        changes["receptors"] = (("AMPA", 1.0),) if pre.excitatory else (("GABA_A", 1.0),)
    if p.kind is None:
        if isinstance(pre.cell, Source):
            changes["kind"] = "thalamic"
        elif not (pre.excitatory and post.excitatory):
            changes["kind"] = "interneuron"
        elif p.pre.partition(".")[0] == p.post.partition(".")[0]:
            changes["kind"] = "lateral"
        else:
            raise p.error("kind", "must be given between areas (feedforward, feedback, ...)")
    return dataclasses.replace(p, **changes) if changes else p


def _check_projection(cortex: Cortex, p: Projection) -> None:
    pre, post = cortex.population(p.pre, p), cortex.population(p.post, p)
    receptors = tuple(r for r, _ in p.receptors or ())
    _check_target(p, post, p.compartment, receptors)
    if p.one_to_one and pre.n != post.n:
        raise p.error("one_to_one", f"{pre.n} cells to {post.n}; populations of the same size are needed")
    fitting = EXCITATORY_RECEPTORS if pre.excitatory else INHIBITORY_RECEPTORS
    for r in receptors:
        if r not in fitting:
            raise p.error("receptors", f"{r} does not fit {pre.cell_class} cells; allowed: {', '.join(fitting)}")


def _check_target(asked_by: Description, post: Population, compartment: str | None, receptors: Sequence[str]) -> None:
    cell = post.cell
    if isinstance(cell, Source):
        raise DescriptionError(f"{asked_by.title}.post: {post.name} is a source; it receives no synapses")
    if compartment is not None and compartment not in cell.compartments:
        raise DescriptionError(f"{asked_by.title}.compartment: {type(cell).__name__} has no {compartment!r}; "
                               f"{nearest(compartment, cell.compartments)}")  # fmt: skip
    for r in receptors:
        if r not in cell.receptors:
            problem = f"{type(cell).__name__} has no {r}; {nearest(r, cell.receptors)}"
            raise DescriptionError(f"{asked_by.title}.receptors: {problem}")
