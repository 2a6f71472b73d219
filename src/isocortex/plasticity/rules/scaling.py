"""Synaptic scaling."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np

from isocortex.describe import quantity
from isocortex.plasticity.rule import Array, Leak, Rule, Term
from isocortex.plasticity.rules.lowpass import leaky_sum, loss


class SynapticScaling(Rule):
    r"""Multiplicative synaptic scaling (Turrigiano et al. 1998).

    .. math:: \tau \dot w = w\, (\rho_0 - \bar\rho) / \rho_0, \qquad \tau_\rho \dot{\bar\rho} = S - \bar\rho

    The mean rate of the postsynaptic cell starts at rho_0, so that nothing happens before there is something to average. All
    weights of a cell grow by one factor while it fires too little, at most by e in tau; a negative `Leak`. The factor is what
    was found; the linear dependence on the rate is a common model (from memory). Limit: at rho_0 nothing changes.

    A tau of hours does not stop a runaway of Hebbian plasticity, which takes a homeostasis within seconds to minutes (Zenke,
    Hennequin & Gerstner 2013, doi:10.1371/journal.pcbi.1003330).
    """

    kind: ClassVar[str] = "homeostasis"
    name: ClassVar[str] = "scaling"
    equation: ClassVar[str] = "tau dw/dt = w (rho_0 - rho) / rho_0, tau_rate drho/dt = S_post - rho"
    reference: ClassVar[str] = "Turrigiano et al. 1998, doi:10.1038/36103"
    meant_for: ClassVar[str] = "excitatory synapses of all layers: the mean rate over hours"
    state: ClassVar[tuple[str, ...]] = ("rho", "carry")
    sign: ClassVar[float] = -1.0
    """Of the growth of a weight while the cell fires more than rho_0."""
    sets: ClassVar[dict[str, tuple[dict[str, Any], str]]] = {
        "slow": (dict(tau=259.2e6), "Turrigiano et al. 1998: factor 1.9 in 48 h of silence, so about 3 days (from memory)"),
        "fast": (
            dict(tau=60e3, tau_rate=10e3),
            "Zenke, Hennequin & Gerstner 2013: seconds to minutes, to stop a runaway (from memory)",
        ),
    }

    strength: float = quantity(
        1.0, "1", least=0, role="rate", doc="factor of the rate of scaling", source="convention: 1 is `tau` as it stands"
    )
    rho_0: float = quantity(5.0, "Hz", above=0, doc="rate that is held", source="assumption")
    tau: float = quantity(3.6e6, "ms", above=0, doc="time constant of the weights", source="assumption; hours to days in vitro")
    tau_rate: float = quantity(60e3, "ms", above=0, doc="average of the rate", source="assumption")

    def terms(self) -> tuple[Term, ...]:
        return (Leak(),)

    def constants(self, dt: float) -> dict[str, float]:
        return dict(loss_rate=loss(self.tau_rate, dt), jump=1e3 / self.tau_rate, rho_0=self.rho_0,
                    gain=self.sign * self.strength * dt / (self.tau * self.rho_0))  # fmt: skip

    def initial(self, n: int) -> dict[str, np.ndarray]:
        return super().initial(n) | dict(rho=np.full(n, self.rho_0, np.float32))

    @staticmethod
    def step(c: SimpleNamespace, s: dict[str, Array], post: SimpleNamespace) -> tuple[dict[str, Array], tuple[Array, ...]]:
        rho, carry = leaky_sum(s["rho"], s["carry"], c.loss_rate, c.jump * post.spike)
        before = s["rho"] - c.loss_rate * s["rho"]
        return dict(rho=rho, carry=carry), (c.gain * (c.rho_0 - before),)


class InhibitoryScaling(SynapticScaling):
    r"""Multiplicative scaling of inhibitory synapses, which grow where the cell fires too much (Gonzalez-Islas et al. 2024).

    .. math:: \tau \dot w = w\, (\bar\rho - \rho_0) / \rho_0, \qquad \tau_\rho \dot{\bar\rho} = S - \bar\rho

    The other sign of `SynapticScaling`. In cortical cultures a day without spikes halves miniature IPSCs, and a day in which
    light keeps the rate leaves them, although AMPA receptors are blocked. That the speed is in proportion to the rate is an
    assumption: a day with some of the spikes (CNQX) shrank them as much as one without. Unlike `InhibitorySTDP` it needs no
    presynaptic spikes. Limit: at rho_0 nothing changes.
    """

    name: ClassVar[str] = "inhibitory_scaling"
    equation: ClassVar[str] = "tau dw/dt = w (rho - rho_0) / rho_0, tau_rate drho/dt = S_post - rho"
    reference: ClassVar[str] = "Gonzalez-Islas et al. 2024, doi:10.7554/eLife.87753"
    meant_for: ClassVar[str] = "inhibitory synapses onto pyramidal cells: the mean rate over days"
    sign: ClassVar[float] = 1.0
    sets: ClassVar[dict[str, tuple[dict[str, Any], str]]] = {}

    tau: float = quantity(
        142e6, "ms", above=0, doc="time constant of the weights (39 h)", source="fitted (isocortex invitro fit i-culture)"
    )
