"""A cortex as a file: the round trip, and what a wrong file is told."""

import pathlib
import textwrap

import pytest

from isocortex.anatomy.circuit import Area, Background, Cortex, Delay, Population, Projection
from isocortex.anatomy.hierarchy import hierarchy, thalamus
from isocortex.anatomy.laminar import laminar_area
from isocortex.anatomy.potjans import potjans_area
from isocortex.anatomy.toml import read_cortex, write_cortex
from isocortex.cells.lif import LIF
from isocortex.cells.registry import cell_model, cell_models
from isocortex.errors import DataError, DescriptionError

GOOD = """
schema = 1
name = "mine"

[[area]]
name = "A"

[[area.population]]
name = "E"
n = 10
cell = {model = "LIF", tau_m = "0.02 s"}

[[area.projection]]
pre = "E"
post = "E"
weight = 20
indegree = 3
dendritic_delay = {mean = "2 ms", sd = 0.5}
receptors = {AMPA = 1, NMDA = 0.1}

[[area.background]]
post = "E"
rate = "8 Hz"
"""


def custom() -> Cortex:
    one = Area(
        "A",
        (Population("E", 20, LIF(V_th=-48.0)), Population("cells", 5, LIF(), cell_class="SST", layer="L1", doc="odd ones")),
        (
            Projection("E", "E", weight=12.5, probability=0.1, receptors={"NMDA": 0.25, "AMPA": 0.75}, tag="slow"),
            Projection("E", "E", weight=12.5, indegree=2.5, autapses=False, axonal_delay=Delay(0.0), dendritic_delay=2.0),
            Projection("cells", "cells", one_to_one=True, weight=2.0),
            Projection("cells", "E", synapses=40, weight_sd=0.2, weight_distribution="lognormal", kind="interneuron"),
        ),
        (Background("E", weight=3.0, receptor="NMDA", sources=100),),
        doc="by hand",
    )
    two = Area("B", (Population("E", 7, LIF()),))
    between = Projection("A.E", "B.E", weight=1 / 3, indegree=4, kind="feedforward",
                         dendritic_delay=Delay(1.0, 0.3, "lognormal", least=0.1, resolution=0.5))  # fmt: skip
    return Cortex((one, two), (between,), name="mine")


@pytest.mark.parametrize(
    "cortex",
    [custom(), Cortex((potjans_area(neurons=0.1),)), hierarchy([laminar_area("V1"), laminar_area("V2")], thalamus())],
    ids=["custom", "canonical", "hierarchy"],
)
def test_round_trip(cortex: Cortex, tmp_path: pathlib.Path) -> None:
    write_cortex(cortex, tmp_path / "cortex.toml")
    assert read_cortex(tmp_path / "cortex.toml") == cortex


def read(tmp_path: pathlib.Path, text: str) -> Cortex:
    path = tmp_path / "cortex.toml"
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return read_cortex(path)


def test_units_and_defaults_are_read(tmp_path: pathlib.Path) -> None:
    cortex = read(tmp_path, GOOD)
    (p,) = cortex.areas[0].projections
    assert cortex.name == "mine"
    assert cortex.areas[0]["E"].cell == LIF(tau_m=20.0)
    assert (p.dendritic_delay, p.axonal_delay) == (Delay(2.0, 0.5), Delay(1.5))
    assert p.receptors == (("AMPA", 1.0), ("NMDA", 0.1))
    assert cortex.areas[0].backgrounds[0].rate == 8.0


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("schema = 1", "schema = 9", "schema: is 9; allowed: 1"),
        ("schema = 1", "", "schema: is None; allowed: 1"),
        ("weight = 20", "wieght = 20", r"area\[0\]\.projection\[0\]\.wieght: no such key; .*did you mean 'weight'"),
        ("weight = 20", "weight = -1", r"area\[0\]\.projection\[0\].*\.weight: is -1; must be at least 0"),
        ("weight = 20", "weight = '3 Hz'", r"area\[0\]\.projection\[0\].*weight.*is a rate"),
        ("sd = 0.5", "std = 0.5", r"area\[0\]\.projection\[0\]\.dendritic_delay\.std: no such key; .*'sd'"),
        ("NMDA = 0.1", "NDMA = 0.1", r"area\[0\]\.projection\[0\].*did you mean 'NMDA'"),
        ("receptors = {AMPA = 1, NMDA = 0.1}", "receptors = 3", r"area\[0\]\.projection\[0\]\.receptors: is 3; a table"),
        ("receptors = {AMPA = 1, NMDA = 0.1}", "autapses = 1", r"area\[0\]\.projection\[0\]\.autapses: is 1; true or false"),
        ("indegree = 3", "one_to_one = 1", r"area\[0\]\.projection\[0\]\.one_to_one: is 1; true or false"),
        ('model = "LIF"', 'model = "LIFF"', r"area\[0\]\.population\[0\]\.cell\.model: no cell model 'LIFF'.*mean 'LIF'"),
        ('model = "LIF", ', "", r"area\[0\]\.population\[0\]\.cell: .*model = "),
        ("tau_m", "tau_n", r"area\[0\]\.population\[0\]\.cell\.tau_n: no such key; .*'tau_m'"),
        ("n = 10", "n = 1.5", r"area\[0\]\.population\[0\].*is 1\.5; a whole number"),
        ('name = "E"', "name = 3", r"area\[0\]\.population\[0\]\.name: is 3; text is needed"),
        ("n = 10\n", "", r"area\[0\]\.population\[0\]"),
        ('pre = "E"', 'pre = "F"', r"area\[0\].*no population 'A\.F'.*did you mean 'A\.E'"),
        ("[[area.background]]", "[[area.backgrounds]]", r"area\[0\]\.backgrounds: no such key; .*'background'"),
        ("[[area.background]]", "[area.background]", r"area\[0\]\.background: .*array of tables"),
        ('name = "mine"', 'nmae = "mine"', r"cortex\.nmae: no such key; .*'name'"),
    ],
)
def test_wrong_entries_are_named(tmp_path: pathlib.Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(DescriptionError, match=message):
        read(tmp_path, GOOD.replace(old, new, 1))


def test_missing_and_malformed_files(tmp_path: pathlib.Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_cortex(tmp_path / "none.toml")
    with pytest.raises(DataError, match="is not TOML"):
        read(tmp_path, "schema = = 1")


def test_a_file_without_areas_is_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(DescriptionError, match=r"cortex\.toml: area: is missing"):
        read(tmp_path, "schema = 1")
    with pytest.raises(DescriptionError, match=r"cortex\.toml: schema: is None"):
        read(tmp_path, "")


def test_a_model_of_ones_own_can_be_named(tmp_path: pathlib.Path) -> None:
    class Mine(LIF):
        pass

    write_cortex(Cortex((Area("A", (Population("E", 3, Mine(C_m=100.0)),)),)), tmp_path / "c.toml")
    with pytest.raises(DescriptionError, match="no cell model 'Mine'"):
        read_cortex(tmp_path / "c.toml")
    assert read_cortex(tmp_path / "c.toml", cells={"Mine": Mine}).areas[0]["E"].cell == Mine(C_m=100.0)


def test_registry_knows_every_model_and_no_base() -> None:
    models = cell_models()
    assert {"LIF", "PoissonSource", "SpikeTrain", "ConductanceLIF", "AdEx", "Pyramidal", "Forced"} <= models.keys()
    assert not {"Cell", "Source", "Description", "ReceptorKinetics", "Receptors"} & models.keys()
    assert cell_model("LIF") is LIF
    with pytest.raises(DescriptionError, match="did you mean 'Pyramidal'"):
        cell_model("Pyramdal")
