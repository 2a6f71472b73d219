"""The contract of a cell model: parameters, receptor channels, and one step of time as a pure function of arrays."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, ClassVar

import jax
import numpy as np

from isocortex.checks import is_number
from isocortex.describe import Description, quantity

Array = jax.Array
State = dict[str, Array]
Uniform = Callable[[str, int], np.ndarray]

EXCITATORY_RECEPTORS = ("AMPA", "NMDA")
INHIBITORY_RECEPTORS = ("GABA_A", "GABA_B")
RECEPTORS = EXCITATORY_RECEPTORS + INHIBITORY_RECEPTORS


class Cell(Description):
    """Base of the cell models.

    A *channel* is a compartment and a receptor, written ``"soma:AMPA"``; ``"soma:current"`` (pA) is an injected current. A
    network uses some of a cell's channels; only these have state. To add a cell: declare the fields, `compartments`,
    `signals`, and write `constants`, `initial` and `step`.
    """

    compartments: ClassVar[tuple[str, ...]] = ("soma",)
    receptors: ClassVar[tuple[str, ...]] = RECEPTORS
    signals: ClassVar[tuple[str, ...]] = ("spike", "v")
    """What `step` returns for rules and recorders; ``spike`` is bool, ``v`` the somatic potential (mV)."""
    dendrite: ClassVar[str] = ""
    """The compartment whose potential ``v_dendrite`` is, where there is more than one."""
    weight_unit: ClassVar[str] = "nS"
    """The unit of a synaptic weight onto this cell: nS (conductance) or pA (current)."""
    inputs: ClassVar[tuple[str, ...]] = ()
    """What the host sets while a simulation runs (``sim.set_input``); reaches `step` as ``drive[name]``, shape (n,)."""
    draws: ClassVar[bool] = False
    """Whether `step` wants ``drive["uniform"]``: float32 numbers in [0, 1), fresh at each step."""

    def initial_inputs(self, n: int) -> dict[str, np.ndarray]:
        """The inputs before the host sets any: arrays of shape (n,)."""
        return {name: np.zeros(n, np.float32) for name in self.inputs}

    def constants(self, dt: float) -> dict[str, float]:
        """The numbers that `step` needs, computed once in float64; dt in ms.

        By default every field, `dt`, and ``decay_x = exp(-dt / tau_x)`` for each field ``tau_x``.
        """
        return with_decays(self, dt)

    def initial(self, n: int, channels: Sequence[str], uniform: Uniform) -> dict[str, np.ndarray]:
        """The state at time 0: arrays of shape (n,). `uniform(name, n)` gives reproducible numbers in [0, 1)."""
        raise NotImplementedError

    @staticmethod
    def step(c: SimpleNamespace, s: State, drive: Mapping[str, Array]) -> tuple[State, dict[str, Array]]:
        """Advance by dt: arrays of shape (n,), float32.

        `drive[channel]` is the weight that arrived at the beginning of the step (add it to the synaptic variable first);
        `c` holds `constants`, each a scalar or of shape (n,). Returns the new state, with the same keys, and the signals.
        """
        raise NotImplementedError


class Source(Cell):
    """Base of the spike sources: no membrane, no receptors."""

    compartments: ClassVar[tuple[str, ...]] = ()
    receptors: ClassVar[tuple[str, ...]] = ()
    signals: ClassVar[tuple[str, ...]] = ("spike",)

    def initial(self, n: int, channels: Sequence[str], uniform: Uniform) -> dict[str, np.ndarray]:
        return {}


class ReceptorKinetics(Description):
    """Decay times and reversal potentials of the four receptors; a mixin for conductance-based cells."""

    tau_AMPA: float = quantity(5.0, "ms", above=0, doc="decay of AMPA", source="Naud & Sprekeler 2018 (code)")
    tau_NMDA: float = quantity(100.0, "ms", above=0, doc="decay of NMDA", source="Naud & Sprekeler 2018 (code)")
    tau_GABA_A: float = quantity(10.0, "ms", above=0, doc="decay of GABA-A", source="Naud & Sprekeler 2018 (code)")
    tau_GABA_B: float = quantity(100.0, "ms", above=0, doc="decay of GABA-B", source="assumption")
    E_AMPA: float = quantity(0.0, "mV", doc="reversal of AMPA and NMDA")
    E_GABA_A: float = quantity(-80.0, "mV", doc="reversal of GABA-A")
    E_GABA_B: float = quantity(-95.0, "mV", doc="reversal of GABA-B")


def with_decays(description: Description, dt: float) -> dict[str, Any]:
    """The numeric fields of a description, `dt`, and ``decay_x = exp(-dt / tau_x)`` for each field ``tau_x``."""
    values = {k: v for k, v in description.values().items() if is_number(v)}
    decays = {f"decay_{k[4:]}": math.exp(-dt / v) for k, v in values.items() if k.startswith("tau_")}
    return values | decays | {"dt": dt}


def zeros(n: int, names: Sequence[str]) -> dict[str, np.ndarray]:
    """State arrays of zeros."""
    return {name: np.zeros(n, np.float32) for name in names}
