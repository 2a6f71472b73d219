"""The units: ms, mV, nS, pA, pF, Hz inside; text such as "20 ms" or "0.02 s" at the boundary."""

from __future__ import annotations

import math
import re
from typing import Any

from isocortex.errors import DescriptionError, nearest

# unit -> (dimension, factor to the unit that the library holds)
KNOWN: dict[str, tuple[str, float]] = {
    "ms": ("time", 1.0), "s": ("time", 1e3), "us": ("time", 1e-3), "min": ("time", 6e4), "h": ("time", 3.6e6),
    "mV": ("voltage", 1.0), "V": ("voltage", 1e3),
    "nS": ("conductance", 1.0), "uS": ("conductance", 1e3), "pS": ("conductance", 1e-3),
    "pA": ("current", 1.0), "nA": ("current", 1e3),
    "pF": ("capacitance", 1.0), "nF": ("capacitance", 1e3),
    "Hz": ("rate", 1.0), "kHz": ("rate", 1e3),
    "1": ("number", 1.0), "": ("number", 1.0), "%": ("number", 0.01),
    "1/ms": ("per time", 1.0), "1/s": ("per time", 1e-3),
    "1/mV": ("per voltage", 1.0), "1/mV^2": ("per squared voltage", 1.0), "mV^2": ("squared voltage", 1.0),
    "pA/mV": ("conductance", 1.0), "um": ("length", 1.0), "mm": ("length", 1e3),
}  # fmt: skip
_NUMBER = re.compile(r"^\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.*?)\s*$")


def parse(value: Any, unit: str) -> float:
    """Return `value` in `unit`: a plain number is taken to be in it, text may name another unit of the same dimension.

    Raises
    ------
    DescriptionError : not a number, an unknown unit, or a unit of another dimension.
    """
    if isinstance(value, bool) or value is None:
        raise DescriptionError(f"{value!r} is not a number; give a number in {unit} or text such as '20 {unit}'")
    if not isinstance(value, str):
        try:
            return float(value)
        except (TypeError, ValueError):
            raise DescriptionError(f"{value!r} is not a number; give a number in {unit}") from None
    match = _NUMBER.match(value)
    if match is None:
        raise DescriptionError(f"{value!r} is not a number with a unit; give text such as '20 {unit}'")
    number, given = float(match[1]), match[2].replace("µ", "u").replace("μ", "u")
    if not given:
        return number
    if given not in KNOWN:
        raise DescriptionError(f"{given!r} is not a known unit; {nearest(given, [k for k in KNOWN if k])}")
    (dimension, factor), (wanted, held) = KNOWN[given], KNOWN[unit]
    if dimension != wanted and wanted == "number":
        raise DescriptionError(f"{value!r} is a {dimension}; a number without a unit is needed")
    if dimension != wanted:
        raise DescriptionError(f"{value!r} is a {dimension}; a {wanted} (in {unit}) is needed")
    return number * factor / held


def finite(value: Any, unit: str, where: str) -> float:
    """The finite number that `value` is in a unit (see `parse`); `where` begins the message of an error."""
    try:
        number = parse(value, unit)
    except DescriptionError as e:
        raise DescriptionError(f"{where} {e}") from None
    if not math.isfinite(number):
        shown = "" if unit == "1" else f" {unit}"
        raise DescriptionError(f"{where} is {number:g}{shown}; a finite {KNOWN[unit][0]} is needed")
    return number
