"""Whether a value that somebody gave is a number: True and False are not."""

from __future__ import annotations

from typing import Any, TypeGuard


def is_number(value: Any) -> TypeGuard[float]:
    """A whole number or a float."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_whole(value: Any, least: int) -> TypeGuard[int]:
    """A whole number that is not below `least`."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= least
