"""Smaller circuits with the same input: fewer neurons, fewer synapses a neuron, mean and variance compensated.

With the in-degree taken times k, weights are taken times 1/sqrt(k): the variance of the input, K w^2 r, stays. Its mean,
K w r, falls to sqrt(k) of what it was; the rest is given back as a constant current (van Albada, Helias and Diesmann 2015,
doi:10.1371/journal.pcbi.1004490). Rates are kept, correlations are not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from isocortex.anatomy.circuit import Area, Background, Population, Projection
from isocortex.cells.cell import Cell, Source
from isocortex.cells.lif import LIF
from isocortex.checks import is_number
from isocortex.errors import DescriptionError, nearest


def synapse_number(probability: float, n_pre: int, n_post: int) -> float:
    """How many synapses, drawn with replacement, leave a pair connected with this probability: ln(1-p)/ln(1-1/(N_pre N_post)).

    Source: Potjans and Diesmann 2014, doi:10.1093/cercor/bhs358.
    """
    if not 0 <= probability < 1:
        raise DescriptionError(f"synapse_number.probability: is {probability}; at least 0 and less than 1 is needed")
    return math.log1p(-probability) / math.log1p(-1 / (n_pre * n_post))


def psc_of_psp(psp: float, C_m: float = 250.0, tau_m: float = 10.0, tau_s: float = 0.5) -> float:
    """Jump (pA) of an exponential synaptic current whose potential peaks at `psp` (mV); capacitance in pF, times in ms.

    The potential after a jump of 1 pA is a difference of two exponentials; its peak is at
    t = ln(tau_m/tau_s) tau_m tau_s / (tau_m - tau_s).
    """
    if math.isclose(tau_m, tau_s):
        return psp * C_m / tau_m * math.e
    peak = math.log(tau_m / tau_s) * tau_m * tau_s / (tau_m - tau_s)
    per_pA = tau_m * tau_s / (C_m * (tau_m - tau_s)) * (math.exp(-peak / tau_m) - math.exp(-peak / tau_s))
    return psp / per_pA


def mean_current(weight: float, indegree: float, rate: float, tau_s: float) -> float:
    """Mean (pA) of the current of `indegree` synapses at `rate` (Hz): jumps of `weight` (pA) that decay with `tau_s` (ms)."""
    return weight * indegree * rate * tau_s * 1e-3


def scaled(area: Area, neurons: float, in_degree: float, rates: Mapping[str, float]) -> Area:
    """Scale an area of current-based cells (`LIF`) to a fraction of its neurons and of its in-degrees.

    Parameters
    ----------
    area : the full area.
    neurons : fraction of the neurons of each population (at least one stays).
    in_degree : fraction k of the synapses of each neuron, background included.
    rates : mean rate (Hz) of each population in the full area, by short name; sources and relays included.

    Returns
    -------
    Area : weights times 1/sqrt(k), `I_e` of each cell raised by (1 - sqrt(k)) times the mean input of the full area.

    Raises
    ------
    DescriptionError : a fraction out of range, a cell that is not `LIF`, or a rate that is missing.
    """
    for field, value in (("neurons", neurons), ("in_degree", in_degree)):
        if not (is_number(value) and 0 < value < math.inf):
            raise DescriptionError(f"scaled.{field}: is {value!r}; a finite number above 0 is needed")
    populations = tuple(_scaled_population(area, p, neurons, in_degree, rates) for p in area.populations)
    n = {f"{area.name}.{p.name}": p.n for p in populations}
    full = {f"{area.name}.{p.name}": p.n for p in area.populations}
    projections = tuple(_scaled_projection(p, full, n, in_degree) for p in area.projections)
    shrink = 1 / math.sqrt(in_degree)
    backgrounds = tuple(b.replace(sources=b.sources * in_degree, weight=b.weight * shrink) for b in area.backgrounds)
    return area.replace(populations=populations, projections=projections, backgrounds=backgrounds)


def indegree(p: Projection, n_pre: int, n_post: int) -> float:
    """Mean number of synapses that a target receives through a projection."""
    if p.one_to_one:
        return 1.0
    if p.indegree is not None:
        return p.indegree
    return p.synapses / n_post if p.synapses is not None else (p.probability or 0.0) * n_pre


def full_input(area: Area, name: str, rates: Mapping[str, float]) -> float:
    """Mean synaptic current (pA) onto a cell of one population, from the area and from its background."""
    full = f"{area.name}.{name}"
    sizes = {f"{area.name}.{p.name}": p for p in area.populations}
    cell = sizes[full].cell
    total = 0.0
    for p in area.projections:
        if p.post == full:
            pre = sizes[p.pre]
            if pre.name not in rates:
                raise DescriptionError(f"scaled.rates: the rate of {pre.name!r} is missing; {nearest(pre.name, rates)}")
            k = indegree(p, pre.n, sizes[full].n)
            total += sum(_mean(cell, r, fraction * p.weight, k, rates[pre.name]) for r, fraction in _receptors(p, pre))
    mine: list[Background] = [b for b in area.backgrounds if b.post == full]
    return total + sum(_mean(cell, b.receptor, b.weight, b.sources, b.rate) for b in mine)


def _receptors(p: Projection, pre: Population) -> tuple[tuple[str, float], ...]:
    return p.receptors or ((("AMPA", 1.0),) if pre.excitatory else (("GABA_A", 1.0),))


def _mean(cell: Cell, receptor: str, weight: float, k: float, rate: float) -> float:
    sign = 1.0 if receptor in ("AMPA", "NMDA") else -1.0
    return sign * mean_current(weight, k, rate, getattr(cell, f"tau_{receptor}"))


def _scaled_population(area: Area, p: Population, neurons: float, k: float, rates: Mapping[str, float]) -> Population:
    n = max(1, round(p.n * neurons))
    if isinstance(p.cell, Source):
        return p.replace(n=n)
    if not isinstance(p.cell, LIF):
        raise DescriptionError(f"scaled: {area.name}.{p.name} is of {type(p.cell).__name__}; the mean input can be compensated "
                               "for LIF only")  # fmt: skip
    lost = (1 - math.sqrt(k)) * full_input(area, p.name, rates) if k != 1 else 0.0
    return p.replace(n=n, cell=p.cell.replace(I_e=p.cell.I_e + lost))


def _scaled_projection(p: Projection, full: Mapping[str, int], n: Mapping[str, int], k: float) -> Projection:
    if p.one_to_one:
        raise DescriptionError(f"scaled: {p.title} is one to one; in-degrees of 1 cannot be scaled")
    weight = p.weight / math.sqrt(k)
    if p.synapses is not None:
        return p.replace(weight=weight, synapses=p.synapses / full[p.post] * k * n[p.post])
    return p.replace(weight=weight, probability=None, indegree=indegree(p, full[p.pre], full[p.post]) * k)
