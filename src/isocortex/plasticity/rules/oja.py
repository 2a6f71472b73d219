"""Oja's rule on rates."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any, ClassVar

from isocortex.describe import quantity
from isocortex.plasticity.rule import Array, Integral, Leak, Rule, Term, Trace

_PAPER = "Oja 1982, doi:10.1007/BF00275687"


class Oja(Rule):
    r"""Oja's rule (1982): Hebbian growth with a decay that normalises.

    .. math:: \dot w = \eta\, y\, (x - \alpha\, y\, w)

    x and y are the pre- and postsynaptic rates in units of y_0, from traces (tau_pre, tau_y) of the spikes, w the weight in
    units of the reference weight; y is read before the step's own spike. Limit: for a linear cell, y = sum of w x, the
    weights tend to the first principal component of the inputs with the norm 1 / sqrt(alpha).
    """

    name: ClassVar[str] = "oja"
    equation: ClassVar[str] = "dw/dt = eta y (x - alpha y w), rates in units of y_0"
    reference: ClassVar[str] = _PAPER
    meant_for: ClassVar[str] = "feedforward excitatory synapses: the first principal component with bounded weights"
    state: ClassVar[tuple[str, ...]] = ("y",)
    sets: ClassVar[dict[str, tuple[dict[str, Any], str]]] = {"oja1982": (dict(alpha=1.0), f"{_PAPER}: unit norm")}

    eta: float = quantity(0.01, "1/s", least=0, role="rate", doc="learning rate", source="assumption")
    alpha: float = quantity(1.0, "1", least=0, doc="strength of the normalisation", source=_PAPER)
    y_0: float = quantity(10.0, "Hz", above=0, doc="unit of rates", source="assumption")
    tau_pre: float = quantity(20.0, "ms", above=0, doc="estimate of the presynaptic rate", source="assumption")
    tau_y: float = quantity(200.0, "ms", above=0, doc="estimate of the postsynaptic rate", source="assumption")

    def terms(self) -> tuple[Term, ...]:
        return Integral(Trace(self.tau_pre)), Leak()

    def constants(self, dt: float) -> dict[str, float]:
        per_spike, eta = 1e3 / self.y_0, self.eta * 1e-3 * dt
        return dict(decay_y=math.exp(-dt / self.tau_y), jump_y=per_spike / self.tau_y, grow=eta * per_spike / self.tau_pre,
                    shrink=eta * self.alpha)  # fmt: skip

    @staticmethod
    def step(c: SimpleNamespace, s: dict[str, Array], post: SimpleNamespace) -> tuple[dict[str, Array], tuple[Array, ...]]:
        y = s["y"] * c.decay_y
        return dict(y=y + c.jump_y * post.spike), (c.grow * y, c.shrink * y * y)
