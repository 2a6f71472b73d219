"""Eligibility: induction waits for a neuromodulator."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any, ClassVar

from isocortex.describe import choice, quantity
from isocortex.plasticity.rule import MODULATORS, Array, SlowPart


def chosen(modulator: str) -> dict[str, float]:
    """Constants by which `level` knows which modulator a part listens to."""
    return {f"of_{m}": float(m == modulator) for m in MODULATORS}


def level(c: SimpleNamespace, modulators: dict[str, Array]) -> Array:
    """How much there was of the modulator that is `chosen`."""
    return sum((getattr(c, f"of_{m}") * modulators[m] for m in MODULATORS[1:]), c.of_ACh * modulators["ACh"])


class Eligibility(SlowPart):
    r"""Induction goes to a trace, which a neuromodulator turns into weight (Fremaux and Gerstner 2016).

    .. math:: \tau_e \dot e = -e + \tau_e H(pre, post), \qquad \dot w = r\, (M - M_0)\, e

    The trace takes what integrals and jumps of the stack induce, H (leaks act on the weight). At a tick, what was there at its
    beginning is turned into weight by the integral over the tick, with the mean of M over it, and has decayed since; what was
    induced within the tick counts from its end. A change waits at most one tick longer than it should, and in sum nothing is
    lost: under a constant M each change H becomes r (M - M_0) tau_e H. M = 1 is the modulator's resting level, which by
    default turns nothing. While nothing learns the trace decays and is not turned into weight. The weight dependence of the
    stack does not act on what passes through the trace; its bounds do. Limit: r = 1 / tau_e, M_0 = 0 and M = 1 is the low-pass
    of the change in Urbanczik and Senn (2014). `he2015_ltp` and `he2015_ltd` are time constants alone: that one modulator
    turns potentiation and another depression needs traces apart, which this part has not.
    """

    kind: ClassVar[str] = "eligibility"
    name: ClassVar[str] = "eligibility"
    equation: ClassVar[str] = "tau_e de/dt = -e + tau_e H, dw/dt = rate (M - baseline) e"
    reference: ClassVar[str] = (
        "Fremaux & Gerstner 2016, doi:10.3389/fncir.2015.00085; Izhikevich 2007, doi:10.1093/cercor/bhl152"
    )
    meant_for: ClassVar[str] = "synapses that learn from reward, surprise or attention: L2/3 (seconds), apical synapses of L5"
    variables: ClassVar[dict[str, float | str]] = {"e": 0.0, "e_seen": 0.0}
    captures: ClassVar[str] = "e"
    of_induction: ClassVar[bool] = True
    sets: ClassVar[dict[str, tuple[dict[str, Any], str]]] = {
        "izhikevich2007": (dict(tau_e=1000.0, modulator="DA"), "Izhikevich 2007, doi:10.1093/cercor/bhl152: 1 s"),
        "he2015_ltp": (
            dict(tau_e=5000.0, modulator="NE"),
            "He et al. 2015, doi:10.1016/j.neuron.2015.09.037: 5 to 10 s (from memory)",
        ),
        "he2015_ltd": (dict(tau_e=2500.0, modulator="5HT"), "He et al. 2015: 2.5 to 3 s (from memory)"),
        "urbanczik2014": (dict(tau_e=100.0, rate=10.0, baseline=0.0), "Urbanczik & Senn 2014; 100 ms as in NEST"),
    }

    tau_e: float = quantity(1000.0, "ms", above=0, doc="decay of the trace", source="Izhikevich 2007")
    rate: float = quantity(1.0, "1/s", least=0, role="rate", doc="conversion at M = baseline + 1", source="assumption")
    modulator: str = choice("DA", MODULATORS, doc="the neuromodulator that it listens to")
    baseline: float = quantity(1.0, "1", doc="level of the modulator that turns nothing", source="convention")

    def constants(self, dt: float) -> dict[str, float]:
        """`area` is the integral over the tick of a trace of 1, times the rate."""
        lost = -math.expm1(-dt / self.tau_e)
        return chosen(self.modulator) | dict(loss=lost, area=self.rate * 1e-3 * self.tau_e * lost, baseline=self.baseline)

    @staticmethod
    def tick(c: SimpleNamespace, syn: dict[str, Array], modulators: dict[str, Array]) -> dict[str, Array]:
        """`e_seen` is the trace as the last tick left it; what `e` has more was induced since."""
        return dict(w=syn["w"] + (level(c, modulators) - c.baseline) * c.area * syn["e_seen"]) | Eligibility.idle(c, syn)

    @staticmethod
    def idle(c: SimpleNamespace, syn: dict[str, Array]) -> dict[str, Array]:
        e = syn["e"] - c.loss * syn["e_seen"]
        return dict(e=e, e_seen=e)
