"""Frozen, validated descriptions: every cell, rule, population and projection is one.

A subclass lists its fields; it becomes a frozen dataclass by itself. `quantity` declares a field's unit and range, which
are checked, and text such as ``"20 ms"`` converted, when the object is made.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, ClassVar, ParamSpec, Self, dataclass_transform

from isocortex import units
from isocortex.errors import DescriptionError, nearest

P = ParamSpec("P")


def quantity(
    default: Any = dataclasses.MISSING,
    unit: str = "1",
    *,
    above: float | None = None,
    least: float | None = None,
    most: float | None = None,
    optional: bool = False,
    role: str = "",
    doc: str = "",
    source: str = "",
) -> Any:
    """Declare a number with a unit.

    Parameters
    ----------
    default : number or text with a unit; without it the field is required.
    unit : the unit the value is held in (see `isocortex.units`).
    above, least, most : exclusive lower bound, inclusive lower bound, inclusive upper bound.
    optional : whether None is allowed.
    role : "rate" marks an amplitude of plasticity, which `Sheet.uniform` averages as such.
    doc, source : one line each; a number from a paper names the paper here.
    """
    meta = dict(unit=unit, above=above, least=least, most=most, optional=optional, role=role, doc=doc, source=source)
    return dataclasses.field(default=default, metadata={"quantity": meta})


def several(owner: Description, field: str, kind: type) -> tuple[Any, ...]:
    """A field that holds several of a kind, as a tuple; one alone will do, anything else is an error."""
    value = getattr(owner, field)
    items = (value,) if isinstance(value, kind) or not isinstance(value, Iterable) or isinstance(value, str) else tuple(value)
    for item in items:
        if not isinstance(item, kind):
            hint = f"; write {item.__name__}()" if isinstance(item, type) and issubclass(item, kind) else ""
            raise owner.error(field, f"holds {item!r}; each must be a {kind.__name__}{hint}")
    return items


def choice(default: Any, allowed: tuple[str, ...], doc: str = "") -> Any:
    """Declare a field that takes one of a few words."""
    return dataclasses.field(default=default, metadata={"choice": allowed, "doc": doc})


def setting(default: Any, doc: str) -> Any:
    """Declare a field that is neither a number with a unit nor one of a few words, with one line on what it means."""
    return dataclasses.field(default=default, metadata={"doc": doc})


def check_arguments(
    title: str,
    names: Sequence[str],
    args: Sequence[Any],
    given: Collection[str],
    *,
    by_place: int = 0,
    needed: Sequence[str] = (),
) -> None:
    """Refuse what a constructor would refuse with a bare TypeError, in the words of all other errors.

    Parameters
    ----------
    title : how messages name the object.
    names : of its parameters, in order; the first `by_place` may be given without a name, those in `needed` must be there.
    args, given : what is given by place, and the names of what is given by name.

    Raises
    ------
    DescriptionError : an unknown name, too much by place, a parameter given twice, a needed one that is missing.
    """
    for name in given:
        if name not in names:
            raise DescriptionError(f"{title}.{name}: no such parameter; {nearest(name, names)}")
    if len(args) > by_place:
        allowed = f"at most {by_place} may be" if by_place else f"give parameters by name, such as {names[0]}=..."
        raise DescriptionError(f"{title}: {args[by_place]!r} is given without a name; {allowed}; allowed: {', '.join(names)}")
    placed = names[: len(args)]
    for name in placed:
        if name in given:
            raise DescriptionError(f"{title}.{name}: is given twice, by place and by name; give it once")
    for name in needed:
        if name not in placed and name not in given:
            raise DescriptionError(f"{title}.{name}: is missing; needed: {', '.join(needed)}")


def checks_arguments(init: Callable[P, None]) -> Callable[P, None]:
    """Let a constructor whose arguments all go by name say what is wrong with them, as descriptions do; its signature stays."""
    names = tuple(inspect.signature(init).parameters)[1:]

    @functools.wraps(init)
    def checked(*args: P.args, **given: P.kwargs) -> None:
        check_arguments(type(args[0]).__name__, names, args[1:], given)
        init(*args, **given)

    return checked


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(dataclasses.field,))
class Description:
    """Base of the frozen descriptions."""

    label: ClassVar[str] = ""

    def __init_subclass__(cls, *, kw_only: bool = True, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = "__init__" in cls.__dict__
        dataclasses.dataclass(frozen=True, kw_only=kw_only)(cls)
        if not own:
            _check_before_init(cls)

    def __post_init__(self) -> None:
        for f in dataclasses.fields(self):  # type: ignore[arg-type]
            value = getattr(self, f.name)
            if getattr(value, "shape", None) == ():  # numpy's numbers: kept as Python's, as files have them
                value = value.item()
                object.__setattr__(self, f.name, value)
            if "quantity" in f.metadata:
                object.__setattr__(self, f.name, self._checked(f.name, value, f.metadata["quantity"]))
            elif "choice" in f.metadata and value not in f.metadata["choice"]:
                raise self.error(f.name, f"{value!r} is not known; {nearest(value, f.metadata['choice'])}")
        self.validate()

    def validate(self) -> None:
        """Check what concerns several fields at once (for subclasses)."""

    def error(self, field: str, problem: str) -> DescriptionError:
        """Make the error that names this object and one of its fields."""
        return DescriptionError(f"{self.title}.{field}: {problem}")

    @property
    def title(self) -> str:
        """How messages name the object."""
        name = getattr(self, "name", None)
        return f"{type(self).__name__}({name})" if isinstance(name, str) else type(self).__name__

    def _checked(self, name: str, value: Any, q: Mapping[str, Any]) -> float | None:
        if value is None and q["optional"]:
            return None
        try:
            number = units.parse(value, q["unit"])
        except DescriptionError as e:
            meaning = f" ({q['doc']})" if q["doc"] and q["unit"] == "1" else ""
            raise self.error(name, f"{e}{meaning}") from None
        low, least, most = q["above"], q["least"], q["most"]
        unit = "" if q["unit"] == "1" else f" {q['unit']}"
        if not math.isfinite(number):
            raise self.error(name, f"is {number}; a finite number in{unit or ' plain units'} is needed")
        if low is not None and number <= low:
            raise self.error(name, f"is {number:g}{unit}; must be more than {low:g}{unit}")
        if least is not None and number < least:
            raise self.error(name, f"is {number:g}{unit}; must be at least {least:g}{unit}")
        if most is not None and number > most:
            raise self.error(name, f"is {number:g}{unit}; must be at most {most:g}{unit}")
        return number

    @classmethod
    def field_names(cls) -> tuple[str, ...]:
        """The names of the fields, in order."""
        return tuple(f.name for f in dataclasses.fields(cls))  # type: ignore[arg-type]

    @classmethod
    def make(cls, values: Mapping[str, Any], where: str = "") -> Self:
        """Build from a mapping; an unknown key is an error that names the nearest field."""
        title = where or cls.__name__
        check_arguments(title, cls.field_names(), (), values, needed=_needed(cls))
        try:
            return cls(**values)
        except TypeError as e:
            raise DescriptionError(f"{title}: {e}") from None

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some fields changed."""
        return type(self).make({f: getattr(self, f) for f in self.field_names()} | changes)

    def values(self, *, skip_defaults: bool = False) -> dict[str, Any]:
        """The fields as a plain dict; with `skip_defaults`, only those that differ from their default."""
        out = {}
        for f in dataclasses.fields(self):  # type: ignore[arg-type]
            value = getattr(self, f.name)
            if not (skip_defaults and f.default is not dataclasses.MISSING and value == f.default):
                out[f.name] = value
        return out


def _needed(cls: type[Description]) -> tuple[str, ...]:
    """The names of the fields without a default."""
    fields = dataclasses.fields(cls)  # type: ignore[arg-type]
    return tuple(f.name for f in fields if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING)


def _check_before_init(cls: type[Description]) -> None:
    """Let the constructor that the dataclass made say what is wrong with its arguments; its signature stays."""
    init: Any = cls.__init__
    by_place = tuple(f.name for f in dataclasses.fields(cls) if not f.kw_only)  # type: ignore[arg-type]
    names = (*by_place, *(name for name in cls.field_names() if name not in by_place))
    needed = _needed(cls)

    @functools.wraps(init)
    def checked(self: Description, *args: Any, **given: Any) -> None:
        check_arguments(type(self).__name__, names, args, given, by_place=len(by_place), needed=needed)
        init(self, *args, **given)

    cls.__init__ = checked  # type: ignore[assignment, method-assign]
