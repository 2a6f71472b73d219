"""The canonical area: the cortical microcircuit of Potjans and Diesmann 2014 (doi:10.1093/cercor/bhs358)."""

from __future__ import annotations

from isocortex.anatomy.circuit import Area, Background, Delay, Population, Projection
from isocortex.anatomy.scaling import mean_current, psc_of_psp, scaled, synapse_number
from isocortex.anatomy.tables import table
from isocortex.cells.lif import LIF
from isocortex.checks import is_number
from isocortex.errors import DescriptionError, nearest

DRIVES = ("poisson", "dc")


def potjans_area(name: str = "V1", neurons: float = 0.1, in_degree: float | None = None, drive: str = "poisson") -> Area:
    """The microcircuit below 1 mm2 of cortex: E and I cells (`LIF`) in four layers, at any scale.

    Parameters
    ----------
    name : name of the area.
    neurons : up to 1 a fraction of the 77,169 neurons; above 1 their number.
    in_degree : fraction of the synapses of each neuron, background included; by default that of the neurons. Mean and
        variance of the input are compensated (`isocortex.anatomy.scaling`).
    drive : "poisson" (8 Hz a source) or "dc" (its mean as a constant current).

    Returns
    -------
    Area : exactly the published model at ``neurons=1``: total synapse numbers drawn with replacement, weights in pA
        (87.8 pA, a potential of 0.15 mV), dendritic delays.

    Raises
    ------
    DescriptionError : a scale or a drive that is not allowed.
    """
    fraction = neuron_fraction(neurons)
    k = fraction if in_degree is None else in_degree
    if not is_number(k) or not 0 < k <= 1:
        raise DescriptionError(f"potjans_area.in_degree: is {k!r}; a fraction above 0, at most 1, is needed")
    if drive not in DRIVES:
        raise DescriptionError(f"potjans_area.drive: {drive!r} is not known; {nearest(str(drive), DRIVES)}")
    full = _full(name, drive)
    return full if fraction == k == 1 else scaled(full, fraction, k, full_rates())


def neuron_fraction(neurons: float) -> float:
    """Fraction of the full number of neurons, given itself (up to 1) or as a number of neurons (above 1)."""
    total = sum(table("potjans")["neurons"]["value"])
    if not is_number(neurons) or not 0 < neurons <= total:
        raise DescriptionError(f"potjans_area.neurons: is {neurons!r}; a fraction (above 0, at most 1) or a number of neurons "
                               f"(up to {total}) is needed")  # fmt: skip
    return float(neurons) if neurons <= 1 else neurons / total


def full_counts() -> dict[str, int]:
    """Population -> number of neurons of the full area."""
    t = table("potjans")
    return dict(zip(t["populations"]["order"], t["neurons"]["value"], strict=True))


def full_rates() -> dict[str, float]:
    """Population -> mean rate (Hz) of the full area, as published."""
    t = table("potjans")
    return dict(zip(t["populations"]["order"], t["rates"]["value"], strict=True))


def _full(name: str, drive: str) -> Area:
    order = table("potjans")["populations"]["order"]
    populations = tuple(_population(i, drive) for i in range(len(order)))
    backgrounds = tuple(_background(i) for i in range(len(order))) if drive == "poisson" else ()
    return Area(name, populations, _projections(), backgrounds, doc="Potjans and Diesmann 2014, doi:10.1093/cercor/bhs358")


def _psc(doubled: bool = False) -> float:
    return psc_of_psp(table("potjans")["synapse"]["psp"] * (2 if doubled else 1))


def _population(i: int, drive: str) -> Population:
    t = table("potjans")
    bg = t["background"]
    dc = mean_current(_psc(), bg["indegree"][i], bg["rate"], LIF().tau_AMPA) if drive == "dc" else 0.0
    cell = LIF(V_0=t["initial"]["V_0"][i], V_0_sd=t["initial"]["V_0_sd"][i], I_e=dc)
    return Population(t["populations"]["order"][i], t["neurons"]["value"][i], cell)


def _background(i: int) -> Background:
    t = table("potjans")
    bg = t["background"]
    return Background(t["populations"]["order"][i], weight=_psc(), rate=bg["rate"], sources=bg["indegree"][i])


def _projections() -> tuple[Projection, ...]:
    t = table("potjans")
    order, n, s = t["populations"]["order"], t["neurons"]["value"], t["synapse"]
    out = []
    for i, post in enumerate(order):
        for j, pre in enumerate(order):
            p = t["probability"]["value"][i][j]
            if p == 0:
                continue
            excitatory = pre.endswith("E")
            delay = s["delay_E"] if excitatory else s["delay_I"]
            out.append(Projection(
                pre, post, weight=_psc([pre, post] == s["doubled"]) * (1.0 if excitatory else s["g"]),
                synapses=synapse_number(p, n[j], n[i]), weight_sd=s["weight_sd"], axonal_delay=Delay(0.0),
                dendritic_delay=Delay(delay, delay * s["delay_sd"], least=s["delay_least"])))  # fmt: skip
    return tuple(out)
