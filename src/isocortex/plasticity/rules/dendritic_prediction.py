"""Dendritic prediction of somatic spiking."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, ClassVar

import jax.numpy as jnp

from isocortex.describe import quantity
from isocortex.plasticity.rule import Array, Integral, Rule, Term, Trace

_PAPER = "Urbanczik & Senn 2014, doi:10.1016/j.neuron.2013.11.030"
_NEST = "NEST, pp_cond_exp_mc_urbanczik"


class DendriticPrediction(Rule):
    r"""The dendrite learns to predict the spikes of its soma (Urbanczik and Senn 2014).

    .. math::
        \dot w &= \eta\, [S - \varphi(V^*)]\, h(V^*)\, \mathrm{PSP}, \qquad V^* = \frac{g_L E_L + g_D V}{g_L + g_D} \\
        \varphi(u) &= \varphi_{max} / (1 + k e^{\beta(\theta - u)}), \qquad h = \varphi'/\varphi, \qquad
        \mathrm{PSP}(t) = e^{-t/\tau_L} - e^{-t/\tau_s}

    S is the postsynaptic spike train and V the dendritic potential of the step: the signal `v_dendrite`, which a cell gives of
    its one dendritic compartment, the apical one of `Pyramidal` (of `Trunk`, the site of the synapse; `Forced` cells have one
    potential). A synapse on another compartment, a basal one say, reads the apical potential all the same. PSP is per
    presynaptic spike and without unit; h is in 1/mV, so `eta` carries the mV. The paper's low-pass of the change (100 ms) moves
    it in time and not in size; stack an `eligibility` part for it. Limit: where the soma fires at the rate that the dendrite
    predicts, the mean change is zero.
    """

    name: ClassVar[str] = "dendritic_prediction"
    equation: ClassVar[str] = "dw/dt = eta (S - phi(V*)) h(V*) PSP, V* = (g_L E_L + g_D V) / (g_L + g_D)"
    reference: ClassVar[str] = _PAPER
    meant_for: ClassVar[str] = (
        "apical synapses of L5 and L2/3 pyramids, whose dendrite shall predict the soma; not basal ones, which would read the "
        "apical potential"
    )
    reads: ClassVar[tuple[str, ...]] = ("spike", "v_dendrite")
    sets: ClassVar[dict[str, tuple[dict[str, Any], str]]] = {
        "nest": (dict(phi_max=0.15, k=0.5, beta=1 / 3, theta=-55.0, g_D=600.0, g_L=30.0, E_L=-70.0, tau_L=10.0, tau_s=3.0),
                 f"{_NEST}; its h has a further factor, which eta takes here"),
    }  # fmt: skip

    eta: float = quantity(0.05, "1", least=0, role="rate", doc="learning rate (mV)", source="assumption")
    phi_max: float = quantity(0.15, "1/ms", above=0, doc="highest rate", source=_NEST)
    k: float = quantity(0.5, "1", above=0, doc="shape of the rate function", source=_NEST)
    beta: float = quantity(1 / 3, "1/mV", above=0, doc="steepness of the rate function", source=_NEST)
    theta: float = quantity(-55.0, "mV", doc="threshold of the rate function", source=_NEST)
    g_D: float = quantity(600.0, "nS", least=0, doc="coupling of dendrite to soma", source=_NEST)
    g_L: float = quantity(30.0, "nS", above=0, doc="leak of the soma", source=_NEST)
    E_L: float = quantity(-70.0, "mV", doc="resting potential", source=_NEST)
    tau_L: float = quantity(10.0, "ms", above=0, doc="decay of the postsynaptic potential (C / g_L)", source=_NEST)
    tau_s: float = quantity(3.0, "ms", above=0, doc="its rise (the synaptic current)", source=_NEST)

    def validate(self) -> None:
        if self.tau_s >= self.tau_L:
            raise self.error("tau_s", f"is {self.tau_s:g} ms; must be below tau_L ({self.tau_L:g} ms)")

    def terms(self) -> tuple[Term, ...]:
        return Integral(Trace(self.tau_L)), Integral(Trace(self.tau_s))

    def constants(self, dt: float) -> dict[str, float]:
        total = self.g_L + self.g_D
        return super().constants(dt) | dict(
            offset=self.g_L * self.E_L / total, share=self.g_D / total, phi_dt=self.phi_max * dt
        )

    @staticmethod
    def step(c: SimpleNamespace, s: dict[str, Array], post: SimpleNamespace) -> tuple[dict[str, Array], tuple[Array, ...]]:
        predicted = c.offset + c.share * post.v_dendrite
        # at most e^80: finite in float32, and far beyond where the rate is zero
        low = c.k * jnp.exp(jnp.minimum(c.beta * (c.theta - predicted), 80.0))
        error = post.spike - c.phi_dt / (1.0 + low)
        change = c.eta * error * c.beta * (low / (1.0 + low))
        return {}, (change, -change)
