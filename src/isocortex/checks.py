"""Whether a value that somebody gave is a number: numpy's are, True and False are not."""

from __future__ import annotations

import numbers
from typing import Any, TypeGuard


def is_number(value: Any) -> TypeGuard[float]:
    """A whole number or a float."""
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def is_whole(value: Any, least: int) -> TypeGuard[int]:
    """A whole number that is not below `least`."""
    return isinstance(value, numbers.Integral) and not isinstance(value, bool) and int(value) >= least
