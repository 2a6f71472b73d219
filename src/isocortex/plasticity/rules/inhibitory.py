"""Inhibitory STDP that holds a postsynaptic rate."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any, ClassVar

from isocortex.describe import quantity
from isocortex.plasticity.rule import Array, Integral, Jump, Rule, Term, Trace

_PAPER = "Vogels et al. 2011, doi:10.1126/science.1211095"


class InhibitorySTDP(Rule):
    r"""Symmetric inhibitory STDP (Vogels, Sprekeler, Zenke, Clopath and Gerstner 2011).

    .. math::
        \Delta w &= \eta\, x \quad\text{at a post spike} \\
        \Delta w &= \eta\, (y - \alpha) \quad\text{at a pre spike}, \qquad \alpha = 2 \rho_0 \tau

    x and y are traces (tau) of the pre- and postsynaptic spikes. Weights are magnitudes: a larger one inhibits more. Limit:
    for independent spikes the mean change is zero where the postsynaptic rate is rho_0; rho_0 = 0 is a symmetric Hebbian rule.
    The window has a hole at lag 0: spikes that meet in one step do not interact (see `isocortex.plasticity.rule`), so that a
    pair of them changes the weight by -eta alpha alone.
    """

    name: ClassVar[str] = "inhibitory_stdp"
    equation: ClassVar[str] = "dw = eta x (post spike) + eta (y - alpha) (pre spike), alpha = 2 rho_0 tau"
    reference: ClassVar[str] = _PAPER
    meant_for: ClassVar[str] = "PV and SST synapses onto pyramidal cells: balance, and a set rate"
    state: ClassVar[tuple[str, ...]] = ("y",)
    sets: ClassVar[dict[str, tuple[dict[str, Any], str]]] = {
        "vogels2011": (dict(tau=20.0, rho_0=5.0), f"{_PAPER}: about 5 Hz; alpha = 2 tau rho_0 as in NEST"),
    }

    eta: float = quantity(1e-3, "1", least=0, role="rate", doc="learning rate", source="NEST (from memory)")
    tau: float = quantity(20.0, "ms", above=0, doc="window", source=_PAPER)
    rho_0: float = quantity(5.0, "Hz", least=0, doc="postsynaptic rate that is held", source=_PAPER)

    def terms(self) -> tuple[Term, ...]:
        return Integral(Trace(self.tau)), Jump()

    def constants(self, dt: float) -> dict[str, float]:
        return super().constants(dt) | dict(decay=math.exp(-dt / self.tau), alpha=2 * self.rho_0 * 1e-3 * self.tau)

    @staticmethod
    def step(c: SimpleNamespace, s: dict[str, Array], post: SimpleNamespace) -> tuple[dict[str, Array], tuple[Array, ...]]:
        y = s["y"] * c.decay
        return dict(y=y + post.spike), (c.eta * post.spike, c.eta * (y - c.alpha))
