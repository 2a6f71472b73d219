"""Adaptive exponential integrate-and-fire cells: Brette and Gerstner 2005, and the variant of Clopath et al. 2010."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import SimpleNamespace

import jax.numpy as jnp
import numpy as np

from isocortex.cells.cell import Array, Cell, State, Uniform, zeros
from isocortex.cells.receptors import Receptors, conductances, relax, spread_potential, steps
from isocortex.describe import quantity

_EXPONENT_MOST = 20.0  # far beyond any exponent that does not diverge within a step; keeps float32 finite


class AdEx(Receptors, Cell):
    r"""Adaptive exponential integrate-and-fire cell (Brette and Gerstner 2005, doi:10.1152/jn.00686.2005).

    .. math::
        C \dot V &= -g_L (V - E_L) + g_L \Delta_T e^{(V - V_T)/\Delta_T} - w - \sum_r g_r B_r(V) (V - E_r) + I_e \\
        \tau_w \dot w &= a (V - E_L) - w; \qquad V \ge V_{peak}: \; V \to V_{reset}, \; w \to w + b

    Scheme: exponential Rosenbrock-Euler for V with the one exponential of the equation (`receptors.relax`); w is exact
    over a step under the V of its end. Where the exponential alone would carry V to infinity within the step
    (-z >= 1), the cell fires at its end, so the upswing never overflows and dt may be 0.1 to 0.5 ms. The signal ``v`` is
    V_peak at a spike's step. Spike times are on the grid; each interval is longer by half a step on average.
    Defaults: the paper's regular-spiking cell; V_peak is NEST's (from memory; above V_T + 10 mV it hardly matters).
    """

    C_m: float = quantity(281.0, "pF", above=0, doc="capacitance")
    g_L: float = quantity(30.0, "nS", above=0, doc="leak")
    E_L: float = quantity(-70.6, "mV", doc="resting potential")
    V_T: float = quantity(-50.4, "mV", doc="threshold of the upswing")
    Delta_T: float = quantity(2.0, "mV", above=0, doc="sharpness of the upswing")
    V_peak: float = quantity(0.0, "mV", doc="potential at which a spike ends")
    V_reset: float = quantity(-70.6, "mV", doc="potential after a spike")
    t_ref: float = quantity(0.0, "ms", least=0, doc="refractory time")
    a: float = quantity(4.0, "nS", doc="adaptation by potential")
    b: float = quantity(80.5, "pA", doc="adaptation by spikes")
    tau_w: float = quantity(144.0, "ms", above=0, doc="time constant of the adaptation")
    I_e: float = quantity(0.0, "pA", doc="constant current")
    V_spread: float = quantity(0.5, least=0, most=1, doc="V at time 0 is uniform over this part of the way from E_L to V_T")

    def validate(self) -> None:
        if self.V_reset >= self.V_peak:
            raise self.error("V_reset", f"is {self.V_reset:g} mV; must be below V_peak ({self.V_peak:g} mV)")
        if self.V_peak <= self.V_T:
            raise self.error("V_T", f"is {self.V_T:g} mV; must be below V_peak ({self.V_peak:g} mV)")

    def constants(self, dt: float) -> dict[str, float]:
        return self.receptor_constants(dt) | dict(
            g_L=self.g_L, at_rest=self.g_L * self.E_L + self.I_e, E_L=self.E_L, V_T=self.V_T, Delta_T=self.Delta_T,
            sharpness=1 / self.Delta_T, V_peak=self.V_peak, V_reset=self.V_reset, refractory=steps(self.t_ref, dt),
            a=self.a, b=self.b, loss_w=-math.expm1(-dt / self.tau_w), per_pA=dt / self.C_m,
            diverging=-self.C_m / dt)  # fmt: skip

    def initial(self, n: int, channels: Sequence[str], uniform: Uniform) -> dict[str, np.ndarray]:
        v = spread_potential(n, self.E_L, self.V_T, self.V_spread, uniform)
        return dict(V=v) | zeros(n, ["w", "refractory", *(k for k in channels if not k.endswith(":current"))])

    @staticmethod
    def step(c: SimpleNamespace, s: State, drive: Mapping[str, Array]) -> tuple[State, dict[str, Array]]:
        new, v = membrane(c, s, drive, c.V_T, -s["w"])
        waiting = s["refractory"] > 0
        v = jnp.where(waiting, c.V_reset, v)
        spike = v >= c.V_peak
        new["V"] = jnp.where(spike, c.V_reset, v)
        new["w"] = s["w"] + c.loss_w * (c.a * (new["V"] - c.E_L) - s["w"]) + jnp.where(spike, c.b, 0.0)
        new["refractory"] = jnp.where(spike, c.refractory, jnp.where(waiting, s["refractory"] - 1, 0.0))
        return new, dict(spike=spike, v=jnp.minimum(v, c.V_peak))


class ClopathAdEx(AdEx):
    r"""AdEx with a spike after-current, a moving threshold and a spike of fixed shape, for the voltage rule.

    .. math:: \tau_z \dot z = -z, \qquad \tau_{V_T} \dot V_T = -(V_T - V_{T,rest})

    z adds to the current of `AdEx`. At a spike z is set to I_sp, V_T to V_T_max, w grows by b; V is then held at V_clamp for
    t_clamp, w with it, and continues at V_reset. Clopath et al. 2010, doi:10.1038/nn.2479; values and the order of events of
    NEST's ``aeif_psc_delta_clopath``. (The authors' Matlab code, ModelDB 144566, holds 29.4 and then 32.86 mV for 1 ms each,
    goes on from -49.5 mV, and lifts the threshold to -30.4 mV.)
    """

    V_peak: float = quantity(33.0, "mV", doc="potential at which a spike ends")
    V_reset: float = quantity(-60.0, "mV", doc="potential after the clamp")
    V_clamp: float = quantity(33.0, "mV", doc="potential held during a spike")
    t_clamp: float = quantity(2.0, "ms", least=0, doc="how long it is held")
    I_sp: float = quantity(400.0, "pA", doc="after-current at a spike")
    tau_z: float = quantity(40.0, "ms", above=0, doc="decay of the after-current")
    V_T_max: float = quantity(30.4, "mV", doc="threshold after a spike", source="NEST")
    tau_V_T: float = quantity(50.0, "ms", above=0, doc="decay of the threshold")
    V_spread: float = quantity(0.0, least=0, most=1, doc="V at time 0 is uniform over this part of the way from E_L to V_T")

    def constants(self, dt: float) -> dict[str, float]:
        after = steps(self.t_ref, dt)
        return super().constants(dt) | dict(
            V_clamp=self.V_clamp, held=steps(self.t_clamp, dt) + after, after=after,
            I_sp=self.I_sp, loss_z=-math.expm1(-dt / self.tau_z), lift=self.V_T_max - self.V_T,
            loss_lift=-math.expm1(-dt / self.tau_V_T))  # fmt: skip

    def initial(self, n: int, channels: Sequence[str], uniform: Uniform) -> dict[str, np.ndarray]:
        return super().initial(n, channels, uniform) | zeros(n, ["z", "lift"])

    @staticmethod
    def step(c: SimpleNamespace, s: State, drive: Mapping[str, Array]) -> tuple[State, dict[str, Array]]:
        new, v = membrane(c, s, drive, c.V_T + s["lift"], s["z"] - s["w"])
        clamped = s["refractory"] > c.after  # until the end of this step at least
        free = s["refractory"] == 0
        spike = free & (v >= c.V_peak)
        v = jnp.where(free, v, jnp.where(s["refractory"] > c.after + 1, c.V_clamp, c.V_reset))
        v = jnp.where(spike, c.V_clamp, v)
        new["V"] = jnp.where(spike & (c.held == 0), c.V_reset, v)
        flow = c.loss_w * (c.a * (new["V"] - c.E_L) - s["w"])
        new["w"] = s["w"] + jnp.where(spike, c.b, jnp.where(clamped, 0.0, flow))
        new["z"] = jnp.where(spike, c.I_sp, s["z"] - s["z"] * c.loss_z)
        new["lift"] = jnp.where(spike, c.lift, s["lift"] - s["lift"] * c.loss_lift)
        new["refractory"] = jnp.where(spike, c.held, jnp.where(free, 0.0, s["refractory"] - 1))
        return new, dict(spike=spike, v=v)


def membrane(
    c: SimpleNamespace, s: State, drive: Mapping[str, Array], threshold: Array | float, extra: Array
) -> tuple[State, Array]:
    """The potential after a step of the exponential membrane, and the new conductances; `extra` is a current (pA).

    A potential that diverges within the step comes back as V_peak.
    """
    v = s["V"]
    new, g, i = conductances(c, s, drive, ("soma",), v)
    upswing = c.g_L * jnp.exp(jnp.minimum((v - threshold) * c.sharpness, _EXPONENT_MOST))
    passive = c.g_L + g
    current = c.at_rest + extra + i - passive * v + c.Delta_T * upswing
    slope = passive - upswing
    after = relax(v, current, jnp.maximum(slope, c.diverging), c.per_pA)
    return new, jnp.where((slope <= c.diverging) & (current > 0), jnp.maximum(after, c.V_peak), after)
