"""Four branches of induction, with a threshold on the burst and one on the postsynaptic trace."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any, ClassVar

import jax.numpy as jnp

from isocortex.describe import quantity
from isocortex.plasticity.rule import Array, Integral, Jump, Rule, Term, Trace

_OWN = "fitted to slice data (isocortex invitro fit)"


class Branches(Rule):
    r"""Potentiation and depression as four branches, each of which a drug can block.

    .. math::
        \dot w &= x\, \left[ (A_{pair} - D_{post})\, S_{post} + P \right], \qquad
                  \tau_c \dot P = -P + A_{burst}\, o^{p}\, S_{post} \\
        \Delta w &= -D_{pre}\, H(y) - D_{alone}\, x_a \quad\text{at a pre spike}, \qquad
        H(y) = \frac{(1 + K^h)\, y^h}{K^h + y^h}

    x (tau_plus) and x_a (tau_alone) are traces of the presynaptic, o (tau_o) and y (tau_y) of the postsynaptic spikes, all read
    before the spike. A_pair and A_burst potentiate when the presynaptic spike comes first: NMDA receptors, the second only
    where a burst goes before (o > 0). D_post depresses in the same order: calcium channels and mGluR after the glutamate.
    D_pre depresses when the postsynaptic spike came first: endocannabinoids. H is 1 at y = 1; with a large K it is linear, with
    a steep one (h) the depression does not depend on the interval until it ends. D_alone depresses by presynaptic trains alone.
    With tau_c the depolarisation of a burst outlasts it, so that a presynaptic spike shortly afterwards still meets it.
    Amplitudes are fractions of the reference weight. A sum of separable terms, as Ebner et al. 2019 have four
    pathways of potentiation and depression on either side.

    Limits, with tau_c well below the step: A_burst = D_post = D_alone = 0 and a large K is pair STDP; with A_burst and p = 1 it
    is the triplet rule of Pfister and Gerstner (2006) with A3_minus = 0.
    """

    name: ClassVar[str] = "branches"
    equation: ClassVar[str] = (
        "dw/dt = x ((A_pair - D_post) S_post + P), tau_c dP/dt = -P + A_burst o^p S_post; "
        "dw = -D_pre H(y) - D_alone x_a (pre spike)"
    )
    reference: ClassVar[str] = (
        "own; after Pfister & Gerstner 2006, doi:10.1523/JNEUROSCI.1425-06.2006, and Ebner et al. 2019, "
        "doi:10.1016/j.celrep.2019.11.068"
    )
    meant_for: ClassVar[str] = "pathways whose slice data a window alone does not explain; one set a pathway"
    state: ClassVar[tuple[str, ...]] = ("o", "y", "P")

    eta: float = quantity(1.0, "1", least=0, role="rate", doc="learning rate")
    A_pair: float = quantity(0.0, "1", least=0, doc="potentiation a pair", source=_OWN)
    A_burst: float = quantity(0.01, "1", least=0, doc="potentiation by a spike within a burst", source=_OWN)
    D_post: float = quantity(0.0, "1", least=0, doc="depression at a postsynaptic spike", source=_OWN)
    D_pre: float = quantity(0.01, "1", least=0, doc="depression at a presynaptic spike", source=_OWN)
    D_alone: float = quantity(0.0, "1", least=0, doc="depression by presynaptic trains alone", source=_OWN)
    power: float = quantity(1.0, "1", above=0, doc="exponent p of the burst trace", source=_OWN)
    tau_plus: float = quantity(16.8, "ms", above=0, doc="presynaptic trace", source="Bi & Poo 2001")
    tau_o: float = quantity(114.0, "ms", above=0, doc="burst trace", source="Pfister & Gerstner 2006")
    tau_y: float = quantity(33.7, "ms", above=0, doc="postsynaptic trace of depression", source="Bi & Poo 2001")
    tau_c: float = quantity(0.01, "ms", above=0, doc="how long the depolarisation of a burst outlasts it", source=_OWN)
    tau_alone: float = quantity(50.0, "ms", above=0, doc="presynaptic trace of D_alone", source="assumption")
    K: float = quantity(1e3, "1", above=0, doc="half of H", source=_OWN)
    h: float = quantity(1.0, "1", above=0, doc="steepness of H", source=_OWN)

    def terms(self) -> tuple[Term, ...]:
        """The last two stand only where D_post and D_alone are not 0.

        Depression at postsynaptic spikes has a presynaptic trace of its own, though an equal one: else it and the potentiation
        would be summed before they meet the soft bounds.
        """
        terms: tuple[Term, ...] = (Integral(Trace(self.tau_plus)), Jump())
        if self.D_post:
            terms += (Integral(Trace(self.tau_plus, window=1.0)),)
        return (*terms, Jump(Trace(self.tau_alone))) if self.D_alone else terms

    def constants(self, dt: float) -> dict[str, float]:
        decay_c = math.exp(-dt / self.tau_c)
        c = dict(
            decay_o=math.exp(-dt / self.tau_o), decay_y=math.exp(-dt / self.tau_y), decay_c=decay_c, power=self.power, h=self.h,
            pair=self.eta * self.A_pair, burst=self.eta * (1 - decay_c) * self.A_burst, K_h=self.K**self.h,
            pre=-self.eta * self.D_pre * (1 + self.K**self.h),
        )  # fmt: skip
        present = {name: -self.eta * value for name, value in (("post", self.D_post), ("alone", self.D_alone)) if value}
        return c | present  # what is there tells `step` how many terms there are

    @staticmethod
    def step(c: SimpleNamespace, s: dict[str, Array], post: SimpleNamespace) -> tuple[dict[str, Array], tuple[Array, ...]]:
        o, y = s["o"] * c.decay_o, s["y"] * c.decay_y
        lasting = s["P"] * c.decay_c + post.spike * c.burst * _power(o, c.power)
        high = _power(y, c.h)
        values: tuple[Any, ...] = (lasting + c.pair * post.spike, c.pre * high / (c.K_h + high))
        if hasattr(c, "post"):
            values += (c.post * post.spike,)
        if hasattr(c, "alone"):
            values += (c.alone + jnp.zeros_like(y),)
        return dict(o=o + post.spike, y=y + post.spike, P=lasting), values


def _power(x: Array, exponent: Array | float) -> Array:
    """x^exponent for x >= 0, 0 at 0."""
    return jnp.where(x > 1e-30, jnp.exp(exponent * jnp.log(jnp.maximum(x, 1e-30))), 0.0)
