"""The terms that keep Hebbian plasticity in bounds at once: heterosynaptic and transmitter-induced."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, ClassVar

from isocortex.describe import choice, quantity
from isocortex.plasticity.rule import Array, Jump, Leak, Rule, Term
from isocortex.plasticity.rules.lowpass import like

_PAPER = "Zenke, Agnes & Gerstner 2015, doi:10.1038/ncomms7922"
_CODE = "Zenke, Agnes & Gerstner 2015 (fzenke/pub2015orchestrated)"


class Heterosynaptic(Rule):
    r"""Heterosynaptic plasticity by postsynaptic bursts (Zenke, Agnes and Gerstner 2015).

    .. math:: \dot w = -\beta\, (w - \tilde w)\, z_-^3\, S_{post}

    z is a trace (tau_minus) of the postsynaptic spikes, read before the spike. All synapses of a cell that fires in bursts
    move towards their reference w~: the slow weight of a `consolidation` part (``towards="w_slow"``, which needs a part with
    that variable in the stack) or 0. The pulse is integrated, w - w~ shrinks by exp(-beta z^3), so that it never overshoots
    however fast the burst. Limit: beta = 0, or isolated spikes, change nothing.
    """

    kind: ClassVar[str] = "homeostasis"
    name: ClassVar[str] = "heterosynaptic"
    equation: ClassVar[str] = "dw/dt = -beta (w - w_slow) z^3 S_post"
    reference: ClassVar[str] = _PAPER
    meant_for: ClassVar[str] = "excitatory synapses with triplet STDP and consolidation: stability against bursts"
    state: ClassVar[tuple[str, ...]] = ("z",)
    sets: ClassVar[dict[str, tuple[dict[str, Any], str]]] = {
        "zenke2015": (dict(beta=0.05, tau_minus=20.0, towards="w_slow"), f"{_CODE}: beta 0.05 to 0.1"),
    }

    beta: float = quantity(0.05, "1", least=0, role="rate", doc="strength", source=_CODE)
    tau_minus: float = quantity(20.0, "ms", above=0, doc="trace of the postsynaptic spikes", source=_CODE)
    towards: str = choice("w_slow", ("w_slow", "zero"), doc="the reference weight")

    def terms(self) -> tuple[Term, ...]:
        return (Leak("w_slow" if self.towards == "w_slow" else ""),)

    @staticmethod
    def step(c: SimpleNamespace, s: dict[str, Array], post: SimpleNamespace) -> tuple[dict[str, Array], tuple[Array, ...]]:
        z = s["z"] * c.decay_minus
        return dict(z=z + post.spike), (c.beta * z * z * z * post.spike,)


class TransmitterInduced(Rule):
    r"""Transmitter-induced potentiation: each presynaptic spike adds a little (Zenke, Agnes and Gerstner 2015).

    .. math:: \Delta w = \delta \quad\text{at a pre spike}

    It brings synapses onto silent cells back. Fractions of the reference weight. Limit: delta = 0 is nothing.
    """

    kind: ClassVar[str] = "homeostasis"
    name: ClassVar[str] = "transmitter_induced"
    equation: ClassVar[str] = "dw = delta (pre spike)"
    reference: ClassVar[str] = _PAPER
    meant_for: ClassVar[str] = "excitatory synapses with triplet STDP: keeps silent cells reachable"
    sets: ClassVar[dict[str, tuple[dict[str, Any], str]]] = {
        "zenke2015": (dict(delta=2e-5), f"{_CODE}: 0.02 of the amplitude of the triplet term, 1e-3"),
    }

    delta: float = quantity(2e-5, "1", least=0, role="rate", doc="potentiation a presynaptic spike", source=_CODE)

    def terms(self) -> tuple[Term, ...]:
        return (Jump(),)

    @staticmethod
    def step(c: SimpleNamespace, s: dict[str, Array], post: SimpleNamespace) -> tuple[dict[str, Array], tuple[Array, ...]]:
        return {}, (like(c.delta, post.spike),)
