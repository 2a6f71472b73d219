"""Neuromodulators: what a pulse of any length is worth, what a gate leaves alone, and what nobody listens to."""

from __future__ import annotations

import math
import warnings
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from isocortex import LIF, Area, Cortex, Entry, Forced, Population, Projection, Pyramidal, Record, Sheet, Simulation, SpikeTrain
from isocortex.errors import DataError, DescriptionError
from isocortex.plasticity.rule import Gate, Part
from isocortex.plasticity.rules.consolidation import Consolidation, Relaxation
from isocortex.plasticity.rules.conversion import Conversion
from isocortex.plasticity.rules.dendritic_prediction import DendriticPrediction
from isocortex.plasticity.rules.eligibility import Eligibility
from isocortex.plasticity.rules.pair import PairSTDP
from isocortex.plasticity.rules.scaling import SynapticScaling

UP, DOWN = PairSTDP(A_plus=0.1, A_minus=0.0), PairSTDP(A_plus=0.0, A_minus=0.1)


def pair(name: str) -> Area:
    """A presynaptic cell and a cell that fires when it is told to."""
    cells = Population("pre", 1, SpikeTrain()), Population("E", 1, Forced())
    return Area(name, cells, (Projection("pre", "E", 1.0, one_to_one=True),))


AREA = pair("P")
SETTLED = 100.0  # the tick in which all spikes are


def paired(*parts: Part, **options: object) -> Simulation:
    sim = Simulation(AREA, Sheet((Entry("P.pre -> P.E", parts),)), **options)
    sim.set_spikes("P.pre", [50.0, 70.0], 0)
    sim.set_spikes("P.E", [60.0], 0)
    return sim


def weight(sim: Simulation) -> float:
    return float(sim.weights("P.pre->P.E").w[0])


def trace(sim: Simulation) -> float:
    return float(sim.weights("P.pre->P.E").slow["e"][0])


@cache
def induced() -> float:
    """What the trace is at the end of the tick of the pairing."""
    sim = paired(UP, Eligibility())
    sim.run(SETTLED)
    return trace(sim)


def turned(begins: float, ends: float, tau: float = 1000.0) -> float:
    """rate times the integral of the trace, at M = 2 and a rate of 1/s, of what was induced by `SETTLED`."""
    return induced() * tau * 1e-3 * (math.exp(-(begins - SETTLED) / tau) - math.exp(-(ends - SETTLED) / tau))


def test_the_trace_takes_what_is_induced_whole() -> None:
    """Presynaptic spikes take 1.5 ms to the synapse and the other side is seen 0.1 ms later: 8.5 ms of a lag of 10."""
    assert induced() == pytest.approx(0.1 * math.exp(-8.5 / 20), rel=0.01)


@pytest.mark.parametrize("begins", [500.0, 510.0, 530.0, 560.0, 599.9])
@pytest.mark.parametrize("length", [20.0, 50.0, 250.0])
def test_a_pulse_is_worth_its_length_wherever_ticks_fall(begins: float, length: float) -> None:
    """Within a tick (100 ms, a tenth of tau_e) the trace is taken as if the pulse were spread over it: 5 % at most."""
    sim = paired(UP, Eligibility())
    sim.run(begins)
    sim.set_modulator("DA", 2.0)
    sim.run(length)
    sim.set_modulator("DA", 1.0)
    sim.run(1000)
    assert weight(sim) - 1 == pytest.approx(turned(begins, begins + length), rel=0.05)


def test_levels_that_follow_within_a_tick_add_up() -> None:
    """20 ms at 3, 30 ms at 0, the rest at rest: (2 x 20 - 30) ms of M - 1 in a tick of 100 ms."""
    sim = paired(UP, Eligibility())
    sim.run(500)
    for level, length in ((3.0, 20), (0.0, 30), (1.0, 450)):
        sim.set_modulator("DA", level)
        sim.run(length)
    assert weight(sim) - 1 == pytest.approx(0.1 * turned(500, 600), rel=1e-3)


def test_a_reward_at_a_tick_acts_in_the_tick_that_follows_it() -> None:
    sim = paired(UP, Eligibility(tau_e=100.0))
    sim.run(200)
    sim.set_modulator("DA", 2.0)
    sim.run(100)
    sim.set_modulator("DA", 1.0)
    assert weight(sim) - 1 == pytest.approx(turned(200, 300, tau=100.0), rel=1e-3)


def test_conversion_takes_the_mean_of_a_pulse_as_well() -> None:
    """Depression of d, then dopamine of 2 for 40 ms within a tick: (back + more) d 40 ms, the tag hardly decays."""
    sim = paired(DOWN, Conversion(tau_tag=1e7, back=1.0, more=0.0))
    sim.run(300)
    depressed = 1 - weight(sim)
    sim.run(30)
    sim.set_modulator("DA", 2.0)
    sim.run(40)
    sim.set_modulator("DA", 1.0)
    sim.run(100)
    assert depressed > 0.01
    assert weight(sim) - (1 - depressed) == pytest.approx(0.040 * depressed, rel=0.01)


def test_a_run_that_is_saved_amid_a_pulse_goes_on_as_if_never_stopped(tmp_path: Path) -> None:
    whole, part = paired(UP, Eligibility()), paired(UP, Eligibility())
    for sim in (whole, part):
        sim.run(530)
        sim.set_modulator("DA", 2.0)
        sim.run(10)
    part.save(tmp_path / "amid")
    assert part.checksum() == whole.checksum()
    part = paired(UP, Eligibility())
    part.load(tmp_path / "amid")
    for sim in (whole, part):
        sim.set_modulator("DA", 1.0)
        sim.run(200)
    assert weight(whole) > 1
    assert part.checksum() == whole.checksum()


def test_while_nothing_learns_eligibility_decays_and_is_not_turned() -> None:
    sim = paired(UP, Eligibility())
    sim.run(SETTLED)
    sim.learning = False
    sim.set_modulator("DA", 2.0)
    sim.run(3000)
    assert weight(sim) == 1
    assert trace(sim) == pytest.approx(induced() * math.exp(-3), rel=1e-4)
    sim.learning = True
    sim.run(100)
    assert weight(sim) - 1 == pytest.approx(turned(3100, 3200), rel=1e-3)


@pytest.mark.parametrize("level", [0.0, 1.0, 3.0])
def test_a_gate_scales_induction_and_no_homeostasis(level: float) -> None:
    """Scaling alone grows by its own time constant; a gated pair changes by 1 + (level - 1) times its change."""
    alone, gated = paired(SynapticScaling()), paired(SynapticScaling(), Gate(modulator="DA"))
    gated.set_modulator("DA", level)
    for sim in (alone, gated):
        sim.run(500)
    assert weight(gated) == weight(alone) != 1
    pair = paired(UP, Gate(modulator="DA"))
    pair.set_modulator("DA", level)
    pair.run(200)
    assert weight(pair) - 1 == pytest.approx(level * induced(), rel=1e-4)


def two_areas(*parts: Part) -> Simulation:
    """The same pair of cells, paired at once, in A and in B."""
    sim = Simulation(Cortex((pair("A"), pair("B"))), Sheet((Entry("*.pre -> *.E", parts),)))
    for name in ("A", "B"):
        sim.set_spikes(f"{name}.pre", [550.0, 570.0], 0)
        sim.set_spikes(f"{name}.E", [560.0], 0)
    return sim


def weights(sim: Simulation) -> list[float]:
    return [float(sim.weights(f"{name}.pre->{name}.E").w[0]) for name in ("A", "B")]


def test_attention_to_one_area_scales_what_is_learned_there_alone() -> None:
    sim, plain = two_areas(UP, Gate(modulator="ACh", gain=1.0)), two_areas(UP)
    sim.set_modulator("ACh", 3.0, area="B")
    assert sim.modulators["ACh"] == dict(A=1.0, B=3.0)
    for s in (sim, plain):
        s.run(1000)
    assert weights(sim)[0] == weights(plain)[0]
    assert weights(sim)[1] - 1 == pytest.approx(3 * (weights(plain)[1] - 1), rel=1e-5)


def test_a_reward_to_one_area_turns_the_eligibility_of_that_area_alone() -> None:
    sim, everywhere = two_areas(UP, Eligibility()), two_areas(UP, Eligibility())
    sim.run(630)
    everywhere.run(630)
    sim.set_modulator("DA", 2.0, area="A")
    everywhere.set_modulator("DA", 2.0)
    for s in (sim, everywhere):
        s.run(33)
        s.set_modulator("DA", 1.0)
        s.run(500)
    assert weights(sim) == [weights(everywhere)[0], 1.0]
    assert weights(everywhere)[0] > 1.001


def test_levels_of_areas_are_in_the_checkpoint_and_in_the_checksum(tmp_path: Path) -> None:
    one, other = two_areas(UP, Eligibility()), two_areas(UP, Eligibility())
    for sim in (one, other):
        sim.run(640)
    assert one.checksum() == other.checksum()
    one.set_modulator("DA", 2.0, area="B")
    assert one.checksum() != other.checksum()
    one.save(tmp_path / "c.npz")
    other.load(tmp_path / "c.npz")
    for sim in (one, other):
        sim.run(200)
    assert one.checksum() == other.checksum()
    assert weights(other)[1] > 1


def test_an_area_that_is_not_there_is_refused() -> None:
    with pytest.raises(DescriptionError, match=r"Simulation.modulator: no area 'V1'; allowed: A, B"):
        two_areas(UP, Eligibility()).set_modulator("DA", 2.0, area="V1")


def test_a_modulator_that_nothing_listens_to_is_warned_of() -> None:
    with pytest.warns(UserWarning, match="no part of the sheet listens to DA"):
        paired(UP, Gate(modulator="ACh")).set_modulator("DA", 2.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        paired(UP, Gate(modulator="ACh")).set_modulator("ACh", 2.0)
        paired(UP, Eligibility()).set_modulator("DA", 2.0)
        paired(UP).set_modulator("DA", 1.0)


def test_slow_parts_that_the_tick_does_not_resolve_are_warned_of() -> None:
    with pytest.warns(UserWarning, match=r"Consolidation.tau is 50 ms and a tick 100 ms.*shorter tick"):
        paired(UP, Consolidation(tau=50.0))


def test_slow_parts_whose_changes_float32_rounds_away_are_warned_of() -> None:
    """An hour in ticks of 1 ms: 1.2 goes nowhere, since 0.2 / 3.6e6 is less than half of its last bit (6e-8)."""
    with pytest.warns(UserWarning, match=r"Relaxation.tau is 3.6e\+06 ms and a tick 1 ms: .* within 0.21 .*longer tick"):
        paired(UP, Relaxation(), tick=1.0)
    assert np.float32(1.2) - np.float32(0.2 / 3.6e6) == np.float32(1.2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        paired(UP, Relaxation(), tick=10.0)


def test_a_rule_that_reads_another_dendrite_than_its_synapses_are_on_is_warned_of() -> None:
    def made(compartment: str) -> Simulation:
        area = Area("A", (Population("pre", 1, SpikeTrain()), Population("L5E", 1, Pyramidal())),
                    (Projection("pre", "L5E", 1.0, one_to_one=True, compartment=compartment),))  # fmt: skip
        return Simulation(area, Sheet((Entry("*.pre -> *.L5E", (DendriticPrediction(),)),)))

    with pytest.warns(UserWarning, match=r"reads v_dendrite, the potential of the apical compartment, at synapses on another"):
        made("basal")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made("apical")


def test_two_parts_that_would_share_a_trace_are_refused() -> None:
    with pytest.raises(DescriptionError, match="2 parts are Eligibility, which would share e"):
        paired(UP, Eligibility(modulator="NE"), Eligibility(modulator="5HT"))


RECURRENT = Cortex((Area("A", (Population("E", 20, LIF()),), (Projection("E", "E", 1.0, indegree=2),)),))


def test_a_restored_run_has_the_currents_that_were_injected(tmp_path: Path) -> None:
    sim = Simulation(RECURRENT, currents="A.E")
    sim.set_input("A.E", 600.0, "current")
    sim.run(200)
    sim.save(tmp_path / "c")
    again = Simulation.restore(tmp_path / "c", RECURRENT)
    for s in (sim, again):
        s.run(300)
    assert again.counts["A.E"] == sim.counts["A.E"] > 0
    assert again.checksum() == sim.checksum()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (dict(currents="A.E"), r"was written with currents=\[\]; here they are \['A.E'\]"),
        (dict(record=Record("A.E", "v", every=2.0)), "recorded A.E v with every, sample"),
        (dict(record=Record("A.E", "v", every=1.0, sample=3)), "recorded A.E v with every, sample"),
    ],
)
def test_a_checkpoint_of_other_inputs_or_recordings_is_refused(options: dict[str, object], words: str, tmp_path: Path) -> None:
    sim = Simulation(RECURRENT, record=Record("A.E", "v", every=1.0))
    sim.run(20)
    sim.save(tmp_path / "c")
    with pytest.raises(DataError, match=words):
        Simulation.restore(tmp_path / "c", RECURRENT, **options)


def test_what_the_checkpoint_decides_cannot_be_given(tmp_path: Path) -> None:
    Simulation(RECURRENT).save(tmp_path / "c")
    with pytest.raises(DescriptionError, match=r"restore: dt is that of the checkpoint"):
        Simulation.restore(tmp_path / "c", RECURRENT, dt=0.1)


def test_what_is_called_after_ticks_must_be_a_function() -> None:
    with pytest.raises(DescriptionError, match="on_tick is 3; a function"):
        Simulation(RECURRENT).run(1, on_tick=3)
