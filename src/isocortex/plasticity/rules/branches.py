"""Branches of induction that drugs can block, with a threshold on the burst and one on the postsynaptic trace."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import ClassVar

import jax.numpy as jnp

from isocortex.describe import choice, quantity
from isocortex.plasticity.rule import UNSCALED, Array, Integral, Jump, Rule, Term, Trace

_OWN = "assumption; each pathway has its own, fitted to slice data (isocortex invitro fit)"


class Branches(Rule):
    r"""Potentiation and depression as branches, each of which a drug can block.

    .. math::
        \dot w &= x\, \left[ P - (D_{post} + D_{burst}\, o^p)\, S_{post} \right] - \frac{D_{joint}}{\tau_j}\, x_j\, H(z), \qquad
                  \tau_c \dot P = -P + (A_{pair} + A_{burst}\, o^p)\, S_{post} \\
        \Delta w &= -D_{pre}\, H(y) - D_{alone}\, x_a \quad\text{at a pre spike}, \qquad
        H(y) = \frac{(1 + K^h)\, y^h}{K^h + y^h}

    x (tau_plus) and x_a (tau_alone) are traces of the presynaptic, o (tau_o) and y (tau_y) of the postsynaptic spikes, all read
    before the spike, which adds 1, to y `calcium`. A_pair and A_burst potentiate when the presynaptic spike comes first: NMDA
    receptors, the second only where a burst goes before (o > 0). With ``pairing="nearest"`` x saturates at 1, as receptors that
    the last release has filled. With tau_c the depolarisation outlasts the spike, so that a presynaptic spike shortly
    afterwards still meets it.
    D_post and D_burst depress in the same order: calcium channels and mGluR after the glutamate; D_burst only within a burst.
    D_pre depresses when the postsynaptic spike came first: endocannabinoids. H is 1 at y = 1; with a large K it is linear, with
    a steep one (h) the depression does not depend on the interval until it ends. D_joint depresses for as long as the traces
    x_j and z of both sides (tau_joint; x_j is 1 and z is `calcium` at their last spike) last together, in either order: mGluR
    and calcium. `calcium` is what a blocker of channels leaves of the calcium of a postsynaptic spike, 1 without one; the
    branches that do not go by H know nothing of it.
    D_alone depresses by presynaptic trains alone. Amplitudes are fractions of the reference weight. A sum of separable terms,
    as Ebner et al. 2019 have four pathways of potentiation and depression on either side; that depression counts the time
    spent above a threshold is Graupner and Brunel's (2012).

    Limits, with tau_c well below the step: A_burst = D_post = D_burst = D_joint = D_alone = 0 and a large K is pair STDP; with
    A_burst and p = 1 it is the triplet rule of Pfister and Gerstner (2006) with A3_minus = 0.
    """

    name: ClassVar[str] = "branches"
    equation: ClassVar[str] = (
        "dw/dt = x (P - (D_post + D_burst o^p) S_post) - D_joint x_j H(z) / tau_joint, "
        "tau_c dP/dt = -P + (A_pair + A_burst o^p) S_post; dw = -D_pre H(y) - D_alone x_a (pre spike)"
    )
    reference: ClassVar[str] = (
        "own; after Pfister & Gerstner 2006, doi:10.1523/JNEUROSCI.1425-06.2006, Graupner & Brunel 2012, "
        "doi:10.1073/pnas.1109359109, and Ebner et al. 2019, doi:10.1016/j.celrep.2019.11.068"
    )
    meant_for: ClassVar[str] = "pathways whose slice data a window alone does not explain; one set a pathway"
    state: ClassVar[tuple[str, ...]] = ("o", "y", "z", "P")

    eta: float = quantity(1.0, "1", least=0, role="rate", doc="learning rate", source=UNSCALED)
    A_pair: float = quantity(0.0, "1", least=0, doc="potentiation a pair", source=_OWN)
    A_burst: float = quantity(0.01, "1", least=0, doc="potentiation by a spike within a burst", source=_OWN)
    D_post: float = quantity(0.0, "1", least=0, doc="depression at a postsynaptic spike", source=_OWN)
    D_burst: float = quantity(0.0, "1", least=0, doc="depression at a postsynaptic spike within a burst", source=_OWN)
    D_joint: float = quantity(0.0, "1", least=0, doc="depression while both traces last", source=_OWN)
    D_pre: float = quantity(0.01, "1", least=0, doc="depression at a presynaptic spike", source=_OWN)
    D_alone: float = quantity(0.0, "1", least=0, doc="depression by presynaptic trains alone", source=_OWN)
    power: float = quantity(1.0, "1", above=0, doc="exponent p of the burst trace", source=_OWN)
    tau_plus: float = quantity(16.8, "ms", above=0, doc="presynaptic trace", source="Bi & Poo 2001")
    tau_o: float = quantity(114.0, "ms", above=0, doc="burst trace", source="Pfister & Gerstner 2006")
    tau_y: float = quantity(33.7, "ms", above=0, doc="postsynaptic trace of depression", source="Bi & Poo 2001")
    tau_c: float = quantity(0.01, "ms", above=0, doc="how long the depolarisation outlasts the spike", source=_OWN)
    tau_joint: float = quantity(40.0, "ms", above=0, doc="traces of D_joint", source=_OWN)
    tau_alone: float = quantity(50.0, "ms", above=0, doc="presynaptic trace of D_alone", source="assumption")
    calcium: float = quantity(
        1.0, "1", least=0, doc="calcium of a postsynaptic spike; less under blockers of its channels",
        source="convention: 1 is no blocker",
    )  # fmt: skip
    K: float = quantity(1e3, "1", above=0, doc="half of H", source=_OWN)
    h: float = quantity(1.0, "1", above=0, doc="steepness of H", source=_OWN)
    pairing: str = choice("all", ("all", "nearest"), doc="which earlier spikes a spike pairs with")

    @property
    def _potentiates(self) -> bool:
        return bool(self.A_pair or self.A_burst)

    @property
    def _jumps(self) -> bool:
        """A rule whose every branch is blocked still has this one."""
        others = (self._potentiates, self.D_joint, self.D_post, self.D_burst, self.D_alone)
        return bool(self.D_pre) or not any(others)

    def terms(self) -> tuple[Term, ...]:
        """Those of the branches that are not 0.

        Each depression has a presynaptic trace of its own, even an equal one: else it and the potentiation would be summed
        before they meet the soft bounds.
        """
        terms: tuple[Term, ...] = ()
        if self._potentiates:
            terms += (Integral(Trace(self.tau_plus, self.pairing)),)
        if self.D_joint:
            terms += (Integral(Trace(self.tau_joint, "nearest", window=2.0)),)
        if self._jumps:
            terms += (Jump(),)
        if self.D_post or self.D_burst:
            terms += (Integral(Trace(self.tau_plus, self.pairing, window=1.0)),)
        return (*terms, Jump(Trace(self.tau_alone))) if self.D_alone else terms

    def times(self) -> tuple[float, ...]:
        """Those of the branches that are there."""
        used = {
            "tau_plus": self._potentiates or self.D_post or self.D_burst, "tau_c": self._potentiates,
            "tau_o": self.A_burst or self.D_burst, "tau_y": self._jumps, "tau_joint": self.D_joint, "tau_alone": self.D_alone,
        }  # fmt: skip
        return tuple(float(getattr(self, name)) for name, on in used.items() if on)

    def constants(self, dt: float) -> dict[str, float]:
        """Of the branches that are there; what is there tells `step` what to advance."""
        c: dict[str, float] = {}
        if self.A_burst or self.D_burst:
            c |= dict(decay_o=math.exp(-dt / self.tau_o)) | _exponent("power", self.power)
        if self._potentiates:
            decay_c = math.exp(-dt / self.tau_c)
            c |= dict(decay_c=decay_c, pair=self.eta * (1 - decay_c) * self.A_pair)
            c |= dict(burst=self.eta * (1 - decay_c) * self.A_burst) if self.A_burst else {}
        if self.D_joint or self._jumps:
            c |= dict(K_h=self.K**self.h, scale_h=1 + self.K**self.h) | _exponent("h", self.h)
            c |= dict(calcium=self.calcium) if self.calcium != 1 else {}
        if self.D_joint:
            c |= dict(decay_z=math.exp(-dt / self.tau_joint), joint=-self.eta * self.D_joint * dt / self.tau_joint)
        if self._jumps:
            c |= dict(decay_y=math.exp(-dt / self.tau_y), pre=-self.eta * self.D_pre)
        if self.D_post or self.D_burst:
            c |= dict(post=-self.eta * self.D_post)
            c |= dict(post_burst=-self.eta * self.D_burst) if self.D_burst else {}
        return c | dict(alone=-self.eta * self.D_alone) if self.D_alone else c

    @staticmethod
    def step(c: SimpleNamespace, s: dict[str, Array], post: SimpleNamespace) -> tuple[dict[str, Array], tuple[Array, ...]]:
        new, values, bursts, calcium = dict(s), list[Array](), jnp.float32(0), getattr(c, "calcium", 1.0)
        if hasattr(c, "decay_o"):
            o = s["o"] * c.decay_o
            bursts, new["o"] = _power(c, "power", o), o + post.spike
        if hasattr(c, "decay_c"):
            new["P"] = s["P"] * c.decay_c + post.spike * (c.pair + (c.burst * bursts if hasattr(c, "burst") else 0.0))
            values.append(new["P"])
        if hasattr(c, "joint"):
            z = s["z"] * c.decay_z
            new["z"] = jnp.where(post.spike > 0, calcium, z)
            values.append(c.joint * _high(c, z))
        if hasattr(c, "pre"):
            y = s["y"] * c.decay_y
            new["y"] = y + calcium * post.spike
            values.append(c.pre * _high(c, y))
        if hasattr(c, "post"):
            values.append((c.post + (c.post_burst * bursts if hasattr(c, "post_burst") else 0.0)) * post.spike)
        if hasattr(c, "alone"):
            values.append(c.alone + jnp.zeros_like(s["y"]))
        return new, tuple(values)


def _high(c: SimpleNamespace, y: Array) -> Array:
    """H(y)."""
    raised = _power(c, "h", y)
    return c.scale_h * raised / (c.K_h + raised)


_BITS = (1, 2, 4, 8)


def _exponent(name: str, value: float) -> dict[str, float]:
    """An exponent as it is, or, where it is a small whole number, by its bits: then products do, which are much quicker."""
    if value != int(value) or value >= 2 * _BITS[-1]:
        return {name: value}
    return {f"{name}_{bit}": float(bool(int(value) & bit)) for bit in _BITS}


def _power(c: SimpleNamespace, name: str, x: Array) -> Array:
    """x to the power of the constant `name`, for x >= 0; 0 at 0."""
    if hasattr(c, name):
        return jnp.where(x > 1e-30, jnp.exp(getattr(c, name) * jnp.log(jnp.maximum(x, 1e-30))), 0.0)
    out: Array | float = 1.0
    for bit in _BITS:
        out = out * jnp.where(getattr(c, f"{name}_{bit}") > 0, x, 1.0)
        x = x * x
    return jnp.asarray(out)
