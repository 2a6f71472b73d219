"""The virtual slice: all protocols at once, as pairs of connected cells in one simulation of the engine.

Every pair has its own presynaptic and postsynaptic cell, which fire when the protocol says. Pairs with the same stack share a
projection. The rules, kernels and weight dependence are those of a network; nothing is computed beside them. Only timing
reaches the rules, so the step is long: spikes fall on its grid. A silence in which every trace of a rule has died away is cut
short, unless something slow goes on in it.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence

import numpy as np

from isocortex.anatomy.circuit import Area, Cortex, Population, Projection
from isocortex.cells.forced import Forced
from isocortex.cells.sources import SpikeTrain
from isocortex.engine.record import Record
from isocortex.engine.simulation import Simulation
from isocortex.invitro.protocol import SAMPLED
from isocortex.plasticity.stack import Stack

DT = 0.5
"""Step (ms)."""
DIED_AWAY = 14.0
"""A trace is gone after so many of its time constants: e^-14 is 1e-6."""


@dataclasses.dataclass(frozen=True)
class Case:
    """One pair of cells. pre, post : spike times (ms). readout : stretch after induction to average (ms), or None.

    post_name : layer and class of the postsynaptic cell, such as ``L5E``; pre_class : class of the presynaptic one.
    """

    stack: Stack
    pre: np.ndarray
    post: np.ndarray
    duration: float
    readout: tuple[float, float] | None = None
    post_name: str = "E"
    pre_class: str = "E"
    compartment: str = "soma"


def memory(stack: Stack) -> float:
    """How long the rules of a stack remember a spike (ms): `DIED_AWAY` of their longest constant; without end if it is slow."""
    if stack.slow:
        return math.inf
    return DIED_AWAY * max((tau for rule in stack.rules for tau in rule.times()), default=0.0) + 10.0


def squeezed(case: Case, dt: float) -> Case:
    """The case with every silence longer than its memory cut down to it, in whole steps."""
    longest = memory(case.stack)
    if not math.isfinite(longest):
        return case
    spikes = np.unique(np.concatenate([case.pre, case.post]))
    if not len(spikes):
        return dataclasses.replace(case, duration=longest)
    cut = np.floor(np.maximum(np.diff(spikes, prepend=0.0) - longest, 0.0) / dt) * dt
    earlier = np.cumsum(cut)
    shifted = lambda times: times - earlier[np.searchsorted(spikes, times)]  # noqa: E731
    return dataclasses.replace(
        case, pre=shifted(case.pre), post=shifted(case.post), duration=float(spikes[-1] - earlier[-1]) + longest
    )


@dataclasses.dataclass
class _Group:
    """The cases that share a stack and kinds of cells: one area."""

    first: Case
    members: list[int]


def _groups(cases: Sequence[Case]) -> list[_Group]:
    groups: list[_Group] = []
    for i, case in enumerate(cases):
        for g in groups:
            f = g.first
            alike = (f.post_name, f.pre_class, f.compartment) == (case.post_name, case.pre_class, case.compartment)
            if alike and type(f.stack.rules[0]) is type(case.stack.rules[0]) and f.stack == case.stack:
                g.members.append(i)
                break
        else:
            groups.append(_Group(case, [i]))
    return groups


def _area(name: str, group: _Group, dt: float) -> Area:
    n, case = len(group.members), group.first
    ends = dict(axonal_delay=dt, dendritic_delay=dt)  # equal, so that the synapse sees the lag as it is
    projection = Projection("pre", case.post_name, 1.0, one_to_one=True, compartment=case.compartment, **ends)  # type: ignore[arg-type]
    populations = (
        Population("pre", n, SpikeTrain(), cell_class=case.pre_class),
        Population(case.post_name, n, Forced()),
    )
    return Area(name, populations, (projection,))


def _give(sim: Simulation, population: str, trains: Sequence[np.ndarray]) -> None:
    if sum(map(len, trains)):
        sim.set_spikes(population, np.concatenate(trains), np.repeat(np.arange(len(trains)), [len(t) for t in trains]))


def run(cases: Sequence[Case], *, dt: float = DT, squeeze: bool = True, progress: bool = False) -> np.ndarray:
    """The weight after over the weight before of every case, shape (cases,).

    Stacks with slow parts go on changing after induction: then the run lasts to the end of the read-outs, and their mean over
    the read-out counts. Without slow parts a weight stands still once the traces have acted. With `squeeze`, silences are cut
    short where that changes nothing (see `squeezed`).
    """
    if squeeze:
        cases = [squeezed(case, dt) for case in cases]
    sim, groups = prepared(cases, dt)
    ends = [case.duration + (case.readout[1] if case.readout and case.stack.slow else 500.0) for case in cases]
    sim.run(max(ends), progress=progress)
    out = ratios(sim, groups, len(cases))
    slow = {link: g for link, g in groups.items() if g.first.stack.slow}
    return np.where([bool(c.stack.slow) for c in cases], read_out(sim, slow, cases), out)


def read_out(sim: Simulation, groups: Mapping[str, _Group], cases: Sequence[Case]) -> np.ndarray:
    """Mean weights of the cases of these groups over their read-outs, shape (cases,); 1 for the others."""
    out = np.ones(len(cases))
    for link, g in groups.items():
        out[g.members] = _windows(sim, link, _own(sim, link), [cases[i] for i in g.members])
    return out


def ratios(sim: Simulation, groups: Mapping[str, _Group], n: int) -> np.ndarray:
    """The weights of all cases as they are now, shape (n,)."""
    out = np.ones(n)
    for link, g in groups.items():
        out[g.members] = sim.weights(link).w[_own(sim, link)]
    return out


def _own(sim: Simulation, link: str) -> np.ndarray:
    """Where the synapses between the cells of the same pair are, in the order of the pairs."""
    synapses = sim.weights(link)
    own = np.flatnonzero(synapses.pre == synapses.post)
    return own[np.argsort(synapses.pre[own])]


def prepared(cases: Sequence[Case], dt: float, *, sampled: float = SAMPLED) -> tuple[Simulation, dict[str, _Group]]:
    """One simulation of all cases, with their spikes given, and by projection the cases on it.

    sampled : how often weights with slow parts are read on the way (ms), 0 for never.
    """
    groups = _groups(cases)
    names = [f"S{i}" for i in range(len(groups))]
    areas = tuple(_area(name, g, dt) for name, g in zip(names, groups, strict=True))
    cortex = Cortex(areas, name="slice")
    projections = {p.pre: p.name for p in cortex.all_projections()}
    links = [projections[f"{name}.pre"] for name in names]
    slow = [bool(g.first.stack.slow) for g in groups]
    records = [Record(link, "w", every=sampled) for link, s in zip(links, slow, strict=True) if s and sampled]
    stacks = {link: g.first.stack for link, g in zip(links, groups, strict=True)}
    sim = Simulation(cortex, stacks, dt=dt, seed=0, spikes=(), record=records)
    for name, g in zip(names, groups, strict=True):
        _give(sim, f"{name}.pre", [cases[i].pre for i in g.members])
        _give(sim, f"{name}.{g.first.post_name}", [cases[i].post for i in g.members])
    return sim, dict(zip(links, groups, strict=True))


def _windows(sim: Simulation, link: str, place: np.ndarray, cases: Sequence[Case]) -> np.ndarray:
    """Mean weights over the read-outs, of the samples within."""
    times, values = sim.samples(link, "w")
    out = np.empty(len(cases))
    for k, (at, case) in enumerate(zip(place, cases, strict=True)):
        begin, end = case.readout or (0.0, np.inf)
        inside = (times >= case.duration + begin) & (times <= case.duration + end)
        out[k] = values[inside, at].mean()
    return out
