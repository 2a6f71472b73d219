"""Pair-based STDP."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, ClassVar

import jax.numpy as jnp

from isocortex.describe import choice, quantity
from isocortex.plasticity.rule import UNSCALED, Array, Integral, Jump, Rule, Term, Trace

_SONG = "Song, Miller & Abbott 2000 (from memory)"


class PairSTDP(Rule):
    r"""Pair-based spike-timing-dependent plasticity.

    .. math:: \Delta w = \eta A_+ x \text{ at a post spike}, \qquad \Delta w = -\eta A_- y \text{ at a pre spike}

    with traces x (pre, tau_plus) and y (post, tau_minus). ``pairing="all"`` sums over all pairs, ``"nearest"`` keeps the
    last spike only (both traces saturate at 1). Amplitudes are fractions of the reference weight.
    Limit: the triplet rule with A3 = 0.
    """

    name: ClassVar[str] = "pair_stdp"
    equation: ClassVar[str] = "dw = eta A_plus x (post spike) - eta A_minus y (pre spike)"
    reference: ClassVar[str] = "Bi & Poo 1998, doi:10.1523/JNEUROSCI.18-24-10464.1998; Song, Miller & Abbott 2000"
    meant_for: ClassVar[str] = "excitatory synapses at low rates, where the order of spikes alone matters (L4 onto L2/3)"
    state: ClassVar[tuple[str, ...]] = ("y",)
    sets: ClassVar[dict[str, tuple[dict[str, Any], str]]] = {
        "song2000": (dict(A_plus=0.005, A_minus=0.00525, tau_plus=20.0, tau_minus=20.0),
                     "Song, Miller & Abbott 2000, doi:10.1038/78829: A_minus / A_plus = 1.05 (from memory)"),
    }  # fmt: skip

    eta: float = quantity(1.0, "1", least=0, role="rate", doc="learning rate", source=UNSCALED)
    A_plus: float = quantity(0.005, "1", doc="potentiation a pair", source=_SONG)
    A_minus: float = quantity(0.00525, "1", doc="depression a pair", source=_SONG)
    tau_plus: float = quantity(20.0, "ms", above=0, doc="window of potentiation", source=_SONG)
    tau_minus: float = quantity(20.0, "ms", above=0, doc="window of depression", source=_SONG)
    pairing: str = choice("all", ("all", "nearest"), doc="which earlier spikes a spike pairs with")

    def terms(self) -> tuple[Term, ...]:
        return Integral(Trace(self.tau_plus, self.pairing)), Jump()

    def constants(self, dt: float) -> dict[str, float]:
        return super().constants(dt) | dict(accumulate=float(self.pairing == "all"))

    @staticmethod
    def step(c: SimpleNamespace, s: dict[str, Array], post: SimpleNamespace) -> tuple[dict[str, Array], tuple[Array, ...]]:
        y = s["y"] * c.decay_minus
        after = jnp.where(post.spike > 0, y * c.accumulate + 1.0, y)
        return dict(y=after), (c.eta * c.A_plus * post.spike, -c.eta * c.A_minus * y)
