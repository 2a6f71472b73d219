"""The arms of the lesion matrix: the controls, and every mechanism of the sheet taken away."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from pathlib import Path

from isocortex.errors import DescriptionError
from isocortex.experiments.arms import arm_sheet, load_sheet
from isocortex.experiments.controls import CONTROLS, FULL
from isocortex.experiments.lesions.column import cortex
from isocortex.experiments.lesions.config import Config
from isocortex.plasticity import registry
from isocortex.plasticity.rule import Gate, Rule, ShortTerm, SlowPart
from isocortex.plasticity.sheet import Sheet
from isocortex.plasticity.stack import Stack

LESION = "without:"
MECHANISMS = (Rule, Gate, SlowPart, ShortTerm)
"""Kinds of parts that can be taken away; without its weight dependence a stack would have another one."""


@dataclasses.dataclass(frozen=True)
class Arm:
    """An arm, and the parts that some pathway of the columns has with the full sheet and has not here.

    absent : whether no pathway differs from the full sheet, so that there is nothing to run.
    """

    name: str
    lost: frozenset[str] = frozenset()
    absent: bool = False


def sheet_of(config: Config) -> Sheet:
    """The full sheet."""
    return load_sheet(config.sheet, config.rules)


def usual_arms(sheet: Sheet) -> tuple[str, ...]:
    """The full sheet, the controls that it can have, and a lesion for every mechanism of the sheet, in its order."""
    parts = (registry.part_name(p) for e in sheet.entries for p in e.parts if isinstance(p, MECHANISMS))
    controls = (c for c in CONTROLS if c != "swapped" or _names_layers(sheet))
    return FULL, "off", *controls, *(f"{LESION}{name}" for name in dict.fromkeys(parts))


def _names_layers(sheet: Sheet) -> bool:
    """Whether some selector names the layers that are to be exchanged."""
    try:
        arm_sheet("swapped", sheet, cortex(1))
    except DescriptionError:
        return False
    return True


def arms_of(config: Config) -> list[Arm]:
    """The arms, each tried on the columns.

    Raises
    ------
    DescriptionError : an arm that is not known, a part that the sheet has not, no full sheet.
    """
    sheet, columns = sheet_of(config), cortex(config.columns)
    names = config.arms or usual_arms(sheet)
    if FULL not in names:
        raise DescriptionError(f"lesions.arms: are {', '.join(names)}; {FULL!r} is needed, which all others are compared with")
    whole = sheet.resolve(columns)
    found = []
    for name in names:
        lesioned = arm_sheet(name, sheet, columns)
        stacks = {} if lesioned is None else lesioned.resolve(columns)
        found.append(Arm(name, _lost(whole, stacks), absent=name != FULL and stacks == whole))
    return found


def fingerprint(config: Config) -> str:
    """A text that changes when the sheet or a file with rules does."""
    hashed = hashlib.blake2b(sheet_of(config).to_toml().encode(), digest_size=16)
    for path in config.rules:
        hashed.update(Path(path).read_bytes())
    return hashed.hexdigest()


def _lost(whole: Mapping[str, Stack], stacks: Mapping[str, Stack]) -> frozenset[str]:
    def names(stack: Stack | None) -> set[str]:
        return {registry.part_name(p) for p in stack.parts if isinstance(p, MECHANISMS)} if stack else set()

    return frozenset(part for pathway, stack in whole.items() for part in names(stack) - names(stacks.get(pathway)))
