"""What can go wrong, and how it is said: `<object>.<field>: what is wrong; what is allowed; the nearest valid name`."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class IsocortexError(Exception):
    """Base of every error that isocortex raises on purpose."""

    exit_code = 1


class DescriptionError(IsocortexError, ValueError):
    """A description (of a cell, a circuit, a sheet, a configuration) is not valid."""

    exit_code = 2


class DataError(IsocortexError):
    """A file or folder that was to be read is missing, damaged, or not of the expected kind."""

    exit_code = 2


class RunError(IsocortexError, RuntimeError):
    """A run cannot go on: a state that is not finite, a disk that is full."""


def nearest(name: str, allowed: Iterable[str]) -> str:
    """Return '; did you mean ...?' for the closest allowed name, or the whole list where nothing is close."""
    names = sorted(str(a) for a in allowed)
    close = difflib.get_close_matches(str(name), names, n=1, cutoff=0.5)
    if not close:
        folded = {n.lower(): n for n in names}
        close = [folded[m] for m in difflib.get_close_matches(str(name).lower(), list(folded), n=1, cutoff=0.5)]
    listed = ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
    return f"allowed: {listed}" + (f"; did you mean '{close[0]}'?" if close else "")
