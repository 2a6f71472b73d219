"""The anatomy that the learner's sheet is resolved against: areas of layers, joined as the banks are."""

from __future__ import annotations

from typing import ClassVar

from isocortex.anatomy.circuit import Area, Cortex, Population, Projection
from isocortex.cells.cell import Cell
from isocortex.learn.bank import PIXELS, Bank

ASSOCIATION = "A"


class RateCell(Cell):
    """A cell at the level of rates; it is described, never stepped."""

    compartments: ClassVar[tuple[str, ...]] = ("soma", "basal", "apical")
    signals: ClassVar[tuple[str, ...]] = ("rate", "plateau")


def rate_cortex(banks: tuple[Bank, ...], inputs: int, classes: int = 10) -> Cortex:
    """Areas with L4E, L23E and L5E for each bank, and the association area ``A`` with L5E.

    inputs : values of one input, the size of ``LGN``.
    """
    cell = RateCell()
    areas = [Area("LGN", (Population("relay", inputs, cell, cell_class="E"),))]
    joins: list[Projection] = []
    for b in banks:
        area, joined = _area(b, cell)
        areas.append(area)
        joins += joined
    count = sum(b.regions * b.units for b in banks)
    lateral = Projection("L5E", "L5E", synapses=count, compartment="soma")
    areas.append(Area(ASSOCIATION, (Population("L5E", classes, cell),), (lateral,)))
    return Cortex(tuple(areas), tuple(joins), name="learner")


def _area(b: Bank, cell: Cell) -> tuple[Area, list[Projection]]:
    populations = [Population("L4E", b.components, cell), Population("L23E", b.units, cell)]
    inside = [
        Projection("L4E", "L4E", synapses=b.components**2),
        Projection("L4E", "L23E", synapses=b.components * b.units, kind="feedforward"),
    ]
    below = "LGN.relay" if b.source == PIXELS else f"{b.source}.L23E"
    joins = [Projection(below, f"{b.name}.L4E", indegree=b.patch**2, kind="feedforward")]
    if b.grid:
        populations.append(Population("L5E", b.units * b.regions, cell))
        inside.append(Projection("L23E", "L5E", indegree=1))
        joins.append(
            Projection(f"{b.name}.L5E", f"{ASSOCIATION}.L5E", probability=1.0, kind="feedforward", compartment="basal")
        )
    return Area(b.name, tuple(populations), tuple(inside)), joins
