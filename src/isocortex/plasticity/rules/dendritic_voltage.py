"""A voltage rule for dendrites: strong depolarisation after glutamate potentiates, moderate depolarisation depresses."""

from __future__ import annotations

from types import SimpleNamespace
from typing import ClassVar

import jax.numpy as jnp
import numpy as np

from isocortex.describe import quantity
from isocortex.plasticity.rule import UNSCALED, Array, Integral, Jump, Rule, Term, Trace
from isocortex.plasticity.rules.lowpass import loss
from isocortex.plasticity.rules.voltage import SLOTS, delay_steps, delayed

_OFF = "convention: 0 leaves the branch out"


def _near(fitted: str, pathway: str = "l23-l5-trunk") -> str:
    """Source of a round default: beside it, what `isocortex invitro fit` found for a pathway."""
    return f"assumption; {pathway} fits {fitted}"


class DendriticVoltage(Rule):
    r"""Voltage-based plasticity that reads the potential of the dendrite.

    .. math::
        \dot w &= x\, (A_{LTP} + A_{NO}) [u - \theta_+]_+ \bar u_+ - x_{post}\, A_{post} [u - \theta_d]_+
                  - X \left( D_{pre} H(\bar u_-) + A_{alone}\, x_a \right) \\
        x &= x_{slow} - x_{rise}, \quad \tau_\pm \dot{\bar u}_\pm = u - \bar u_\pm,
             \quad H(v) = v^h / (K^h + v^h)

    u is the potential of the dendrite above rest: the signal `v_dendrite` of the cell, wherever on it the synapse is (see
    `DendriticPrediction`). x follows the presynaptic spikes as NMDA receptors do, with a rise
    (tau_rise) and a decay (tau_x): depolarisation above theta_plus during x potentiates where there was depolarisation shortly
    before, u_plus, which is u through a low-pass (tau_plus), read `trace_delay` late as in `VoltageRule`, so that a spike does
    not see itself. Depolarisation above theta_d depresses for as long as the trace x_post lasts (tau_post). The terms at
    presynaptic spikes X depress after depolarisation that went before, also below threshold (D_pre; u_minus, whose calcium is
    half enough at K; `calcium` is what is left of it), and by presynaptic trains alone (A_alone; trace x_a, tau_alone). A_NO is
    a part of potentiation that can be blocked by itself.
    Clopath et al. 2010 have the first term and, with h = 1 and a large K, the third; Ebner et al. 2019
    (doi:10.1016/j.celrep.2019.11.068) have both signs for depolarisation that follows, in no separable form.

    Limit: with D_pre = A_alone = 0 nothing changes while the dendrite stays below both theta_plus and theta_d, however often
    the cell fires. Below theta_d alone is not enough: where theta_plus is the lower one, what lies between potentiates.

    The defaults are round numbers and no fit; sources name the fit of a pathway, in brackets its interval of 95 %.
    """

    name: ClassVar[str] = "dendritic_voltage"
    equation: ClassVar[str] = (
        "dw/dt = (x_slow - x_rise) (A_LTP + A_NO) [u - theta_plus]+ u_plus - x_post A_post [u - theta_d]+ "
        "- X (D_pre H(u_minus) + A_alone x_a), u the dendrite's potential above rest"
    )
    reference: ClassVar[str] = "own; after Clopath et al. 2010, doi:10.1038/nn.2479, and Ebner et al. 2019"
    meant_for: ClassVar[str] = "apical synapses of L5, where the dendrite and not the spike decides"
    reads: ClassVar[tuple[str, ...]] = ("v_dendrite",)
    state: ClassVar[tuple[str, ...]] = ("u_minus", "u_plus", "phase", "past")

    eta: float = quantity(1.0, "1", least=0, role="rate", doc="learning rate", source=UNSCALED)
    A_LTP: float = quantity(
        1e-4, "1/mV^2", least=0, doc="potentiation by strong depolarisation", source=_near("1.8e-4 (3.1e-5 to 4.7e-3)")
    )
    A_NO: float = quantity(
        0.0, "1/mV^2", least=0, doc="the part of it that nitric oxide carries to the other side", source=_OFF
    )
    A_post: float = quantity(
        1e-4,
        "1/mV",
        least=0,
        doc="depression by moderate depolarisation that follows",
        source=_near("2.5e-4 (7.4e-5 to 5.6e-4)"),
    )
    D_pre: float = quantity(0.0, "1", least=0, doc="depression after depolarisation that went before", source=_OFF)
    A_alone: float = quantity(0.0, "1", least=0, doc="depression by presynaptic trains alone", source=_OFF)
    theta_plus: float = quantity(
        45.0, "mV", least=0, doc="threshold of potentiation, above rest", source=_near("48.9 (41.5 to 50.5)")
    )
    theta_d: float = quantity(
        30.0, "mV", least=0, doc="threshold of depression, above rest", source=_near("44.5 (28.5 to 47.3)")
    )
    tau_x: float = quantity(8.0, "ms", above=0, doc="decay of the presynaptic trace", source=_near("12.9 (6.2 to 18.0)"))
    tau_rise: float = quantity(
        5.0, "ms", least=0, doc="rise of the presynaptic trace; 0: at once", source="assumption; 6 ms is set for l23-l5-trunk"
    )
    tau_post: float = quantity(80.0, "ms", above=0, doc="presynaptic trace of A_post", source=_near("107.7 (13.8 to 200)"))
    tau_plus: float = quantity(
        3.0, "ms", above=0, doc="low-pass of the potential for potentiation", source=_near("7.8 (1.0 to 20)")
    )
    tau_minus: float = quantity(10.0, "ms", above=0, doc="low-pass for D_pre", source="Clopath et al. 2010 (ModelDB 144566)")
    K: float = quantity(
        2.0, "mV", above=0, doc="depolarisation at which D_pre acts by half", source=_near("1.5 (0.38 to 10)", "l5-l5-trunk")
    )
    h: float = quantity(1.0, "1", above=0, doc="steepness of that", source=_near("8.0 (1.0 to 8.0)", "l5-l5-trunk"))
    calcium: float = quantity(
        1.0, "1", least=0, doc="what is left of the calcium that D_pre sees", source="convention: 1 is no blocker"
    )
    tau_alone: float = quantity(50.0, "ms", above=0, doc="presynaptic trace of A_alone", source="assumption")
    trace_delay: float = quantity(
        3.0, "ms", least=0, doc="how late u_plus is read", source="Clopath et al. 2010 (ModelDB 144566)"
    )
    E_L: float = quantity(-70.0, "mV", doc="rest", source="that of the cells `Trunk` and `Pyramidal`")

    def validate(self) -> None:
        if self.tau_rise >= self.tau_x:
            raise self.error("tau_rise", f"is {self.tau_rise:g} ms; must be below tau_x ({self.tau_x:g} ms)")

    def terms(self) -> tuple[Term, ...]:
        """That of the rise and the last stand only where tau_rise and A_alone are not 0."""
        alone: tuple[Term, ...] = (Jump(Trace(self.tau_alone)),) if self.A_alone else ()
        rise = (self.tau_rise,) if self.tau_rise else ()
        return (*(Integral(Trace(tau)) for tau in (self.tau_x, *rise, self.tau_post)), Jump(), *alone)

    def constants(self, dt: float) -> dict[str, float]:
        late, hop = delay_steps(self.trace_delay, dt)
        c = dict(
            ltp=self.eta * (self.A_LTP + self.A_NO) * dt, post=-self.eta * self.A_post * dt, pre=-self.eta * self.D_pre,
            E_L=self.E_L, K=self.K, h=self.h, calcium=self.calcium, theta_plus=self.theta_plus, theta_d=self.theta_d,
            loss_plus=loss(self.tau_plus, dt), loss_minus=loss(self.tau_minus, dt), late=late, hop=hop,
        )  # fmt: skip
        # what is there tells `step` which terms there are
        return c | (dict(rise=-1.0) if self.tau_rise else {}) | (dict(alone=-self.eta * self.A_alone) if self.A_alone else {})

    def initial(self, n: int) -> dict[str, np.ndarray]:
        return super().initial(n) | dict(past=np.zeros((n, SLOTS), np.float32))

    @staticmethod
    def step(c: SimpleNamespace, s: dict[str, Array], post: SimpleNamespace) -> tuple[dict[str, Array], tuple[Array, ...]]:
        u = post.v_dendrite - c.E_L
        positive = lambda x: jnp.maximum(x, 0.0)  # noqa: E731
        phase, past, earlier = delayed(c, s["phase"], s["past"], s["u_plus"])
        ltp = c.ltp * positive(u - c.theta_plus) * positive(earlier)
        rise = (c.rise * ltp,) if hasattr(c, "rise") else ()
        values: tuple[Array, ...] = (ltp, *rise, c.post * positive(u - c.theta_d), c.pre * _hill(c, s["u_minus"]))
        if hasattr(c, "alone"):
            values += (c.alone + jnp.zeros_like(u),)
        after = dict(
            u_minus=s["u_minus"] + c.loss_minus * (u - s["u_minus"]),
            u_plus=s["u_plus"] + c.loss_plus * (u - s["u_plus"]),
            phase=phase, past=past,
        )  # fmt: skip
        return after, values


def _hill(c: SimpleNamespace, u: Array) -> Array:
    raised = (c.calcium * jnp.maximum(u, 0.0) / c.K) ** c.h
    return 1.0 - 1.0 / (1.0 + raised)
