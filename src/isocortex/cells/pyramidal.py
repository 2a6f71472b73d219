"""The two-compartment pyramidal cell: dendritic plateaus, back-propagating spikes and bursts (Naud and Sprekeler 2018)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import ClassVar

import jax.numpy as jnp
import numpy as np

from isocortex.cells.cell import Array, Cell, ReceptorKinetics, State, Uniform, zeros
from isocortex.cells.receptors import conductances, receptor_constants, relax, spread_potential, steps
from isocortex.describe import quantity

_LONG_AGO = 1e6  # steps; later than any window that is looked at, and exact in float32
_CODE = "apayeur/auryn, NaudGroup"


class Pyramidal(ReceptorKinetics, Cell):
    r"""Two-compartment pyramidal cell (Naud and Sprekeler 2018, doi:10.1073/pnas.1720995115).

    .. math::
        C_s \dot V_s &= -\tfrac{C_s}{\tau_s}(V_s - E_L) + g_s f(V_d) - w_s + I_s \\
        C_d \dot V_d &= -\tfrac{C_d}{\tau_d}(V_d - E_L) + g_d f(V_d) + w_d + I_{bap} K(t - \hat t) + I_d \\
        \tau_{w_d} \dot w_d &= a (V_d - E_L) - w_d, \quad \tau_{w_s} \dot w_s = -w_s, \quad
        f(V) = 1/(1 + e^{-(V - E_d)/D})

    I are the synaptic and injected currents; a weight is the jump of a conductance (nS). At V_s >= V_th + lift the cell
    fires: V_s is reset and clamped for t_ref, w_s grows by b, the lift by V_th_jump; lift decays with tau_th. K is the box
    of the back-propagating spike: 1 from bap_delay to bap_delay + bap_length after the spike. ``basal`` is electrically the
    soma; it exists so that synapses can be addressed (and can learn) apart.

    Signals: ``v_dendrite`` (mV); ``plateau``, f(V_d) at the beginning of the step; ``burst``, true at the spike that makes a
    burst, that is the second of spikes less than `burst_within` apart (Payeur et al. 2021, doi:10.1038/s41593-021-00857-x).

    Defaults are those of the published network code (apayeur/auryn, ``NaudGroup``), which starts the
    box with the spike and has no refractory time; the delay is the paper's, and the 3 ms of t_ref from memory.
    NMDA has no magnesium block, as there: the regenerative current f stands for what dendritic NMDA and calcium do.
    Scheme: exponential Rosenbrock-Euler in both compartments (`receptors.relax`), the current from dendrite to soma at the
    middle of the step; second-order between spikes.
    """

    C_s: float = quantity(370.0, "pF", above=0, doc="capacitance of the soma", source=_CODE)
    tau_s: float = quantity(16.0, "ms", above=0, doc="time constant of the soma", source=_CODE)
    E_L: float = quantity(-70.0, "mV", doc="resting potential", source=_CODE)
    V_th: float = quantity(-50.0, "mV", doc="threshold at rest", source=_CODE)
    V_th_jump: float = quantity(2.0, "mV", least=0, doc="rise of the threshold at a spike", source=_CODE)
    tau_th: float = quantity(27.0, "ms", above=0, doc="decay of the threshold", source=_CODE)
    V_reset: float = quantity(-70.0, "mV", doc="potential after a spike", source=_CODE)
    t_ref: float = quantity(3.0, "ms", least=0, doc="refractory time", source="from memory")
    b: float = quantity(200.0, "pA", least=0, doc="adaptation by spikes", source=_CODE)
    tau_ws: float = quantity(100.0, "ms", above=0, doc="time constant of the somatic adaptation", source=_CODE)
    g_s: float = quantity(1300.0, "pA", least=0, doc="current of a full plateau into the soma", source=_CODE)
    C_d: float = quantity(170.0, "pF", above=0, doc="capacitance of the dendrite", source=_CODE)
    tau_d: float = quantity(7.0, "ms", above=0, doc="time constant of the dendrite", source=_CODE)
    g_d: float = quantity(1200.0, "pA", least=0, doc="regenerative current of a full plateau", source=_CODE)
    E_d: float = quantity(-38.0, "mV", doc="potential of the half plateau", source=_CODE)
    D: float = quantity(6.0, "mV", above=0, doc="sharpness of the plateau", source=_CODE)
    a: float = quantity(-13.0, "nS", doc="dendritic adaptation by potential", source=_CODE)
    tau_wd: float = quantity(30.0, "ms", above=0, doc="time constant of the dendritic adaptation", source=_CODE)
    I_bap: float = quantity(2600.0, "pA", least=0, doc="current of the back-propagating spike", source=_CODE)
    bap_delay: float = quantity(0.5, "ms", least=0, doc="its delay", source="Naud & Sprekeler 2018")
    bap_length: float = quantity(2.0, "ms", least=0, doc="its length", source=_CODE)
    burst_within: float = quantity(16.0, "ms", above=0, doc="interval inside a burst", source="Payeur 2021 (code)")
    I_e: float = quantity(0.0, "pA", doc="constant current into the soma")
    I_d: float = quantity(0.0, "pA", doc="constant current into the dendrite")
    V_spread: float = quantity(0.5, least=0, most=1, doc="V_s at time 0 is uniform over this part of the way from E_L to V_th")

    compartments: ClassVar[tuple[str, ...]] = ("soma", "basal", "apical")
    signals: ClassVar[tuple[str, ...]] = ("spike", "v", "v_dendrite", "plateau", "burst")
    dendrite: ClassVar[str] = "apical"

    def validate(self) -> None:
        if self.V_reset >= self.V_th:
            raise self.error("V_reset", f"is {self.V_reset:g} mV; must be below V_th ({self.V_th:g} mV)")

    def constants(self, dt: float) -> dict[str, float]:
        g_soma, g_dendrite = self.C_s / self.tau_s, self.C_d / self.tau_d
        bap_from = self.bap_delay / dt
        return receptor_constants(self, dt) | dict(
            E_L=self.E_L, V_th=self.V_th, V_reset=self.V_reset, jump=self.V_th_jump, b=self.b, a=self.a,
            leak_s=g_soma, rest_s=g_soma * self.E_L + self.I_e, per_s=dt / self.C_s, g_s=self.g_s,
            leak_d=g_dendrite, rest_d=g_dendrite * self.E_L + self.I_d, per_d=dt / self.C_d, g_d=self.g_d,
            E_d=self.E_d, sharpness=1 / self.D, I_bap=self.I_bap, bap_from=bap_from, bap_to=bap_from + self.bap_length / dt,
            loss_th=-math.expm1(-dt / self.tau_th), loss_ws=-math.expm1(-dt / self.tau_ws),
            loss_wd=-math.expm1(-dt / self.tau_wd), refractory=steps(self.t_ref, dt),
            burst=steps(self.burst_within, dt))  # fmt: skip

    def initial(self, n: int, channels: Sequence[str], uniform: Uniform) -> dict[str, np.ndarray]:
        v = spread_potential(n, self.E_L, self.V_th, self.V_spread, uniform)
        dendrite, since = np.full(n, self.E_L, np.float32), np.full(n, _LONG_AGO, np.float32)
        synaptic = [k for k in channels if not k.endswith(":current")]
        return dict(V=v, V_d=dendrite, since=since) | zeros(n, ["w_s", "w_d", "lift", "bursting", *synaptic])

    @staticmethod
    def step(c: SimpleNamespace, s: State, drive: Mapping[str, Array]) -> tuple[State, dict[str, Array]]:
        v, v_d, since = s["V"], s["V_d"], s["since"]  # since: whole steps since the last spike
        new_s, g, i = conductances(c, s, drive, ("soma", "basal"), v, block=False)
        new_d, g_apical, i_d = conductances(c, s, drive, ("apical",), v_d, block=False)

        plateau = 1.0 / (1.0 + jnp.exp((c.E_d - v_d) * c.sharpness))
        slope = plateau * (1.0 - plateau) * c.sharpness
        # the part of this step that lies inside the box, so that its charge does not depend on dt
        box = jnp.clip(jnp.minimum(since + 1, c.bap_to) - jnp.maximum(since, c.bap_from), 0.0, 1.0)
        g_apical = c.leak_d + g_apical
        current = c.rest_d + i_d - g_apical * v_d + c.g_d * plateau + s["w_d"] + c.I_bap * box
        after_d = relax(v_d, current, g_apical - c.g_d * slope, c.per_d)

        g = c.leak_s + g
        coupled = c.g_s * (plateau + 0.5 * slope * (after_d - v_d))
        v = relax(v, c.rest_s + i - g * v + coupled - s["w_s"], g, c.per_s)
        v = jnp.where(since < c.refractory, c.V_reset, v)
        spike = v >= c.V_th + s["lift"]

        near = since + 1 < c.burst
        new = new_s | new_d
        new["V"] = jnp.where(spike, c.V_reset, v)
        new["V_d"] = after_d
        new["since"] = jnp.where(spike, 0.0, since + 1)  # float32 stops counting at 2**24
        new["w_s"] = s["w_s"] - c.loss_ws * s["w_s"] + jnp.where(spike, c.b, 0.0)
        new["w_d"] = s["w_d"] + c.loss_wd * (c.a * (after_d - c.E_L) - s["w_d"])
        new["lift"] = s["lift"] - c.loss_th * s["lift"] + jnp.where(spike, c.jump, 0.0)
        new["bursting"] = jnp.where(spike, jnp.where(near, 1.0, 0.0), s["bursting"])
        burst = spike & near & (s["bursting"] == 0)
        return new, dict(spike=spike, v=v, v_dendrite=after_d, plateau=plateau, burst=burst)
