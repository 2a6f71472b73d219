"""Plain JSON values from results: arrays to lists, numbers that are not finite to null."""

from __future__ import annotations

import math
import pathlib
from collections.abc import Mapping
from typing import Any


def jsonable(value: Any) -> Any:
    """Return `value` as dicts, lists, text, finite numbers, booleans and None.

    Raises
    ------
    TypeError : something of another kind is inside.
    """
    if isinstance(value, Mapping):
        return {str(k): jsonable(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [jsonable(v) for v in value]
    if hasattr(value, "tolist"):  # arrays and their scalars, without importing numpy
        return jsonable(value.tolist())
    if isinstance(value, bool | int | str) or value is None:
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, pathlib.PurePath):
        return str(value)
    raise TypeError(f"{value!r} is of the type {type(value).__name__}, which has no JSON form")
