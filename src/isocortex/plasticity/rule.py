"""The contract of plasticity: rules written on neurons, slow parts written on synapses, and what a stack is made of.

A rule is a sum of separable terms. Per postsynaptic neuron it gives, at every step, one number a term; the engine's kernel
turns these into weight changes and knows no rule:

=============  ==========================================================  =================================================
term           meaning                                                     what the rule returns for it each step
=============  ==========================================================  =================================================
`Integral`     dw/dt = x(pre) P(post)                                      P dt (for a spike: the jump at x = 1)
`Jump`         at each presynaptic spike, dw = x(pre, before it) G(post)   G, from traces *before* this step's own spike
`Leak`         dw/dt = -(w - rest) Q(post)                                 Q dt
=============  ==========================================================  =================================================

Amplitudes are fractions of the reference weight (a projection's mean initial weight). Coincident spikes do not interact: a
term sees the other side's trace from before the step.
"""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any, ClassVar

import jax
import numpy as np

from isocortex.cells.cell import with_decays
from isocortex.describe import Description, choice, quantity

Array = jax.Array
MODULATORS = ("ACh", "DA", "NE", "5HT")
PAIRINGS = ("all", "nearest", "event", "suppressed")
UNSCALED = "convention: 1 leaves the amplitudes as they stand"
"""Source of a learning rate that only multiplies the amplitudes of its rule."""


class Trace(Description, kw_only=False):
    """A presynaptic trace: decays with `tau` (ms) and changes at each presynaptic spike as `pairing` says.

    ``all``: + 1. ``nearest``: = 1. ``event``: + 1 unless the cell's last spike is less than `window` ms ago (the first
    spike of a burst, or a single one). ``suppressed``: + 1 - exp(-(time since the last spike) / `window`).
    """

    tau: float = quantity(unit="ms", above=0)
    pairing: str = choice("all", PAIRINGS)
    window: float = quantity(0.0, "ms", least=0)

    def validate(self) -> None:
        if self.pairing in ("event", "suppressed") and self.window == 0:
            raise self.error("window", f"is 0 ms; the pairing {self.pairing!r} needs one above 0 ms")


@dataclasses.dataclass(frozen=True)
class Integral:
    """dw/dt = x(pre) P(post); without a trace x = 1."""

    trace: Trace | None


@dataclasses.dataclass(frozen=True)
class Jump:
    """At each presynaptic spike dw = x(pre) G(post), x from before the spike; without a trace x = 1."""

    trace: Trace | None = None


@dataclasses.dataclass(frozen=True)
class Leak:
    """dw/dt = -(w - rest) Q(post); `rest` is 0 or the name of a slow synaptic variable such as ``"w_slow"``."""

    rest: str = ""


Term = Integral | Jump | Leak


class Part(Description):
    """Base of everything that can stand in a stack. `kind` groups parts for `Sheet.without`."""

    kind: ClassVar[str] = ""
    name: ClassVar[str] = ""
    """The name in a sheet; by default the class name in lower case with underscores."""
    equation: ClassVar[str] = ""
    reference: ClassVar[str] = ""
    meant_for: ClassVar[str] = ""
    sets: ClassVar[dict[str, tuple[dict[str, Any], str]]] = {}
    """Published parameter sets: name -> (values, source)."""

    @property
    def title(self) -> str:
        return type(self).__name__


class Rule(Part):
    """Base of the rules of induction (and of whatever else is a separable term, such as scaling).

    A user's rule is a subclass with fields, `state`, `terms` and `step`.
    """

    kind: ClassVar[str] = "induction"
    reads: ClassVar[tuple[str, ...]] = ("spike",)
    """Signals of the postsynaptic cell that `step` uses; ``spike`` comes as float32 0 or 1."""
    state: ClassVar[tuple[str, ...]] = ()
    """Names of the postsynaptic variables, zero at the start."""

    def terms(self) -> tuple[Term, ...]:
        """The terms, in the order in which `step` returns their values."""
        raise NotImplementedError

    def times(self) -> tuple[float, ...]:
        """How long spikes act: the time constants (ms) in use, by default all fields ``tau_x``."""
        return tuple(v for k, v in self.values().items() if k.startswith("tau") and isinstance(v, float))

    def constants(self, dt: float) -> dict[str, float]:
        """Numbers that `step` needs: by default every numeric field, `dt`, and ``decay_x`` for each ``tau_x``."""
        return with_decays(self, dt)

    def initial(self, n: int) -> dict[str, np.ndarray]:
        """Postsynaptic variables at time 0, shape (n,)."""
        return {name: np.zeros(n, np.float32) for name in self.state}

    @staticmethod
    def step(c: SimpleNamespace, s: dict[str, Array], post: SimpleNamespace) -> tuple[dict[str, Array], tuple[Array, ...]]:
        """Advance the postsynaptic variables by dt and return the value of each term; arrays of shape (n,), float32.

        `s` holds the variables as they were after the last step; let them decay first, give the terms what they are
        *before* this step's spike, then add the spike.
        """
        raise NotImplementedError


class SlowPart(Part):
    """Base of what happens on the slow clock: elementwise functions of synapses, once a tick."""

    kind: ClassVar[str] = "consolidation"
    variables: ClassVar[dict[str, float | str]] = {}
    """Synaptic variables and what they are at first: a number, or ``"w"`` for the initial weight."""
    numbers: ClassVar[tuple[str, ...]] = ()
    """Those of the variables that are no weights: they have no unit."""
    captures: ClassVar[str] = ""
    """Where induction goes instead of `w`: the name of one of `variables` (an eligibility trace), or empty."""
    of_induction: ClassVar[bool] = False
    """Whether what it does is in proportion to what was induced, so that its rate multiplies that of induction."""

    pooled: ClassVar[tuple[str, ...]] = ()
    """Names of what `pool` gives, which `tick` finds in `syn` as the mean over the cell."""

    def constants(self, dt: float) -> dict[str, float]:
        """Numbers that `tick` needs; here dt is the tick (ms), so ``decay_x`` spans a tick."""
        return with_decays(self, dt)

    @staticmethod
    def tick(c: SimpleNamespace, syn: dict[str, Array], modulators: dict[str, Array]) -> dict[str, Array]:
        """Advance `syn` (``w`` and the variables, shape (m,), weights as fractions of the reference weight) by a tick.

        modulators : by name, the mean over the tick that ends now.
        """
        raise NotImplementedError

    @staticmethod
    def pool(c: SimpleNamespace, syn: dict[str, Array]) -> dict[str, Array]:
        """What each synapse gives to its postsynaptic cell, shape (m,), from the state that the tick begins with.

        The mean counts, over all synapses of the cell, of whatever pathway, whose stack has a part of this class.
        """
        raise NotImplementedError

    @staticmethod
    def idle(c: SimpleNamespace, syn: dict[str, Array]) -> dict[str, Array]:
        """What of the variables, never of ``w``, goes on in a tick while nothing learns: by default nothing."""
        return {}


class WeightDependence(Part):
    """How a change depends on the weight, and the hard bounds; bounds in units of the reference weight."""

    kind: ClassVar[str] = "weight"
    mode: ClassVar[int] = 0
    w_min: float = quantity(0.0, "1", least=0, doc="lower bound", source="convention")
    w_max: float = quantity(2.0, "1", above=0, doc="upper bound", source="assumption: twice the reference weight")

    def validate(self) -> None:
        if self.w_min >= self.w_max:
            raise self.error("w_min", f"is {self.w_min:g}; must be below w_max ({self.w_max:g})")

    def exponents(self) -> tuple[float, float]:
        """Exponents of potentiation and depression (used by the power modes)."""
        return 0.0, 0.0


class Additive(WeightDependence):
    r"""Changes do not depend on the weight; hard bounds.

    .. math:: w \leftarrow \min(\max(w + \Delta w_+ + \Delta w_-,\ w_{min}),\ w_{max})

    Limit: with bounds that no weight comes near the changes add up as the rules give them.
    """

    mode: ClassVar[int] = 0
    equation: ClassVar[str] = "w = min(max(w + dw_plus + dw_minus, w_min), w_max)"
    reference: ClassVar[str] = "Song, Miller & Abbott 2000, doi:10.1038/78829"
    meant_for: ClassVar[str] = (
        "synapses that shall compete until they are at a bound; inhibitory ones, whose rule finds its own set point"
    )


class Soft(WeightDependence):
    r"""Soft bounds: potentiation fades towards the upper bound, depression towards 0 (Guetig et al. 2003).

    .. math:: \Delta w = (1 - w/w_{max})^{\mu_+}\, \Delta w_+ + (w/w_{max})^{\mu_-}\, \Delta w_-

    A w_min above 0 is a hard bound: depression fades towards 0 and is cut there. Limit: mu_plus = mu_minus = 0 is `Additive`;
    1 (the default) is multiplicative.
    """

    equation: ClassVar[str] = "dw = (1 - w/w_max)^mu_plus dw_plus + (w/w_max)^mu_minus dw_minus"
    reference: ClassVar[str] = "Guetig et al. 2003, doi:10.1523/JNEUROSCI.23-09-03697.2003"
    meant_for: ClassVar[str] = "excitatory synapses of all layers (the default sheet): graded weights within bounds"

    mu_plus: float = quantity(1.0, "1", least=0, doc="exponent of potentiation", source="assumption: multiplicative")
    mu_minus: float = quantity(1.0, "1", least=0, doc="exponent of depression", source="assumption: multiplicative")
    mode: ClassVar[int] = 1

    def exponents(self) -> tuple[float, float]:
        return self.mu_plus, self.mu_minus


class PowerLaw(WeightDependence):
    r"""Changes grow as a power of the weight, depression faster than potentiation (Morrison, Aertsen and Diesmann 2007).

    .. math:: \Delta w = (w/w_{ref})^{\mu_+}\, \Delta w_+ + (w/w_{ref})^{\mu_-}\, \Delta w_-

    w_ref is the reference weight; weights settle where the two balance, without an upper bound in practice. With exponents
    above 0 a weight of 0 stays there. Limit: mu_plus = mu_minus = 0 is `Additive`.
    """

    equation: ClassVar[str] = "dw = (w/w_ref)^mu_plus dw_plus + (w/w_ref)^mu_minus dw_minus"
    reference: ClassVar[str] = "Morrison, Aertsen & Diesmann 2007, doi:10.1162/neco.2007.19.6.1437"
    meant_for: ClassVar[str] = "recurrent excitatory synapses: a stable distribution of weights, with one peak and no bound"

    mu_plus: float = quantity(0.4, "1", least=0, doc="exponent of potentiation", source="Morrison, Aertsen & Diesmann 2007")
    mu_minus: float = quantity(1.0, "1", least=0, doc="exponent of depression", source="Morrison, Aertsen & Diesmann 2007")
    w_max: float = quantity(1e6, "1", above=0, doc="upper bound", source="convention: none in practice")
    mode: ClassVar[int] = 2

    def exponents(self) -> tuple[float, float]:
        return self.mu_plus, self.mu_minus


class ShortTerm(Part):
    r"""Short-term plasticity of the presynaptic terminal (Tsodyks and Markram 1997; NEST's ``tsodyks2_synapse``).

    .. math::
        \dot x = (1 - x) / \tau_{rec}, \quad \dot u = (U - u) / \tau_{facil}, \qquad
        \text{at a pre spike: send } w u x, \text{ then } x \leftarrow x - u x,\ u \leftarrow u + U (1 - u)

    It starts rested, at x = 1 and u = U, and never changes the weight. Limit: tau_facil = 0 is pure depression (u is U at every
    spike); spikes that are far apart against both time constants all send U w.
    """

    kind: ClassVar[str] = "short-term"
    name: ClassVar[str] = "short_term"
    equation: ClassVar[str] = (
        "dx/dt = (1 - x) / tau_rec, du/dt = (U - u) / tau_facil; at a pre spike send w u x, then x -= u x, u += U (1 - u)"
    )
    reference: ClassVar[str] = (
        "Tsodyks & Markram 1997, doi:10.1073/pnas.94.2.719; Tsodyks, Pawelzik & Markram 1998, doi:10.1162/089976698300017502"
    )
    meant_for: ClassVar[str] = (
        "terminals that depress (feedforward pathways) or facilitate (feedback pathways, synapses onto SST cells); any layer"
    )

    U: float = quantity(
        0.5, "1", above=0, most=1, doc="release probability at rest", source="default of NEST's tsodyks2_synapse"
    )
    tau_rec: float = quantity(800.0, "ms", above=0, doc="recovery from depression", source="default of NEST's tsodyks2_synapse")
    tau_facil: float = quantity(
        0.0, "ms", least=0, doc="decay of facilitation; 0: none", source="default of NEST's tsodyks2_synapse"
    )


class Gate(Part):
    r"""Induction scaled by a neuromodulator (the third factor; Fremaux and Gerstner 2016).

    .. math:: \dot w = [1 + g\, (M - 1)]_+\, H(pre, post)

    It acts at every step, on what rules of the kind induction give; homeostasis and other kinds are not gated. Several gates
    of a stack multiply. Limit: at the resting level M = 1, or with g = 0, induction is as it is without; with g = 1 and M = 0
    there is none.
    """

    kind: ClassVar[str] = "gate"
    equation: ClassVar[str] = "dw/dt = max(0, 1 + gain (M - 1)) H(pre, post)"
    reference: ClassVar[str] = "Fremaux & Gerstner 2016, doi:10.3389/fncir.2015.00085"
    meant_for: ClassVar[str] = "synapses that learn while a modulator is there: attention (ACh), surprise (NE), in L2/3 and L5"
    modulator: str = choice("ACh", MODULATORS, doc="the neuromodulator that it listens to")
    gain: float = quantity(1.0, "1", doc="slope; negative: the modulator suppresses", source="assumption")
