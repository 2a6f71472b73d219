"""Columns in which every mechanism is at work: two stimuli, two contexts, L2/3 and L5 with their interneurons.

Each column is an area of its own, with its own wiring and its own input; all run side by side in one simulation. Sizes,
probabilities and potentials are assumptions, chosen so that cells fire at some hertz at rest and at 10 to 20 Hz where a
stimulus is shown.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from isocortex.anatomy.circuit import Area, Background, Cortex, Delay, Population, Projection
from isocortex.anatomy.laminar import laminar_area
from isocortex.anatomy.synapses import weight_of_psp
from isocortex.cells.sources import PoissonSource
from isocortex.engine.simulation import Simulation
from isocortex.experiments.lesions.subject import CELLS, CONTEXTS, RATE, STIMULI, Subject
from isocortex.plasticity.sheet import Sheet

REST = 1.0
"""Of a stimulus while it is not shown (Hz). A context that is not shown is silent."""
SOURCES = 30
"""Cells of each stimulus and of each context."""
EXCITATORY = ("L23E", "L5E")
LINKS = (
    *((s, target, 1.2, 0.5, "basal") for s in STIMULI for target in EXCITATORY),
    *((s, target, 2.4, 0.5, "soma") for s in STIMULI for target in ("L23PV", "L5PV")),
    *((s, "L5E", 1.5, 0.5, "apical") for s in CONTEXTS),
    ("L23E", "L23E", 0.3, 0.2, "basal"),
    ("L23E", "L5E", 0.6, 0.3, "basal"),
    ("L23E", "L23PV", 0.8, 0.5, "soma"),
    ("L5E", "L5PV", 0.8, 0.5, "soma"),
    ("L5E", "L5SST", 0.8, 0.5, "soma"),
    ("L23PV", "L23E", 1.5, 0.5, "soma"),
    ("L5PV", "L5E", 1.5, 0.5, "soma"),
    ("L5SST", "L5E", 1.0, 0.5, "apical"),
)
"""From, to, potential of a spike (mV), probability of a synapse, compartment."""
SPREAD = 0.3
"""Of first weights, as a fraction of their mean; those of the contexts are alike, since wells part at the first weight."""
BACKGROUND = 560
"""Poisson inputs of 1 mV at 1 Hz onto the basal dendrites of each cell of L2/3 and L5."""

PIECE = 10e3
"""After so much of a long rest (ms) it is asked whether to stop."""

Tell = Callable[[float, Mapping[str, float]], bool]


class Stopped(Exception):
    """The user has asked to stop."""


def cortex(columns: int) -> Cortex:
    """So many columns, areas ``V1``, ``V2``, ..."""
    usual = laminar_area("V1", 400)
    cells = {target: Population(target, n, usual[target].cell) for target, n in CELLS.items()}
    return Cortex(tuple(_area(name, cells) for name in _names(columns)), name="columns")


def _names(columns: int) -> list[str]:
    return [f"V{i}" for i in range(1, columns + 1)]


def _area(name: str, cells: Mapping[str, Population]) -> Area:
    sources = (Population(s, SOURCES, PoissonSource(), cell_class="E") for s in (*STIMULI, *CONTEXTS))
    links = tuple(_link(cells, *link) for link in LINKS)
    drive = tuple(
        Background(t, weight_of_psp(cells[t].cell, 1.0, "AMPA", "basal"), rate=1.0, sources=BACKGROUND, compartment="basal")
        for t in EXCITATORY
    )
    return Area(name, (*sources, *cells.values()), links, drive)


def _link(cells: Mapping[str, Population], pre: str, post: str, psp: float, probability: float, compartment: str) -> Projection:
    inhibits = pre in cells and not cells[pre].excitatory
    weight = weight_of_psp(cells[post].cell, psp, "GABA_A" if inhibits else "AMPA", compartment)
    return Projection(
        pre, post, weight, probability=probability, compartment=compartment,
        weight_sd=0.0 if pre in CONTEXTS else SPREAD, kind="feedback" if pre in CONTEXTS else None,
        axonal_delay=Delay(0.5 if inhibits else 1.5), dendritic_delay=Delay(0.1),
    )  # fmt: skip


class Columns(Subject):
    """So many columns on the engine.

    sheet : None: nothing is plastic. dt : time step (ms). tell : called with the biological time (ms) so far and mean rates
        by layer, after every stretch and within long ones; True stops.
    """

    def __init__(self, columns: int, sheet: Sheet | None, *, dt: float, seed: int, tell: Tell) -> None:
        self.names = _names(columns)
        self._excited = [f"{name}.{target}" for name in self.names for target in EXCITATORY]
        self.sim = Simulation(cortex(columns), sheet, dt=dt, seed=seed, spikes=(), currents=self._excited)
        self.done, self._tell = 0.0, tell
        self._set: dict[str, float] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="isocortex-")

    def keep(self) -> None:
        """Keep the state, for `again`."""
        self.sim.save(self._checkpoint)

    def again(self) -> None:
        """Go back to the state that was kept."""
        self.sim.load(self._checkpoint)
        self._set = {}

    @property
    def _checkpoint(self) -> Path:
        return Path(self._folder.name) / "kept.npz"

    def show(self, sources: str, ms: float) -> None:
        """As `Subject` says.

        Raises
        ------
        Stopped : the user has asked to.
        """
        for s in (*STIMULI, *CONTEXTS):
            self._drive(s, RATE if s in sources else REST if s in STIMULI else 0.0)
        while ms > 0:
            piece = min(ms, PIECE)
            self.sim.run(piece)
            self.done, ms = self.done + piece, ms - piece
            rates = {p.removesuffix("E"): float(self.counts(p).mean()) / self.sim.time * 1e3 for p in EXCITATORY}
            if self._tell(self.done, rates):
                raise Stopped

    def _drive(self, source: str, rate: float) -> None:
        """Give a source its rate (Hz) in all columns, unless it has it: setting takes as long as some steps."""
        if self._set.get(source) != rate:
            for name in self.names:
                self.sim.set_input(f"{name}.{source}", rate)
            self._set[source] = rate

    def counts(self, population: str) -> np.ndarray:
        return np.stack([self.sim.spike_counts(f"{name}.{population}") for name in self.names])

    def modulator(self, name: str, level: float) -> None:
        with warnings.catch_warnings():  # that nothing listens to it is the lesion
            warnings.simplefilter("ignore", UserWarning)
            self.sim.set_modulator(name, level)

    def excite(self, pA: float) -> None:
        for place in self._excited:
            self.sim.set_input(place, pA, "current")

    def learns(self, on: bool) -> None:
        self.sim.learning = on
