"""Conversion: dopamine that comes minutes later turns a fresh depression into potentiation."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import ClassVar

import jax.numpy as jnp

from isocortex.describe import choice, quantity
from isocortex.plasticity.rule import MODULATORS, Array, SlowPart
from isocortex.plasticity.rules.eligibility import chosen, level
from isocortex.plasticity.rules.lowpass import loss

_FITTED = "fitted to Brzosko et al. 2015 (isocortex invitro fit ca1-dopamine)"


class Conversion(SlowPart):
    r"""A tag of recent depression, which a neuromodulator turns into an increase of the weight.

    .. math:: \tau_{tag} \dot T = -T + \tau_{tag} [-\dot w_{induced}]_+, \qquad \dot w = [M - 1]_+ (r_{back} + r_{more})\, T

    What was induced since the last tick is the difference to `w_seen`; of that only depression is tagged, and not what the
    part does itself. Two rates, since a part of it only takes depression back (r_back), and the other, which needs NMDA
    receptors, potentiates (r_more). Unlike `Eligibility` the depression is there at once, and is what a synapse keeps where no
    modulator comes. A tick takes the tag as it was at its beginning and the mean of M over it; what was depressed within the
    tick counts from its end. While nothing learns the tag decays. Limit: at the resting level M = 1 it changes nothing.

    The synapse need not be active while the modulator is there, as it must in the slice: the part does not see spikes.
    What the upper bound of the weight cuts off counts as depression.
    """

    kind: ClassVar[str] = "eligibility"
    name: ClassVar[str] = "conversion"
    equation: ClassVar[str] = "tau_tag dT/dt = -T + tau_tag [-dw_induced/dt]+, dw/dt = [M - 1]+ (back + more) T"
    reference: ClassVar[str] = "own; after Brzosko, Schultz & Paulsen 2015, doi:10.7554/eLife.09685"
    meant_for: ClassVar[str] = "synapses whose depression is provisional until reward comes: hippocampal CA1 (dopamine)"
    variables: ClassVar[dict[str, float | str]] = {"tag": 0.0, "w_seen": "w"}
    of_induction: ClassVar[bool] = True

    tau_tag: float = quantity(407_000.0, "ms", above=0, doc="decay of the tag", source=_FITTED)
    back: float = quantity(0.00702, "1/s", least=0, role="rate", doc="depression taken back, at M = 2", source=_FITTED)
    more: float = quantity(0.0123, "1/s", least=0, role="rate", doc="potentiation beyond, at M = 2", source=_FITTED)
    modulator: str = choice("DA", MODULATORS, doc="the neuromodulator that it listens to")

    def constants(self, dt: float) -> dict[str, float]:
        """`area` is the integral over the tick of a tag of 1, times the rates."""
        lost = loss(self.tau_tag, dt)
        return chosen(self.modulator) | dict(
            keep=math.exp(-dt / self.tau_tag), area=(self.back + self.more) * 1e-3 * self.tau_tag * lost
        )

    @staticmethod
    def tick(c: SimpleNamespace, syn: dict[str, Array], modulators: dict[str, Array]) -> dict[str, Array]:
        w = syn["w"] + jnp.maximum(level(c, modulators) - 1.0, 0.0) * c.area * syn["tag"]
        return Conversion.idle(c, syn) | dict(w=w, w_seen=w)

    @staticmethod
    def idle(c: SimpleNamespace, syn: dict[str, Array]) -> dict[str, Array]:
        return dict(tag=c.keep * syn["tag"] + jnp.maximum(syn["w_seen"] - syn["w"], 0.0), w_seen=syn["w"])
