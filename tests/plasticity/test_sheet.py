"""The sheet: precedence, the table of who got what, TOML there and back, and errors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isocortex.anatomy.circuit import Area, Cortex, Population, Projection
from isocortex.anatomy.hierarchy import hierarchy, thalamus
from isocortex.anatomy.laminar import laminar_area
from isocortex.anatomy.potjans import potjans_area
from isocortex.cells.lif import LIF
from isocortex.errors import DataError, DescriptionError
from isocortex.plasticity import registry, sheet_toml
from isocortex.plasticity.registry import part_name
from isocortex.plasticity.rule import Additive, Gate, Part, Rule, ShortTerm, Soft
from isocortex.plasticity.rules.inhibitory import InhibitorySTDP
from isocortex.plasticity.rules.pair import PairSTDP
from isocortex.plasticity.sheet import Entry, Sheet
from isocortex.plasticity.stack import Stack

E23, E45, INH = "V1.L23E->V1.L23E", "V1.L4E->V1.L5E", "V1.L23PV->V1.L23E"


@pytest.fixture
def cortex() -> Cortex:
    populations = [Population(n, 10, LIF()) for n in ("L23E", "L23PV", "L4E", "L5E")]
    ends = [("L23E", "L23E"), ("L4E", "L5E"), ("L23PV", "L23E")]
    return Cortex((Area("V1", populations, [Projection(a, b, probability=0.5) for a, b in ends]),))


FAST, SLOW = PairSTDP(eta=2.0), PairSTDP(eta=0.1)


def test_the_later_entry_replaces(cortex: Cortex) -> None:
    sheet = Sheet((Entry("V1.L23E -> V1.L23E", (SLOW,)), Entry("kind=lateral", (FAST, Soft()))))
    wanted = Stack(rules=(FAST,), weight=Soft())
    assert sheet.resolve(cortex) == {E23: wanted, E45: wanted}, "order counts, not how specific a selector is"


def test_add_appends_to_what_stands_and_replace_discards_what_was_added(cortex: Cortex) -> None:
    std = ShortTerm(U=0.3)
    sheet = Sheet((
        Entry("kind=lateral", (SLOW,)),
        Entry("*.* -> *.L23E", (std,), mode="add"),
        Entry("V1.L4E -> V1.L5E", (std,), mode="add"),
        Entry("V1.L4E -> V1.L5E", (FAST,)),
    ))  # fmt: skip
    assert sheet.resolve(cortex) == {
        E23: Stack(rules=(SLOW,), short_term=std),
        INH: Stack(short_term=std),
        E45: Stack(rules=(FAST,)),
    }


def test_an_entry_without_parts_makes_static(cortex: Cortex) -> None:
    sheet = Sheet((Entry("*.* -> *.*", (FAST,)), Entry("kind=interneuron", ())))
    assert set(sheet.resolve(cortex)) == {E23, E45}


def test_explain_says_who_got_what_why_and_what_lost(cortex: Cortex) -> None:
    sheet = Sheet((
        Entry("kind=lateral", (SLOW,), "slow everywhere"),
        Entry("*.L23E -> *.L23E", (FAST,), "superficial synapses are fast"),
        Entry("*.L23E -> *.*", (ShortTerm(),), mode="add"),
        Entry("*.L6E -> *.*", (FAST,), optional=True),
    ))  # fmt: skip
    table = sheet.explain(cortex)
    rows = {r.projection: r for r in table.rows}
    assert list(rows) == [E23, E45, INH], "one row a projection, plastic or not"
    top = rows[E23]
    assert (top.kind, top.entries, top.lost) == ("lateral", (2, 3), (1,))
    assert top.stack == "pair_stdp(eta=2), additive, short_term"
    assert top.why == ("superficial synapses are fast", "*.L23E -> *.*")
    assert (rows[E45].entries, rows[E45].lost) == ((1,), ())
    assert (rows[INH].stack, rows[INH].entries) == ("static", ())
    assert table.unmatched == (4,)
    text = str(table)
    assert all(word in text for word in (E23, "slow everywhere", "2, 3 (not 1)", "static", "matches nothing here"))
    assert table.to_dict()["rows"][0]["projection"] == E23


@pytest.mark.parametrize(("entries", "said"), [
    ((Entry("V1.L23E -> V1.L23E", (FAST,)), Entry("V1.L6E -> V1.L5E", (FAST,))), r"entry 2: .*'L6E' sends .*did you mean"),
    ((Entry("kind=lateral", (Soft(),)), Entry("kind=lateral", (Additive(),), mode="add")), r"\(entries 1, 2\): 2 parts"),
])  # fmt: skip
def test_errors_of_a_sheet_on_a_cortex(entries: tuple[Entry, ...], said: str, cortex: Cortex) -> None:
    with pytest.raises(DescriptionError, match=said):
        Sheet(entries).resolve(cortex)


def test_a_rule_that_reads_what_the_cell_does_not_give_is_an_error(cortex: Cortex) -> None:
    class Reader(Rule):
        reads = ("plateau",)

    with pytest.raises(DescriptionError, match=r"Reader reads 'plateau', which LIF does not give; allowed: spike, v"):
        Sheet((Entry("kind=lateral", (Reader(),)),)).resolve(cortex)


def test_errors_of_an_entry_come_when_it_is_made() -> None:
    with pytest.raises(DescriptionError, match=r"no kind 'laterl'.*did you mean 'lateral'"):
        Entry("kind=laterl", (FAST,))
    with pytest.raises(DescriptionError, match=r"entry 'kind=lateral'\.mode.*did you mean 'replace'"):
        Entry("kind=lateral", (FAST,), mode="replce")
    with pytest.raises(DescriptionError, match="2 parts of the kind WeightDependence"):
        Entry("kind=lateral", (Soft(), Additive()))
    with pytest.raises(DescriptionError, match=r"parts: holds .pair_stdp.; each must be a Part"):
        Entry("kind=lateral", ("pair_stdp",))  # type: ignore[arg-type]
    with pytest.raises(DescriptionError, match="is no entry"):
        Sheet(("kind=lateral",))  # type: ignore[arg-type]


FLOATS = st.floats(1e-9, 1e9)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
PARTS = st.one_of(
    st.builds(PairSTDP, eta=FLOATS, A_plus=st.floats(-1, 1), tau_plus=FLOATS, pairing=st.sampled_from(["all", "nearest"])),
    st.builds(Gate, modulator=st.sampled_from(["ACh", "5HT"]), gain=st.floats(-3, 3)),
)
ENTRIES = st.builds(
    Entry,
    st.sampled_from(["kind=lateral", "*.L23E->*.L5E:apical", "V1.* -> *.L4E|L6E#"]),
    st.lists(PARTS, max_size=3).map(tuple),
    doc=TEXT,
    mode=st.sampled_from(["replace", "add"]),
    optional=st.booleans(),
).flatmap(lambda e: st.sampled_from([e, e.replace(mode="add", fixed=True), e.replace(mode="add", without="gate")]))


@given(st.builds(Sheet, st.lists(ENTRIES, max_size=4).map(tuple), name=TEXT, doc=TEXT))
def test_toml_there_and_back_is_exact(sheet: Sheet) -> None:
    assert Sheet.from_toml(sheet.to_toml()) == sheet


def test_a_file_with_sets_and_units(tmp_path: Path) -> None:
    path = tmp_path / "sheet.toml"
    path.write_text("""
schema = 1
name = "mine"
[[entry]]
select = "kind=lateral"
parts = [{ name = "pair_stdp", set = "song2000", tau_plus = "0.0168 s" }, { name = "soft", w_max = 3 }]
""")
    sheet = Sheet.read(path)
    expected = PairSTDP(A_plus=0.005, A_minus=0.00525, tau_plus=16.8, tau_minus=20.0)
    assert sheet == Sheet((Entry("kind=lateral", (expected, Soft(w_max=3.0))),), name="mine")
    sheet.write(path)
    assert Sheet.read(path) == sheet
    written = path.read_text()
    assert '"16.8 ms"' in written, "with its unit"
    assert "10.1523/JNEUROSCI.18-24-10464.1998" in written, "with the rule's reference"


@pytest.mark.parametrize(("text", "said"), [
    ('parts = [{ name = "pair_stpd" }]', r"entry 1, part 1: no part 'pair_stpd'.*did you mean 'pair_stdp'"),
    ('parts = [{ name = "soft" }, { name = "pair_stdp", A_pluss = 1 }]', r"part 2: pair_stdp\.A_pluss.*'A_plus'"),
    ('parts = [{ name = "pair_stdp", set = "song200" }]', r"no set 'song200'.*did you mean 'song2000'"),
    ('parts = [{ name = "pair_stdp", tau_plus = "3 mV" }]', r"part 1: PairSTDP\.tau_plus: '3 mV' is a voltage"),
    ('parts = [{ name = "pair_stdp", tau_plus = -1 }]', r"must be more than 0 ms"),
    ('parts = [{ nam = "soft" }]', r"name"),
    ('parts = "soft"', r"a list of tables"),
    ('partz = []', r"entry 1\.partz: no such key.*did you mean 'parts'"),
    ('optional = "yes"', r"true or false"),
])  # fmt: skip
def test_a_wrong_file_names_the_place_and_the_nearest(text: str, said: str) -> None:
    with pytest.raises(DescriptionError, match=said) as e:
        Sheet.from_toml(f'[[entry]]\nselect = "kind=lateral"\n{text}\n', "s.toml")
    assert str(e.value).startswith("s.toml, entry 1")


def test_a_wrong_frame_of_a_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not TOML"):
        Sheet.from_toml("[[entry")
    with pytest.raises(DataError, match="cannot be read"):
        Sheet.read(tmp_path / "none.toml")
    with pytest.raises(DescriptionError, match=r"schema: is 2; this version reads 1"):
        Sheet.from_toml("schema = 2")
    with pytest.raises(DescriptionError, match="a sheet names no code"):
        Sheet.from_toml('rules = ["my_rules.py"]')
    with pytest.raises(DescriptionError, match=r"select: is missing"):
        Sheet.from_toml("[[entry]]\nparts = []")


def test_sheets_add_up_and_the_second_wins(cortex: Cortex) -> None:
    both = Sheet((Entry("kind=lateral", (SLOW,)),), name="a") + Sheet((Entry("V1.L4E -> *.*", (FAST,)),), name="b")
    assert {k: s.rules for k, s in both.resolve(cortex).items()} == {E23: (SLOW,), E45: (FAST,)}


def test_fields_that_are_no_quantities_survive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_own", {})

    class Listy(Part):
        values_of: tuple[int, ...] = (1, 2)
        flag: bool = False

    registry.register(Listy)
    sheet = Sheet((Entry("kind=lateral", (Listy(values_of=(3,), flag=True),)),))
    assert Sheet.from_toml(sheet.to_toml()) == sheet


def laminar_cortex() -> Cortex:
    return hierarchy([laminar_area("V1", 1000), laminar_area("V2", 1000)], thalamus())


def names_of(stack: Stack) -> set[str]:
    return {part_name(p) for p in stack.parts}


@pytest.mark.parametrize(("name", "window"), [("textbook", {"triplet", "transmitter_induced"}), ("default", {"branches"})])
def test_the_sheets_of_the_library_on_laminar_areas(name: str, window: set[str]) -> None:
    stacks = Sheet.load(name).resolve(laminar_cortex())
    above, below = stacks["V1.L23E->V1.L23E:basal"], stacks["V1.L5E->V1.L5E:basal"]
    assert names_of(above) == window | {"scaling", "soft", "relaxation"}
    assert names_of(below) == names_of(above) | {"consolidation"}
    middle = stacks["LGN.on->V1.L4E"].rules[0]
    assert stacks["V1.L5E->V1.L6E"].rules[0].eta < middle.eta  # type: ignore[attr-defined]
    if name == "textbook":
        assert above.rules[0].eta > middle.eta > below.rules[0].eta  # type: ignore[attr-defined]
    assert {"burst", "short_term"} < names_of(stacks["V2.L5E->V1.L5E:apical"])
    assert "inhibitory_stdp" in names_of(stacks["V1.L5SST->V1.L5E:apical"])
    up, down = stacks["V1.L23E->V2.L4E"].short_term, stacks["V2.L6E->V1.L23E:apical"].short_term
    assert up is not None and down is not None
    assert up.tau_facil == 0 < down.tau_facil
    assert not any(name.endswith("PV") and s.plastic for name, s in stacks.items()), "excitation of interneurons is static"


def test_an_area_alone_will_do() -> None:
    area, sheet = potjans_area("V1", 0.01), Sheet.default()
    assert sheet.resolve(area) == sheet.resolve(Cortex((area,)))
    assert sheet.explain(area) == sheet.explain(Cortex((area,)))
    assert sheet.uniform(area) == sheet.uniform(Cortex((area,)))
    with pytest.raises(DescriptionError, match=r"Sheet\.explain: is 'V1'; an Area or a Cortex is needed"):
        sheet.explain("V1")  # type: ignore[arg-type]


def test_the_default_sheet_on_an_area_with_one_kind_of_inhibition() -> None:
    area = potjans_area("V1", 0.01)
    stacks = Sheet.default().resolve(Cortex((area,)))
    assert "consolidation" in names_of(stacks["V1.L23E->V1.L5E"])
    assert stacks["V1.L5I->V1.L5E"].rules == (InhibitorySTDP(eta=3e-3, rho_0=7.6),)
    assert len([n for n in stacks if "I->" in n]) == len(
        [p for p in area.projections if p.pre[-1] == "I" and p.post[-1] == "E"]
    )


@pytest.mark.parametrize("cortex_of", [laminar_cortex, lambda: Cortex((potjans_area("V1", 0.01),))])
def test_the_default_sheet_is_the_textbook_one_with_the_windows_of_slices(cortex_of: Callable[[], Cortex]) -> None:
    cortex = cortex_of()
    measured = Sheet.load("slices").paced(0.1).resolve(cortex)
    usual, found = Sheet.load("textbook").resolve(cortex), Sheet.default().resolve(cortex)
    assert found.keys() == usual.keys()
    assert len(measured) >= 5
    for name, stack in found.items():
        if name not in measured:
            assert stack == usual[name]
            continue
        assert stack.rules[:-1] == measured[name].rules
        assert part_name(stack.rules[-1]) == "scaling"
        assert stack.weight == measured[name].weight
        assert stack.slow == usual[name].slow, "the fate of a change belongs to the layer"
    assert Sheet.default().uniform(cortex).resolve(cortex).keys() == usual.keys()


def test_every_lesion_of_the_default_sheet_resolves() -> None:
    cortex, full = laminar_cortex(), Sheet.default()
    before = full.resolve(cortex)
    swapped = full.swapped("L23", "L5").resolve(cortex)
    assert swapped["V1.L23E->V1.L23E:basal"].slow == before["V1.L5E->V1.L5E:basal"].slow
    assert swapped["V1.L5PV->V1.L5E"] == before["V1.L5PV->V1.L5E"], "set points stay with the cells"
    uniform = full.uniform(cortex).resolve(cortex)
    assert set(uniform) == set(before)
    scaling = {n: s.rules[-1] for n, s in before.items() if names_of(s) >= {"scaling"}}
    assert all(scaling[n] in uniform[n].rules for n in scaling)
    learned = {tuple(r for r in uniform[n].rules if part_name(r) != "scaling") for n in scaling}
    assert len(learned) == 1, "one rule for all layers"
    for name in ("scaling", "consolidation", "induction", "inhibitory_stdp", "short_term", "homeostasis"):
        assert not any(name in names_of(s) for s in full.without(name).resolve(cortex).values())


def test_every_entry_of_the_default_sheet_says_why_and_reads_back() -> None:
    full = Sheet.default()
    assert all(len(e.doc) > 10 and e.optional for e in full.entries)
    assert Sheet.from_toml(full.to_toml()) == full
    unmatched = [full.entries[i - 1].select for i in full.explain(laminar_cortex()).unmatched]
    assert unmatched == ["kind=lateral *.L23E -> *.L5E:apical"], "no such synapses in these areas"


def test_every_part_of_the_library_survives_toml_with_its_defaults_and_sets() -> None:
    for name, cls in registry.parts().items():
        variants = [cls(), *(cls.make(values) for values, _ in cls.sets.values())]
        sheet = Sheet(tuple(Entry("kind=lateral", (part,)) for part in variants))
        assert Sheet.from_toml(sheet.to_toml()) == sheet, name


def test_sheets_of_the_library_go_by_name(tmp_path: Path) -> None:
    assert {"default", "textbook", "slices"} <= set(sheet_toml.names())
    assert Sheet.load("default") == Sheet.default()
    for name in sheet_toml.names():
        assert Sheet.load(name).name == name
    file = tmp_path / "mine.toml"
    Sheet((Entry("kind=lateral", (FAST,)),)).write(file)
    assert Sheet.load(str(file)) == Sheet.load(file) == Sheet.read(file)
    with pytest.raises(DescriptionError, match=r"'slice' is no file and no sheet of the library.*did you mean 'slices'"):
        Sheet.load("slice")
    with pytest.raises(DataError, match="cannot be read"):
        Sheet.load("none.toml")


def test_an_entry_may_load_a_sheet_of_the_library_at_a_pace() -> None:
    before, after = '[[entry]]\nselect = "kind=lateral"', '[[entry]]\nselect = "kind=thalamic"'
    sheet = Sheet.from_toml(f'{before}\n[[entry]]\nload = "slices"\npace = 0.1\n{after}\n')
    assert sheet.entries[1:-1] == Sheet.load("slices").paced(0.1).entries
    assert [sheet.entries[i].select for i in (0, -1)] == ["kind=lateral", "kind=thalamic"]
    (first, *_) = Sheet.from_toml('[[entry]]\nload = "slices"\nkind = "lateral"').entries
    assert first.select == f"kind=lateral {Sheet.load('slices').entries[0].select}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('load = "slice"', r"entry 1\.load: no sheet 'slice' in the library.*did you mean 'slices'"),
        ('load = "../default"', r"entry 1\.load: no sheet"),
        ('load = "slices"\npace = 0', r"entry 1\.pace: is 0; a number above 0"),
        ('load = "slices"\nkind = "laterla"', r"entry 1\.kind: 'laterla' is not known.*did you mean 'lateral'"),
        ('load = "slices"\npace = "fast"', r"entry 1\.pace: is 'fast'"),
        ('load = "slices"\nselect = "kind=lateral"', r"entry 1\.select: no such key"),
    ],
)
def test_a_wrong_load_names_the_place(text: str, said: str) -> None:
    with pytest.raises(DescriptionError, match=said):
        Sheet.from_toml(f"[[entry]]\n{text}\n", "s.toml")
