"""The four receptors as conductances, and the step of a membrane under them; shared by the conductance-based cells.

A conductance jumps by the weight that arrives at the beginning of a step, acts during the step with its mean over it, and
has decayed by the end: the charge that a spike brings is the same at any dt.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import SimpleNamespace

import jax.numpy as jnp
import numpy as np

from isocortex.cells.cell import RECEPTORS, Array, ReceptorKinetics, State, Uniform
from isocortex.describe import quantity

MG_SLOPE = 0.062
"""Steepness of the magnesium block (1/mV; Jahr and Stevens 1990, J Neurosci 10:3178)."""
MG_HALF = 3.57
"""Concentration (mM) at which NMDA is half blocked at 0 mV (same source)."""


class Receptors(ReceptorKinetics):
    r"""`ReceptorKinetics` and the magnesium block of NMDA, :math:`1 / (1 + [Mg] e^{-0.062 V} / 3.57)`."""

    Mg: float = quantity(1.0, least=0, doc="magnesium (mM); 0: no block", source="Jahr & Stevens 1990")

    def receptor_constants(self, dt: float) -> dict[str, float]:
        """What `conductances` needs with ``block=True``."""
        return receptor_constants(self, dt) | dict(mg=self.Mg / MG_HALF)


def receptor_constants(kinetics: ReceptorKinetics, dt: float) -> dict[str, float]:
    """What `conductances` needs: reversals, loss over a step and mean over a step of each receptor."""
    out = dict(E_AMPA=kinetics.E_AMPA, E_GABA_A=kinetics.E_GABA_A, E_GABA_B=kinetics.E_GABA_B)
    for r in RECEPTORS:
        tau = getattr(kinetics, f"tau_{r}")
        out[f"loss_{r}"] = -math.expm1(-dt / tau)
        out[f"mean_{r}"] = -math.expm1(-dt / tau) * tau / dt
    return out


def magnesium(v: Array, mg: Array | float) -> Array:
    """Unblocked fraction of NMDA at `v` (mV); `mg` is the concentration over `MG_HALF`."""
    return 1.0 / (1.0 + mg * jnp.exp(-MG_SLOPE * v))


def conductances(
    c: SimpleNamespace, s: State, drive: Mapping[str, Array], compartments: Sequence[str], v: Array, *, block: bool = True
) -> tuple[State, Array | float, Array | float]:
    """Sum the conductances of compartments that share one potential, over the channels present in `drive`.

    Parameters
    ----------
    c : constants, with those of `receptor_constants`, and ``mg`` for the block.
    s, drive : state and arrived weights (nS) by channel; ``"<compartment>:current"`` is a current (pA).
    compartments : names whose channels are summed.
    v : their potential at the beginning of the step (mV).
    block : whether magnesium blocks NMDA; without it NMDA is a slow AMPA.

    Returns
    -------
    new : decayed conductances by channel.
    g, i : the tangent of the synaptic and injected current at `v`: near v the membrane receives ``i - g V`` (nS, pA). For
        AMPA and GABA g is the conductance, its mean over the step; for NMDA it includes the slope of the block, and is
        negative where the block gives way.
    """
    new: State = {}
    total: dict[str, Array] = {}
    injected: Array | float = 0.0
    for compartment in compartments:
        for receptor in (*RECEPTORS, "current"):
            channel = f"{compartment}:{receptor}"
            if channel not in drive:
                continue
            if receptor == "current":
                injected = injected + drive[channel]
                continue
            g = s[channel] + drive[channel]
            new[channel] = g - g * getattr(c, f"loss_{receptor}")
            acting = g * getattr(c, f"mean_{receptor}")
            total[receptor] = total[receptor] + acting if receptor in total else acting
    all_g: Array | float = 0.0
    i = injected
    for receptor, g in total.items():
        if receptor == "NMDA" and block:
            open_part = magnesium(v, c.mg)
            acting = g * open_part
            slope = acting * (1.0 - MG_SLOPE * (1.0 - open_part) * (c.E_AMPA - v))
            all_g, i = all_g + slope, i + (acting * (c.E_AMPA - v) + slope * v)
        else:
            reversal = c.E_AMPA if receptor == "NMDA" else getattr(c, f"E_{receptor}")
            all_g, i = all_g + g, i + g * reversal
    return new, all_g, i


def relax(v: Array, current: Array, conductance: Array, per_pA: Array | float) -> Array:
    r"""Advance ``C dV/dt = I(V)`` by one step of the exponential Rosenbrock-Euler scheme, without an exponential.

    With :math:`z = -\Delta t\, I'(V) / C` the scheme is :math:`V + \frac{\Delta t}{C} I(V) \frac{1 - e^{-z}}{z}`; it is
    second-order and, where I is linear in V, exact (exponential Euler). :math:`(1 - e^{-z})/z` is replaced by
    :math:`1 / (1 + z/2 + z^2/12)`, right to z^4/720 and stable for any z > 0.

    Parameters
    ----------
    v : potential (mV).  current : I(v) (pA).  conductance : -dI/dV (nS), above -3 C / dt.  per_pA : dt / C (mV/pA).
    """
    z = conductance * per_pA
    return v + current * per_pA / (1.0 + z * (0.5 + z * (1.0 / 12.0)))


def steps(duration: float, dt: float) -> float:
    """How many steps last at least `duration` (NEST's rounding; 1e-6 of a step is forgiven)."""
    return float(math.ceil(duration / dt - 1e-6))


def spread_potential(n: int, low: float, high: float, fraction: float, uniform: Uniform) -> np.ndarray:
    """Potentials at time 0, shape (n,): uniform over the lowest `fraction` of the way from `low` to `high`."""
    return (low + fraction * (high - low) * uniform("V", n)).astype(np.float32)
