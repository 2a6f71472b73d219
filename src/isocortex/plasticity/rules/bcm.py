"""The BCM rule on rates."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np

from isocortex.describe import quantity
from isocortex.plasticity.rule import Array, Integral, Rule, Term, Trace
from isocortex.plasticity.rules.lowpass import leaky_sum, loss


class BCM(Rule):
    r"""The rule of Bienenstock, Cooper and Munro (1982), with the threshold of Intrator and Cooper (1992).

    .. math:: \dot w = \eta\, x\, y\, (y - \theta), \qquad \tau_\theta \dot\theta = y^2 - \theta

    x and y are the pre- and postsynaptic rates in units of y_0, estimated from traces (tau_pre, tau_y) of the spikes; the
    threshold starts at 1. y is read before the step's own spike. Limit: at a constant rate theta is y^2, so that the only
    stable rate is y_0 (y = theta = 1). Poisson spikes make y noisy, with the variance a y / 2, a = 1 / (tau_y y_0). That enters
    the means of y^2 and of y theta alike; what is left is that theta follows y, with the covariance tau_y / (tau_y + tau_theta)
    of that of y and y^2. Hence the rate that is held is lower than y_0 by the fraction (1 + a/3) / (1 + a/2) / (y_0 (tau_y +
    tau_theta)): 2 % by default, and hardly less for a longer tau_y.
    """

    name: ClassVar[str] = "bcm"
    equation: ClassVar[str] = "dw/dt = eta x y (y - theta), tau_theta dtheta/dt = y^2 - theta, rates in units of y_0"
    reference: ClassVar[str] = (
        "Bienenstock, Cooper & Munro 1982, doi:10.1523/JNEUROSCI.02-01-00032.1982; Intrator & Cooper 1992"
    )
    meant_for: ClassVar[str] = "feedforward excitatory synapses onto L4 and L2/3: selectivity with a sliding threshold"
    state: ClassVar[tuple[str, ...]] = ("y", "theta", "carry")
    sets: ClassVar[dict[str, tuple[dict[str, Any], str]]] = {
        "fast_threshold": (
            dict(tau_theta=5000.0),
            "Yger & Gilson 2015, doi:10.3389/fncom.2015.00138: within seconds to minutes (from memory)",
        ),
    }

    eta: float = quantity(0.01, "1/s", least=0, role="rate", doc="learning rate", source="assumption")
    y_0: float = quantity(10.0, "Hz", above=0, doc="unit of rates; the rate that is held", source="assumption")
    tau_pre: float = quantity(20.0, "ms", above=0, doc="estimate of the presynaptic rate", source="assumption")
    tau_y: float = quantity(200.0, "ms", above=0, doc="estimate of the postsynaptic rate", source="assumption")
    tau_theta: float = quantity(
        5000.0, "ms", above=0, doc="sliding of the threshold", source="Yger & Gilson 2015 (from memory)"
    )

    def validate(self) -> None:
        if self.tau_theta < self.tau_y:
            raise self.error("tau_theta", f"is {self.tau_theta:g} ms; must be at least tau_y ({self.tau_y:g} ms)")

    def terms(self) -> tuple[Term, ...]:
        return (Integral(Trace(self.tau_pre)),)

    def constants(self, dt: float) -> dict[str, float]:
        per_spike = 1e3 / self.y_0  # a spike, in ms units of y_0
        return dict(decay_y=math.exp(-dt / self.tau_y), jump_y=per_spike / self.tau_y, loss_theta=loss(self.tau_theta, dt),
                    eta=self.eta * 1e-3 * dt * per_spike / self.tau_pre)  # fmt: skip

    def initial(self, n: int) -> dict[str, np.ndarray]:
        return super().initial(n) | dict(theta=np.ones(n, np.float32))

    @staticmethod
    def step(c: SimpleNamespace, s: dict[str, Array], post: SimpleNamespace) -> tuple[dict[str, Array], tuple[Array, ...]]:
        y, theta = s["y"] * c.decay_y, s["theta"]
        after, carry = leaky_sum(theta, s["carry"], c.loss_theta, c.loss_theta * y * y)
        return dict(y=y + c.jump_y * post.spike, theta=after, carry=carry), (c.eta * y * (y - theta),)
