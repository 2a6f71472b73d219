"""The voltage rule."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np

from isocortex.describe import quantity
from isocortex.plasticity.rule import UNSCALED, Array, Integral, Jump, Rule, Term, Trace
from isocortex.plasticity.rules.lowpass import loss

_PAPER = "Clopath et al. 2010, doi:10.1038/nn.2479"
_CODE = "Clopath et al. 2010 (ModelDB 144566)"
SLOTS = 8
_VISUAL: dict[str, Any] = dict(
    A_LTD=14e-5, A_LTP=8e-5, tau_x=15.0, tau_minus=10.0, tau_plus=7.0, theta_minus=-70.6, theta_plus=-45.3, u_ref2=None
)


class VoltageRule(Rule):
    r"""Voltage-based plasticity (Clopath, Büsing, Vasilaki and Gerstner 2010).

    .. math::
        \dot w &= \eta \left( -A_{LTD}(\bar{\bar u})\, X [\bar u_- - \theta_-]_+
                  + A_{LTP}\, \bar x\, [u - \theta_+]_+ [\bar u_+ - \theta_-]_+ \right) \\
        \tau_\pm \dot{\bar u}_\pm &= u - \bar u_\pm, \quad \tau_x \dot{\bar x} = X - \bar x, \quad
        A_{LTD}(\bar{\bar u}) = A_{LTD}\, \bar{\bar u}^2 / u_{ref}^2

    X is the presynaptic spike train, so that each spike adds 1/tau_x to the low-pass x. The homeostatic factor uses the
    low-pass (tau_bar) of (u - E_L)^2; without `u_ref2` (``None``) it is 1, as for the slice data. Weight changes are in
    fractions of the reference weight (1 in the paper's code).

    The low-passed potentials are read `trace_delay` late, so that a spike does not see itself: the published programs do so
    (3 ms in the authors', 5 ms in NEST's). Without delay a term sees the potentials up to the last step. The delay is kept
    as eight samples: exact for up to seven steps, else interpolated between samples a seventh of it apart. This rounds a kink
    of the low-passed potential: `docs/engine.md` says by how much.

    Limit: one voltage-clamped cell gives LTD between theta_minus and theta_plus and LTP above.
    """

    name: ClassVar[str] = "voltage"
    equation: ClassVar[str] = (
        "dw/dt = eta (-A_LTD (ubb^2/u_ref^2) X [u_minus - theta_minus]+ + A_LTP x [u - theta_plus]+ [u_plus - theta_minus]+)"
    )
    reference: ClassVar[str] = _PAPER
    meant_for: ClassVar[str] = "excitatory synapses where depolarisation decides: basal and proximal dendrites (L5, L2/3)"
    reads: ClassVar[tuple[str, ...]] = ("v",)
    state: ClassVar[tuple[str, ...]] = ("u_minus", "u_plus", "u_bar", "phase", "past_minus", "past_plus")
    sets: ClassVar[dict[str, tuple[dict[str, Any], str]]] = {
        "visual_cortex": (_VISUAL, f"{_CODE}: fit to Sjostrom 2001, L5"),
        "visual_cortex_homeostatic": (_VISUAL | dict(u_ref2=60.0), f"{_CODE}; u_ref2 of the network simulations"),
        "somatosensory_cortex": (
            _VISUAL | dict(A_LTD=21e-5, A_LTP=30e-5, tau_x=30.0, tau_minus=6.0, tau_plus=5.0),
            f"{_PAPER} (from memory, uncertain)",
        ),
        "hippocampus": (
            _VISUAL | dict(A_LTD=38e-5, A_LTP=2e-5, tau_x=16.0, theta_minus=-41.0, theta_plus=-38.0),
            f"{_PAPER}: amplitudes and thresholds as in ReScience (Larisch 2019), tau_x from memory; the time constants of the "
            "potential are those of visual cortex (an assumption)",
        ),
    }

    eta: float = quantity(1.0, "1", least=0, role="rate", doc="learning rate", source=UNSCALED)
    A_LTD: float = quantity(14e-5, "1/mV", doc="amplitude of depression", source=_CODE)
    A_LTP: float = quantity(8e-5, "1/mV^2", doc="amplitude of potentiation (per mV^2 and presynaptic spike)", source=_CODE)
    theta_minus: float = quantity(-70.6, "mV", doc="threshold of the low-passed potentials", source=_CODE)
    theta_plus: float = quantity(-45.3, "mV", doc="threshold of the potential", source=_CODE)
    tau_x: float = quantity(15.0, "ms", above=0, doc="low-pass of the presynaptic spikes", source=_CODE)
    tau_minus: float = quantity(10.0, "ms", above=0, doc="low-pass of the potential for depression", source=_CODE)
    tau_plus: float = quantity(7.0, "ms", above=0, doc="low-pass of the potential for potentiation", source=_CODE)
    u_ref2: float | None = quantity(
        None, "mV^2", above=0, optional=True, doc="reference of the homeostatic factor; None: the factor is 1",
        source=f"{_CODE}: none for slice data, 60 mV^2 in network simulations",
    )  # fmt: skip
    tau_bar: float = quantity(1200.0, "ms", above=0, doc="low-pass of (u - E_L)^2", source=f"{_CODE}: 1 to 1.2 s")
    E_L: float = quantity(-70.6, "mV", doc="rest, from where the depolarisation counts", source=_CODE)
    trace_delay: float = quantity(3.0, "ms", least=0, doc="how late the low-passed potentials are read", source=_CODE)

    def terms(self) -> tuple[Term, ...]:
        return Integral(Trace(self.tau_x)), Jump()

    def constants(self, dt: float) -> dict[str, float]:
        late, hop = delay_steps(self.trace_delay, dt)
        factor = dict(fixed=1.0, per_ref=0.0) if self.u_ref2 is None else dict(fixed=0.0, per_ref=1 / self.u_ref2)
        losses = dict(loss_minus=loss(self.tau_minus, dt), loss_plus=loss(self.tau_plus, dt), loss_bar=loss(self.tau_bar, dt))
        ltp, ltd = self.eta * self.A_LTP * dt / self.tau_x, self.eta * self.A_LTD
        thresholds = dict(theta_minus=self.theta_minus, theta_plus=self.theta_plus, E_L=self.E_L)
        return thresholds | losses | factor | dict(ltp=ltp, ltd=ltd, late=late, hop=hop)

    def initial(self, n: int) -> dict[str, np.ndarray]:
        """At rest; the homeostatic factor starts at 1."""
        rest = np.full(n, self.E_L, np.float32)
        past = np.full((n, SLOTS), self.E_L, np.float32)
        return dict(u_minus=rest, u_plus=rest.copy(), u_bar=np.full(n, self.u_ref2 or 0.0, np.float32),
                    phase=np.zeros(n, np.float32), past_minus=past, past_plus=past.copy())  # fmt: skip

    @staticmethod
    def step(c: SimpleNamespace, s: dict[str, Array], post: SimpleNamespace) -> tuple[dict[str, Array], tuple[Array, ...]]:
        phase = jnp.where(s["phase"] + 1 >= c.hop, 0.0, s["phase"] + 1)  # steps since the last sample
        past_minus, past_plus = (_sampled(s[f"past_{k}"], s[f"u_{k}"], phase) for k in ("minus", "plus"))
        weights = _tent(c, phase)
        u_minus, u_plus = (past_minus * weights).sum(1), (past_plus * weights).sum(1)
        positive = lambda x: jnp.maximum(x, 0.0)  # noqa: E731
        ltp = c.ltp * positive(post.v - c.theta_plus) * positive(u_plus - c.theta_minus)
        ltd = -c.ltd * (c.fixed + c.per_ref * s["u_bar"]) * positive(u_minus - c.theta_minus)
        after = dict(
            u_minus=s["u_minus"] + c.loss_minus * (post.v - s["u_minus"]),
            u_plus=s["u_plus"] + c.loss_plus * (post.v - s["u_plus"]),
            u_bar=s["u_bar"] + c.loss_bar * ((post.v - c.E_L) ** 2 - s["u_bar"]),
            phase=phase, past_minus=past_minus, past_plus=past_plus,
        )  # fmt: skip
        return after, (ltp, ltd)


def delay_steps(delay: float, dt: float) -> tuple[float, float]:
    """A delay (ms) in steps, and how many steps lie between two samples of the line that keeps it."""
    late = round(delay / dt)
    return float(late), float(max(1, math.ceil(late / (SLOTS - 1))))


def delayed(c: SimpleNamespace, phase: Array, past: Array, value: Array) -> tuple[Array, Array, Array]:
    """Feed a value into its line of samples (n, `SLOTS`). Returns the phase, the line, and the value `c.late` ago."""
    phase = jnp.where(phase + 1 >= c.hop, 0.0, phase + 1)  # steps since the last sample
    past = _sampled(past, value, phase)
    return phase, past, (past * _tent(c, phase)).sum(1)


def _sampled(past: Array, value: Array, phase: Array) -> Array:
    """The samples, newest first, shape (n, slots), with a new one where it is time."""
    return jnp.where(phase[:, None] == 0, jnp.concatenate([value[:, None], past[:, :-1]], axis=1), past)


def _tent(c: SimpleNamespace, phase: Array) -> Array:
    """Weights of the samples, shape (n, slots), that interpolate linearly at the age `late`."""
    late, hop = jnp.reshape(c.late, (-1, 1)), jnp.reshape(c.hop, (-1, 1))
    age = phase[:, None] + hop * jnp.arange(SLOTS, dtype=phase.dtype)
    return jnp.maximum(1.0 - jnp.abs(late - age) / hop, 0.0)
