"""Run configurations: a `Description` filled from a TOML file, from ``key=value`` texts, and from keywords.

Later sources win. A key is dotted where a field is itself a description: ``stimulus.rate="20 Hz"``. Every key and every
type is checked before the description is made, so a message names the key, its value, and where it was written.
"""

from __future__ import annotations

import dataclasses
import pathlib
import tomllib
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from isocortex.checks import is_number
from isocortex.describe import Description
from isocortex.errors import DataError, DescriptionError, nearest

D = TypeVar("D", bound=Description)
Origins = dict[tuple[str, ...], str]
_KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text", pathlib.Path: "a path"}


def load_config(cls: type[D], path: str | pathlib.Path | None = None, sets: Sequence[str] = (), **given: Any) -> D:
    """Make a `cls` from its defaults, then a TOML file, then ``key=value`` texts, then keywords that are not None.

    Raises
    ------
    DataError : the file is missing or is not TOML.
    DescriptionError : an unknown key (the message names the nearest), a value of the wrong type or out of range.
    """
    values: dict[str, Any] = {}
    origins: Origins = {}
    if path is not None:
        _merge(values, read_toml(path), origins, f" (in {path})")
    for text in sets:
        keys, value = parse_set(text)
        nested = value
        for key in reversed(keys):
            nested = {key: nested}
        _merge(values, nested, origins, f" (in --set {text})")
    _merge(values, {k: v for k, v in given.items() if v is not None}, origins, "")
    return _build(cls, values, cls.__name__, origins, ())


def read_toml(path: str | pathlib.Path) -> dict[str, Any]:
    """Read a TOML file; a missing or malformed one is a `DataError` that says where."""
    try:
        return tomllib.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    except OSError as e:
        raise DataError(f"{path}: cannot be read ({e.strerror or e}); a TOML file is needed") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise DataError(f"{path}: is not TOML: {e}") from None


def parse_set(text: str) -> tuple[list[str], Any]:
    """Split ``a.b=value``; the value is read as TOML where it is TOML, else taken as text.

    ``"arms=full,uniform"`` is text; fields that hold several take such text apart at the commas.
    """
    key, equals, raw = text.partition("=")
    keys = [k.strip() for k in key.split(".")]
    if not equals or not all(keys):
        raise DescriptionError(f"--set: {text!r} has no key and value; give KEY=VALUE, such as seed=1 or stimulus.rate='20 Hz'")
    try:
        return keys, tomllib.loads(f"value = {raw.strip()}")["value"]
    except tomllib.TOMLDecodeError:
        return keys, raw.strip()


def dump_config(config: Description) -> str:
    """Write a description as TOML that `load_config` reads back; fields that are None are left out."""
    import tomlkit  # here: not needed to read

    return tomlkit.dumps(plain(config))


def plain(value: Any) -> Any:
    """Turn a description into dicts, lists, numbers and text."""
    if isinstance(value, Description):
        return {k: plain(v) for k, v in value.values().items() if v is not None}
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items() if v is not None}
    if isinstance(value, tuple | list):
        return [plain(v) for v in value]
    return str(value) if isinstance(value, pathlib.PurePath) else value


def _merge(into: dict[str, Any], new: Mapping[str, Any], origins: Origins, origin: str, path: tuple[str, ...] = ()) -> None:
    """Lay `new` over `into`, table by table, and remember where each key was written."""
    for key, value in new.items():
        here = (*path, key)
        origins[here] = origin
        if isinstance(value, Mapping):
            if not isinstance(into.get(key), dict):
                into[key] = {}
            _merge(into[key], value, origins, origin, here)
        else:
            into[key] = value


def _build(cls: type[D], values: Mapping[str, Any], where: str, origins: Origins, path: tuple[str, ...]) -> D:
    hints = typing.get_type_hints(cls)
    made: dict[str, Any] = {}
    for key, value in values.items():
        here, origin = (*path, key), origins.get((*path, key), "")
        if key not in cls.field_names():
            raise DescriptionError(f"{where}.{key}: no such key{origin}; {nearest(key, cls.field_names())}")
        inner = _description_type(hints[key])
        if inner is not None and isinstance(value, Mapping):
            made[key] = _build(inner, value, f"{where}.{key}", origins, here)
        elif _is_quantity(cls, key):
            made[key] = value  # the description itself reads the unit and checks the range
        else:
            made[key] = _coerced(value, hints[key], f"{where}.{key}", origin)
    return cls.make(made, where)


def _is_quantity(cls: type[Description], key: str) -> bool:
    return any(f.name == key and "quantity" in f.metadata for f in dataclasses.fields(cls))  # type: ignore[arg-type]


def _options(hint: Any) -> Iterator[Any]:
    """The members of a union, or the hint itself."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        yield from typing.get_args(hint)
    else:
        yield hint


def _description_type(hint: Any) -> type[Description] | None:
    for option in _options(hint):
        if isinstance(option, type) and issubclass(option, Description):
            return option
    return None


def _coerced(value: Any, hint: Any, where: str, origin: str) -> Any:
    """Return `value` as the type that `hint` names, or raise the error that says what is needed."""
    wanted = []
    for option in _options(hint):
        fits, result = _fit(value, option, where, origin)
        if fits:
            return result
        wanted.append(_in_words(option))
    needed = " or ".join(w for w in wanted if w != "NoneType")
    raise DescriptionError(f"{where}: is {value!r}{origin}; {needed} is needed")


def _in_words(hint: Any) -> str:
    """What a hint asks for, as a message says it."""
    kind = typing.get_origin(hint) or hint
    if isinstance(kind, type) and issubclass(kind, Description):
        return f"a table with {', '.join(kind.field_names())}"
    if isinstance(kind, type) and issubclass(kind, Mapping):
        return "a table"
    return _KINDS.get(hint, getattr(hint, "__name__", str(hint)))


def _fit(value: Any, hint: Any, where: str, origin: str) -> tuple[bool, Any]:
    """Whether `value` fits one hint, and the value as that type. Text fits a sequence: it is split at commas."""
    kind = typing.get_origin(hint) or hint
    if hint is Any:
        return True, value
    if kind in (tuple, list):
        inner = (typing.get_args(hint) or (Any,))[0]
        items = [_number_of(v.strip(), inner) for v in value.split(",") if v.strip()] if isinstance(value, str) else value
        if not isinstance(items, list | tuple):
            items = [items]
        return True, kind(_coerced(v, inner, f"{where}[{i}]", origin) for i, v in enumerate(items))
    if kind is pathlib.Path:
        return isinstance(value, str | pathlib.Path), pathlib.Path(value) if isinstance(value, str) else value
    if kind in (int, float):
        if not is_number(value):
            return False, None
        return (True, float(value)) if kind is float else (float(value).is_integer(), value)
    if isinstance(kind, type):
        return isinstance(value, kind), value
    return True, value  # a hint that says nothing checkable; the description's own checks follow


def _number_of(word: str, hint: Any) -> Any:
    """What stands between two commas: a number where one is wanted and it is one, else the word."""
    if hint not in (int, float):
        return word
    try:
        return int(word) if hint is int else float(word)
    except ValueError:
        return word
