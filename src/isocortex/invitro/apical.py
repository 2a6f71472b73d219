"""The virtual slice where location matters: the synapse is on the apical trunk, and the rule reads the potential there.

The postsynaptic cell is `Trunk`; its somatic spikes are forced, its dendrite does what it does. Every case is a pair of cells
with a real synapse of its own, all in one simulation of the engine. Drugs that block T-type calcium channels take the calcium
current away.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from isocortex.anatomy.circuit import Area, Cortex, Delay, Population, Projection
from isocortex.cells.sources import SpikeTrain
from isocortex.cells.trunk import Trunk
from isocortex.engine.record import Record
from isocortex.engine.simulation import Simulation
from isocortex.invitro.protocol import START
from isocortex.plasticity.stack import Stack
from isocortex.progress import Progress

DT = 0.2
"""Step (ms): a spike in the dendrite is resolved (see the test against 0.05 ms)."""
WEIGHT = 0.5
"""The conductance of the synapse (nS): an EPSP of about 1 mV in the dendrite."""
SETTLES = 900.0
"""After so long (ms) a silent dendrite is at rest and traces of 100 ms are gone; longer silences are cut to this."""
REST = 40.0
"""What goes before the first spike where potentials are recorded (ms)."""


@dataclasses.dataclass(frozen=True)
class Case:
    """One pair of cells. pre, post : times of one train (ms), from its earliest spike on; trains follow `every` ms.

    site : where the synapse is (um from the soma). cooperative : conductance (nS) of other synapses at the site that fire with
    it. calcium : whether calcium channels are there. step : beginning and end (ms) of a current into the soma in every train,
    and the potential (mV) it leads to.
    """

    pre: np.ndarray
    post: np.ndarray
    repetitions: int
    every: float
    site: float
    cooperative: float = 0.0
    calcium: bool = True
    step: tuple[float, float, float] | None = None
    post_name: str = "L5E"

    @property
    def cell(self) -> Trunk:
        return Trunk(site=self.site) if self.calcium else Trunk(site=self.site, g_Ca=0.0)

    @property
    def length(self) -> float:
        """Of one train (ms)."""
        return max([*self.pre, *self.post, *(self.step[1:2] if self.step else ())], default=0.0)

    @property
    def apart(self) -> float:
        """From train to train (ms), with the silence between them cut where nothing goes on in it."""
        return min(self.every, self.length + SETTLES)

    @property
    def duration(self) -> float:
        return START + self.repetitions * self.apart + SETTLES


def _area(name: str, case: Case) -> Area:
    sources = [("pre", WEIGHT)] + ([("fibres", case.cooperative)] if case.cooperative else [])
    links = tuple(
        Projection(source, case.post_name, weight, probability=1.0, compartment="apical", receptors=(("AMPA", 1.0),),
                   axonal_delay=Delay(DT), dendritic_delay=Delay(DT), kind="feedforward")
        for source, weight in sources
    )  # fmt: skip
    populations = tuple(Population(source, 1, SpikeTrain(), cell_class="E") for source, _ in sources)
    return Area(name, (*populations, Population(case.post_name, 1, case.cell)), links)


def _simulation(cases: Sequence[Case], stacks: Sequence[Stack] | None, records: Sequence[str]) -> Simulation:
    areas = tuple(_area(f"A{i}", c) for i, c in enumerate(cases))
    given = None if stacks is None else {_link(i, c): s for i, (c, s) in enumerate(zip(cases, stacks, strict=True))}
    kept = [Record(f"A{i}.{c.post_name}", v, every=DT) for i, c in enumerate(cases) for v in records]
    currents = [f"A{i}.{c.post_name}" for i, c in enumerate(cases) if c.step]
    return Simulation(Cortex(areas, name="apical slice"), given, dt=DT, seed=0, spikes=(), record=kept, currents=currents)


def _link(i: int, case: Case) -> str:
    return f"A{i}.pre->A{i}.{case.post_name}:apical"


def _give(sim: Simulation, i: int, case: Case, begins: np.ndarray) -> None:
    sources = ["pre", *(["fibres"] if case.cooperative else [])]
    for population, train in [*((s, case.pre) for s in sources), (case.post_name, case.post)]:
        times = np.sort((begins[:, None] + train).ravel())
        if len(times):
            sim.set_spikes(f"A{i}.{population}", times, np.zeros(len(times), int))


def _through(sim: Simulation, cases: Sequence[Case], begins: Sequence[np.ndarray], end: float, progress: bool) -> None:
    """Run to `end` (ms), and switch the steps' currents on and off on the way. begins : of every case, those of its trains."""
    changes = []
    for i, (case, starts) in enumerate(zip(cases, begins, strict=True)):
        if case.step:
            on, off, potential = case.step
            current = case.cell.current_for(potential)
            for start in starts:
                changes += [(start + on, i, current), (start + off, i, 0.0)]
    with Progress(end, title=sim.cortex.name, enabled=progress) as shown:
        onward = lambda to: sim.run(max(to - sim.time, 0.0), on_tick=lambda s: shown.update(s.time, {}))  # noqa: E731
        for at, i, current in sorted(changes):
            onward(at)
            sim.set_input(f"A{i}.{cases[i].post_name}", current, "current")
        onward(end)


def run(cases: Sequence[Case], stacks: Sequence[Stack], *, progress: bool = False) -> np.ndarray:
    """The weight after over the weight before of every case, each with its own stack, shape (cases,)."""
    sim = _simulation(cases, stacks, ())
    begins = [START + case.apart * np.arange(case.repetitions) for case in cases]
    for i, case in enumerate(cases):
        _give(sim, i, case, begins[i])
    _through(sim, cases, begins, max(c.duration for c in cases), progress)
    return np.array([float(sim.weights(_link(i, c)).w[0]) / WEIGHT for i, c in enumerate(cases)])


def potentials(cases: Sequence[Case]) -> list[np.ndarray]:
    """The potential at each synapse during one train, every `DT` ms from `REST` ms before its first spike on (mV)."""
    sim = _simulation(cases, None, ("v_dendrite",))
    for i, case in enumerate(cases):
        _give(sim, i, case, np.array([REST]))
    longest = [REST + c.length + SETTLES for c in cases]
    _through(sim, cases, [np.array([REST])] * len(cases), max(longest), False)
    return [sim.samples(f"A{i}.{c.post_name}", "v_dendrite")[1][: round(t / DT), 0].astype(float)
            for i, (c, t) in enumerate(zip(cases, longest, strict=True))]  # fmt: skip
