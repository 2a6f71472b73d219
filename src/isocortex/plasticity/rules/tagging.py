"""Synaptic tagging and capture: a change lasts where the cell makes proteins while the synapse is tagged."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import ClassVar

import jax.numpy as jnp

from isocortex.describe import choice, quantity
from isocortex.plasticity.rule import MODULATORS, Array, SlowPart
from isocortex.plasticity.rules.eligibility import chosen, level
from isocortex.plasticity.rules.lowpass import loss

_CLOPATH = "Clopath et al. 2008 (ModelDB 118199)"


class TagAndCapture(SlowPart):
    r"""A slow weight follows the weight where the synapse is tagged, as fast as its cell has proteins.

    .. math::
        \tau_c \dot{\tilde w} = p\,\big[|T| > \theta_{tag}\big]\,(w - \tilde w), \qquad
        \dot p = \text{synthesis}\,\big[\langle|T|\rangle > \theta_p\big]\,\frac{1 - p}{\tau_{rise}} - \frac{p}{\tau_p},

    with the tag T = w - w~ + c, the early change and what was captured of it: dc/dt = dw~/dt - c / tau_tag, so that capture
    does not use the tag up. ``w_slow`` starts at the weight; `relaxation`, put after the part, pulls w to it: what is not
    captured decays, and with the tau of the tag both decay alike. The angle brackets are the mean over the cell's synapses
    that have this part, on all its pathways: a strong change of some makes the proteins that keep a weak one of others, before
    or after it, as long as tags and proteins last. A neuromodulator lowers the threshold, to theta_p [1 - gain (M - 1)]+.
    Weights are in units of the reference weight. Limits: without proteins (synthesis = 0, as under anisomycin) w~ stands still
    and all is forgotten; with p = 1 and theta_tag = 0 it is a low-pass of w.

    A tick takes tags and proteins as it begins with, and is exact where they are constant within it. ``protein`` is a number
    of the cell that each of its synapses holds.
    """

    name: ClassVar[str] = "tagging"
    equation: ClassVar[str] = (
        "T = w - w_slow + c, tau_c dw_slow/dt = p [|T| > theta_tag] (w - w_slow), dc/dt = dw_slow/dt - c / tau_tag, "
        "dp/dt = synthesis [mean |T| > theta_p] (1 - p) / tau_rise - p / tau_p"
    )
    reference: ClassVar[str] = (
        "own; after Frey & Morris 1997, doi:10.1038/385533a0; Clopath et al. 2008, doi:10.1371/journal.pcbi.1000248; "
        "Luboeinski & Tetzlaff 2021, doi:10.1038/s42003-021-01778-y"
    )
    meant_for: ClassVar[str] = (
        "excitatory synapses that keep what was strong or near something strong: deep layers, hippocampal CA1"
    )
    variables: ClassVar[dict[str, float | str]] = {"w_slow": "w", "captured": 0.0, "protein": 0.0}
    numbers: ClassVar[tuple[str, ...]] = ("protein",)
    pooled: ClassVar[tuple[str, ...]] = ("tags",)

    theta_tag: float = quantity(
        0.1, "1", least=0, doc="the least |T| that captures",
        source="assumption: a change of a half is tagged for 1.6 h; Frey & Morris 1997 found 1.5 to 3 h (from memory)",
    )  # fmt: skip
    theta_p: float = quantity(
        0.3, "1", least=0, doc="mean |T| from which on proteins are made", source=f"{_CLOPATH}: 60 tags of 200 synapses"
    )
    synthesis: float = quantity(1.0, "1", least=0, doc="of proteins; 0: blocked", source="convention")
    tau_tag: float = quantity(3.6e6, "ms", above=0, doc="decay of the tag (1 h)", source=_CLOPATH)
    tau_rise: float = quantity(360e3, "ms", above=0, doc="rise of the proteins (6 min)", source=_CLOPATH)
    tau_p: float = quantity(3.6e6, "ms", above=0, doc="decay of the proteins (1 h)", source=_CLOPATH)
    tau_c: float = quantity(360e3, "ms", above=0, doc="capture, at p = 1 (6 min)", source=f"{_CLOPATH}: of z")
    modulator: str = choice("DA", MODULATORS, doc="the neuromodulator that it listens to")
    gain: float = quantity(
        0.5, "1", least=0, doc="share of theta_p that M = 2 takes off",
        source="assumption; that neuromodulators set it: Lehr, Luboeinski & Tetzlaff 2022 (from memory)",
    )  # fmt: skip

    def constants(self, dt: float) -> dict[str, float]:
        """`most` is where the proteins settle while they are made, `up` and `down` what they take of the way in a tick."""
        up, down = self.synthesis / self.tau_rise, 1 / self.tau_p
        return chosen(self.modulator) | dict(
            theta_tag=self.theta_tag, theta_p=self.theta_p, gain=self.gain, share=dt / self.tau_c, fades=loss(self.tau_tag, dt),
            most=up / (up + down), up=-math.expm1(-dt * (up + down)), down=loss(self.tau_p, dt),
        )  # fmt: skip

    @staticmethod
    def pool(c: SimpleNamespace, syn: dict[str, Array]) -> dict[str, Array]:
        return dict(tags=jnp.abs(_tag(syn)))

    @staticmethod
    def tick(c: SimpleNamespace, syn: dict[str, Array], modulators: dict[str, Array]) -> dict[str, Array]:
        p, threshold = syn["protein"], c.theta_p * jnp.maximum(1.0 - c.gain * (level(c, modulators) - 1.0), 0.0)
        tagged = jnp.abs(_tag(syn)) > c.theta_tag
        captured = jnp.where(tagged, -jnp.expm1(-c.share * p) * (syn["w"] - syn["w_slow"]), 0.0)
        made = jnp.where(syn["tags"] > threshold, c.up * (c.most - p), -c.down * p)
        return dict(w_slow=syn["w_slow"] + captured, captured=syn["captured"] * (1.0 - c.fades) + captured, protein=p + made)


def _tag(syn: dict[str, Array]) -> Array:
    return syn["w"] - syn["w_slow"] + syn["captured"]
