"""A cortex as a TOML file, and back. Plain data: nothing in a file is executed, cells are named by class.

::

    schema = 1
    name = "cortex"

    [[area]]
    name = "V1"

    [[area.population]]
    name = "L4E"
    n = 100
    cell = {model = "LIF", tau_m = "10 ms"}

    [[area.projection]]
    pre = "L4E"
    post = "L4E"
    probability = 0.1
    weight = 88.0
    dendritic_delay = {mean = 1.5, sd = 0.75}

    [[projection]]  # between areas, full names
    ...

What has its default is left out. Quantities may be text with a unit.
"""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import tomlkit

from isocortex.anatomy.circuit import Area, Background, Cortex, Delay, Population, Projection
from isocortex.cells.cell import Cell
from isocortex.cells.registry import cell_models
from isocortex.checks import is_number
from isocortex.config import read_toml
from isocortex.describe import Description
from isocortex.errors import DescriptionError, nearest

T = TypeVar("T")
D = TypeVar("D", bound=Description)
_DELAYS = ("axonal_delay", "dendritic_delay")
_TEXTS = ("name", "pre", "post", "compartment", "weight_distribution", "distribution", "kind", "doc", "tag", "receptor",
          "layer", "cell_class")  # fmt: skip


def write_cortex(cortex: Cortex, path: str | pathlib.Path) -> None:
    """Write a cortex as TOML that `read_cortex` reads back to an equal one."""
    pathlib.Path(path).write_text(tomlkit.dumps(plain_cortex(cortex)), encoding="utf-8")


def read_cortex(path: str | pathlib.Path, cells: Mapping[str, type[Cell]] | None = None) -> Cortex:
    """Read a cortex from TOML.

    Parameters
    ----------
    path : the file.
    cells : cell models of one's own by class name, beside those of the library.

    Raises
    ------
    DataError : the file is missing or is not TOML.
    DescriptionError : a schema, key, name or value that is not allowed; the message begins with the file and the entry's path.
    """
    data = read_toml(path)
    try:
        return cortex_of(data, cells)
    except DescriptionError as e:
        raise DescriptionError(f"{path}: {e}") from None


def plain_cortex(cortex: Cortex) -> dict[str, Any]:
    """A cortex as dicts, lists, numbers and text."""
    out: dict[str, Any] = {"schema": Cortex.schema, "name": cortex.name, "area": [_plain_area(a) for a in cortex.areas]}
    if cortex.projections:
        out["projection"] = [_plain(p) for p in cortex.projections]
    return out


def cortex_of(data: Mapping[str, Any], cells: Mapping[str, type[Cell]] | None = None) -> Cortex:
    """Make a cortex of what `plain_cortex` returns; errors as for `read_cortex`."""
    models = cell_models() | dict(cells or {})
    if data.get("schema") != Cortex.schema or isinstance(data["schema"], bool):
        raise DescriptionError(f"schema: is {data.get('schema')!r}; allowed: {Cortex.schema}")
    _check_keys(data, ("schema", "name", "area", "projection"), "cortex")
    areas = _each(data, "area", "", lambda entry, where: _area(entry, where, models))
    if not areas:
        raise DescriptionError("area: is missing; at least one [[area]] is needed")
    projections = _each(data, "projection", "", lambda entry, where: _made(Projection, entry, where))
    rest = {k: v for k, v in data.items() if k == "name"}
    return _made(Cortex, rest | {"areas": areas, "projections": projections}, "cortex")


def _plain_area(area: Area) -> dict[str, Any]:
    out: dict[str, Any] = {"name": area.name} | ({"doc": area.doc} if area.doc else {})
    out["population"] = [_plain_population(p) for p in area.populations]
    for key, entries in (("projection", area.projections), ("background", area.backgrounds)):
        local = [_plain(e) for e in entries]
        for e in local:
            e |= {end: e[end].removeprefix(f"{area.name}.") for end in ("pre", "post") if end in e}
        if local:
            out[key] = local
    return out


def _plain_population(p: Population) -> dict[str, Any]:
    out = {k: v for k, v in p.values(skip_defaults=True).items() if k != "cell"}
    for key in ("layer", "cell_class"):  # what the name says is not written
        if key in out and _same_without(p, key):
            del out[key]
    out["cell"] = _inline({"model": type(p.cell).__name__} | _plain(p.cell))
    return out


def _same_without(p: Population, key: str) -> bool:
    try:
        return p.replace(**{key: None}) == p
    except DescriptionError:
        return False


def _plain(d: Description) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in d.values(skip_defaults=True).items():
        if value is None:
            continue  # TOML has no None; no field that may be None has another default
        if isinstance(value, Delay):
            out[key] = _inline({"mean": value.mean} | _plain(value))
        else:
            out[key] = _inline(dict(value)) if key == "receptors" else value
    return out


def _inline(values: dict[str, Any]) -> Any:
    table = tomlkit.inline_table()
    table.update(values)
    return table


def _area(entry: Mapping[str, Any], where: str, models: Mapping[str, type[Cell]]) -> Area:
    _check_keys(entry, ("name", "doc", "population", "projection", "background"), where)
    values = {k: entry[k] for k in ("name", "doc") if k in entry}
    values["populations"] = _each(entry, "population", where, lambda e, w: _population(e, w, models))
    values["projections"] = _each(entry, "projection", where, lambda e, w: _made(Projection, e, w))
    values["backgrounds"] = _each(entry, "background", where, lambda e, w: _made(Background, e, w))
    return _made(Area, values, where)


def _population(entry: Mapping[str, Any], where: str, models: Mapping[str, type[Cell]]) -> Population:
    cell = entry.get("cell")
    if not isinstance(cell, Mapping) or not isinstance(cell.get("model"), str):
        raise DescriptionError(f'{where}.cell: is {cell!r}; a table such as {{model = "LIF"}} is needed')
    if cell["model"] not in models:
        raise DescriptionError(f"{where}.cell.model: no cell model {cell['model']!r}; {nearest(cell['model'], models)}")
    parameters = {k: v for k, v in cell.items() if k != "model"}
    return _made(Population, {**entry, "cell": _made(models[cell["model"]], parameters, f"{where}.cell")}, where)


def _made(cls: type[D], values: Mapping[str, Any], where: str) -> D:
    """Make a description; what is wrong with it is said behind the path of its entry."""
    values = dict(values)
    for key in _TEXTS:
        if key in values and not isinstance(values[key], str):
            raise DescriptionError(f"{where}.{key}: is {values[key]!r}; text is needed")
    if issubclass(cls, Projection):
        _complete_projection(values, where)
    _check_keys(values, cls.field_names(), where)
    try:
        return cls.make(values, where)
    except DescriptionError as e:
        raise DescriptionError(str(e) if str(e).startswith(where) else f"{where}: {e}") from None


def _complete_projection(values: dict[str, Any], where: str) -> None:
    for key in _DELAYS:
        if isinstance(values.get(key), Mapping):
            values[key] = _made(Delay, values[key], f"{where}.{key}")
    for key in ("autapses", "one_to_one"):
        if not isinstance(values.get(key, True), bool):
            raise DescriptionError(f"{where}.{key}: is {values[key]!r}; true or false is needed")
    receptors = values.get("receptors")
    if receptors is None:
        return
    numbers = isinstance(receptors, Mapping) and all(is_number(v) for v in receptors.values())
    if not numbers:
        raise DescriptionError(f"{where}.receptors: is {receptors!r}; a table such as {{AMPA = 0.8, NMDA = 0.2}} is needed")
    values["receptors"] = tuple(receptors.items())


def _each(data: Mapping[str, Any], key: str, where: str, make: Callable[[Mapping[str, Any], str], T]) -> tuple[T, ...]:
    """Make every entry of an array of tables; paths look like ``area[0].population[2]``."""
    path = f"{where}.{key}" if where else key
    entries = data.get(key, [])
    if not isinstance(entries, list) or not all(isinstance(e, Mapping) for e in entries):
        raise DescriptionError(f"{path}: is {entries!r}; an array of tables ([[{key}]]) is needed")
    return tuple(make(entry, f"{path}[{i}]") for i, entry in enumerate(entries))


def _check_keys(values: Mapping[str, Any], allowed: tuple[str, ...], where: str) -> None:
    for key in values:
        if key not in allowed:
            raise DescriptionError(f"{where}.{key}: no such key; {nearest(key, allowed)}")
