"""Mistakes are told at once, with the object, the reason and the nearest name."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.support import balanced
from isocortex.anatomy.circuit import Area, Background, Population, Projection
from isocortex.cells.conductance import ConductanceLIF
from isocortex.cells.forced import Forced
from isocortex.cells.lif import LIF
from isocortex.cells.sources import PoissonSource, SpikeTrain
from isocortex.engine.record import Record
from isocortex.engine.simulation import Simulation
from isocortex.errors import DataError, DescriptionError, RunError
from isocortex.plasticity.rule import Additive
from isocortex.plasticity.rules.heterosynaptic import Heterosynaptic
from isocortex.plasticity.rules.pair import PairSTDP
from isocortex.plasticity.rules.voltage import VoltageRule
from isocortex.plasticity.sheet import Sheet
from isocortex.plasticity.stack import Stack

AREA = Area(
    "V",
    (Population("in", 4, PoissonSource()), Population("A", 3, SpikeTrain()), Population("E", 5, LIF())),
    (Projection("in", "E", 10.0, probability=1.0), Projection("E", "E", 10.0, probability=1.0)),
)
PLASTIC = "V.in->V.E"
FORCED = Area("V", (Population("F", 1, Forced(), "E"),), ())


@pytest.fixture(scope="module")
def sim() -> Simulation:
    sim = Simulation(AREA, dt=1.0, currents=["V.E"], record=[Record("V.E", "v")])
    sim.run(10)
    return sim


SET: dict[str, tuple[Callable[[Simulation], object], str]] = {
    "population": (lambda s: s.set_input("V.inn", 5.0), r"V\.inn.*did you mean 'V\.in'"),
    "unit of an input": (lambda s: s.set_input("V.in", "5 mV"), r"V\.in\.rate: '5 mV' is a voltage; a rate \(in Hz\)"),
    "words as input": (lambda s: s.set_input("V.in", ["a"] * 4), r"V\.in\.rate: .* holds what is no number"),
    "words as times": (lambda s: s.set_spikes("V.A", ["a"], 0), r"V\.A: times: .* holds what is no number"),
    "words as ids": (lambda s: s.set_spikes("V.A", [20.0], ["a"]), r"V\.A: ids hold what is no whole number"),
    "input": (lambda s: s.set_input("V.in", 5.0, "rates"), r"V\.in\.rates.*did you mean 'rate'"),
    "no input": (lambda s: s.set_input("V.in", 5.0, "current"), r"V\.in: PoissonSource takes no current"),
    "a broken place": (lambda s: s.set_input("V.E:apical", 5.0, "current"), r"LIF has no compartment .apical."),
    "shape": (lambda s: s.set_input("V.in", np.ones(5)), r"V\.in\.rate.*\(5,\).*\(4,\)"),
    "two dimensions": (lambda s: s.set_input("V.in", np.ones((4, 1))), r"\(4, 1\)"),
    "nan": (lambda s: s.set_input("V.in", [1, 2, 3, np.nan]), r"V\.in\.rate.*not finite"),
    "infinite": (lambda s: s.set_input("V.E", np.inf, "current"), r"V\.E\.current.*not finite"),
    "negative rate": (lambda s: s.set_input("V.in", -1.0), r"V\.in\.rate.*negative"),
    "spikes of whom": (lambda s: s.set_spikes("V.B", [20.0], [0]), r"no population 'V\.B'"),
    "spikes of a cell that takes none": (lambda s: s.set_spikes("V.E", [20.0], [0]), r"LIF takes no spike times"),
    "index": (lambda s: s.set_spikes("V.A", [20.0], [3]), r"V\.A.*outside 0 to 2"),
    "past": (lambda s: s.set_spikes("V.A", [20.0, 4.0], [0, 1]), r"4 ms is not after now \(10 ms\)"),
    "now": (lambda s: s.set_spikes("V.A", [10.0], [0]), r"10 ms is not after now"),
    "nan modulator": (lambda s: s.set_modulator("DA", float("nan")), r"modulator: DA is nan; a finite number"),
    "unequal lengths": (lambda s: s.set_spikes("V.A", [20.0, 30.0], [0, 1, 2]), r"V\.A: times .*\(2,\).* \(3,\)"),
    "a broken index": (lambda s: s.set_spikes("V.A", [20.0], [0.7]), r"V\.A: ids hold what is no whole number"),
    "nan spike": (lambda s: s.set_spikes("V.A", [20.0, np.nan], [0, 1]), r"V\.A: a spike time is not finite"),
    "modulator": (lambda s: s.set_modulator("Ach", 1.0), r"'Ach'.*did you mean 'ACh'"),
    "weights": (lambda s: s.weights("V.in->V.F"), r"V\.in->V\.F.*did you mean 'V\.in->V\.E'"),
    "samples": (lambda s: s.samples("V.E", "w"), r"V\.E w is not recorded.*V\.E v"),
    "duration": (lambda s: s.run(-1), r"duration is -1 ms"),
    "nan duration": (lambda s: s.run(float("nan")), r"duration is nan ms"),
    "unit": (lambda s: s.run("5 mV"), r"voltage.*time"),
    "unit of the duration": (lambda s: s.run("5 mV"), r"Simulation\.run: duration '5 mV' is a voltage"),
    "infinite duration": (lambda s: s.run(float("inf")), r"duration is inf ms; a finite time"),
    "learning": (lambda s: setattr(s, "learning", "no"), r"Simulation\.learning: is 'no'; True or False"),
    "forever": (lambda s: s.run(1e12), r"larger dt"),
}


@pytest.mark.parametrize("case", SET)
def test_a_mistake_of_the_host_changes_nothing(case: str, sim: Simulation) -> None:
    call, message = SET[case]
    before = sim.checksum()
    with pytest.raises(DescriptionError, match=message):
        call(sim)
    assert sim.checksum() == before
    assert sim.time == 10


MAKE: dict[str, tuple[Callable[[], object], str]] = {
    "dt of 0": (lambda: Simulation(AREA, dt=0.0), r"dt: is 0 ms; must be more than 0"),
    "negative dt": (lambda: Simulation(AREA, dt=-0.1), r"dt: is -0\.1 ms"),
    "nan dt": (lambda: Simulation(AREA, dt=float("nan")), r"dt: is nan ms"),
    "infinite dt": (lambda: Simulation(AREA, dt=float("inf")), r"dt: is inf ms; a finite time"),
    "unit of dt": (lambda: Simulation(AREA, dt="1 mV"), r"Simulation\.dt: '1 mV' is a voltage"),
    "nan tick": (lambda: Simulation(AREA, tick=float("nan")), r"Simulation\.tick: is nan"),
    "no cortex": (lambda: Simulation(None), r"Simulation\.cortex: is None; an Area or a Cortex"),
    "no seed": (lambda: Simulation(AREA, seed=None), r"Simulation\.seed: is None; a whole number"),
    "broken seed": (lambda: Simulation(AREA, seed=1.5), r"Simulation\.seed: is 1\.5"),
    "negative seed": (lambda: Simulation(AREA, seed=-1), r"Simulation\.seed: is -1"),
    "a rule as sheet": (lambda: Simulation(AREA, PairSTDP()), r"Simulation\.sheet: is PairSTDP.*; a Sheet, the name of one"),
    "name of a sheet": (lambda: Simulation(AREA, "defalt"), r"'defalt'.*did you mean 'default'"),
    "a rule as stack": (lambda: Simulation(AREA, {PLASTIC: PairSTDP()}), r"V\.in->V\.E has PairSTDP.*; a stack such as"),
    "a class in a stack": (lambda: Stack(rules=(PairSTDP,)), r"Stack\.rules: holds .*Rule; write PairSTDP\(\)"),
    "no weight dependence": (lambda: Stack(weight=PairSTDP()), r"Stack\.weight: is PairSTDP"),
    "no compartment": (
        lambda: Simulation(AREA, currents="V.E:apical"),
        r"LIF has no compartment 'apical'",
    ),
    "current into what is told": (lambda: Simulation(FORCED, currents="V.F"), r"V\.F: Forced takes no current"),
    "current into a source": (lambda: Simulation(AREA, currents="V.in"), r"V\.in: PoissonSource takes no current"),
    "one current": (lambda: Simulation(AREA, currents="V.X"), r"no population 'V\.X'"),
    "delay below dt": (lambda: Simulation(AREA, dt=5.0), r"axonal_delay.*less than dt"),
    "tick below dt": (lambda: Simulation(AREA, dt=1.0, tick=0.5), r"tick: is 0\.5 ms; must be at least dt"),
    "long tick": (lambda: Simulation(AREA, {PLASTIC: Stack(rules=(PairSTDP(),))}, tick=500.0), r"tick: is 500 ms.*160 ms"),
    "kernel": (lambda: Simulation(AREA, kernel="nunba"), r"kernel.*did you mean 'numba'"),
    "projection of a stack": (lambda: Simulation(AREA, {"V.in->V.F": Stack()}), r"no projection 'V\.in->V\.F'.*V\.in->V\.E"),
    "currents": (lambda: Simulation(AREA, currents=["V.X"]), r"no population 'V\.X'"),
    "spikes": (lambda: Simulation(AREA, spikes=["V.X"]), r"no population 'V\.X'"),
    "record target": (lambda: Simulation(AREA, record=[Record("V.EE", "v")]), r"V\.EE.*did you mean 'V\.E'"),
    "record variable": (lambda: Simulation(AREA, record=[Record("V.E", "vv")]), r"'vv'.*did you mean 'v'"),
    "record of synapses": (lambda: Simulation(AREA, record=[Record(PLASTIC, "tag")]), r"'tag' is not there.*allowed: w"),
    "record twice": (lambda: Simulation(AREA, record=[Record("V.E", "v")] * 2), r"is there twice"),
    "sample": (lambda: Record("V.E", "v", sample=0), r"sample: is 0"),
    "every": (lambda: Record("V.E", "v", every=0.0), r"every.*more than 0"),
    "empty population": (lambda: Population("E", 0, LIF()), r"n: is 0; a whole number of at least 1"),
    "a leak towards nothing": (lambda: Simulation(AREA, {PLASTIC: Stack(rules=(Heterosynaptic(),))}), r"w_slow.*no slow part"),
    "a signal that is not there": (
        lambda: Simulation(
            Area(
                "V",
                (Population("E", 2, PoissonSource(), "E"), Population("L5E", 2, LIF())),
                (Projection("E", "L5E", 1.0, probability=1.0),),
            ),
            {"V.E->V.L5E": Stack(rules=(_Apical(),))},
        ),
        r"v_apical.*LIF.*does not give",
    ),
    "no reference weight": (
        lambda: Simulation(
            Area(
                "V",
                (Population("in", 2, PoissonSource()), Population("E", 2, LIF())),
                (Projection("in", "E", 0.0, probability=1.0),),
            ),
            {"V.in->V.E": Stack(rules=(PairSTDP(),))},
        ),
        r"weight.*is 0",
    ),
}


class _Apical(VoltageRule):
    reads = ("v_apical",)


@pytest.mark.parametrize("case", MAKE)
def test_a_description_that_cannot_be_is_refused_when_it_is_made(case: str) -> None:
    call, message = MAKE[case]
    with pytest.raises(DescriptionError, match=message):
        call()


def test_one_alone_stands_for_a_tuple_of_one() -> None:
    assert Stack(rules=PairSTDP()) == Stack(rules=(PairSTDP(),))  # type: ignore[arg-type]
    population, projection = Population("E", 2, SpikeTrain()), Projection("V.E", "V.L4E", 1.0, probability=1.0)
    assert Area("V", population) == Area("V", (population,))  # type: ignore[arg-type]
    area = Area("V", (population, Population("L4E", 2, LIF())), projection)  # type: ignore[arg-type]
    sim = Simulation(area, record=Record("V.L4E", "v"), currents="V.L4E", spikes="V.L4E", seed=np.int64(3))  # type: ignore[arg-type]
    sim.set_input("V.L4E", 0.0, "current")
    assert sim.samples("V.L4E", "v")[1].shape == (0, 2)


def test_a_sheet_that_makes_nothing_plastic_is_told() -> None:
    """Names that no selector of the default sheet knows; a sheet without entries; a mapping says itself what it holds."""
    with pytest.warns(UserWarning, match=r"no synapse is plastic: none of its .* selectors.*V\.in, V\.A, V\.E; .*V1\.L4E"):
        Simulation(AREA, Sheet.default())
    with pytest.warns(UserWarning, match="no synapse is plastic: it has no entries"):
        Simulation(AREA, Sheet(()))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Simulation(AREA, {})
        Simulation(AREA)


def test_initial_weights_outside_the_bounds_are_told() -> None:
    """A lognormal of sd 1 has 10.6 % above twice its mean: (ln 2 + s^2 / 2) / s = 1.249 for s^2 = ln 2."""
    wide = Projection("in", "E", 10.0, probability=1.0, weight_sd=1.0, weight_distribution="lognormal")
    area = Area("V", (Population("in", 100, PoissonSource()), Population("E", 100, LIF())), (wide,))
    stack = Stack(rules=(PairSTDP(eta=0.0),))
    with pytest.warns(UserWarning, match=r"V\.in->V\.E: (9|10|11|12)\.\d% of the initial weights .* 0 to 20 .*learning off"):
        Simulation(area, {"V.in->V.E": stack})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Simulation(area, {"V.in->V.E": stack.replace(weight=Additive(w_max=1e3))})
        Simulation(area, {"V.in->V.E": Stack()})  # static: it has no bounds
        Simulation(AREA, {PLASTIC: stack})


def test_a_blow_up_stops_the_run_and_is_named() -> None:
    """Conductances beyond float32: the population, the time, and the way out; the healthy one is not blamed."""
    area = Area(
        "V",
        (Population("L4E", 3, ConductanceLIF()), Population("L5E", 3, ConductanceLIF())),
        (),
        (Background("L4E", 1.0, rate=100.0), Background("L5E", 3e38, rate=50_000.0)),
    )
    sim = Simulation(area, tick=10.0)
    with pytest.raises(RunError, match=r"V\.L5E: state is not finite at 10 ms.*dt") as caught:
        sim.run(1000)
    assert "L4E" not in str(caught.value)
    assert sim.time == pytest.approx(10)


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path) -> None:
    one, other = balanced(None, n=20, seed=1), balanced(None, n=24, seed=1)
    one.save(tmp_path / "a.ckpt")
    with pytest.raises(DataError):
        other.load(tmp_path / "a.ckpt")
    with pytest.raises(DataError):
        other.load(tmp_path / "missing.ckpt")


def test_no_rate_at_all_is_silence() -> None:
    """A background of 0 Hz is no background; a cell with no input does nothing."""
    sim = Simulation(Area("V", (Population("E", 3, LIF()),), (), (Background("E", 50.0, rate=0.0),)))
    sim.run(50)
    assert sim.counts["V.E"] == 0


def test_an_input_takes_a_unit(sim: Simulation) -> None:
    other = Simulation(AREA, dt=1.0)
    other.set_input("V.in", "0.5 kHz")
    other.run("1 s")
    assert 300 < other.rates()["V.in"] < 500  # at most one spike a step: 1 - exp(-0.5) a ms is 393 Hz


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (
            Record(PLASTIC, "w", every=5.0),
            r"Record\(V\.in->V\.E, w\)\.every: is 5 ms and taken as 20 ms, in whole ticks",
        ),
        (Record(PLASTIC, "w", every=29.0), r"is 29 ms and taken as 20 ms"),
        (Record("V.E", "v", every=1.4), r"is 1.4 ms and taken as 1 ms, in whole steps of 1 ms"),
    ],
)
def test_an_interval_that_is_rounded_far_is_told(record: Record, said: str) -> None:
    with pytest.warns(UserWarning, match=said) as told:
        Simulation(AREA, {PLASTIC: Stack(rules=(PairSTDP(),))}, dt=1.0, tick=20.0, record=record)
    assert told[0].filename == __file__, "the warning stands at the line of the user"


def test_an_interval_of_whole_ticks_or_nearly_is_not_told() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Simulation(AREA, dt=1.0, tick=20.0, record=[Record(PLASTIC, "w", every=205.0), Record("V.E", "v", every=2.0)])
