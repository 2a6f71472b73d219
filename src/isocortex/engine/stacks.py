"""What a simulation is given for its plasticity: a sheet in any form, as stacks by projection; and who listens in them."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from isocortex.anatomy.circuit import Cortex
from isocortex.errors import DescriptionError, nearest
from isocortex.plasticity.registry import library, part_name
from isocortex.plasticity.rule import MODULATORS, SlowPart
from isocortex.plasticity.sheet import Sheet
from isocortex.plasticity.stack import Stack


class HasStacks(Protocol):
    """Anything that says which projection has which stack, such as a sheet."""

    def resolve(self, cortex: Cortex) -> Mapping[str, Stack]: ...


def stacks_of(cortex: Cortex, sheet: HasStacks | Mapping[str, Stack] | str | Path | None) -> dict[str, Stack]:
    """The stacks by projection that a sheet, the name or file of one, or a mapping gives; of None, none.

    Raises
    ------
    DescriptionError : something else, an unknown projection, what is no stack.
    """
    if sheet is None:
        return {}
    if isinstance(sheet, str | Path):
        sheet = Sheet.load(sheet)
    if not (isinstance(sheet, Mapping) or hasattr(sheet, "resolve")):
        raise DescriptionError(
            f"Simulation.sheet: is {sheet!r}; a Sheet, the name of one, or a mapping from projection names to stacks is needed"
        )
    stacks = dict(sheet) if isinstance(sheet, Mapping) else dict(sheet.resolve(cortex))
    if not stacks and not isinstance(sheet, Mapping):
        _warn_static(cortex, sheet)
    names = [p.name for p in cortex.all_projections()]
    for name, stack in stacks.items():
        if name not in names:
            raise DescriptionError(f"Simulation.sheet: no projection {name!r}; {nearest(name, names)}")
        if not isinstance(stack, Stack):
            raise DescriptionError(
                f"Simulation.sheet: {name} has {stack!r}; a stack such as Stack(rules=(PairSTDP(),)) is needed"
            )
    return stacks


def _warn_static(cortex: Cortex, sheet: HasStacks) -> None:
    """A sheet that makes nothing plastic."""
    entries = getattr(sheet, "entries", ())
    selectors = [e.select for e in entries]
    listed = "; ".join(selectors[:4]) + ("; ..." if len(selectors) > 4 else "")
    why = f"none of its {len(entries)} selectors gives a projection a part ({listed})" if entries else "it has no entries"
    populations = ", ".join([*cortex.populations()][:8])
    warnings.warn(
        f"Simulation.sheet: no synapse is plastic: {why}. The populations are {populations}; the sheets of the library know "
        f"names of a layer and a class, such as V1.L4E, V1.L23PV or V1.L5I. Sheet.explain(cortex) tells what matches",
        UserWarning,
        stacklevel=4,
    )


def heard(stacks: Mapping[str, Stack]) -> set[str]:
    """The neuromodulators that gates and slow parts listen to; a slow part of one's own may listen to any."""
    parts = [p for stack in stacks.values() for p in (*stack.gates, *stack.slow)]
    own = any(isinstance(p, SlowPart) and part_name(p) not in library() for p in parts)
    return set(MODULATORS) if own else {str(getattr(p, "modulator", "")) for p in parts}
