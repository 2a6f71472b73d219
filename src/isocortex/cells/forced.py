"""The cell that fires when the host says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import ClassVar

import numpy as np

from isocortex.cells.cell import Array, Cell, State, Uniform
from isocortex.describe import quantity


class Forced(Cell):
    """A cell that receives synapses, ignores them, and fires and holds the potential that the host gives.

    For slice experiments and tests: ``sim.set_spikes`` sets ``given`` (1 at a spike's step), ``sim.set_input(..., name="v")``
    the potential (mV), which is both the somatic and the dendritic one. Synapses onto any compartment learn as usual.
    """

    v_rest: float = quantity(-70.0, "mV", doc="potential until the host sets another")

    compartments: ClassVar[tuple[str, ...]] = ("soma", "basal", "apical")
    signals: ClassVar[tuple[str, ...]] = ("spike", "v", "v_dendrite")
    inputs: ClassVar[tuple[str, ...]] = ("given", "v")

    def initial_inputs(self, n: int) -> dict[str, np.ndarray]:
        return dict(given=np.zeros(n, np.float32), v=np.full(n, self.v_rest, np.float32))

    def initial(self, n: int, channels: Sequence[str], uniform: Uniform) -> dict[str, np.ndarray]:
        return {}

    @staticmethod
    def step(c: SimpleNamespace, s: State, drive: Mapping[str, Array]) -> tuple[State, dict[str, Array]]:
        return {}, dict(spike=drive["given"] > 0, v=drive["v"], v_dendrite=drive["v"])
