"""How many bytes a learner keeps: counted, not declared."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np


def bytes_of(thing: Any) -> int:
    """Bytes of all arrays that an object holds between two calls, each buffer once, whatever views of it there are.

    Looks into attributes, dataclasses, dicts, lists and tuples, and sparse matrices. Single numbers are not counted.
    """
    found: dict[int, int] = {}
    _collect(thing, found, {})
    return sum(found.values())


def _collect(thing: Any, found: dict[int, int], seen: dict[int, Any]) -> None:
    if id(thing) in seen:
        return
    seen[id(thing)] = thing  # held, so that no other object gets its number
    if isinstance(thing, np.ndarray):
        whole = thing
        while isinstance(whole.base, np.ndarray):
            whole = whole.base
        found[id(whole)] = whole.nbytes
    elif isinstance(thing, dict):
        for value in thing.values():
            _collect(value, found, seen)
    elif isinstance(thing, list | tuple):
        for value in thing:
            _collect(value, found, seen)
    elif dataclasses.is_dataclass(thing) or hasattr(thing, "__dict__"):
        _collect(vars(thing), found, seen)
