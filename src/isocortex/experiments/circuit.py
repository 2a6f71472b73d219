"""The circuit of the main job: a thalamic relay that drives a laminar area hard enough to be seen in every layer."""

from __future__ import annotations

from typing import Any

from isocortex.anatomy.circuit import Area, Cortex, Delay, Projection
from isocortex.anatomy.hierarchy import relay_projections, thalamus
from isocortex.anatomy.laminar import laminar_area
from isocortex.anatomy.synapses import weight_of_psp
from isocortex.plasticity.rule import Rule
from isocortex.plasticity.sheet import Sheet

# The canonical area is tuned to its spontaneous rates: with 5 % of the published in-degrees, what comes from below is lost in
# the background. Here feedforward pathways weigh more and the background less, so that images are seen. All are assumptions.
FEEDFORWARD = {
    ("L4E", "L23E"): 4.0,
    ("L23E", "L5E"): 2.5,
    ("L4E", "L5E"): 2.5,
    ("L5E", "L6E"): 2.0,
    ("L4E", "L6E"): 2.0,
}
BACKGROUND = {"L23E": 0.7, "L4E": 0.7, "L5E": 0.45, "L6E": 0.8}
# Onto E cells, by source class and target: about the mean that the inhibitory rule reaches under images, with nothing else
# plastic (measured: seed 0, 500 images, 30 times as fast). So the cells start near their set points, also where nothing learns.
INHIBITION = {
    ("PV", "L23E"): 2.05,
    ("SST", "L23E"): 2.8,
    ("PV", "L4E"): 0.9,
    ("SST", "L4E"): 1.3,
    ("PV", "L5E"): 1.9,
    ("SST", "L5E"): 2.8,
    ("SST", "L6E"): 1.1,
}
RELAY = 3.0  # times the weight that keeps the published mean input
RELAY_L5 = 0.6  # mV; thalamic axons reach L5 in parallel to L4 (Constantinople & Bruno 2013, doi:10.1126/science.1236425)
RELAY_DELAY = 1.5  # ms


def seeing_area(neurons: int, name: str = "V1") -> Area:
    """The laminar area with stronger pathways from L4 upwards and downwards, and a weaker background."""
    area = laminar_area(name, neurons)

    def short(full: str) -> str:
        return full.partition(".")[2]

    def factor(pre: str, post: str) -> float:
        return FEEDFORWARD.get((pre, post), 1.0) * INHIBITION.get((area[pre].cell_class or "", post), 1.0)

    projections = tuple(p.replace(weight=p.weight * factor(short(p.pre), short(p.post))) for p in area.projections)
    backgrounds = tuple(b.replace(rate=b.rate * BACKGROUND.get(short(b.post), 1.0)) for b in area.backgrounds)
    return area.replace(projections=projections, backgrounds=backgrounds)


def digits_cortex(neurons: int, side: int) -> Cortex:
    """A relay of ``side * side`` ON and as many OFF cells, and the area that it drives: L4, L6 and, beside them, L5."""
    area, relay = seeing_area(neurons), thalamus("LGN", side * side)
    delay = dict(axonal_delay=Delay(RELAY_DELAY), dendritic_delay=Delay(0.0))
    above = [p.replace(weight=p.weight * RELAY, **delay) for p in relay_projections(relay, area)]
    onto_l4 = next(p for p in above if p.post == f"{area.name}.L4E")
    weight = weight_of_psp(area["L5E"].cell, RELAY_L5 * RELAY / 2, "AMPA", "basal")
    deep: list[Projection] = [
        onto_l4.replace(pre=f"{relay.name}.{p.name}", post=f"{area.name}.L5E", compartment="basal", weight=weight)
        for p in relay.populations
    ]
    return Cortex((relay, area), (*above, *deep), name="digits")


def wiring(cortex: Cortex, sheet: Sheet) -> dict[str, Any]:
    """What a diagram of the circuit needs (see `isocortex.report.figures.circuit`): a projection has its first rule's name."""
    populations = [
        [f"{area.name}.{p.name}", p.n, p.layer or "", p.cell_class or "", p.excitatory]
        for area in cortex.areas
        for p in area.populations
    ]
    projections = []
    for name, stack in sheet.resolve(cortex).items():
        rules = [part.name for part in stack.parts if isinstance(part, Rule)]
        if stack.plastic and rules:
            source, _, target = name.partition("->")
            projections.append([source, target.partition(":")[0], rules[0]])
    return dict(populations=populations, projections=projections)
