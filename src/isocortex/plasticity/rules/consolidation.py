"""From early to late: consolidation into a slow weight, and the decay of what was not consolidated."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, ClassVar

from isocortex.describe import quantity
from isocortex.plasticity.rule import Array, SlowPart
from isocortex.plasticity.rules.lowpass import loss

_PAPER = "Zenke, Agnes & Gerstner 2015, doi:10.1038/ncomms7922"


class Consolidation(SlowPart):
    r"""A slow weight in a double well (Zenke, Agnes and Gerstner 2015).

    .. math:: \tau \dot{\tilde w} = w - \tilde w - P \tilde w (w_P/2 - \tilde w)(w_P - \tilde w)

    ``w_slow`` starts at the weight. With w = w~ its wells are 0 and w_P, with the barrier at w_P / 2: a change of w that
    lasts for about tau takes w~ over it. `heterosynaptic` and `relaxation` pull w to w~. Weights are in units of the reference
    weight: the default wells, 0 and 2, leave the initial weight undecided, and P = 1.25 keeps the published depth P w_P^2 = 5.
    Limit: P = 0 is a low-pass of w.

    Integrated by the midpoint rule once a tick, with the w at its end, as if that had been there for the whole tick. A tau that
    is not well above the tick is not resolved (below half of it w~ diverges).
    """

    name: ClassVar[str] = "consolidation"
    equation: ClassVar[str] = "tau dw_slow/dt = w - w_slow - P w_slow (w_P/2 - w_slow) (w_P - w_slow)"
    reference: ClassVar[str] = _PAPER
    meant_for: ClassVar[str] = "excitatory synapses that shall keep what lasted: deep layers first"
    variables: ClassVar[dict[str, float | str]] = {"w_slow": "w"}
    sets: ClassVar[dict[str, tuple[dict[str, Any], str]]] = {
        "zenke2015": (dict(tau=1.2e6, P=20.0, w_P=0.5), f"{_PAPER} (code); in the paper's unit of weight"),
    }

    tau: float = quantity(1.2e6, "ms", above=0, doc="time constant (20 min)", source=_PAPER)
    P: float = quantity(1.25, "1", least=0, doc="depth of the wells", source=f"{_PAPER}: P w_P^2 = 5")
    w_P: float = quantity(2.0, "1", above=0, doc="upper well", source="assumption: twice the reference weight")

    @staticmethod
    def tick(c: SimpleNamespace, syn: dict[str, Array], modulators: dict[str, Array]) -> dict[str, Array]:
        w, slow, share = syn["w"], syn["w_slow"], c.dt / c.tau
        half = slow + 0.5 * share * _force(c, w, slow)
        return dict(w_slow=slow + share * _force(c, w, half))


def _force(c: SimpleNamespace, w: Array, slow: Array) -> Array:
    return w - slow - c.P * slow * (0.5 * c.w_P - slow) * (c.w_P - slow)


class Relaxation(SlowPart):
    r"""Change that was not consolidated decays.

    .. math:: \tau \dot w = -(w - \tilde w)

    ``w_slow`` is the slow weight of a `consolidation` part; where none stands in the stack it stays at the initial weight,
    so that all change is forgotten. Limit: a very long tau keeps everything.

    Exact once a tick for a w and a w~ that are constant within it: a change made within a tick relaxes as if it had been there
    for the whole tick, by exp(-tick / tau).
    """

    name: ClassVar[str] = "relaxation"
    equation: ClassVar[str] = "tau dw/dt = -(w - w_slow)"
    reference: ClassVar[str] = (
        "Clopath et al. 2008, doi:10.1371/journal.pcbi.1000248 (decay of the tags); Frey & Morris 1997, doi:10.1038/385533a0"
    )
    meant_for: ClassVar[str] = "excitatory synapses whose fast change shall be reversible: L2/3 (short tau), L5 (long tau)"
    variables: ClassVar[dict[str, float | str]] = {"w_slow": "w"}
    sets: ClassVar[dict[str, tuple[dict[str, Any], str]]] = {
        "early_ltp": (dict(tau=3.6e6), "Clopath et al. 2008 (ModelDB 118199): the LTP tag decays with 1/3600 per s"),
        "early_ltd": (dict(tau=5.4e6), "Clopath et al. 2008 (ModelDB 118199): the LTD tag decays with 1/5400 per s"),
    }

    tau: float = quantity(3.6e6, "ms", above=0, doc="decay of the early phase", source="Clopath et al. 2008")

    def constants(self, dt: float) -> dict[str, float]:
        return dict(loss=loss(self.tau, dt))

    @staticmethod
    def tick(c: SimpleNamespace, syn: dict[str, Array], modulators: dict[str, Array]) -> dict[str, Array]:
        return dict(w=syn["w"] - c.loss * (syn["w"] - syn["w_slow"]))
