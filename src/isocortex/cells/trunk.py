"""A pyramidal cell of layer 5 with its apical trunk: back-propagating spikes that fade with distance, and calcium spikes."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from isocortex.cells.cell import Array, Cell, ReceptorKinetics, State, Uniform, zeros
from isocortex.cells.receptors import conductances, receptor_constants, relax, spread_potential
from isocortex.describe import quantity

POSITIONS = (0.0, 150.0, 300.0, 450.0, 600.0, 750.0)
"""Where the compartments are (um from the soma); the first is the soma."""
AMPLITUDES = (105.0, 90.0, 70.0, 60.0, 52.0, 41.0)
"""Height of the spike there (mV above rest): Letzkus et al. 2006, fig. 6D (100 mV at 100 um, 80 at 200, 70 at 300, 60 to 65 at
400, 50 to 55 at 600, 45 at 650; as read by others); at the soma an assumption, at 750 um the line continued."""
CALCIUM = (0.0, 0.0, 0.0, 1.0, 1.0, 1.0)
"""Share of the calcium conductance: the zone of 400 to 700 um (Larkum et al. 1999, doi:10.1073/pnas.96.25.14600)."""
_N = len(POSITIONS)
_LONG_AGO = 1e6  # steps; later than any window that is looked at, and exact in float32
_OWN = "assumption: chosen for the attenuation, the critical frequency and the calcium spike after a burst"


class Trunk(ReceptorKinetics, Cell):
    r"""Soma and five compartments of the apical trunk, 150 um apart.

    .. math::
        C_i \dot V_i &= -g_{L,i} (V_i - E_L) + g_c \sum_j (V_j - V_i) + g_{Na} K_{Na}(t) (E_L + A_i - V_i)
                      - g_{K,i} K_K(t) (V_i - E_L) + g_{Ca} z_i K_{Ca}(t) (E_L + A_{Ca} - V_i) + I_i \\
        \tau_m \dot m &= \langle f(V_i) \rangle_z - m, \quad f(V) = 1/(1 + e^{-(V - V_m)/D})

    The cell fires where V_0 reaches V_th, or when the host says (``given``). A spike travels up the trunk at `speed`: for
    `rise` the membrane is drawn to the height A_i that was measured there, then for `fall` back to rest, the less the farther
    (g_K,i falls with `lambda_K`), so that the spike widens as it fades. All else is the dendrite's own: it leaks, its
    compartments are coupled, and m gathers depolarisation in the calcium zone (z_i is 1 from 450 um on). One spike does not
    bring m to `m_th`; a burst of three at 200 Hz, five above some 100 Hz, or slower ones on a depolarised dendrite do. Then the
    zone fires a calcium spike: it is drawn to A_Ca for `Ca_length`. The next is possible after `Ca_ref`.

    ``basal`` is electrically the soma. ``apical`` synapses lie at `site`: their currents go to the two nearest compartments,
    and ``v_dendrite`` is the potential there. ``calcium`` is 1 where a calcium spike begins.
    """

    site: float = quantity(600.0, "um", least=0, most=750, doc="where the apical synapses are, from the soma")
    E_L: float = quantity(-70.0, "mV", doc="resting potential")
    V_th: float = quantity(-50.0, "mV", doc="threshold", source="Naud & Sprekeler 2018 (code)")
    t_ref: float = quantity(3.0, "ms", least=0, doc="refractory time")
    C_s: float = quantity(370.0, "pF", above=0, doc="capacitance of the soma", source="Naud & Sprekeler 2018 (code)")
    tau_s: float = quantity(16.0, "ms", above=0, doc="time constant of the soma", source="Naud & Sprekeler 2018 (code)")
    C_d: float = quantity(100.0, "pF", above=0, doc="capacitance of a compartment of the trunk", source=_OWN)
    tau_d: float = quantity(7.0, "ms", above=0, doc="time constant of the trunk", source=_OWN)
    g_c: float = quantity(11.5, "nS", least=0, doc="coupling of neighbours", source=_OWN)
    speed: float = quantity(400.0, "1", above=0, doc="speed of the spike (um/ms)", source="from memory: 0.3 to 0.5 m/s")
    g_Na: float = quantity(1000.0, "nS", least=0, doc="conductance towards the height of the spike", source=_OWN)
    rise: float = quantity(0.8, "ms", above=0, doc="how long it lasts", source=_OWN)
    g_K: float = quantity(400.0, "nS", least=0, doc="conductance back to rest, at the soma", source=_OWN)
    fall: float = quantity(2.0, "ms", least=0, doc="how long it lasts", source=_OWN)
    lambda_K: float = quantity(230.0, "um", above=0, doc="distance over which it falls to 1/e", source=_OWN)
    g_Ca: float = quantity(100.0, "nS", least=0, doc="conductance of a calcium spike", source=_OWN)
    A_Ca: float = quantity(62.0, "mV", above=0, doc="its height above rest", source=_OWN)
    Ca_length: float = quantity(5.0, "ms", least=0, doc="how long it lasts", source=_OWN)
    Ca_ref: float = quantity(60.0, "ms", least=0, doc="least time between two", source=_OWN)
    m_th: float = quantity(0.225, "1", above=0, doc="activation at which it begins", source=_OWN)
    tau_m: float = quantity(14.0, "ms", above=0, doc="time constant of the activation", source=_OWN)
    V_m: float = quantity(-40.0, "mV", doc="potential of half activation", source=_OWN)
    D: float = quantity(5.0, "mV", above=0, doc="sharpness of the activation", source=_OWN)
    I_e: float = quantity(0.0, "pA", doc="constant current into the soma")
    V_spread: float = quantity(0.0, least=0, most=1, doc="V at time 0 is uniform over this part of the way from E_L to V_th")

    compartments: ClassVar[tuple[str, ...]] = ("soma", "basal", "apical")
    signals: ClassVar[tuple[str, ...]] = ("spike", "v", "v_dendrite", "calcium")
    inputs: ClassVar[tuple[str, ...]] = ("given",)

    def shares(self) -> np.ndarray:
        """How the site is spread over the compartments, shape (6,)."""
        at = np.asarray(POSITIONS)
        return np.maximum(1.0 - np.abs(self.site - at) / (at[1] - at[0]), 0.0)

    def current_for(self, potential: float) -> float:
        """The steady current into the soma (pA) that holds it at `potential` (mV) while nothing fires."""
        beyond = 0.0  # conductance of all compartments beyond one, seen from it (nS)
        for _ in range(_N - 1):
            outward = self.C_d / self.tau_d + beyond
            beyond = self.g_c * outward / (self.g_c + outward) if self.g_c else 0.0
        return (self.C_s / self.tau_s + beyond) * (potential - self.E_L)

    def constants(self, dt: float) -> dict[str, float]:
        c: dict[str, float] = receptor_constants(self, dt) | dict(
            E_L=self.E_L, V_th=self.V_th, I_e=self.I_e, g_c=self.g_c, g_Na=self.g_Na, V_m=self.V_m, sharpness=1 / self.D,
            top=self.E_L + self.A_Ca, m_th=self.m_th if self.g_Ca else math.inf, loss_m=-math.expm1(-dt / self.tau_m),
            Ca_end=self.Ca_length / dt, Ca_ref=self.Ca_ref / dt, refractory=self.t_ref / dt)  # fmt: skip
        for i, share in enumerate(self.shares()):
            capacity, tau = (self.C_s, self.tau_s) if i == 0 else (self.C_d, self.tau_d)
            begin = POSITIONS[i] / self.speed / dt
            c |= {f"share{i}": float(share), f"leak{i}": capacity / tau, f"per{i}": dt / capacity, f"from{i}": begin,
                  f"until{i}": begin + self.rise / dt, f"end{i}": begin + (self.rise + self.fall) / dt,
                  f"back{i}": self.g_K * math.exp(-POSITIONS[i] / self.lambda_K), f"Ca{i}": self.g_Ca * CALCIUM[i],
                  f"peak{i}": self.E_L + AMPLITUDES[i]}  # fmt: skip
        return c

    def initial(self, n: int, channels: Sequence[str], uniform: Uniform) -> dict[str, np.ndarray]:
        full = lambda v: np.full(n, v, np.float32)  # noqa: E731
        soma = dict(V0=spread_potential(n, self.E_L, self.V_th, self.V_spread, uniform))
        synaptic = [k for k in channels if not k.endswith(":current")]
        rest = {f"V{i}": full(self.E_L) for i in range(1, _N)}
        return soma | rest | dict(since=full(_LONG_AGO), since_Ca=full(_LONG_AGO)) | zeros(n, ["m", *synaptic])

    @staticmethod
    def step(c: SimpleNamespace, s: State, drive: Mapping[str, Array]) -> tuple[State, dict[str, Array]]:
        v, since, since_Ca = [s[f"V{i}"] for i in range(_N)], s["since"], s["since_Ca"]  # whole steps since the last spikes
        at_site = _at_site(c, v)
        new_s, g_s, i_s = conductances(c, s, drive, ("soma", "basal"), v[0], block=False)
        new, g_d, i_d = conductances(c, s, drive, ("apical",), at_site, block=False)
        new |= new_s
        plateau = _inside(since_Ca, 0.0, c.Ca_end)
        after = []
        for i in range(_N):
            share, neighbours = getattr(c, f"share{i}"), [v[j] for j in (i - 1, i + 1) if 0 <= j < _N]
            up = c.g_Na * _inside(since, getattr(c, f"from{i}"), getattr(c, f"until{i}"))
            to_rest = getattr(c, f"leak{i}") + getattr(c, f"back{i}") * _inside(
                since, getattr(c, f"until{i}"), getattr(c, f"end{i}")
            )
            to_top = getattr(c, f"Ca{i}") * plateau
            g = share * g_d + to_rest + up + to_top + len(neighbours) * c.g_c
            current = (share * i_d + to_rest * c.E_L + up * getattr(c, f"peak{i}") + to_top * c.top
                       + c.g_c * functools.reduce(jnp.add, neighbours))  # fmt: skip
            if i == 0:
                g, current = g + g_s, current + i_s + c.I_e
            after.append(relax(v[i], current - g * v[i], g, getattr(c, f"per{i}")))
        zone = [jax.nn.sigmoid((x - c.V_m) * c.sharpness) for x, z in zip(after, CALCIUM, strict=True) if z]
        m = s["m"] + c.loss_m * (functools.reduce(jnp.add, zone) / len(zone) - s["m"])
        spike = ((after[0] >= c.V_th) & (since >= c.refractory)) | (drive["given"] > 0)
        calcium = (m >= c.m_th) & (since_Ca >= c.Ca_ref)
        new |= {f"V{i}": x for i, x in enumerate(after)}
        # float32 stops counting at 2**24
        new |= dict(m=m, since=jnp.where(spike, 0.0, since + 1), since_Ca=jnp.where(calcium, 0.0, since_Ca + 1))
        return new, dict(spike=spike, v=after[0], v_dendrite=_at_site(c, after), calcium=calcium.astype(jnp.float32))


def _at_site(c: SimpleNamespace, v: Sequence[Array]) -> Array:
    """The potential where the apical synapses are."""
    return functools.reduce(jnp.add, [getattr(c, f"share{i}") * x for i, x in enumerate(v)])


def _inside(since: Array, begin: Array | float, end: Array) -> Array:
    """The part of the step from `since` to `since` + 1 that lies between two times (steps): a box has its charge at any dt."""
    return jnp.clip(jnp.minimum(since + 1, end) - jnp.maximum(since, begin), 0.0, 1.0)
