"""A fitted profile does the same to a pair of cells inside a canonical area as to the pair of the virtual slice.

The areas are alive: background, inhibition and all other synapses act, and the sheet makes all of them plastic. Brief strong
currents make two cells fire as a protocol says; whatever these cells fire besides is replayed in the slice as well. Weights
start at their mean and delays are the mean ones, since the slice begins at 1 and must know when a spike reaches its synapse.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
import pytest

from isocortex.anatomy.circuit import Area, Cortex, Delay, Projection
from isocortex.anatomy.laminar import laminar_area
from isocortex.anatomy.potjans import potjans_area
from isocortex.engine.simulation import Simulation
from isocortex.invitro import slice as slices
from isocortex.invitro.pathway import pathways
from isocortex.invitro.profile import stack_of, values_of
from isocortex.invitro.protocol import Protocol
from isocortex.plasticity.sheet import Entry, Sheet

DT = 0.5
LASTS = 2500.0
SQUARE = 40e3  # pA for one step: far above threshold, whatever the network does meanwhile
HELD = -400.0  # pA between the pulses, so that the pair fires hardly anything of its own

BURSTS = Protocol("bursts", pre=2, post=3, repetitions=3, every=700.0, frequency=50.0, lag=10.0)
TRAINS = Protocol("trains", pre=5, post=5, repetitions=3, every=700.0, frequency=40.0, lag=-10.0)


def plain(area: Area) -> Area:
    """The area without the spread of its weights and delays."""
    means = (
        p.replace(weight_sd=0.0, axonal_delay=Delay(p.axonal_delay.mean), dendritic_delay=Delay(p.dendritic_delay.mean))
        for p in area.projections
    )
    return area.replace(projections=tuple(means))


def laminar() -> Area:
    """With synapses of L2/3 on the apical compartment of L5, which the area itself has not."""
    area = plain(laminar_area(neurons=400))
    weight = next(p.weight for p in area.projections if p.name == "V1.L23E->V1.L5E:basal")
    tuft = Projection("L23E", "L5E", weight, indegree=4.0, compartment="apical", axonal_delay=0.5, dendritic_delay=1.0)
    return area.replace(projections=(*area.projections, tuft))


@dataclasses.dataclass
class Pair:
    """Two cells that a protocol makes fire, and the projection between them."""

    pathway: str
    projection: Projection
    pre: int
    post: int
    protocol: Protocol


def pairs_of(sim: Simulation, names: dict[str, str]) -> list[Pair]:
    """For each pathway two pairs of connected cells, one a protocol; no cell is in two of them."""
    used: set[tuple[str, int]] = set()
    found = []
    for pathway, name in names.items():
        synapses, projection = sim.weights(name), sim.net.wired[name].projection
        ends = zip(synapses.pre.tolist(), synapses.post.tolist(), strict=True)
        for protocol in (BURSTS, TRAINS):
            pre, post = next((i, j) for i, j in ends if i != j and not {(projection.pre, i), (projection.post, j)} & used)
            used |= {(projection.pre, pre), (projection.post, post)}
            found.append(Pair(pathway, projection, pre, post, protocol))
    return found


def steps_of(delay: Delay) -> float:
    """A delay (ms) in whole steps, as the engine rounds it."""
    return round(delay.mean / DT) * DT


def fire(sim: Simulation, pairs: list[Pair]) -> None:
    """Run the area; pulses make the cells of each pair fire so that its synapses see the protocol's lag."""
    pulses: dict[int, list[tuple[str, int]]] = {}
    for p in pairs:
        pre, post = p.protocol.trains()
        ends = (p.projection.pre, p.pre, pre - steps_of(p.projection.axonal_delay)), (
            p.projection.post, p.post, post - steps_of(p.projection.dendritic_delay))  # fmt: skip
        for population, cell, times in ends:
            for step in np.round(times / DT).astype(int):
                pulses.setdefault(int(step), []).append((population, cell))
    held = {name: np.zeros(sim.net.spans[name].n) for p in pairs for name in (p.projection.pre, p.projection.post)}
    for p in pairs:
        held[p.projection.pre][p.pre] = held[p.projection.post][p.post] = HELD
    for population, current in held.items():
        sim.set_input(population, current, "current")
    for step, cells in sorted(pulses.items()):
        sim.run((step - 1) * DT - sim.time)
        for population in {name for name, _ in cells}:
            current = held[population].copy()
            current[[cell for name, cell in cells if name == population]] = SQUARE
            sim.set_input(population, current, "current")
        sim.run(DT)
        for population in {name for name, _ in cells}:
            sim.set_input(population, held[population], "current")
    sim.run(LASTS - sim.time)


def seen(sim: Simulation, population: str, cell: int, delay: float) -> np.ndarray:
    """When the spikes of a cell reach its synapse."""
    times, cells = sim.spikes(population)
    return np.sort(times[cells == cell]) + delay


def replayed(sim: Simulation, pairs: list[Pair]) -> list[slices.Case]:
    """The cases of the virtual slice in which the synapses see the spikes that the pairs fired, at the same times."""
    cases = []
    for p in pairs:
        pathway, link = pathways()[p.pathway], p.projection
        # the slice's own delays are a step each
        pre = seen(sim, link.pre, p.pre, steps_of(link.axonal_delay) - DT)
        post = seen(sim, link.post, p.post, steps_of(link.dendritic_delay) - DT)
        asked = p.protocol.trains()
        assert len(pre) >= len(asked[0])
        assert len(post) >= len(asked[1]), "the pulses made every spike of the protocol"
        stack = stack_of(pathway, values_of(pathway))
        cases.append(slices.Case(stack, pre, post, LASTS, post_name=pathway.post, pre_class=pathway.pre_class))
    return cases


def ratios(sim: Simulation, pairs: list[Pair]) -> Iterator[np.ndarray]:
    """Weight after over weight before of the synapses from the first to the second cell of each pair (often one)."""
    for p in pairs:
        synapses = sim.weights(p.projection.name)
        yield synapses.w[(synapses.pre == p.pre) & (synapses.post == p.post)] / p.projection.weight


CANONICAL = {
    "laminar": (laminar, {
        "l5-l5": "V1.L5E->V1.L5E:basal", "l23-l23": "V1.L23E->V1.L23E:basal", "l4-l4": "V1.L4E->V1.L4E",
        "l4-l23": "V1.L4E->V1.L23E:basal", "l23-l5": "V1.L23E->V1.L5E:basal", "l23-l5-distal": "V1.L23E->V1.L5E:apical",
        "i-l23": "V1.L23PV->V1.L23E", "ca1-cck": "V1.L5PV->V1.L5E",
    }),
    "potjans": (lambda: plain(potjans_area(neurons=0.01)), {
        "l5-l5": "V1.L5E->V1.L5E", "l23-l23": "V1.L23E->V1.L23E", "l4-l4": "V1.L4E->V1.L4E", "l4-l23": "V1.L4E->V1.L23E",
        "l23-l5": "V1.L23E->V1.L5E",
    }),
}  # fmt: skip
"""How to make an area, and pathway -> projection; all that the sheet finds in it, so that area and slice have the same tick."""


def with_inhibitory(sheet: Sheet, names: dict[str, str]) -> Sheet:
    """The sheet, and the profiles of inhibitory pathways, which it has not."""
    inhibitory = {name: pathways()[name] for name in names if pathways()[name].pre_class != "E"}
    stacks = {names[name]: stack_of(p, values_of(p)) for name, p in inhibitory.items()}
    return sheet + Sheet(tuple(Entry(link.replace("->", " -> "), (*s.rules, s.weight), "fitted") for link, s in stacks.items()))


@pytest.mark.parametrize("which", list(CANONICAL))
def test_a_pair_in_a_living_area_changes_as_in_the_slice(which: str) -> None:
    make, names = CANONICAL[which]
    sheet, area = with_inhibitory(Sheet.load("slices"), names), make()
    assert set(names.values()) == set(sheet.resolve(Cortex((area,))))
    currents = {end for name in names.values() for end in name.partition(":")[0].split("->")}
    sim = Simulation(area, sheet, dt=DT, seed=5, currents=sorted(currents))
    pairs = pairs_of(sim, names)
    fire(sim, pairs)
    cases = replayed(sim, pairs)
    later = [dataclasses.replace(c, pre=c.pre + 3, post=c.post + 3) for c in cases]
    expected, moved = np.split(slices.run([*cases, *later], dt=DT, squeeze=False), 2)
    assert all(rate > 0 for name, rate in sim.rates().items() if name.endswith("E")), "the area is alive"
    assert np.abs(expected - 1).max() > 0.1
    assert np.abs(expected - 1).min() > 1e-3, "every protocol changes its synapse"
    found = list(ratios(sim, pairs))
    for pair, weights, ratio in zip(pairs, found, expected, strict=True):
        np.testing.assert_allclose(weights, ratio, rtol=1e-4, err_msg=f"{pair.pathway}, {pair.protocol.name}")
    # bounds act at presynaptic spikes and at ticks: where the ticks fall is worth a little, where a train is fast
    for weights, ratio in zip(found, moved, strict=True):
        np.testing.assert_allclose(weights, ratio, rtol=0.03)
