"""Pair-based STDP in which each spike suppresses the ones that follow it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, ClassVar

import jax.numpy as jnp

from isocortex.describe import quantity
from isocortex.plasticity.rule import UNSCALED, Array, Integral, Jump, Rule, Term, Trace

_PAPER = "Froemke & Dan 2002, doi:10.1038/416433a"
_CODE = f"{_PAPER}; as in UWB-Biocomputing/Graphitti (AllSTDPSynapses.cpp)"


class Suppression(Rule):
    r"""The suppression model of Froemke and Dan (2002): the first spike of a train counts most.

    .. math::
        \Delta w &= \eta A_+ \epsilon_{post}\, x \quad\text{at a post spike}, \qquad
        \Delta w = -\eta A_- \epsilon_{pre}\, y \quad\text{at a pre spike} \\
        \epsilon &= 1 - e^{-(t - t_{before}) / \tau_s}

    epsilon is the efficacy of a spike, from the time since the last spike of the same cell (tau_pre, tau_post for tau_s; 1 for
    the first spike). The traces x (tau_plus) and y (tau_minus) grow by the efficacies. Post-pre-post then depresses and
    pre-post-pre potentiates, against what pairs summed or triplets give. Amplitudes are fractions of the reference weight.
    Separable: the efficacy of a presynaptic spike is 1 less a trace that is 1 at the last spike and decays with tau_pre.
    With soft bounds the two parts of a depression meet them one after the other.
    Limit: pair STDP over all pairs where tau_pre and tau_post are short against all intervals.
    """

    name: ClassVar[str] = "suppression"
    equation: ClassVar[str] = (
        "dw = eta A_plus e_post x (post spike) - eta A_minus e_pre y (pre spike), e = 1 - exp(-(time since the last) / tau_s)"
    )
    reference: ClassVar[str] = _PAPER
    meant_for: ClassVar[str] = "afferents of layer 2/3, where the first spike of a train dominates"
    state: ClassVar[tuple[str, ...]] = ("y", "s")
    sets: ClassVar[dict[str, tuple[dict[str, Any], str]]] = {
        "froemke_dan2002": (
            dict(A_plus=1.01 / 60, A_minus=0.52 / 60, tau_plus=14.8, tau_minus=33.8, tau_pre=34.0, tau_post=75.0),
            f"{_CODE}; the amplitudes there are of a whole pairing, here of one of its 60 pairs",
        ),
    }

    eta: float = quantity(1.0, "1", least=0, role="rate", doc="learning rate", source=UNSCALED)
    A_plus: float = quantity(0.0168, "1", doc="potentiation a pair", source=_CODE)
    A_minus: float = quantity(0.00867, "1", doc="depression a pair", source=_CODE)
    tau_plus: float = quantity(14.8, "ms", above=0, doc="window of potentiation", source=_CODE)
    tau_minus: float = quantity(33.8, "ms", above=0, doc="window of depression", source=_CODE)
    tau_pre: float = quantity(34.0, "ms", above=0, doc="recovery of presynaptic efficacy", source=_CODE)
    tau_post: float = quantity(75.0, "ms", above=0, doc="recovery of postsynaptic efficacy", source=_CODE)

    def terms(self) -> tuple[Term, ...]:
        return Integral(Trace(self.tau_plus, "suppressed", self.tau_pre)), Jump(), Jump(Trace(self.tau_pre, "nearest"))

    @staticmethod
    def step(c: SimpleNamespace, s: dict[str, Array], post: SimpleNamespace) -> tuple[dict[str, Array], tuple[Array, ...]]:
        y, suppressed = s["y"] * c.decay_minus, s["s"] * c.decay_post
        efficacy = (1.0 - suppressed) * post.spike
        values = c.eta * c.A_plus * efficacy, -c.eta * c.A_minus * y, c.eta * c.A_minus * y
        return dict(y=y + efficacy, s=jnp.where(post.spike > 0, 1.0, suppressed)), values
