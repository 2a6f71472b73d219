"""Lesions: what is taken away, what is averaged, what is exchanged. Expected numbers are worked out by hand."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from isocortex.anatomy.circuit import Area, Cortex, Population, Projection
from isocortex.cells.lif import LIF
from isocortex.describe import quantity
from isocortex.errors import DescriptionError
from isocortex.plasticity.lesion import expected_synapses
from isocortex.plasticity.rule import Additive, Array, Gate, PowerLaw, ShortTerm, SlowPart, Soft
from isocortex.plasticity.rules.consolidation import Consolidation, Relaxation
from isocortex.plasticity.rules.eligibility import Eligibility
from isocortex.plasticity.rules.pair import PairSTDP
from isocortex.plasticity.sheet import Entry, Sheet
from isocortex.plasticity.stack import Stack

E23, E5, INH, E4 = "V1.L23E->V1.L23E", "V1.L5E->V1.L5E", "V1.L5PV->V1.L5E", "V1.L4E->V1.L4E"


class Keep(SlowPart):
    """A slow part for these tests."""

    tau: float = quantity(1e5, "ms", above=0)

    @staticmethod
    def tick(c: SimpleNamespace, syn: dict[str, Array], modulators: dict[str, Array]) -> dict[str, Array]:
        return syn


class Collect(Keep):
    """An eligibility trace for these tests."""

    kind = "eligibility"
    captures = "e"


class Plateaus(LIF):
    """A cell with one more signal, for these tests."""

    signals = ("spike", "v", "plateau")


class Reader(PairSTDP):
    """A rule that reads it."""

    reads = ("spike", "plateau")


@pytest.fixture
def cortex() -> Cortex:
    """300 synapses in layer 2/3, 100 in layer 5, 50 inhibitory, 40 static."""
    populations = [Population(n, 10, LIF()) for n in ("L23E", "L5E", "L5PV", "L4E")]
    projections = [
        Projection("L23E", "L23E", synapses=300),
        Projection("L5E", "L5E", probability=1.0),
        Projection("L5PV", "L5E", indegree=5),
        Projection("L4E", "L4E", synapses=40),
    ]
    return Cortex((Area("V1", populations, projections),))


def sheet(*extra: Entry) -> Sheet:
    return Sheet((
        Entry("*.L23E -> *.L23E", (PairSTDP(eta=2.0, A_plus=0.01, tau_plus=10.0), Soft(w_max=2.0))),
        Entry("*.L5E -> *.L5E", (PairSTDP(eta=0.4, A_plus=0.05, tau_plus=30.0, pairing="nearest"), Soft(w_max=4.0), Keep())),
        *extra,
    ))  # fmt: skip


def test_expected_number_of_synapses(cortex: Cortex) -> None:
    assert [expected_synapses(p, cortex) for p in cortex.all_projections()] == [300, 100, 50, 40]


def test_one_to_one_is_one_synapse_a_cell(cortex: Cortex) -> None:
    assert expected_synapses(Projection("V1.L23E", "V1.L5E", one_to_one=True), cortex) == 10


def test_without_a_part_or_a_kind() -> None:
    full = sheet(Entry("kind=interneuron", (PairSTDP(), Gate())))
    assert [len(e.parts) for e in full.without("consolidation").entries] == [2, 2, 2], "a kind: no part has that name"
    assert [len(e.parts) for e in full.without("keep").entries] == [2, 2, 2]
    assert [len(e.parts) for e in full.without("induction").entries] == [1, 2, 1]
    assert full.without("gate").without("pair_stdp").entries[2].parts == ()
    assert len(full.entries[1].parts) == 3, "the sheet itself does not change"


def test_a_part_is_meant_before_the_kind_of_the_same_name(cortex: Cortex) -> None:
    """Where a change is not consolidated and still relaxes, all is forgotten: Relaxation is of the kind consolidation."""
    full = Sheet((Entry("*.L5E -> *.L5E", (PairSTDP(), Consolidation(), Relaxation())),
                  Entry("*.L23E -> *.L23E", (PairSTDP(), Relaxation()))))  # fmt: skip
    assert [e.parts for e in full.without("consolidation").entries] == [(PairSTDP(), Relaxation()), full.entries[1].parts]
    assert [e.parts for e in full.without("kind=consolidation").entries] == [(PairSTDP(),)] * 2
    there = full.without("consolidation", on="*.* -> *.L5E").resolve(cortex)
    assert (there[E5].slow, there[E23].slow) == ((Relaxation(),), (Relaxation(),))
    assert full.without("kind=consolidation", on="*.* -> *.L5E").resolve(cortex)[E5].slow == ()
    with pytest.raises(DescriptionError, match="no part or kind 'kind=consolidaton'"):
        full.without("kind=consolidaton")


def test_what_multiplies_induction_is_averaged_where_it_is(cortex: Cortex) -> None:
    """Induction of 1 in 300 of 400 synapses and 0.2 in the rest is 0.8; a rate of 0.75 times as well would make it 0.6."""
    full = Sheet((Entry("*.L23E -> *.L23E", (PairSTDP(eta=1.0), Eligibility(rate=2.0))),
                  Entry("*.L5E -> *.L5E", (PairSTDP(eta=0.2),))))  # fmt: skip
    mean = full.uniform(cortex).resolve(cortex)
    assert [r.eta for r in mean[E5].rules] == pytest.approx([0.8])
    assert mean[E5].slow == mean[E23].slow == (Eligibility(rate=2.0),)


def test_without_what_is_not_there_is_an_error_with_the_nearest() -> None:
    with pytest.raises(DescriptionError, match=r"no part or kind 'consolidaton'.*did you mean 'consolidation'"):
        sheet().without("consolidaton")
    with pytest.raises(DescriptionError, match="no part or kind 'gate'"):
        sheet().without("gate")


def test_without_on_some_pathways_and_there_only(cortex: Cortex) -> None:
    full = sheet(Entry("*.L4E -> *.L4E", (PairSTDP(), Keep())))
    before, after = full.resolve(cortex), full.without("keep", on="*.* -> *.L5E").resolve(cortex)
    assert before[E5].slow and before[E4].slow
    assert after == before | {E5: before[E5].replace(slow=())}
    assert full.without("consolidation", on="*.* -> *.L5E").resolve(cortex) == after, "by its kind"
    static = full.without("induction", on="*.L23E -> *.L23E").resolve(cortex)
    assert static == {E5: before[E5], E4: before[E4]}, "without a rule nothing is plastic there"


def test_a_lesion_of_some_pathways_that_would_do_nothing_is_an_error(cortex: Cortex) -> None:
    with pytest.raises(DescriptionError, match=r"no part or kind 'kep'.*did you mean 'keep'"):
        sheet().without("kep", on="*.* -> *.L5E")
    with pytest.raises(DescriptionError, match=r"entry 3: no pathway of '\*\.\* -> \*\.L23E' has a part 'keep' to take away"):
        sheet().without("keep", on="*.* -> *.L23E").resolve(cortex)
    with pytest.raises(DescriptionError, match=r"entry 3: .*'L55E'.*did you mean 'L5E'"):
        sheet().without("keep", on="*.* -> *.L55E").resolve(cortex)
    with pytest.raises(DescriptionError, match=r"write 'AREA\.POPULATION -> "):
        sheet().without("keep", on="*.L5*")
    with pytest.raises(DescriptionError, match=r'without: stands with mode = "replace"'):
        Entry("kind=lateral", without="keep")


def test_a_lesion_of_some_pathways_meets_the_other_lesions(cortex: Cortex) -> None:
    gates = [Entry(f"*.{x} -> *.{x}", (Gate(gain=2.0),), mode="add", fixed=True) for x in ("L23E", "L5E")]
    hurt = sheet(*gates).without("gate", on="*.* -> *.L5E").without("keep", on="*.* -> *.L5E")
    stacks = hurt.uniform(cortex).resolve(cortex)
    assert (stacks[E23].gates, stacks[E5].gates) == ((Gate(gain=2.0),), ()), "what is fixed stays away where it was taken"
    assert stacks[E23].rules == stacks[E5].rules
    assert stacks[E5].slow == ()
    swapped = sheet().without("keep", on="*.L5E -> *.L5E").swapped("L23", "L5").resolve(cortex)
    assert swapped[E23].rules == sheet().resolve(cortex)[E5].rules
    assert swapped[E23].slow == ()


def test_uniform_keeps_the_mean_over_synapses(cortex: Cortex) -> None:
    stacks = sheet().uniform(cortex).resolve(cortex)
    assert set(stacks) == {E23, E5}, "what was static stays static"
    assert stacks[E23] == stacks[E5], "one rule for all layers"
    rule = stacks[E5].rules[0]
    assert isinstance(rule, PairSTDP)
    assert rule.eta == pytest.approx((300 * 2.0 + 100 * 0.4) / 400)  # 1.6
    assert rule.tau_plus == pytest.approx((300 * 10 + 100 * 30) / 400)  # 15 ms
    assert rule.eta * rule.A_plus == pytest.approx((300 * 2.0 * 0.01 + 100 * 0.4 * 0.05) / 400)  # 0.02
    assert (rule.tau_minus, rule.pairing) == (20.0, "all"), "alike stays exactly; words by majority"
    assert stacks[E5].weight == Soft(w_max=2.5)
    assert stacks[E5].slow == (Keep(tau=4e5),), "a quarter has it: it acts at a quarter of the rate 1/tau"


def test_uniform_scales_the_rate_of_a_part_by_its_share(cortex: Cortex) -> None:
    some = Sheet((
        Entry("*.L23E|L5E -> *.*", (PairSTDP(),)),
        Entry("*.L5E -> *.L5E", (PairSTDP(eta=0.8, tau_plus=50.0), Gate(gain=2.0)), mode="add"),
    ))  # fmt: skip
    stack = some.uniform(cortex).resolve(cortex)[E23]
    first, second = stack.rules
    assert first == PairSTDP()
    assert second == PairSTDP(eta=0.8 * 100 / 400, tau_plus=50.0)
    assert stack.gates == (Gate(gain=2.0 * 100 / 400),)


def test_uniform_keeps_the_signs_and_the_short_term_apart(cortex: Cortex) -> None:
    depressing = ShortTerm(U=0.5)
    full = sheet(
        Entry("kind=interneuron", (PairSTDP(eta=9.0), Additive())), Entry("*.L5E|L4E -> *.*", (depressing,), mode="add")
    )
    stacks = full.uniform(cortex).resolve(cortex)
    assert stacks[INH] == Stack(rules=(PairSTDP(eta=9.0),))
    assert stacks[E4] == Stack(short_term=depressing)
    assert stacks[E5].short_term == depressing
    assert stacks[E23].short_term is None
    assert stacks[E23].rules == stacks[E5].rules


def test_uniform_decides_by_majority_what_has_no_mean(cortex: Cortex) -> None:
    mixed = Sheet((
        Entry("*.L23E -> *.L23E", (PairSTDP(), PowerLaw())),
        Entry("*.L5E -> *.L5E", (PairSTDP(), Soft(), Collect())),
    ))  # fmt: skip
    stack = mixed.uniform(cortex).resolve(cortex)[E5]
    assert stack == Stack(rules=(PairSTDP(),), weight=PowerLaw()), "three of four synapses have the power law and no trace"


def test_uniform_of_a_uniform_sheet_changes_no_stack(cortex: Cortex) -> None:
    once = sheet().uniform(cortex)
    assert once.uniform(cortex).resolve(cortex) == once.resolve(cortex)


def test_swapped_exchanges_layers_and_twice_is_the_sheet(cortex: Cortex) -> None:
    full = sheet()
    swapped = full.swapped("L23", "L5")
    before, after = full.resolve(cortex), swapped.resolve(cortex)
    assert (after[E23], after[E5]) == (before[E5], before[E23])
    assert swapped != full
    assert swapped.swapped("L5", "L23") == full


@pytest.mark.parametrize(("a", "b", "said"), [
    ("L23", "L7", "no layer 'L7'"),
    ("L5", "L5", "with itself"),
    ("L4", "L6", "nothing would change"),
])  # fmt: skip
def test_swapping_what_cannot_be_swapped(a: str, b: str, said: str) -> None:
    with pytest.raises(DescriptionError, match=said):
        sheet().swapped(a, b)


def test_what_belongs_to_the_cells_is_neither_exchanged_nor_averaged(cortex: Cortex) -> None:
    set_points = [Entry(f"*.{x} -> *.{x}", (Gate(gain=g),), mode="add", fixed=True) for x, g in (("L23E", 1.0), ("L5E", 8.0))]
    full = sheet(*set_points)
    for lesioned in (full.swapped("L23", "L5"), full.uniform(cortex)):
        stacks = lesioned.resolve(cortex)
        assert (stacks[E23].gates, stacks[E5].gates) == ((Gate(gain=1.0),), (Gate(gain=8.0),))
        assert stacks[E23].rules != full.resolve(cortex)[E23].rules
    assert full.swapped("L23", "L5").swapped("L23", "L5") == full
    with pytest.raises(DescriptionError, match=r"\.fixed: .*only what is added"):
        Entry("kind=lateral", (Gate(),), fixed=True)


def test_uniform_forgets_fixed_parts_that_a_later_entry_replaced(cortex: Cortex) -> None:
    fixed = Entry("kind=lateral", (Gate(),), mode="add", fixed=True)
    last = Entry("*.L5E -> *.L5E", (PairSTDP(),))
    stacks = sheet(fixed, last).uniform(cortex).resolve(cortex)
    assert (stacks[E23].gates, stacks[E5].gates) == ((Gate(),), ())


def test_uniform_gives_a_rule_only_to_cells_that_can_have_it() -> None:
    populations = [Population("L4E", 10, LIF()), Population("L23E", 10, Plateaus()), Population("L5E", 10, Plateaus())]
    inside = [Projection(p.name, p.name, synapses=100) for p in populations]
    area = Cortex((Area("V1", populations, inside),))
    full = Sheet((Entry("*.* -> *.*", (PairSTDP(),)), Entry("*.L5E -> *.L5E", (Reader(eta=0.6),), mode="add")))
    stacks = full.uniform(area).resolve(area)
    assert stacks[E4].rules == (PairSTDP(),)
    assert stacks[E23].rules == stacks[E5].rules == (PairSTDP(), Reader(eta=0.3)), "half of those that can had it"
