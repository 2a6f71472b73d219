"""Joining areas: a thalamic relay, feedforward from L23 to L4, feedback from L5 and L6 to the apical compartments in L1.

Numbers and their sources: `data/hierarchy.toml`, `data/potjans.toml`.
"""

from __future__ import annotations

import itertools
import math
import reprlib
from collections.abc import Iterable, Sequence
from typing import Any

from isocortex.anatomy.circuit import Area, Cortex, Delay, Population, Projection
from isocortex.anatomy.laminar import excitatory_delays, proximal
from isocortex.anatomy.potjans import full_counts
from isocortex.anatomy.scaling import synapse_number
from isocortex.anatomy.synapses import weight_of_psp
from isocortex.anatomy.tables import table
from isocortex.cells.lif import LIF
from isocortex.cells.sources import PoissonSource
from isocortex.checks import is_number
from isocortex.errors import DescriptionError, nearest


def thalamus(name: str = "LGN", n: int | None = None, rate: float = 0.0) -> Area:
    """A thalamic relay of Poisson cells with an `on` and an `off` channel.

    Parameters
    ----------
    name : name of the area.
    n : cells of each channel; by default half of the 902 of Potjans and Diesmann 2014.
    rate : Hz, until the host sets another (``sim.set_input("LGN.on", rates)``).
    """
    cells = table("hierarchy")["relay"]["neurons"] // 2 if n is None else n
    return Area(name, tuple(Population(channel, cells, PoissonSource(rate=rate)) for channel in ("on", "off")))


def relay_projections(
    relay: Area,
    area: Area,
    *,
    in_degree: float | None = None,
    psp: float | None = None,
    weight: float | None = None,
    weight_distribution: str = "normal",
) -> tuple[Projection, ...]:
    """Thalamic input to L4 and L6, E and I or PV, with the probabilities of Potjans and Diesmann 2014.

    Parameters
    ----------
    relay : every population in it projects; the published in-degree is shared out by their size.
    area : the area that receives.
    in_degree : fraction of the published in-degree; by default, the scale of a canonical area (`potjans_area`), else 0.25.
    psp : mV; by default the published 0.15 mV over sqrt(in_degree) in a canonical area, over in_degree elsewhere; 0 is a
        pathway without effect, which must be static.
    weight : in the unit of the target cells, instead of `psp`.
    weight_distribution : of `Projection`; "uniform" for weights that are to be learned.

    Raises
    ------
    DescriptionError : an area without any of these populations, or a fraction that is not above 0.
    """
    _check_areas("relay_projections", relay=relay, area=area)
    t = table("potjans")
    if not any(_stand_ins(area, published) for published in t["thalamus"]["probability"]):
        raise DescriptionError(f"relay_projections.area: {area.name} has none of L4E, L4I, L4PV, L6E, L6I, L6PV")
    full, (k, growth) = full_counts(), _relay_scale(area, in_degree)
    size = sum(p.n for p in relay.populations)
    potential = t["thalamus"]["psp"] * growth if psp is None else psp
    out = []
    for published, probability in t["thalamus"]["probability"].items():
        for target in _stand_ins(area, published):
            total = synapse_number(probability, t["thalamus"]["neurons"], full[published]) / full[published] * k
            where = proximal(target.cell)
            w = weight_of_psp(target.cell, potential, "AMPA", where) if weight is None else weight
            mean = t["thalamus"]["delay"]
            delay = Delay(mean, mean * t["thalamus"]["delay_sd"], least=t["synapse"]["delay_least"])
            out += [
                Projection(
                    f"{relay.name}.{p.name}", f"{area.name}.{target.name}", weight=w, indegree=total * p.n / size,
                    compartment=where, weight_sd=t["synapse"]["weight_sd"], weight_distribution=weight_distribution,
                    axonal_delay=Delay(0.0), dendritic_delay=delay, kind="thalamic")
                for p in relay.populations
            ]  # fmt: skip
    return tuple(out)


def feedforward(
    lower: Area, upper: Area, *, indegree: float | None = None, psp: float | None = None, weight: float | None = None
) -> tuple[Projection, ...]:
    """From L23E of the lower area to L4E and L4PV (or L4I) of the upper one.

    Parameters
    ----------
    lower, upper : the areas.
    indegree : synapses a target cell.
    psp : mV; weight : in the unit of the target cells, instead of `psp`.

    Raises
    ------
    DescriptionError : an area without the populations.
    """
    _check_areas("feedforward", lower=lower, upper=upper)
    t = table("hierarchy")["feedforward"]
    return _between(lower, upper, t["from"], t["onto"], "feedforward", indegree=indegree, psp=psp, weight=weight)


def feedback(
    upper: Area,
    lower: Area,
    *,
    onto: Sequence[str] | None = None,
    indegree: float | None = None,
    psp: float | None = None,
    weight: float | None = None,
) -> tuple[Projection, ...]:
    """From L5E and L6E of the upper area to L1 of the lower one: the apical compartments of L23E and L5E, never L4.

    In an area of point cells (`LIF`) the same cells receive it at their only compartment.

    Parameters
    ----------
    upper, lower : the areas.
    onto : other targets than L23E and L5E; none may be in L4.
    indegree : synapses a target cell has from each of the two populations.
    psp : mV at the compartment; weight : in the unit of the target cells, instead of `psp`.

    Raises
    ------
    DescriptionError : a target in L4, or an area without the populations.
    """
    _check_areas("feedback", upper=upper, lower=lower)
    t = table("hierarchy")["feedback"]
    targets = t["onto"] if onto is None else onto
    for name in targets:
        if lower[name].layer == "L4":
            raise DescriptionError(f"feedback.onto: {name} is in L4, which feedback avoids; {nearest(name, t['onto'])}")
    return _between(upper, lower, t["from"], targets, "feedback", indegree=indegree, psp=psp, weight=weight)


def hierarchy(
    areas: Area | Iterable[Area],
    relay: Area | None = None,
    projections: Iterable[Projection] = (),
    *,
    relay_in_degree: float | None = None,
    with_feedback: bool = True,
    name: str = "cortex",
) -> Cortex:
    """Join areas, lowest first: feedforward and feedback between neighbours, the relay to the lowest.

    Parameters
    ----------
    areas : lowest first.
    relay : a thalamic area, see `thalamus`.
    projections : further projections between the areas, with full names.
    relay_in_degree : `in_degree` of `relay_projections`; only with a relay.
    with_feedback : whether there is feedback.
    name : of the cortex.

    Raises
    ------
    DescriptionError : something that is no area, none at all, areas without the populations to be joined, a relay with
        layers, `relay_in_degree` without a relay.
    """
    stack = _stack(areas)
    joined: list[Projection] = []
    if relay is None and relay_in_degree is not None:
        raise DescriptionError(
            f"hierarchy.relay_in_degree: is {relay_in_degree!r} where there is no relay; give one, such as relay=thalamus()"
        )
    if relay is not None:
        _check_areas("hierarchy", relay=relay)
        layered = [p.name for p in relay.populations if p.layer]
        if layered:
            raise DescriptionError(
                f"hierarchy.relay: {relay.name} has the layered population {layered[0]}; a thalamic area is needed (see "
                f"`thalamus`); several areas are joined as a list, hierarchy([{stack[0].name}, {relay.name}])"
            )
        joined += relay_projections(relay, stack[0], in_degree=relay_in_degree)
    for lower, upper in itertools.pairwise(stack):
        joined += feedforward(lower, upper)
        if with_feedback:
            joined += feedback(upper, lower)
    further = (projections,) if isinstance(projections, Projection) else tuple(projections)
    return Cortex((*([relay] if relay is not None else []), *stack), (*joined, *further), name=name)


def _stack(areas: Any) -> tuple[Area, ...]:
    """The areas of `hierarchy`: one, or several."""
    if isinstance(areas, Area):
        return (areas,)
    items = tuple(areas) if isinstance(areas, Iterable) and not isinstance(areas, str) else (areas,)
    for item in items:
        _check_areas("hierarchy", areas=item)
    if not items:
        raise DescriptionError("hierarchy.areas: is empty; at least one area is needed")
    return items


def _check_areas(where: str, **given: Any) -> None:
    """Refuse what is no area, by the name of its parameter."""
    for name, area in given.items():
        if not isinstance(area, Area):
            example = "thalamus()" if name == "relay" else "laminar_area('V1')"
            raise DescriptionError(f"{where}.{name}: {reprlib.repr(area)} is no area; an Area is needed, such as {example}")


def _between(
    source: Area,
    target: Area,
    from_: Sequence[str],
    onto: Sequence[str],
    kind: str,
    *,
    indegree: float | None,
    psp: float | None,
    weight: float | None,
) -> tuple[Projection, ...]:
    t = table("hierarchy")[kind]
    axonal, dendritic = excitatory_delays(t["axonal_delay"])
    sources = [p for p in source.populations if p.name in from_]
    targets = [p for p in target.populations if p.name in onto]
    for area, found, wanted in ((source, sources, from_), (target, targets, onto)):
        if not found:
            raise DescriptionError(f"{kind}: {area.name} has none of {', '.join(wanted)}")
    out = []
    for pre, post in itertools.product(sources, targets):
        where, receptors = _landing(post, kind)
        w = weight_of_psp(post.cell, t["psp"] if psp is None else psp, "AMPA", where) if weight is None else weight
        out.append(Projection(
            f"{source.name}.{pre.name}", f"{target.name}.{post.name}", weight=w, compartment=where, receptors=receptors,
            indegree=t["indegree"] if indegree is None else indegree, weight_sd=table("laminar")["synapse"]["weight_sd"],
            axonal_delay=axonal, dendritic_delay=dendritic, kind=kind))  # fmt: skip
    return tuple(out)


def _landing(post: Population, kind: str) -> tuple[str, tuple[tuple[str, float], ...] | None]:
    """Compartment and receptors of a target."""
    if kind == "feedback" and "apical" in post.cell.compartments:
        t = table("hierarchy")["feedback"]
        return "apical", (("AMPA", t["AMPA"]), ("NMDA", t["NMDA"]))
    return proximal(post.cell), None


def _relay_scale(area: Area, in_degree: float | None) -> tuple[float, float]:
    """Fraction of the published in-degree, and what the published potential is to be multiplied with.

    A canonical area has its mean input compensated by currents, so potentials grow with 1/sqrt(k), as inside it (the mean of
    the relay's input falls, as that of all others). Elsewhere they grow with 1/k, which keeps the mean.
    """
    l4 = {p.name: p for p in area.populations if p.layer == "L4"}
    canonical = {"L4E", "L4I"} <= l4.keys() and isinstance(l4["L4E"].cell, LIF)
    k = in_degree
    if k is None:
        k = min(1.0, l4["L4E"].n / full_counts()["L4E"]) if canonical else table("hierarchy")["relay"]["in_degree"]
    if not (is_number(k) and k > 0):
        raise DescriptionError(f"relay_projections.in_degree: is {k!r}; a fraction above 0 is needed")
    return k, 1 / math.sqrt(k) if canonical else 1 / k


def _stand_ins(area: Area, published: str) -> list[Population]:
    """The population itself, or PV where I is divided."""
    names = (published, published.removesuffix("I") + "PV") if published.endswith("I") else (published,)
    return [p for p in area.populations if p.name in names]
