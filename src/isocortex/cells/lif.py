"""The leaky integrate-and-fire cell with exponential synaptic currents, integrated exactly."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import ClassVar

import jax.numpy as jnp
import numpy as np

from isocortex.cells.cell import EXCITATORY_RECEPTORS, Array, Cell, State, Uniform, zeros
from isocortex.cells.receptors import steps
from isocortex.describe import quantity


class LIF(Cell):
    r"""Current-based leaky integrate-and-fire cell (NEST's ``iaf_psc_exp``).

    .. math:: C_m \dot V = -\frac{C_m}{\tau_m}(V - E_L) + \sum_r \pm I_r + I_e, \qquad \tau_r \dot I_r = -I_r

    A weight is the jump of the synaptic current (pA). Integration is exact (Rotter and Diesmann 1999): input that arrives at
    t acts on the potential from t on. A spike at V >= V_th resets V and clamps it for t_ref. Defaults: Potjans and
    Diesmann 2014, doi:10.1093/cercor/bhs358.

    The state ``U`` is the potential above E_L, which keeps three more bits of float32 than V; ``v`` at a spike's step is the
    potential that crossed the threshold. t_ref lasts a whole number of steps, rounded up, as in NEST.
    """

    C_m: float = quantity(250.0, "pF", above=0, doc="capacitance")
    tau_m: float = quantity(10.0, "ms", above=0, doc="membrane time constant")
    E_L: float = quantity(-65.0, "mV", doc="resting potential")
    V_th: float = quantity(-50.0, "mV", doc="threshold")
    V_reset: float = quantity(-65.0, "mV", doc="potential after a spike")
    t_ref: float = quantity(2.0, "ms", least=0, doc="refractory time")
    I_e: float = quantity(0.0, "pA", doc="constant current")
    tau_AMPA: float = quantity(0.5, "ms", above=0, doc="decay of the excitatory current")
    tau_NMDA: float = quantity(100.0, "ms", above=0, doc="decay of the slow excitatory current")
    tau_GABA_A: float = quantity(0.5, "ms", above=0, doc="decay of the inhibitory current")
    tau_GABA_B: float = quantity(100.0, "ms", above=0, doc="decay of the slow inhibitory current")
    V_0: float | None = quantity(None, "mV", optional=True, doc="mean potential at time 0 (none: E_L)")
    V_0_sd: float = quantity(0.0, "mV", least=0, doc="spread of the potential at time 0 (normal, kept below V_th)")

    weight_unit: ClassVar[str] = "pA"

    def validate(self) -> None:
        if self.V_reset >= self.V_th:
            raise self.error("V_reset", f"is {self.V_reset:g} mV; must be below V_th ({self.V_th:g} mV)")

    def constants(self, dt: float) -> dict[str, float]:
        """Propagators of the exact integration, as losses over a step (1 - decay): float32 holds these best."""
        loss = -math.expm1(-dt / self.tau_m)
        per_pA = self.tau_m / self.C_m * loss
        out = dict(E_L=self.E_L, theta=self.V_th - self.E_L, reset=self.V_reset - self.E_L, loss=loss, per_pA=per_pA,
                   shift=self.I_e * per_pA, refractory=steps(self.t_ref, dt))  # fmt: skip
        for r in self.receptors:
            tau = getattr(self, f"tau_{r}")
            out[f"loss_{r}"] = -math.expm1(-dt / tau)
            out[f"to_v_{r}"] = _current_to_voltage(tau, self.tau_m, self.C_m, dt)
        return out

    def initial(self, n: int, channels: Sequence[str], uniform: Uniform) -> dict[str, np.ndarray]:
        mean = self.E_L if self.V_0 is None else self.V_0
        u, phase = uniform("V", n), uniform("V phase", n)
        normal = np.sqrt(-2 * np.log(1 - u)) * np.cos(2 * np.pi * phase)
        v = np.minimum(mean + self.V_0_sd * normal, self.V_th - 1e-3)
        above_rest = (v - self.E_L).astype(np.float32)
        return dict(U=above_rest) | zeros(n, ["refractory", *(c for c in channels if not c.endswith(":current"))])

    @staticmethod
    def step(c: SimpleNamespace, s: State, drive: Mapping[str, Array]) -> tuple[State, dict[str, Array]]:
        change = c.shift - s["U"] * c.loss
        new = {}
        for channel, arrived in drive.items():
            receptor = channel.partition(":")[2]
            if receptor == "current":
                change = change + arrived * c.per_pA
                continue
            current = s[channel] + arrived
            sign = 1.0 if receptor in EXCITATORY_RECEPTORS else -1.0
            change = change + sign * getattr(c, f"to_v_{receptor}") * current
            new[channel] = current - current * getattr(c, f"loss_{receptor}")
        waiting = s["refractory"] > 0
        u = jnp.where(waiting, c.reset, s["U"] + change)
        spike = u >= c.theta
        new["U"] = jnp.where(spike, c.reset, u)
        new["refractory"] = jnp.where(spike, c.refractory, jnp.where(waiting, s["refractory"] - 1, 0.0))
        return new, dict(spike=spike, v=u + c.E_L)


def _current_to_voltage(tau_s: float, tau_m: float, c_m: float, dt: float) -> float:
    """Voltage after dt per pA of synaptic current at its beginning: the exact propagator, also where tau_s is near tau_m."""
    x = dt * (tau_s - tau_m) / (tau_s * tau_m)
    return dt / c_m * math.exp(-dt / tau_m) * (math.expm1(x) / x if x else 1.0)
