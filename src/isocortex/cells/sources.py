"""Spike sources: Poisson cells whose rates the host sets, and cells that replay given spike times."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import ClassVar

import jax.numpy as jnp
import numpy as np

from isocortex.cells.cell import Array, Source, State
from isocortex.describe import quantity


class PoissonSource(Source):
    """Cells that fire as independent Poisson processes (at most one spike a step, probability 1 - exp(-rate dt)).

    Set the rates of a running simulation with ``sim.set_input("LGN.relay", rates)`` (Hz, shape (n,)).
    """

    rate: float = quantity(0.0, "Hz", least=0, doc="rate until the host sets another")
    inputs: ClassVar[tuple[str, ...]] = ("rate",)
    draws: ClassVar[bool] = True

    def initial_inputs(self, n: int) -> dict[str, np.ndarray]:
        return {"rate": np.full(n, self.rate, np.float32)}

    @staticmethod
    def step(c: SimpleNamespace, s: State, drive: Mapping[str, Array]) -> tuple[State, dict[str, Array]]:
        p = -jnp.expm1(drive["rate"] * (-1e-3 * c.dt))
        return {}, dict(spike=drive["uniform"] < p)


class SpikeTrain(Source):
    """Cells that fire at given times: ``sim.set_spikes("input.train", times, ids)``; ``given`` is 1 at a spike's step."""

    inputs: ClassVar[tuple[str, ...]] = ("given",)

    @staticmethod
    def step(c: SimpleNamespace, s: State, drive: Mapping[str, Array]) -> tuple[State, dict[str, Array]]:
        return {}, dict(spike=drive["given"] > 0)
