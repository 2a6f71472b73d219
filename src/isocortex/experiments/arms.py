"""Arms: what is done to the sheet."""

from __future__ import annotations

from collections.abc import Iterable

from isocortex.anatomy.circuit import Cortex
from isocortex.errors import DescriptionError, nearest
from isocortex.plasticity import registry
from isocortex.plasticity.sheet import Sheet

ARMS = ("full", "uniform", "off", "swapped", "without:PART")


def load_sheet(source: str, rules: Iterable[str]) -> Sheet:
    """A sheet of the library or a file, once the Python files with rules of one's own are read."""
    for path in rules:
        registry.load_file(path)
    return Sheet.load(source)


def arm_sheet(arm: str, sheet: Sheet, cortex: Cortex) -> Sheet | None:
    """The sheet of an arm; None for an arm in which nothing is plastic.

    ``full``: the sheet as it is. ``uniform``: one set of rules for all layers. ``swapped``: L2/3 and L5 exchanged.
    ``off``: no plasticity. ``without:NAME``: a part or kind of parts taken away, ``without:NAME@SELECTOR`` on some pathways.
    """
    what, _, name = arm.partition(":")
    if what == "without" and name:
        part, at, where = name.partition("@")
        return sheet.without(part.strip(), where.strip() if at else None)
    if arm == "full":
        return sheet
    if arm == "off":
        return None
    if arm == "uniform":
        return sheet.uniform(cortex)
    if arm == "swapped":
        return sheet.swapped("L23", "L5")
    raise DescriptionError(f"arms: {arm!r} is not known; {nearest(arm, ARMS)}")
