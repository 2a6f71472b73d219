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
PAIRINGS = ("all", "nearest", "event", "suppressed")


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
    captures: ClassVar[str] = ""
    """Where induction goes instead of `w`: the name of one of `variables` (an eligibility trace), or empty."""
    of_induction: ClassVar[bool] = False
    """Whether what it does is in proportion to what was induced, so that its rate multiplies that of induction."""

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
    def idle(c: SimpleNamespace, syn: dict[str, Array]) -> dict[str, Array]:
        """What of the variables, never of ``w``, goes on in a tick while nothing learns: by default nothing."""
        return {}


class WeightDependence(Part):
    """How a change depends on the weight, and the hard bounds; bounds in units of the reference weight."""

    kind: ClassVar[str] = "weight"
    mode: ClassVar[int] = 0
    w_min: float = quantity(0.0, "1", least=0, doc="lower bound")
    w_max: float = quantity(2.0, "1", above=0, doc="upper bound")

    def validate(self) -> None:
        if self.w_min >= self.w_max:
            raise self.error("w_min", f"is {self.w_min:g}; must be below w_max ({self.w_max:g})")

    def exponents(self) -> tuple[float, float]:
        """Exponents of potentiation and depression (used by the power modes)."""
        return 0.0, 0.0


class Additive(WeightDependence):
    """Changes do not depend on the weight; hard bounds."""

    mode: ClassVar[int] = 0


class Soft(WeightDependence):
    r"""Soft bounds: potentiation times :math:`(1 - w/w_{max})^{\mu_+}`, depression times :math:`(w/w_{max})^{\mu_-}`.

    mu = 1 is multiplicative, mu = 0 additive (Guetig et al. 2003, doi:10.1523/JNEUROSCI.23-09-03697.2003).
    """

    mu_plus: float = quantity(1.0, "1", least=0, doc="exponent of potentiation")
    mu_minus: float = quantity(1.0, "1", least=0, doc="exponent of depression")
    mode: ClassVar[int] = 1

    def exponents(self) -> tuple[float, float]:
        return self.mu_plus, self.mu_minus


class PowerLaw(WeightDependence):
    r"""Potentiation times :math:`(w/w_{ref})^{\mu_+}`, depression times :math:`(w/w_{ref})^{\mu_-}`.

    Morrison, Aertsen and Diesmann 2007 (doi:10.1162/neco.2007.19.6.1437): mu_plus = 0.4, mu_minus = 1.
    """

    mu_plus: float = quantity(0.4, "1", least=0, doc="exponent of potentiation")
    mu_minus: float = quantity(1.0, "1", least=0, doc="exponent of depression")
    w_max: float = quantity(1e6, "1", above=0, doc="upper bound")
    mode: ClassVar[int] = 2

    def exponents(self) -> tuple[float, float]:
        return self.mu_plus, self.mu_minus


class ShortTerm(Part):
    r"""Short-term plasticity of the presynaptic terminal (Tsodyks and Markram 1997; NEST's ``tsodyks2_synapse``).

    At each presynaptic spike, after relaxing for the time since the last one (x to 1 with tau_rec, u to U with tau_facil),
    the synapse transmits w u x; then x loses u x and u gains U (1 - u). tau_facil = 0 is pure depression.
    """

    kind: ClassVar[str] = "short-term"
    name: ClassVar[str] = "short_term"
    U: float = quantity(0.5, "1", above=0, most=1, doc="release probability at rest")
    tau_rec: float = quantity(800.0, "ms", above=0, doc="recovery from depression")
    tau_facil: float = quantity(0.0, "ms", least=0, doc="decay of facilitation")


class Gate(Part):
    """Scale the induction of the stack by a neuromodulator: max(0, 1 + gain (M - 1)); M = 1 is the baseline.

    Rules of other kinds, as those of homeostasis, are not gated.
    """

    kind: ClassVar[str] = "gate"
    modulator: str = choice("ACh", ("ACh", "DA", "NE", "5HT"))
    gain: float = quantity(1.0, "1", doc="slope; negative: the modulator suppresses")
