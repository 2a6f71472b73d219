"""Sheets as TOML, in and out. A sheet is data: names of parts and numbers; nothing in it is executed.

::

    schema = 1

    [[entry]]
    select = "*.L23E -> *.L23E"
    doc = "why, with the source"
    mode = "replace"                # or "add"
    parts = [
      { name = "pair_stdp", set = "song2000", tau_plus = "16.8 ms" },   # a published set, one value overridden
      { name = "soft", w_max = 3.0 },
    ]

    [[entry]]
    select = "*.* -> *.L5E"
    mode = "add"
    without = "consolidation"       # a part or a kind of parts that these pathways lose

    [[entry]]
    load = "slices"                 # the entries of a sheet of the library stand here,
    pace = 0.1                      # so many times as fast,
    kind = "lateral"                # on pathways of one kind
"""

from __future__ import annotations

import dataclasses
import json
import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from isocortex import units
from isocortex.anatomy.circuit import KINDS
from isocortex.checks import is_number
from isocortex.errors import DataError, DescriptionError, nearest
from isocortex.plasticity.entry import Entry
from isocortex.plasticity.lesion import paced
from isocortex.plasticity.registry import part, part_name
from isocortex.plasticity.rule import Part

SCHEMA = 1
NONE = "none"  # TOML has no null
_TOP = ("schema", "name", "doc", "entry")
_LOAD = ("load", "pace", "kind")


@dataclasses.dataclass(frozen=True)
class SheetData:
    """What a sheet file holds."""

    entries: tuple[Entry, ...]
    name: str = ""
    doc: str = ""


def folder() -> Path:
    """Where the library keeps its sheets."""
    return Path(str(resources.files("isocortex.plasticity") / "profiles"))


def names() -> tuple[str, ...]:
    """The sheets of the library."""
    return tuple(sorted(file.stem for file in folder().glob("*.toml")))


def load(source: str | Path) -> SheetData:
    """Read a sheet of the library by its name, or a file.

    Raises
    ------
    DescriptionError : a word that is neither; and what `read` raises.
    """
    if isinstance(source, str) and source in names():
        return read(folder() / f"{source}.toml")
    if isinstance(source, str) and not Path(source).suffix and not Path(source).exists():
        raise DescriptionError(f"sheet: {source!r} is no file and no sheet of the library; {nearest(source, names())}")
    return read(source)


def read(path: str | Path) -> SheetData:
    """Read a file.

    Raises
    ------
    DataError : missing, unreadable, or not TOML.
    DescriptionError : an unknown key, part, parameter or set, a value out of range, a wrong selector.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as e:
        raise DataError(f"sheet {str(path)!r}: cannot be read ({getattr(e, 'strerror', None) or e}); "
                        f"a TOML file or one of {', '.join(names())} is needed") from None  # fmt: skip
    return loads(text, Path(path).name)


def loads(text: str, where: str = "sheet") -> SheetData:
    """Read TOML text; `where` names it in messages."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as e:
        raise DataError(f"{where}: is not TOML: {e}") from None
    _known_keys(data, _TOP, where)
    if data.get("schema", SCHEMA) != SCHEMA:
        raise DescriptionError(f"{where}.schema: is {data['schema']!r}; this version reads {SCHEMA}")
    listed = data.get("entry", [])
    if not isinstance(listed, list):
        raise DescriptionError(f"{where}.entry: is one table; write [[entry]] with two brackets")
    entries = tuple(e for i, table in enumerate(listed, start=1) for e in _entries(table, f"{where}, entry {i}"))
    return SheetData(entries, str(data.get("name", "")), str(data.get("doc", "")))


def dumps(sheet: SheetData) -> str:
    """Write every parameter, with its unit; the references of the parts come as comments."""
    head = [f"schema = {SCHEMA}"]
    head += [f"{k} = {_scalar(v)}" for k, v in (("name", sheet.name), ("doc", sheet.doc)) if v]
    references = {part_name(p): p.reference for e in sheet.entries for p in e.parts if p.reference}
    head += [f"# {name}: {_one_line(text)}" for name, text in sorted(references.items())]
    return "\n\n".join(["\n".join(head), *(_entry_text(e) for e in sheet.entries)]) + "\n"


def _entries(table: Any, where: str) -> tuple[Entry, ...]:
    """The entry of a table, or those of the sheet of the library that it loads."""
    if not isinstance(table, Mapping) or "load" not in table:
        return (_entry(table, where),)
    _known_keys(table, _LOAD, where)
    name, pace, kind = table["load"], table.get("pace", 1.0), table.get("kind")
    if name not in names():
        raise DescriptionError(f"{where}.load: no sheet {name!r} in the library; {nearest(str(name), names())}")
    if not is_number(pace) or not 0 < pace < math.inf:
        raise DescriptionError(f"{where}.pace: is {pace!r}; a number above 0 is needed")
    if kind is not None and kind not in KINDS:
        raise DescriptionError(f"{where}.kind: {kind!r} is not known; {nearest(str(kind), KINDS)}")
    entries = paced(read(folder() / f"{name}.toml").entries, pace)
    return tuple(e.replace(select=str(e.selector.of_kind(kind))) for e in entries) if kind else entries


def _entry(table: Any, where: str) -> Entry:
    if not isinstance(table, Mapping):
        raise DescriptionError(f"{where}: is {table!r}; a table with {', '.join(Entry.field_names())} is needed")
    _known_keys(table, Entry.field_names(), where)
    if "select" not in table:
        raise DescriptionError(f"{where}.select: is missing; a selector such as '*.L23E -> *.L23E' is needed")
    listed = table.get("parts", [])
    if not isinstance(listed, Sequence) or isinstance(listed, str):
        raise DescriptionError(f"{where}.parts: is {listed!r}; a list of tables with a name each is needed")
    parts = tuple(_part(p, f"{where}, part {i}") for i, p in enumerate(listed, start=1))
    try:
        return Entry.make({**table, "parts": parts})
    except DescriptionError as e:
        raise DescriptionError(f"{where}: {e}") from None


def _part(table: Any, where: str) -> Part:
    if not isinstance(table, Mapping) or not isinstance(table.get("name"), str):
        raise DescriptionError(f'{where}: is {table!r}; a table such as {{ name = "pair_stdp" }} is needed')
    cls = part(table["name"], where)
    values: dict[str, Any] = {}
    if "set" in table:
        chosen = table["set"]
        if chosen not in cls.sets:
            raise DescriptionError(f"{where}: {table['name']} has no set {chosen!r}; {nearest(str(chosen), cls.sets)}")
        values |= cls.sets[chosen][0]
    values |= {k: _frozen(v) for k, v in table.items() if k not in ("name", "set")}
    optional = {f.name for f in dataclasses.fields(cls) if f.metadata.get("quantity", {}).get("optional")}
    values = {k: None if v == NONE and k in optional else v for k, v in values.items()}
    try:
        return cls.make(values, table["name"])
    except DescriptionError as e:
        raise DescriptionError(f"{where}: {e}") from None


def _known_keys(table: Mapping[str, Any], allowed: Iterable[str], where: str) -> None:
    for key in table:
        if key == "rules":
            raise DescriptionError(f"{where}.rules: a sheet names no code; give your rules with --rules FILE or `load_file`")
        if key not in allowed:
            raise DescriptionError(f"{where}.{key}: no such key; {nearest(key, allowed)}")


def _frozen(value: Any) -> Any:
    return tuple(_frozen(v) for v in value) if isinstance(value, list) else value


def _entry_text(entry: Entry) -> str:
    lines = ["[[entry]]", f"select = {_scalar(entry.select)}", f"doc = {_scalar(entry.doc)}", f"mode = {_scalar(entry.mode)}"]
    lines += [f"{flag} = true" for flag in ("optional", "fixed") if getattr(entry, flag)]
    lines += [f"without = {_scalar(entry.without)}"] if entry.without else []
    parts = "".join(f"\n  {_part_text(p)}," for p in entry.parts)
    return "\n".join([*lines, f"parts = [{parts}\n]" if parts else "parts = []"])


def _part_text(p: Part) -> str:
    pairs = [("name", _scalar(part_name(p)))]
    for f in dataclasses.fields(p):
        unit = f.metadata.get("quantity", {}).get("unit", "1")
        pairs.append((f.name, _value(getattr(p, f.name), unit)))
    return "{ " + ", ".join(f"{k} = {v}" for k, v in pairs) + " }"


def _value(value: Any, unit: str) -> str:
    # text only where reading multiplies by 1, so that the round trip is exact
    if isinstance(value, float) and unit not in ("1", "") and units.KNOWN[unit][1] == 1.0:
        return f'"{value!r} {unit}"'
    return _scalar(value)


def _scalar(value: Any) -> str:
    if value is None:
        return f'"{NONE}"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_scalar(v) for v in value) + "]"
    raise DescriptionError(f"sheet: {value!r} cannot be written; numbers, text, booleans and lists of them can")


def _one_line(text: str) -> str:
    return " ".join(text.split())
