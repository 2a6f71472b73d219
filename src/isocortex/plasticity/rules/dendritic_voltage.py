"""A voltage rule for dendrites: strong depolarisation after glutamate potentiates, moderate depolarisation depresses."""

from __future__ import annotations

from types import SimpleNamespace
from typing import ClassVar

import jax.numpy as jnp
import numpy as np

from isocortex.describe import quantity
from isocortex.plasticity.rule import Array, Integral, Jump, Rule, Term, Trace
from isocortex.plasticity.rules.lowpass import loss
from isocortex.plasticity.rules.voltage import SLOTS, delay_steps, delayed

_OWN = "fitted to slice data (isocortex invitro fit)"


class DendriticVoltage(Rule):
    r"""Voltage-based plasticity that reads the potential of the dendrite.

    .. math::
        \dot w &= x\, A_{LTP} [u - \theta_+]_+ \bar u_+ - x_{post}\, A_{post} [u - \theta_d]_+
                  - X \left( A_{pre} \bar u_- + A_{alone}\, x_a \right) \\
        x &= x_{slow} - x_{rise}, \quad \tau_\pm \dot{\bar u}_\pm = u - \bar u_\pm

    u is the potential of the dendrite above rest. x follows the presynaptic spikes as NMDA receptors do, with a rise
    (tau_rise) and a decay (tau_x): depolarisation above theta_plus during x potentiates where there was depolarisation shortly
    before, u_plus, which is u through a low-pass (tau_plus), read `trace_delay` late as in `VoltageRule`, so that a spike does
    not see itself. Depolarisation above theta_d depresses for as long as the trace x_post lasts (tau_post). The terms at
    presynaptic spikes X depress after depolarisation (A_pre) and by presynaptic trains alone (A_alone; trace x_a, tau_alone).
    Clopath et al. 2010 have the first and the third term; Ebner et al. 2019 (doi:10.1016/j.celrep.2019.11.068) have both signs
    for depolarisation that follows, in no separable form.

    Limit: while the dendrite stays below theta_d and A_pre = A_alone = 0 nothing changes, however often it fires.
    """

    name: ClassVar[str] = "dendritic_voltage"
    equation: ClassVar[str] = (
        "dw/dt = (x_slow - x_rise) A_LTP [u - theta_plus]+ u_plus - x_post A_post [u - theta_d]+ "
        "- X (A_pre u_minus + A_alone x_a), u the dendrite's potential above rest"
    )
    reference: ClassVar[str] = "own; after Clopath et al. 2010, doi:10.1038/nn.2479, and Ebner et al. 2019"
    meant_for: ClassVar[str] = "apical synapses of L5, where the dendrite and not the spike decides"
    reads: ClassVar[tuple[str, ...]] = ("v_dendrite",)
    state: ClassVar[tuple[str, ...]] = ("u_minus", "u_plus", "phase", "past")

    eta: float = quantity(1.0, "1", least=0, role="rate", doc="learning rate")
    A_LTP: float = quantity(1e-4, "1/mV^2", least=0, doc="potentiation by strong depolarisation", source=_OWN)
    A_post: float = quantity(1e-4, "1/mV", least=0, doc="depression by moderate depolarisation that follows", source=_OWN)
    A_pre: float = quantity(0.0, "1/mV", least=0, doc="depression by depolarisation that went before", source=_OWN)
    A_alone: float = quantity(0.0, "1", least=0, doc="depression by presynaptic trains alone", source=_OWN)
    theta_plus: float = quantity(45.0, "mV", least=0, doc="threshold of potentiation, above rest", source=_OWN)
    theta_d: float = quantity(30.0, "mV", least=0, doc="threshold of depression, above rest", source=_OWN)
    tau_x: float = quantity(8.0, "ms", above=0, doc="decay of the presynaptic trace", source=_OWN)
    tau_rise: float = quantity(5.0, "ms", above=0, doc="rise of the presynaptic trace", source=_OWN)
    tau_post: float = quantity(80.0, "ms", above=0, doc="presynaptic trace of A_post", source=_OWN)
    tau_plus: float = quantity(3.0, "ms", above=0, doc="low-pass of the potential for potentiation", source=_OWN)
    tau_minus: float = quantity(10.0, "ms", above=0, doc="low-pass for A_pre", source="Clopath et al. 2010 (ModelDB 144566)")
    tau_alone: float = quantity(50.0, "ms", above=0, doc="presynaptic trace of A_alone", source="assumption")
    trace_delay: float = quantity(
        3.0, "ms", least=0, doc="how late u_plus is read", source="Clopath et al. 2010 (ModelDB 144566)"
    )
    E_L: float = quantity(-70.0, "mV", doc="rest", source="that of the cells `Trunk` and `Pyramidal`")

    def validate(self) -> None:
        if self.tau_rise >= self.tau_x:
            raise self.error("tau_rise", f"is {self.tau_rise:g} ms; must be below tau_x ({self.tau_x:g} ms)")

    def terms(self) -> tuple[Term, ...]:
        """The last stands only where A_alone is not 0."""
        alone: tuple[Term, ...] = (Jump(Trace(self.tau_alone)),) if self.A_alone else ()
        traces = (self.tau_x, self.tau_rise, self.tau_post)
        return (*(Integral(Trace(tau)) for tau in traces), Jump(), *alone)

    def constants(self, dt: float) -> dict[str, float]:
        late, hop = delay_steps(self.trace_delay, dt)
        c = dict(
            ltp=self.eta * self.A_LTP * dt, post=-self.eta * self.A_post * dt, pre=-self.eta * self.A_pre, E_L=self.E_L,
            theta_plus=self.theta_plus, theta_d=self.theta_d, loss_plus=loss(self.tau_plus, dt),
            loss_minus=loss(self.tau_minus, dt), late=late, hop=hop,
        )  # fmt: skip
        return c | (dict(alone=-self.eta * self.A_alone) if self.A_alone else {})  # tells `step` how many terms there are

    def initial(self, n: int) -> dict[str, np.ndarray]:
        return super().initial(n) | dict(past=np.zeros((n, SLOTS), np.float32))

    @staticmethod
    def step(c: SimpleNamespace, s: dict[str, Array], post: SimpleNamespace) -> tuple[dict[str, Array], tuple[Array, ...]]:
        u = post.v_dendrite - c.E_L
        positive = lambda x: jnp.maximum(x, 0.0)  # noqa: E731
        phase, past, earlier = delayed(c, s["phase"], s["past"], s["u_plus"])
        ltp = c.ltp * positive(u - c.theta_plus) * positive(earlier)
        values: tuple[Array, ...] = (ltp, -ltp, c.post * positive(u - c.theta_d), c.pre * positive(s["u_minus"]))
        if hasattr(c, "alone"):
            values += (c.alone + jnp.zeros_like(u),)
        after = dict(
            u_minus=s["u_minus"] + c.loss_minus * (u - s["u_minus"]),
            u_plus=s["u_plus"] + c.loss_plus * (u - s["u_plus"]),
            phase=phase, past=past,
        )  # fmt: skip
        return after, values
