"""Reading the data files: TOML tables by name, and text that must carry a unit."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from isocortex import units
from isocortex.errors import DataError, DescriptionError, nearest
from isocortex.invitro.sources import sources

T = TypeVar("T")


def tables(path: Path) -> dict[str, dict[str, Any]]:
    """The tables of a TOML file by name.

    Raises
    ------
    DataError : the file cannot be read, is not TOML, or holds something else than tables.
    """
    label = sources().label(path)
    try:
        read = tomllib.loads(path.read_text("utf-8-sig"))  # with or without a byte order mark
    except (OSError, UnicodeDecodeError) as e:
        raise DataError(f"{label}: cannot be read: {e}") from None
    except tomllib.TOMLDecodeError as e:
        raise DataError(f"{label}: is not TOML: {e}") from None
    for name, table in read.items():
        if not isinstance(table, dict):
            raise DataError(f"{label}.{name}: is {table!r}; a table [{name}] is needed")
    return read


def read_tables(name: str, path: Path | None, make: Callable[[str, dict[str, Any], str], T]) -> dict[str, T]:
    """What `make` makes of each table (its name, the table, where it stands) of a file, or of all of this name in `sources`.

    Raises
    ------
    DataError, DescriptionError : a file or one of its tables is not valid, or a name stands twice.
    """
    of = sources()
    out: dict[str, T] = {}
    for file in (path,) if path else of.files(name):
        for key, table in tables(file).items():
            where = f"{of.label(file)}.{key}"
            if key in out:
                raise DataError(f"{where}: the package has {key!r} already; choose another name")
            out[key] = make(key, table, where)
    return out


def check_keys(table: Mapping[str, Any], allowed: Iterable[str], where: str) -> None:
    """Refuse a key that is not known, with the nearest."""
    for key in table:
        if key not in allowed:
            raise DescriptionError(f"{where}.{key}: no such key; {nearest(key, allowed)}")


def with_unit(value: Any, unit: str, where: str) -> float:
    """A quantity given as text with its unit, such as "10 ms", in `unit`.

    Raises
    ------
    DescriptionError : not text, no unit, an unknown unit, or one of another dimension.
    """
    text = str(value).strip() if isinstance(value, str) else ""
    if not text:
        raise DescriptionError(f"{where}: is {value!r}; text with a unit is needed, such as '10 {unit}'")
    if text.split()[-1].replace(".", "").replace("-", "").replace("+", "").isdigit():
        raise DescriptionError(f"{where}: {text!r} has no unit; write '{text} {unit}' if that is meant")
    try:
        return units.parse(text, unit)
    except DescriptionError as e:
        raise DescriptionError(f"{where}: {e}") from None
