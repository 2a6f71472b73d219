"""The leaky integrate-and-fire cell with conductance-based synapses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace

import jax.numpy as jnp
import numpy as np

from isocortex.cells.cell import Array, Cell, State, Uniform, zeros
from isocortex.cells.receptors import Receptors, conductances, relax, spread_potential, steps
from isocortex.describe import quantity


class ConductanceLIF(Receptors, Cell):
    r"""Leaky integrate-and-fire cell with AMPA, NMDA, GABA-A and GABA-B conductances (as NEST's ``iaf_cond_exp``).

    .. math:: C_m \dot V = -g_L (V - E_L) - \sum_r g_r B_r(V) (V - E_r) + I_e, \qquad \tau_r \dot g_r = -g_r

    B is the magnesium block for NMDA, otherwise 1. A weight is the jump of a conductance (nS). Exponential Euler
    (`isocortex.cells.receptors.relax`). A spike at V >= V_th resets V and clamps it for t_ref. Membrane defaults are those
    of NEST's ``iaf_cond_exp`` (from memory); receptor defaults those of `ReceptorKinetics`.
    """

    C_m: float = quantity(250.0, "pF", above=0, doc="capacitance")
    g_L: float = quantity(16.6667, "nS", above=0, doc="leak")
    E_L: float = quantity(-70.0, "mV", doc="resting potential")
    V_th: float = quantity(-55.0, "mV", doc="threshold")
    V_reset: float = quantity(-60.0, "mV", doc="potential after a spike")
    t_ref: float = quantity(2.0, "ms", least=0, doc="refractory time")
    I_e: float = quantity(0.0, "pA", doc="constant current")
    V_spread: float = quantity(0.5, least=0, most=1, doc="V at time 0 is uniform over this part of the way from E_L to V_th")

    def validate(self) -> None:
        if self.V_reset >= self.V_th:
            raise self.error("V_reset", f"is {self.V_reset:g} mV; must be below V_th ({self.V_th:g} mV)")

    def constants(self, dt: float) -> dict[str, float]:
        return self.receptor_constants(dt) | dict(
            g_L=self.g_L, at_rest=self.g_L * self.E_L + self.I_e, V_th=self.V_th, V_reset=self.V_reset,
            per_pA=dt / self.C_m, refractory=steps(self.t_ref, dt))  # fmt: skip

    def initial(self, n: int, channels: Sequence[str], uniform: Uniform) -> dict[str, np.ndarray]:
        v = spread_potential(n, self.E_L, self.V_th, self.V_spread, uniform)
        return dict(V=v) | zeros(n, ["refractory", *(k for k in channels if not k.endswith(":current"))])

    @staticmethod
    def step(c: SimpleNamespace, s: State, drive: Mapping[str, Array]) -> tuple[State, dict[str, Array]]:
        v = s["V"]
        new, g, i = conductances(c, s, drive, ("soma",), v)
        g = c.g_L + g
        v = relax(v, c.at_rest + i - g * v, g, c.per_pA)
        waiting = s["refractory"] > 0
        v = jnp.where(waiting, c.V_reset, v)
        spike = v >= c.V_th
        new["V"] = jnp.where(spike, c.V_reset, v)
        new["refractory"] = jnp.where(spike, c.refractory, jnp.where(waiting, s["refractory"] - 1, 0.0))
        return new, dict(spike=spike, v=v)
