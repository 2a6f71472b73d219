"""The laminar profile: the fitted parameters of every pathway, with their provenance, and the stack that they make."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tomlkit

from isocortex.checks import is_number
from isocortex.errors import DataError, DescriptionError, nearest
from isocortex.invitro.files import check_keys, tables
from isocortex.invitro.pathway import WEIGHT, Pathway, pathways
from isocortex.invitro.sources import Kept, packaged, sources
from isocortex.plasticity.registry import part
from isocortex.plasticity.rule import Additive, Rule, SlowPart, Soft, WeightDependence
from isocortex.plasticity.stack import Stack
from isocortex.results.atomic import write_text

UNBOUNDED = 1e3
"""Upper bound, in reference weights, of a pathway that has none."""


@dataclasses.dataclass(frozen=True)
class Profile:
    """What a fit found for one pathway.

    values : of the free parameters. intervals : their 95 % intervals, in order of size. fit : the record of the fit (seed,
    numbers of points and parameters, the studies of these points, chi2, held-out points).
    """

    pathway: str
    values: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]] = dataclasses.field(default_factory=dict)
    fit: Mapping[str, Any] = dataclasses.field(default_factory=dict)


def folder() -> Path:
    """Where fits keep the profiles: in the package, or in the folder of one's own."""
    return sources().folder("profiles")


def folders() -> tuple[Path, ...]:
    """Where profiles are read; the last counts."""
    return tuple(dict.fromkeys((packaged("profiles"), folder())))


def read(path: Path) -> Profile:
    """Read a profile.

    Raises
    ------
    DataError, DescriptionError : the file is not valid, or its pathway or a parameter is not known.
    """
    read, label = tables(path), sources().label(path)
    check_keys(read, ("values", "intervals", "fit"), label)
    values, intervals = read.get("values", {}), read.get("intervals", {})
    name = _checked_name(read, label)
    for key, value in values.items():
        if not is_number(value):
            raise DataError(f"{label}.values.{key}: is {value!r}; a number is needed")
    for key, value in intervals.items():
        if not (isinstance(value, list) and len(value) == 2 and all(map(is_number, value))):
            raise DataError(f"{label}.intervals.{key}: is {value!r}; two numbers, such as [0.1, 0.2], are needed")
    for key in ("held_out", "studies"):
        names = read["fit"].get(key, [])
        if not (isinstance(names, list) and all(isinstance(each, str) for each in names)):
            raise DataError(f"{label}.fit.{key}: is {names!r}; a list of names is needed")
    return Profile(name, {k: float(v) for k, v in values.items()},
                   {k: (float(v[0]), float(v[1])) for k, v in intervals.items()}, read["fit"])  # fmt: skip


def _checked_name(read: Mapping[str, Any], label: str) -> str:
    """The pathway of a profile; that it is there, and has the rule and the free parameters of the file."""
    name = str(read.get("fit", {}).get("pathway", ""))
    if name not in pathways():
        gone = "; remove the file where the pathway is gone"
        raise DataError(f"{label}.fit.pathway: no pathway {name!r}; {nearest(name, pathways())}{gone}")
    pathway, again = pathways()[name], f"run {sources().fit_command(name)}"
    if (rule := read["fit"].get("rule", pathway.rule)) != pathway.rule:
        raise DataError(f"{label}.fit.rule: is {rule!r}, and that of the pathway is {pathway.rule!r}; {again}")
    for where in ("values", "intervals"):
        for key in (key for key in read.get(where, {}) if key not in pathway.free):
            raise DescriptionError(f"{label}.{where}.{key}: no such key; {nearest(key, pathway.free)}; or {again}")
    for key in pathway.free:
        if key not in read.get("values", {}):
            raise DataError(f"{label}.values.{key}: is missing; {again}")
    return name


def write(profile: Profile, path: Path) -> None:
    """Write a profile as TOML.

    Raises
    ------
    RunError : the file cannot be written; a former one is untouched.
    """
    doc = tomlkit.document()
    doc.add(tomlkit.comment("Written by `isocortex invitro fit`; the laminar profile of one pathway. Intervals are 95 %."))
    doc["values"] = {k: float(f"{v:.6g}") for k, v in profile.values.items()}
    doc["intervals"] = {k: [float(f"{b:.4g}") for b in v] for k, v in profile.intervals.items()}
    doc["fit"] = dict(profile.fit)
    write_text(path, tomlkit.dumps(doc))


@Kept
def known_profiles(but: tuple[str, ...] = ()) -> dict[str, Profile]:
    """The profiles by pathway, the package's and in their place one's own; `but` for some, whose files may be out of date: they
    are to be fitted anew.
    """
    found = [read(f) for where in folders() for f in sorted(where.glob("*.toml")) if f.stem not in but]
    return {p.pathway: p for p in found}


def values_of(pathway: Pathway, profiles: Mapping[str, Profile] | None = None) -> dict[str, float]:
    """All parameters of a pathway's rule that differ from the defaults, and ``w_max``: inherited, fixed, then fitted.

    Raises
    ------
    DescriptionError : there is no profile.
    """
    known = known_profiles() if profiles is None else profiles
    values = dict(values_of(pathways()[pathway.inherits], known)) if pathway.inherits else {}
    if pathway.name not in known:
        raise DescriptionError(f"{pathway.name}: has no profile; run {sources().fit_command(pathway.name)}")
    return values | pathway.complete(known[pathway.name].values)


def stack_of(pathway: Pathway, values: Mapping[str, float], targets: Sequence[str] = ()) -> Stack:
    """The stack of a pathway where drugs block `targets`. Without ``w_max`` the weight has no bounds to speak of.

    Raises
    ------
    DescriptionError : a value out of range, or a lower bound without an upper one.
    """
    everything = {k: v for k, v in values.items() if k not in WEIGHT} | pathway.under(targets)
    of_slow = part(pathway.slow, pathway.name).field_names() if pathway.slow else ()
    rule = part(pathway.rule, pathway.name).make({k: v for k, v in everything.items() if k not in of_slow}, pathway.name)
    assert isinstance(rule, Rule)
    slow: tuple[SlowPart, ...] = ()
    if pathway.slow:
        made = part(pathway.slow, pathway.name).make({k: v for k, v in everything.items() if k in of_slow}, pathway.name)
        assert isinstance(made, SlowPart)
        slow = (made,)
    bounds = {k: values[k] for k in WEIGHT if k in values}
    if "w_min" in bounds and "w_max" not in bounds:
        raise DescriptionError(f"{pathway.name}.w_min: needs w_max, the other of the soft bounds")
    weight: WeightDependence = Soft.make(bounds) if bounds else Additive(w_max=UNBOUNDED)
    return Stack(rules=(rule,), weight=weight, slow=slow)
