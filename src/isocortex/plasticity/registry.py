"""The parts that a sheet can name: the built-in ones, a user's own, and apart from these the parts of learners.

A user's rule is a subclass of `Rule` (or of another part). In Python, decorate it with `register`; on the command line,
give its file with ``--rules``. A sheet never names a file: nothing is executed because data says so.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
import pkgutil
import re
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from isocortex.errors import DataError, DescriptionError, nearest
from isocortex.plasticity import rule, rules
from isocortex.plasticity.rule import Part, Rule, SlowPart, WeightDependence

_BASES = (Part, Rule, SlowPart, WeightDependence)
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
AnyPart = TypeVar("AnyPart", bound=type[Part])
_own: dict[str, type[Part]] = {}
_of_rates: dict[str, type[Part]] = {}


def part_name(part: Part | type[Part]) -> str:
    """The name in a sheet: the class's own `name`, or the class name in lower case with underscores."""
    cls = part if isinstance(part, type) else type(part)
    return str(cls.__dict__.get("name") or _WORD.sub("_", cls.__name__).lower())


def register(cls: AnyPart) -> AnyPart:
    """Make a part usable by name; a class decorator. A class that is defined again replaces its earlier self.

    Raises
    ------
    DescriptionError : not a part, or another class has the name.
    """
    if not (isinstance(cls, type) and issubclass(cls, Part)):
        raise DescriptionError(f"register: {cls!r} is not a part; subclass Rule, SlowPart or another part")
    name = _free_name(cls)
    if name not in _builtin():
        _own[name] = cls
    return cls


def register_rate(cls: AnyPart) -> AnyPart:
    """Make a part of learners at the level of rates usable by name in a sheet; it is no rule of the simulator."""
    _of_rates[_free_name(cls)] = cls
    return cls


def _free_name(cls: type[Part]) -> str:
    name = part_name(cls)
    there = (parts() | _of_rates).get(name)
    if there is not None and _origin(there) != _origin(cls):
        raise DescriptionError(
            f"register: {_origin(cls)} and {_origin(there)} are both named {name!r}; give yours another `name`"
        )
    return name


def parts() -> dict[str, type[Part]]:
    """All parts of the simulator by name, sorted."""
    return dict(sorted((_builtin() | _own).items()))


def library() -> frozenset[str]:
    """The names of the parts that come with isocortex."""
    return frozenset(_builtin())


def rate_parts() -> dict[str, type[Part]]:
    """All parts of learners by name, sorted, once `isocortex.learn` is imported."""
    return dict(sorted(_of_rates.items()))


def part(name: str, where: str = "part") -> type[Part]:
    """Look a part up, of the simulator or of learners; an unknown name is an error that suggests the nearest."""
    found = parts() | _of_rates
    if name not in found:
        raise DescriptionError(f"{where}: no part {name!r}; {nearest(name, found)} (for one of your own give its file first: "
                               "--rules FILE, or `load_file`)")  # fmt: skip
    return found[name]


def load_file(path: str | Path) -> tuple[type[Part], ...]:
    """Run a Python file that the user named, and register the parts defined in it, in their order.

    Raises
    ------
    DataError : the file is missing or cannot be imported.
    DescriptionError : it defines no part, or one whose name is taken.
    """
    file = Path(path).resolve()
    if not file.is_file():
        raise DataError(f"rules: no file {str(path)!r}; give a Python file that defines parts")
    # one module a path, so that equal class names of two files stay apart
    module_name = f"isocortex_rules_{hashlib.sha256(str(file).encode()).hexdigest()[:8]}_{file.stem}"
    spec = importlib.util.spec_from_file_location(module_name, file)
    if spec is None or spec.loader is None:
        raise DataError(f"rules: {str(path)!r} is not a Python file; its name must end in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module  # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    except DescriptionError:
        raise
    except Exception as e:
        raise DataError(f"rules: {str(path)!r} cannot be imported: {type(e).__name__}: {e}") from e
    defined = _defined_in(module)
    if not defined:
        raise DescriptionError(f"rules: {str(path)!r} defines no part; subclass Rule, SlowPart or another part")
    return tuple(register(cls) for cls in defined)


@cache
def _builtin() -> dict[str, type[Part]]:
    modules = [rule, *(importlib.import_module(f"{rules.__name__}.{m.name}") for m in pkgutil.iter_modules(rules.__path__))]
    found: dict[str, type[Part]] = {}
    for cls in (c for m in modules for c in _defined_in(m)):
        other = found.setdefault(part_name(cls), cls)
        if other is not cls:
            raise DescriptionError(f"{_origin(cls)} and {_origin(other)} are both named {part_name(cls)!r}")
    return found


def _defined_in(module: ModuleType) -> list[type[Part]]:
    """The parts that a module itself defines; a leading underscore marks a helper."""
    members = vars(module).values()
    own = (c for c in members if inspect.isclass(c) and issubclass(c, Part) and c.__module__ == module.__name__)
    return [c for c in dict.fromkeys(own) if c not in _BASES and not c.__name__.startswith("_")]


def _origin(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"
