"""An area with E, PV, SST and VIP cells in each layer and apical compartments in L23E and L5E.

The skeleton is the table of Potjans and Diesmann 2014; inhibition is divided as Pfeffer et al. 2013 found. All numbers and
their sources: `data/laminar.toml`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from isocortex.anatomy.circuit import Area, Background, Delay, Population, Projection
from isocortex.anatomy.potjans import full_counts
from isocortex.anatomy.scaling import synapse_number
from isocortex.anatomy.synapses import weight_of_psp
from isocortex.anatomy.tables import table
from isocortex.cells.cell import Cell
from isocortex.cells.registry import cell_model
from isocortex.checks import is_whole
from isocortex.errors import DescriptionError, nearest

INTERNEURONS = ("PV", "SST", "VIP")


def laminar_area(name: str = "V1", neurons: int = 4000, cells: Mapping[str, Cell] | None = None) -> Area:
    """A layered area with interneuron classes and two-compartment pyramidal cells, at rates near the published ones.

    Excitatory synapses reach the basal compartment of L23E and L5E and the soma of other cells; SST reaches the apical
    compartment where there is one; PV the soma. L1 holds no cells, only the apical compartments.

    Parameters
    ----------
    name : name of the area.
    neurons : about how many cells; in-degrees do not depend on it, so neither do the rates.
    cells : cell models that take the place of the default ones, by population (``L5E``) or class (``PV``). Weights are
        converted anew, so that potentials keep their size; the background is tuned to the default cells.

    Returns
    -------
    Area : 16 populations; weights in nS.

    Raises
    ------
    DescriptionError : too few neurons, or a cell for an unknown population.
    """
    if not is_whole(neurons, 100):
        raise DescriptionError(f"laminar_area.neurons: is {neurons!r}; a whole number of at least 100 is needed")
    populations = _populations(neurons, dict(cells or {}))
    by_name = {p.name: p for p in populations}
    projections = tuple(_projection(by_name, pre, post, k) for pre, post, k in indegrees())
    backgrounds = tuple(b for p in populations for b in _backgrounds(p))
    return Area(
        name, populations, projections, backgrounds, doc="E, PV, SST, VIP; Potjans and Diesmann 2014, Pfeffer et al. 2013"
    )


def indegrees() -> Iterator[tuple[str, str, float]]:
    """Source, target and number of synapses a target cell receives, for every projection that is kept.

    A target of any class has the published row of its layer's E or I. The inhibitory column is divided so that an E cell
    keeps its number of inhibitory synapses and one presynaptic cell contributes as the motif says.
    """
    t = table("laminar")
    full, least = full_counts(), t["synapse"]["least_indegree"]
    for post_layer in t["layers"]["order"]:
        for post_class in ("E", *INTERNEURONS):
            for pre_layer in t["layers"]["order"]:
                shares, motif = t["shares"][pre_layer], t["motif"]
                per_cell = sum(shares[c] * motif[c]["E"] for c in INTERNEURONS)
                for pre_class in ("E", *INTERNEURONS):
                    k = _published(full, pre_layer, pre_class, post_layer, post_class) * t["synapse"]["in_degree"]
                    if pre_class != "E":
                        k *= shares[pre_class] * motif[pre_class][post_class] / per_cell
                    if k >= least:
                        yield f"{pre_layer}{pre_class}", f"{post_layer}{post_class}", k


def _published(full: Mapping[str, int], pre_layer: str, pre_class: str, post_layer: str, post_class: str) -> float:
    """In-degree of the published model between the E or I populations that stand for two classes."""
    pd = table("potjans")
    pre, post = (f"{layer}{'E' if c == 'E' else 'I'}" for layer, c in ((pre_layer, pre_class), (post_layer, post_class)))
    order = pd["populations"]["order"]
    p = pd["probability"]["value"][order.index(post)][order.index(pre)]
    return synapse_number(p, full[pre], full[post]) / full[post]


def _populations(neurons: int, cells: dict[str, Cell]) -> tuple[Population, ...]:
    t, full = table("laminar"), full_counts()
    scale = neurons / sum(full.values())
    names = [f"{layer}{c}" for layer in t["layers"]["order"] for c in ("E", *INTERNEURONS)]
    for key in cells:
        if key not in names and key not in ("E", *INTERNEURONS):
            raise DescriptionError(f"laminar_area.cells: no population {key!r}; {nearest(key, [*names, 'E', *INTERNEURONS])}")
    out = []
    for name in names:
        layer, cell_class = _split(name)
        n = full[f"{layer}E"] if cell_class == "E" else full[f"{layer}I"] * t["shares"][layer][cell_class]
        out.append(Population(name, max(1, round(n * scale)), cells.get(name) or cells.get(cell_class) or _cell(name)))
    return tuple(out)


def _cell(name: str) -> Cell:
    models: dict[str, Any] = table("laminar")["cells"]
    if name in models["Pyramidal"]["classes"]:
        return cell_model("Pyramidal")()
    entry = models[_split(name)[1]]
    return cell_model(entry["model"]).make({k: v for k, v in entry.items() if k not in ("model", "source")}, f"cells.{name}")


def _split(name: str) -> tuple[str, str]:
    layer = next(x for x in table("laminar")["layers"]["order"] if name.startswith(x))
    return layer, name.removeprefix(layer)


def proximal(cell: Cell) -> str:
    """Where excitation from below and beside lands: the basal compartment, or the first where there is none."""
    return "basal" if "basal" in cell.compartments else cell.compartments[0]


def excitatory_delays(axonal: float) -> tuple[Delay, Delay]:
    """On the axon, with a mean (ms) of `axonal`, and on the dendrite: they vary on the axon alone."""
    d = table("laminar")["delay"]
    return Delay(axonal, d["axonal_E_sd"], resolution=d["resolution"]), Delay(d["dendritic_E"])


def _projection(populations: Mapping[str, Population], pre: str, post: str, k: float) -> Projection:
    t = table("laminar")
    s, d, cell = t["synapse"], t["delay"], populations[post].cell
    if populations[pre].excitatory:
        compartment = proximal(cell)
        factor = s["onto"][populations[post].cell_class] * (2 if [pre, post] == s["doubled"] else 1)
        weight = weight_of_psp(cell, s["psp"] * factor, "AMPA", compartment)
        delays = excitatory_delays(d["axonal_E"])
    else:
        apical = populations[pre].cell_class == "SST" and "apical" in cell.compartments
        compartment = "apical" if apical else cell.compartments[0]
        weight = weight_of_psp(cell, s["psp"] * s["g"], "GABA_A", compartment)
        delays = (Delay(d["axonal_I"]), Delay(d["dendritic_I"]))
    return Projection(pre, post, weight=weight, indegree=k, compartment=compartment, weight_sd=s["weight_sd"],
                      axonal_delay=delays[0], dendritic_delay=delays[1], autapses=False)  # fmt: skip


def _backgrounds(p: Population) -> Iterator[Background]:
    t, pd = table("laminar"), table("potjans")
    psp, apical = t["synapse"]["psp"], t["apical"]
    published = pd["background"]["indegree"][pd["populations"]["order"].index(f"{p.layer}{'E' if p.excitatory else 'I'}")]
    drives = [(proximal(p.cell), published * t["synapse"]["in_degree"], t["background"]["rate"][p.layer][p.cell_class])]
    if "apical" in p.cell.compartments:
        drives.append(("apical", apical["sources"], apical["rate"]))
    for where, sources, rate in drives:
        weight = weight_of_psp(p.cell, psp, "AMPA", where)
        yield Background(p.name, weight=weight, rate=rate, sources=sources, compartment=where)
