"""The network that is run in isocortex, NEST and Brian2 alike: 10,000 cells, 10 million synapses, 6.4 million of them plastic.

8,000 E and 2,000 I current-based integrate-and-fire cells in the balanced state (after Brunel 2000,
doi:10.1023/A:1008925309027), connection probability 0.1, delay 1.5 ms, pair STDP with hard bounds from E to E, 800
independent Poisson inputs a cell. This module imports nothing heavy: peers need its numbers only.
"""

from __future__ import annotations

from typing import Any

NETWORK: dict[str, Any] = dict(
    n_E=8000, n_I=2000, probability=0.1, dt=0.1, delay=1.5,
    C_m=250.0, tau_m=10.0, E_L=-65.0, V_th=-50.0, V_reset=-65.0, t_ref=2.0, tau_syn=2.0,
    weight=20.0, g=8.0, sources=800, source_rate=30.0,
    A_plus=0.005, A_minus=0.00525, tau_plus=20.0, tau_minus=20.0, w_max=2.0,
    warm_up=100.0, duration=1000.0, seed=0,
)  # fmt: skip
"""ms, mV, pF, pA, Hz. A_plus, A_minus and w_max are fractions of `weight`. Cells fire at about 20 Hz: synapses cost most."""

SPARSE: dict[str, Any] = NETWORK | dict(source_rate=18.5)
"""The same network at about 10 Hz, where what a step costs without spikes weighs more."""

EXPECTED_RATE = (8.0, 25.0)
"""Hz; outside of it a system does not run this network, and its speed says nothing."""

PLASTIC = "V1.E->V1.E"


def area(p: dict[str, Any]) -> Any:
    """The network as an `Area`; cell numbers and rates from `p`."""
    from isocortex.anatomy.circuit import Area, Background, Delay, Population, Projection  # noqa: PLC0415
    from isocortex.cells.lif import LIF  # noqa: PLC0415

    cell = LIF(C_m=p["C_m"], tau_m=p["tau_m"], E_L=p["E_L"], V_th=p["V_th"], V_reset=p["V_reset"], t_ref=p["t_ref"],
               tau_AMPA=p["tau_syn"], tau_GABA_A=p["tau_syn"], V_0=(p["E_L"] + p["V_th"]) / 2, V_0_sd=4.0)  # fmt: skip
    ends = [("E", "E"), ("E", "I"), ("I", "E"), ("I", "I")]
    weights = {"E": p["weight"], "I": p["g"] * p["weight"]}
    return Area(
        "V1",
        (Population("E", p["n_E"], cell), Population("I", p["n_I"], cell)),
        tuple(Projection(a, b, weights[a], probability=p["probability"], axonal_delay=Delay(p["delay"])) for a, b in ends),
        tuple(Background(n, weight=p["weight"], rate=p["source_rate"], sources=p["sources"]) for n in ("E", "I")),
    )


def stack(p: dict[str, Any]) -> Any:
    """Additive pair STDP with bounds."""
    from isocortex.plasticity.rule import Additive  # noqa: PLC0415
    from isocortex.plasticity.rules.pair import PairSTDP  # noqa: PLC0415
    from isocortex.plasticity.stack import Stack  # noqa: PLC0415

    rule = PairSTDP(A_plus=p["A_plus"], A_minus=p["A_minus"], tau_plus=p["tau_plus"], tau_minus=p["tau_minus"])
    return Stack(rules=(rule,), weight=Additive(w_max=p["w_max"]))


def run(p: dict[str, Any]) -> dict[str, Any]:
    """Build, warm up, then time `p["duration"]` ms; called in a process of its own."""
    from isocortex.bench.timing import timed  # noqa: PLC0415

    return timed(lambda: (area(p), {PLASTIC: stack(p)}), p)
