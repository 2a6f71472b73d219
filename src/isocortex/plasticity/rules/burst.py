"""Burst-dependent plasticity."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np

from isocortex.describe import quantity
from isocortex.plasticity.rule import Array, Integral, Rule, Term, Trace
from isocortex.plasticity.rules.lowpass import loss

_PAPER = "Payeur et al. 2021, doi:10.1038/s41593-021-00857-x"
_CODE = "Payeur et al. 2021 (apayeur/spikingburstprop)"
_LONG_AGO = 1e6  # steps; exact in float32 and later than any window


class BurstRule(Rule):
    r"""Burst-dependent plasticity (Payeur, Guerguiev, Zenke, Richards and Naud 2021).

    .. math:: \dot w = \eta\, [B(t) - \bar P(t) E(t)]\, \tilde E_{pre}(t), \qquad \bar P = \bar B / \bar E

    An event is a single spike or the first of a burst (the last spike was at least `window` ago); B is the train of the
    second spikes of bursts. The running averages of B and E have the constant tau_average and start at the rates P_0 E_0
    and E_0; P is read before the event or burst that it meets. The presynaptic trace (tau_pre) counts events. Kept as (P, E),
    which is the same as (B, E) and has no 0/0 after minutes of silence. The paper's extra terms that keep event rates within
    2 to 10 Hz are not part of it. Limit: a burst probability that does not change gives no mean change.
    """

    name: ClassVar[str] = "burst"
    equation: ClassVar[str] = "dw/dt = eta (B - P_bar E) x_event, P_bar = B_bar / E_bar"
    reference: ClassVar[str] = _PAPER
    meant_for: ClassVar[str] = "feedforward synapses onto L5 and L2/3 pyramids, whose apical feedback steers bursts"
    state: ClassVar[tuple[str, ...]] = ("since", "bursting", "E", "P")
    sets: ClassVar[dict[str, tuple[dict[str, Any], str]]] = {
        "protocol": (
            dict(tau_pre=20.0, tau_average=5000.0, window=16.0),
            f"{_CODE}, plasticity protocol; tau_average 5 to 30 s",
        ),
        "xor": (dict(tau_pre=100.0, tau_average=2000.0, window=16.0), f"{_CODE}, sim_xor: tau_average 2 to 4 s"),
    }

    eta: float = quantity(4e-3, "1", least=0, role="rate", doc="learning rate", source=f"{_CODE}, XOR, hidden to output")
    tau_pre: float = quantity(20.0, "ms", above=0, doc="trace of presynaptic events", source=_CODE)
    tau_average: float = quantity(5000.0, "ms", above=0, doc="running averages of bursts and events", source=_CODE)
    window: float = quantity(16.0, "ms", above=0, doc="interval inside a burst", source=_CODE)
    P_0: float = quantity(
        0.15, "1", least=0, most=1, doc="burst probability at the start", source=f"{_CODE}: non-adaptive A_minus"
    )
    E_0: float = quantity(5.0, "Hz", above=0, doc="event rate at the start", source="assumption")

    def terms(self) -> tuple[Term, ...]:
        return (Integral(Trace(self.tau_pre, "event", self.window)),)

    def constants(self, dt: float) -> dict[str, float]:
        steps = math.ceil(self.window / dt - 1e-6)
        return dict(eta=self.eta, window=float(steps), loss_average=loss(self.tau_average, dt))

    def initial(self, n: int) -> dict[str, np.ndarray]:
        """`E` counts the events of the last tau_average, discounted."""
        full = lambda v: np.full(n, v, np.float32)  # noqa: E731
        return dict(since=full(_LONG_AGO), bursting=full(0.0), E=full(self.E_0 * 1e-3 * self.tau_average), P=full(self.P_0))

    @staticmethod
    def step(c: SimpleNamespace, s: dict[str, Array], post: SimpleNamespace) -> tuple[dict[str, Array], tuple[Array, ...]]:
        since = jnp.minimum(s["since"] + 1, _LONG_AGO)
        spiked, single = post.spike > 0, since >= c.window
        event = jnp.where(spiked & single, 1.0, 0.0)
        burst = jnp.where(spiked & ~single & (s["bursting"] == 0), 1.0, 0.0)
        events, p = s["E"] - c.loss_average * s["E"], s["P"]
        # at a burst an event was within the window, so `events` is near 1 at least
        after_p = jnp.where(event > 0, p * events / (events + 1), p) + burst / jnp.maximum(events, 1e-3)
        after = dict(
            since=jnp.where(spiked, 0.0, since),
            bursting=jnp.where(spiked, 1.0 - event, s["bursting"]),
            E=events + event,
            P=after_p,
        )
        return after, (c.eta * (burst - p * event),)
