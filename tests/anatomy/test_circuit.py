"""A circuit of one's own in a few lines, without any canonical table."""

import dataclasses

import pytest

from isocortex.anatomy.circuit import Area, Background, Cortex, Population, Projection
from isocortex.cells.lif import LIF
from isocortex.errors import DescriptionError


def mine(**changes: object) -> Area:
    parts = dict(
        name="A",
        populations=(Population("E", 80, LIF()), Population("I", 20, LIF())),
        projections=(Projection("E", "I", weight=90.0, probability=0.1), Projection("I", "E", weight=360.0, indegree=5)),
        backgrounds=(Background("E", weight=90.0, sources=1000),),
    )
    return Area.make(parts | changes)


def test_a_few_lines_make_a_cortex_with_everything_filled_in() -> None:
    to_i, to_e = Cortex((mine(),)).all_projections()
    assert (to_i.name, to_i.compartment, to_i.receptors, to_i.kind) == ("A.E->A.I", "soma", (("AMPA", 1.0),), "interneuron")
    assert to_e.receptors == (("GABA_A", 1.0),)


def test_descriptions_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        mine().name = "B"  # type: ignore[misc]


def test_kind_of_a_projection_follows_its_ends() -> None:
    area = Area("A", (Population("L4E", 5, LIF()), Population("L23E", 5, LIF())), (Projection("L4E", "L23E", indegree=1),))
    assert next(iter(Cortex((area,)).all_projections())).kind == "lateral"
    other = Area("B", (Population("L4E", 5, LIF()),))
    with pytest.raises(DescriptionError, match=r"kind: must be given between areas"):
        Cortex((area, other), (Projection("A.L23E", "B.L4E", indegree=1),))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (dict(projections=(Projection("E", "II", indegree=1),)), "no population 'A.II'.*did you mean 'A.I'"),
        (dict(projections=(Projection("E", "I", indegree=1, compartment="some"),)), "no 'some'.*did you mean 'soma'"),
        (dict(projections=(Projection("I", "E", indegree=1, receptors={"AMPA": 1.0}),)), "AMPA does not fit I cells"),
        (dict(projections=(Projection("E", "I", indegree=1), Projection("E", "I", indegree=2))), "give one of them a tag"),
        (dict(populations=(Population("E", 1, LIF()), Population("E", 2, LIF()))), "'E' is there 2 times"),
        (dict(populations=()), "is empty"),
        (dict(backgrounds=(Background("X"),)), "no population 'A.X'"),
        (dict(populations=("E",)), r"Area\(A\)\.populations: holds 'E'; each must be a Population"),
        (dict(projections=Projection("E", "I", one_to_one=True)), r"one_to_one: 80 cells to 20; populations of the same size"),
        (dict(name="1A"), "a letter, then letters"),
    ],
)
def test_what_does_not_fit_is_said_when_it_is_made(changes: dict, message: str) -> None:
    with pytest.raises(DescriptionError, match=message):
        mine(**changes)


def test_one_number_of_synapses_must_be_given() -> None:
    with pytest.raises(DescriptionError, match="give exactly one of probability, indegree, synapses, one_to_one"):
        Projection("E", "I", indegree=1, probability=0.1)
    with pytest.raises(DescriptionError, match=r"given: \['indegree', 'one_to_one'\]"):
        Projection("E", "I", indegree=1, one_to_one=True)
    with pytest.raises(DescriptionError, match="given: none"):
        Projection("E", "I")


def test_what_a_projection_cannot_be() -> None:
    with pytest.raises(DescriptionError, match=r"receptors: is 'AMPA'; fractions are needed, such as \{'AMPA': 1\.0\}"):
        Projection("E", "I", indegree=1, receptors="AMPA")  # type: ignore[arg-type]
    with pytest.raises(
        DescriptionError, match=r"weight: '1 nS' is a conductance; a number without a unit .*target cell \(nS or pA"
    ):
        Projection("E", "I", indegree=1, weight="1 nS")  # type: ignore[arg-type]
