"""Triplet STDP."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, ClassVar

import jax.numpy as jnp

from isocortex.describe import choice, quantity
from isocortex.plasticity.rule import UNSCALED, Array, Integral, Jump, Rule, Term, Trace

_PAPER = "Pfister & Gerstner 2006, doi:10.1523/JNEUROSCI.1425-06.2006"
_NEST = f"{_PAPER}; as in NEST's stdp_triplet_synapse"
_AGAIN = f"{_PAPER}; as in independent re-implementations"
_MEMORY = f"{_PAPER} (from memory)"


def _set(
    A2_plus: float, A3_plus: float, A2_minus: float, A3_minus: float, tau_x: float, tau_y: float, pairing: str
) -> dict[str, Any]:
    """One row of the paper's tables 3 and 4."""
    return dict(locals(), tau_plus=16.8, tau_minus=33.7)


class TripletSTDP(Rule):
    r"""Triplet spike-timing-dependent plasticity (Pfister and Gerstner 2006).

    .. math::
        \Delta w &= \eta\, r_1 (A_2^+ + A_3^+ o_2) \quad\text{at a post spike} \\
        \Delta w &= -\eta\, o_1 (A_2^- + A_3^- r_2) \quad\text{at a pre spike}

    r1 (tau_plus), r2 (tau_x) are traces of the presynaptic, o1 (tau_minus), o2 (tau_y) of the postsynaptic spikes; r2 and o2
    are read before the spike that reads them. ``pairing="nearest"``: all four saturate at 1. Amplitudes are fractions of the
    reference weight. Limit: A3_plus = A3_minus = 0 is pair STDP; under Poisson firing the minimal sets (A2_plus = A3_minus =
    0) are a BCM rule. The defaults are the minimal all-to-all set of visual cortex.

    The visual-cortex sets were fitted to 60 pairs in one train; on the real protocol (15 trains of 5 pairs) they give too
    little potentiation at 40 to 50 Hz, for which there is ``visual_trains``.
    """

    name: ClassVar[str] = "triplet"
    equation: ClassVar[str] = "dw = eta r1 (A2_plus + A3_plus o2) (post spike) - eta o1 (A2_minus + A3_minus r2) (pre spike)"
    reference: ClassVar[str] = _PAPER
    meant_for: ClassVar[str] = (
        "excitatory synapses between pyramidal cells, where the sign depends on rate as well as on order (L5, L2/3)"
    )
    state: ClassVar[tuple[str, ...]] = ("o1", "o2")
    sets: ClassVar[dict[str, tuple[dict[str, Any], str]]] = {
        "visual_all_full": (_set(5e-10, 6.2e-3, 7e-3, 2.3e-4, 101.0, 125.0, "all"), _NEST),
        "visual_all_minimal": (_set(0.0, 6.5e-3, 7.1e-3, 0.0, 101.0, 114.0, "all"), _AGAIN),
        "visual_nearest_full": (_set(8.8e-11, 5.3e-2, 6.6e-3, 3.1e-3, 714.0, 40.0, "nearest"), _MEMORY),
        "visual_nearest_minimal": (_set(0.0, 5.0e-2, 8.0e-3, 0.0, 714.0, 40.0, "nearest"), _AGAIN),
        "hippocampus_all_full": (_set(6.1e-3, 6.7e-3, 1.6e-3, 1.4e-3, 946.0, 27.0, "all"), _AGAIN),
        "hippocampus_all_minimal": (_set(5.3e-3, 8.0e-3, 3.5e-3, 0.0, 946.0, 40.0, "all"), _MEMORY),
        "hippocampus_nearest_full": (_set(4.6e-3, 9.1e-3, 3.0e-3, 7.5e-9, 575.0, 47.0, "nearest"), _MEMORY),
        "hippocampus_nearest_minimal": (_set(4.6e-3, 9.1e-3, 3.0e-3, 0.0, 575.0, 48.0, "nearest"), _MEMORY),
        "visual_trains": (
            _set(0.0, 1.3e-2, 7.1e-3, 0.0, 101.0, 114.0, "all"),
            "own: visual_all_minimal with twice A3_plus, for the real protocol of Sjostrom et al. 2001 (15 trains of 5 pairs)",
        ),
        "zenke2015": (
            dict(
                A2_plus=0.0,
                A3_plus=1e-3,
                A2_minus=1e-3,
                A3_minus=0.0,
                tau_plus=20.0,
                tau_minus=20.0,
                tau_y=100.0,
                pairing="all",
            ),
            "Zenke, Agnes & Gerstner 2015, doi:10.1038/ncomms7922; their code. Stack heterosynaptic, too",
        ),
    }

    eta: float = quantity(1.0, "1", least=0, role="rate", doc="learning rate", source=UNSCALED)
    A2_plus: float = quantity(0.0, "1", doc="potentiation a pair", source=_PAPER)
    A3_plus: float = quantity(6.5e-3, "1", doc="potentiation a triplet (post-pre-post)", source=_PAPER)
    A2_minus: float = quantity(7.1e-3, "1", doc="depression a pair", source=_PAPER)
    A3_minus: float = quantity(0.0, "1", doc="depression a triplet (pre-post-pre)", source=_PAPER)
    tau_plus: float = quantity(16.8, "ms", above=0, doc="window of potentiation", source="Bi & Poo 2001, fixed in the fits")
    tau_minus: float = quantity(33.7, "ms", above=0, doc="window of depression", source="Bi & Poo 2001, fixed in the fits")
    tau_x: float = quantity(101.0, "ms", above=0, doc="slow presynaptic trace; acts where A3_minus is not 0", source=_PAPER)
    tau_y: float = quantity(114.0, "ms", above=0, doc="slow postsynaptic trace", source=_PAPER)
    pairing: str = choice("all", ("all", "nearest"), doc="which earlier spikes a spike pairs with")

    def terms(self) -> tuple[Term, ...]:
        """The third term stands only where A3_minus is not 0, so that the minimal rule costs what pair STDP costs."""
        terms: tuple[Term, ...] = (Integral(Trace(self.tau_plus, self.pairing)), Jump())
        return (*terms, Jump(Trace(self.tau_x, self.pairing))) if self.A3_minus else terms

    def constants(self, dt: float) -> dict[str, float]:
        c = super().constants(dt) | dict(accumulate=float(self.pairing == "all"))
        if not self.A3_minus:
            del c["A3_minus"]  # how `step` knows that there are two terms
        return c

    @staticmethod
    def step(c: SimpleNamespace, s: dict[str, Array], post: SimpleNamespace) -> tuple[dict[str, Array], tuple[Array, ...]]:
        o1, o2 = s["o1"] * c.decay_minus, s["o2"] * c.decay_y
        values = c.eta * (c.A2_plus + c.A3_plus * o2) * post.spike, -c.eta * c.A2_minus * o1
        if hasattr(c, "A3_minus"):
            values += (-c.eta * c.A3_minus * o1,)  # type: ignore[assignment]
        after = {name: jnp.where(post.spike > 0, o * c.accumulate + 1.0, o) for name, o in (("o1", o1), ("o2", o2))}
        return after, values
