"""Pathways: which synapses, the form of their rule, what is fitted, and which drug switches which branch off."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from isocortex.anatomy.selectors import Selector
from isocortex.checks import is_number
from isocortex.errors import DescriptionError, nearest
from isocortex.invitro.files import check_keys, read_tables, with_unit
from isocortex.invitro.sources import Kept
from isocortex.plasticity.registry import part
from isocortex.plasticity.rule import Part, Rule, SlowPart
from isocortex.plasticity.rules.scaling import SynapticScaling

_KEYS = ("pre", "post", "compartment", "area", "distance", "select", "doc", "cell", "rule", "free", "ties", "needs",
         "calcium", "site", "again", "slow")  # fmt: skip
CELLS = ("forced", "trunk")
"""The postsynaptic cells: one that fires when the protocol says, and one with an apical trunk (`isocortex.cells.trunk`)."""
INHIBITORY = ("PV", "SST", "VIP", "I")
"""Classes of inhibitory cells, as the names of populations end."""
ELSEWHERE = ("hippocampus", "entorhinal cortex", "striatum")
"""Areas that are not neocortex."""
RESERVED = ("all", "shared", "fit", "sheet", "new")
"""What the command line takes for something else."""
WEIGHT = ("w_min", "w_max")
"""Parameters that belong to the soft bounds and not to the rule."""
CALCIUM = "calcium"
"""The parameter of a rule that says what is left of the calcium of a postsynaptic spike."""


@dataclasses.dataclass(frozen=True)
class Pathway:
    """A pathway of the table.

    rule : name of the part. fixed : its parameters that are not fitted, and ``w_max``. inherits : a pathway whose fitted values
    are taken over before these. free : bounds of what is fitted. ties : parameter -> the free one that it equals. needs :
    amplitude -> targets that it needs. calcium : target -> its share of the calcium of a postsynaptic spike. cell : one of
    `CELLS`. site : where the synapse is on the cell with a trunk, for protocols that do not say it (um from the soma).
    slow : name of a slow part of the stack, whose parameters stand among those of the rule.
    again : a pathway whose gating points stand here once more, as a check of this cell and rule; they do not count again.
    """

    name: str
    pre: str
    post: str
    compartment: str
    area: str
    distance: str
    rule: str
    fixed: Mapping[str, Any]
    inherits: str
    free: Mapping[str, tuple[float, float]]
    ties: Mapping[str, str]
    needs: Mapping[str, tuple[str, ...]]
    calcium: Mapping[str, float] = dataclasses.field(default_factory=dict)
    select: str = ""
    doc: str = ""
    cell: str = "forced"
    site: float | None = None
    again: str = ""
    slow: str = ""

    @property
    def title(self) -> str:
        """How tables name it: ``S1 L23E->L5E:apical (430 to 950 um)``."""
        where = "" if self.distance in ("", "unknown", "all") else f" ({self.distance})"
        return f"{self.area} {self.pre}->{self.post}:{self.compartment}{where}"

    @property
    def neocortical(self) -> bool:
        """Whether it lies in neocortex."""
        return self.area not in ELSEWHERE

    @property
    def pre_class(self) -> str:
        """The class of the presynaptic cells."""
        return next((c for c in INHIBITORY if self.pre.endswith(c)), "E")

    @property
    def scales(self) -> bool:
        """Whether its rule is scaling, which knows rates over hours and not when spikes fall."""
        return _scales(self.rule)

    @property
    def modulator(self) -> str:
        """The neuromodulator that its slow part reads; empty where it reads none."""
        chosen = {f.name: f.default for f in dataclasses.fields(part(self.slow))}.get("modulator", "") if self.slow else ""
        return str(self.fixed.get("modulator", chosen)) if chosen else ""

    def complete(self, values: Mapping[str, float]) -> dict[str, Any]:
        """Fixed parameters, these values of the free ones, and what is tied to them."""
        return dict(self.fixed) | dict(values) | {k: values[v] for k, v in self.ties.items()}

    def blocked(self, targets: Sequence[str]) -> tuple[str, ...]:
        """The amplitudes that are switched off where these targets are blocked."""
        gone = set(targets)
        return tuple(
            amplitude for amplitude, needed in self.needs.items() if any(set(each.split("|")) <= gone for each in needed)
        )

    def under(self, targets: Sequence[str]) -> dict[str, float]:
        """What becomes of the rule's parameters where these targets are blocked; those that stay as they are, are left out."""
        changes = dict.fromkeys(self.blocked(targets), 0.0)
        gone = math.fsum(share for target, share in self.calcium.items() if target in targets)
        return changes | {CALCIUM: max(1.0 - gone, 0.0)} if gone else changes


def _scales(rule: str) -> bool:
    return issubclass(part(rule), SynapticScaling)


@Kept
def drugs(path: Path | None = None) -> dict[str, tuple[str, ...]]:
    """Drug -> what it blocks."""
    return read_tables("drugs.toml", path, _blocks)


def _blocks(name: str, table: dict[str, Any], where: str) -> tuple[str, ...]:
    check_keys(table, ("blocks", "doc"), where)
    blocks = table.get("blocks")
    if not isinstance(blocks, list) or not all(isinstance(b, str) for b in blocks):
        raise DescriptionError(f"{where}.blocks: is {blocks!r}; a list of targets is needed")
    return tuple(blocks)


def targets_of(drug: str) -> tuple[str, ...]:
    """What the drugs of a row (names joined by +, or empty) block."""
    known = drugs()
    names = [d for d in drug.split("+") if d]
    for name in names:
        if name not in known:
            raise DescriptionError(f"{name!r} is no known drug; {nearest(name, known)}")
    return tuple(target for name in names for target in known[name])


@Kept
def pathways(path: Path | None = None) -> dict[str, Pathway]:
    """The pathways of a file (by default those in `files.sources`) by name.

    Raises
    ------
    DataError, DescriptionError : the file or one of its tables is not valid.
    """
    made = read_tables("pathways.toml", path, lambda name, table, where: (_made(name, table, where), where))
    found = {name: p for name, (p, _) in made.items()}
    for p, where in made.values():
        if p.inherits and p.inherits not in found:
            raise DescriptionError(f"{where}.rule.from: no pathway {p.inherits!r}; {nearest(p.inherits, found)}")
        if p.again and p.again not in found:
            raise DescriptionError(f"{where}.again: no pathway {p.again!r}; {nearest(p.again, found)}")
        if len(lineage(p, found)) > len(found):
            raise DescriptionError(f"{where}.rule.from: {p.inherits} takes over from {p.name} in turn")
    return found


def lineage(pathway: Pathway, known: Mapping[str, Pathway]) -> list[str]:
    """The pathways that it takes values over from, the nearest first; cut short where they go in a circle."""
    out: list[str] = []
    while pathway.inherits and len(out) <= len(known):
        out.append(pathway.inherits)
        pathway = known[pathway.inherits]
    return out


def _bounds(value: Any, where: str) -> tuple[float, float]:
    if not (isinstance(value, list) and len(value) == 2 and all(map(is_number, value)) and 0 < value[0] < value[1]):
        raise DescriptionError(f"{where}: is {value!r}; two numbers above 0 in order are needed")
    return float(value[0]), float(value[1])


def _choices(part_name: str) -> list[str]:
    """The parameters of a part that are words."""
    return [f.name for f in dataclasses.fields(part(part_name)) if "quantity" not in f.metadata]


def _check_target(target: str, where: str) -> None:
    known = {t for blocks in drugs().values() for t in blocks}
    if target not in known:
        raise DescriptionError(f"{where}: {target!r} is blocked by no drug; {nearest(target, known)}")


def _shares(table: Any, part_name: str, where: str) -> dict[str, float]:
    """Target -> its share of the calcium of a postsynaptic spike."""
    if not isinstance(table, dict):
        raise DescriptionError(f"{where}: is {table!r}; a table of targets and their shares is needed")
    if table and CALCIUM not in part(part_name).field_names():
        raise DescriptionError(f"{where}: the rule {part_name!r} has no parameter {CALCIUM!r}; branches has")
    for target, share in table.items():
        _check_target(target, f"{where}.{target}")
        if not is_number(share) or not 0 <= share <= 1:
            raise DescriptionError(f"{where}.{target}: is {share!r}; a share from 0 to 1 is needed")
    total = math.fsum(table.values())
    if total > 1 + 1e-9:
        raise DescriptionError(f"{where}: the shares add up to {total:g}; at most 1 is possible")
    return {target: float(share) for target, share in table.items()}


def _cell(table: dict[str, Any], where: str) -> str:
    """One of `CELLS`; what does nothing there is refused."""
    cell = str(table.get("cell", "forced"))
    if cell not in CELLS:
        raise DescriptionError(f"{where}.cell: {cell!r} is not known; allowed: {', '.join(CELLS)}")
    if "slow" in table and cell != "forced":
        raise DescriptionError(f"{where}.slow: stands only where the cell is forced")
    if "site" in table and cell == "forced":
        raise DescriptionError(f"{where}.site: does nothing where the cell is forced; leave it out, or write cell = 'trunk'")
    return cell


def _check_scaling(table: dict[str, Any], where: str) -> None:
    """Refuse what does nothing beside a rule of scaling, or would not be fitted as it runs."""
    for key in ("slow", CALCIUM):
        if key in table:
            raise DescriptionError(f"{where}.{key}: does nothing beside a rule of scaling; leave it out")
    for group in ("rule", "free", "ties"):
        for key in WEIGHT:
            if key in table.get(group, {}):
                raise DescriptionError(f"{where}.{group}.{key}: a rule of scaling has no bounds here; leave it out")


def _check_form(name: str, table: dict[str, Any], where: str) -> None:
    """Refuse a name that cannot be asked for or be that of a file, and text where a table belongs."""
    if name in RESERVED or not name.strip() or any(c in name for c in "/\\"):
        raise DescriptionError(f"{where}: {name!r} is no name for a pathway; choose another")
    for key in ("rule", "free", "ties", "needs", "slow"):
        if not isinstance(table.get(key, {}), dict):
            raise DescriptionError(f"{where}.{key}: is {table[key]!r}; a table is needed")
    for key, needed in table.get("needs", {}).items():
        if not (isinstance(needed, list) and all(isinstance(each, str) for each in needed)):
            raise DescriptionError(f"{where}.needs.{key}: is {needed!r}; a list of targets is needed")
    if table.get("select"):
        try:
            Selector.parse(table["select"])
        except DescriptionError as e:
            raise DescriptionError(f"{where}.select: {e}") from None


def _fields(part_name: str, kind: type[Part], where: str) -> tuple[str, ...]:
    """The parameters of a part, which must be of a kind."""
    found = part(part_name, where)
    if not issubclass(found, kind):
        raise DescriptionError(f"{where}: {part_name!r} is no {'rule' if kind is Rule else 'slow part'}; see isocortex rules")
    return tuple(found.field_names())


def _made(name: str, table: dict[str, Any], where: str) -> Pathway:
    check_keys(table, _KEYS, where)
    _check_form(name, table, where)
    for key in ("pre", "post", "compartment", "area", "rule", "free"):
        if key not in table:
            raise DescriptionError(f"{where}.{key}: is missing")
    cell = _cell(table, where)
    rule = dict(table["rule"])
    part_name, inherits = str(rule.pop("name", "")), str(rule.pop("from", ""))
    slow = dict(table.get("slow", {}))
    slow_name = str(slow.pop("name", "")) if "slow" in table else ""
    own = _fields(part_name, Rule, f"{where}.rule.name")
    of_slow = _fields(slow_name, SlowPart, f"{where}.slow.name") if "slow" in table else ()
    allowed = [*own, *of_slow, *WEIGHT]
    check_keys(rule, [*own, *WEIGHT], f"{where}.rule")
    check_keys(slow, of_slow, f"{where}.slow")
    for key, value in rule.items():
        if not is_number(value) and key not in _choices(part_name):
            raise DescriptionError(f"{where}.rule.{key}: is {value!r}; a number in the unit of the parameter is needed")
    check_keys(table["free"], allowed, f"{where}.free")
    free = {key: _bounds(value, f"{where}.free.{key}") for key, value in table["free"].items()}
    if _scales(part_name):
        _check_scaling(table, where)
    ties = table.get("ties", {})
    check_keys(ties, allowed, f"{where}.ties")
    for key, target in ties.items():
        if target not in free:
            raise DescriptionError(f"{where}.ties.{key}: {target!r} is not fitted; {nearest(str(target), free)}")
    needs = table.get("needs", {})
    check_keys(needs, allowed, f"{where}.needs")
    for key, needed in needs.items():
        for target in (t for each in needed for t in each.split("|")):
            _check_target(target, f"{where}.needs.{key}")
    shares = _shares(table.get(CALCIUM, {}), part_name, f"{where}.{CALCIUM}")
    if shares and any(CALCIUM in given for given in (rule, free, ties, needs)):
        raise DescriptionError(f"{where}.{CALCIUM}: its shares set this parameter; leave it out of the other tables")
    texts = {k: str(table.get(k, "")) for k in ("pre", "post", "compartment", "area", "distance", "select", "doc", "again")}
    fixed = {k: v if isinstance(v, str) else float(v) for k, v in rule.items()}  # text: the choice of a part
    fixed |= {k: v if isinstance(v, str) else float(v) for k, v in slow.items()}
    texts |= dict(cell=cell, slow=slow_name)
    site = with_unit(table["site"], "um", f"{where}.site") if "site" in table else None
    values = dict(site=site, fixed=fixed, needs={k: tuple(v) for k, v in needs.items()}, calcium=shares)
    return Pathway(name=name, rule=part_name, inherits=inherits, free=free, ties=ties, **values, **texts)  # type: ignore[arg-type]
