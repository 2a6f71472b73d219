"""Records: the right values at the right times."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.support import Unbounded, balanced, forced, give
from isocortex.anatomy.circuit import Area, Population, Projection
from isocortex.cells.forced import Forced
from isocortex.cells.lif import LIF
from isocortex.cells.pyramidal import Pyramidal
from isocortex.cells.sources import SpikeTrain
from isocortex.engine.record import Record
from isocortex.engine.simulation import Simulation
from isocortex.errors import DescriptionError
from isocortex.plasticity.rules.bcm import BCM
from isocortex.plasticity.rules.consolidation import Relaxation
from isocortex.plasticity.rules.pair import PairSTDP
from isocortex.plasticity.stack import Stack

STACK = Stack(rules=(PairSTDP(A_plus=0.1, A_minus=0.1),), weight=Unbounded(), slow=(Relaxation(tau=1000.0),))


def test_a_cell_variable_is_that_of_its_time() -> None:
    """A cell that only charges: u = R I (1 - exp(-t / tau)), at each time that is given."""
    area = Area("V", (Population("E", 3, LIF(V_th=1e6)),))
    sim = Simulation(area, dt=0.1, record=[Record("V.E", "v", every=0.7), Record("V.E", "U")], currents=["V.E"])
    sim.set_input("V.E", [100.0, 200.0, 0.0], "current")
    sim.run(30)
    times, v = sim.samples("V.E", "v")
    np.testing.assert_allclose(times, 0.7 * np.arange(1, 43))
    expected = np.array([100.0, 200.0, 0.0]) * 10 / 250 * -np.expm1(-times[:, None] / 10)
    np.testing.assert_allclose(v + 65, expected, atol=1e-4)
    times, u = sim.samples("V.E", "U")  # 1 ms where nothing else is said
    np.testing.assert_allclose(times, np.arange(1.0, 31.0))
    np.testing.assert_allclose(u, np.array([100.0, 200.0, 0.0]) * 10 / 250 * -np.expm1(-times[:, None] / 10), atol=1e-5)


def test_records_in_any_pieces_are_the_same() -> None:
    """Also where an interval is longer than a piece, than a tick, or does not divide it."""
    records = [Record("net.E", "v", every=e, sample=4) for e in (0.3,)] + [Record("net.I", "v", every=33.0, sample=2)]
    one, other = (balanced(None, seed=1, tick=10.0, record=records) for _ in range(2))
    one.run(100)
    for piece in [0.1] * 7 + [0.2, 9.1, 25.0, 41.6, 23.4]:
        other.run(piece)
    for r in records:
        times, values = one.samples(r.target, r.variable)
        np.testing.assert_allclose(times, r.every * np.arange(1, len(times) + 1))
        assert len(times) == int(100 / r.every + 1e-9)
        for a, b in zip((times, values), other.samples(r.target, r.variable), strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(("populations", "told"), [(12, True), (13, False)])
def test_of_many_populations_the_progress_line_tells_no_rates(
    populations: int, told: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    sim = Simulation(Area("V", tuple(Population(f"x{i}", 1, LIF(), "E") for i in range(populations))), dt=0.5, tick=5.0)
    sim.run(100, progress=True)
    assert ("Hz" in capsys.readouterr().err) is told


def test_synaptic_variables_are_taken_at_ticks() -> None:
    records = [Record("V.A->V.B#r_1_0", "w"), Record("V.A->V.B#r_1_0", "w_slow", every=100.0)]
    sim = forced([np.array([30, 120])], [np.array([40, 160])], {("r", 1, 0): STACK}, 1.0, tick=50.0, record=records)
    seen = []
    for _ in range(5):
        sim.run(50)
        seen.append(sim.weights("V.A->V.B#r_1_0").w)
    times, w = sim.samples("V.A->V.B#r_1_0", "w")
    np.testing.assert_allclose(times, [50, 100, 150, 200, 250])
    np.testing.assert_array_equal(w, seen)
    assert w[0, 0] == pytest.approx(1 + 0.1 * np.exp(-9 / 20) * np.exp(-50 / 1000), rel=1e-5)
    assert w[1, 0] == pytest.approx(1 + 0.1 * np.exp(-9 / 20) * np.exp(-100 / 1000), rel=1e-5)
    times, slow = sim.samples("V.A->V.B#r_1_0", "w_slow")
    np.testing.assert_allclose(times, [100, 200])
    np.testing.assert_array_equal(slow, 1.0)


def test_samples_are_of_the_synapses_that_they_name() -> None:
    sim = balanced(Stack(rules=(PairSTDP(A_plus=0.1),)), record=[Record("net.E->net.E", "w", sample=11)], tick=50.0)
    sim.run(50)
    all_of_them = sim.weights("net.E->net.E")
    named = sim._taps[0].store.sampled.arrays
    where = {(i, j): w for i, j, w in zip(all_of_them.pre, all_of_them.post, all_of_them.w, strict=True)}
    expected = [where[(i, j)] for i, j in zip(named["pre"], named["post"], strict=True)]
    np.testing.assert_array_equal(sim.samples("net.E->net.E", "w")[1][0], expected)


def test_samples_are_of_the_cells_that_they_name() -> None:
    area = Area("V", (Population("P", 5, LIF(V_th=1e6), "E"), Population("E", 40, LIF(V_th=1e6))))
    sim = Simulation(area, record=[Record("V.E", "v", sample=6)], currents=["V.E"])
    sim.set_input("V.E", np.arange(40.0), "current")
    sim.run(10)
    neuron = sim._probes[0].store.sampled.arrays["neuron"]
    assert len(set(neuron.tolist())) == 6
    np.testing.assert_allclose(sim.samples("V.E", "v")[1][-1] + 65, neuron * 10 / 250 * -np.expm1(-1.0), atol=1e-4)


def test_spikes_of_chosen_populations_only() -> None:
    sim = balanced(None, spikes=["net.I"])
    sim.run(100)
    assert len(sim.spikes("net.I")[0]) == sim.counts["net.I"] > 0
    assert sim.counts["net.E"] > 0
    assert sim.rates()["net.E"] == pytest.approx(sim.counts["net.E"] / 60 / 0.1)


def test_the_spike_of_a_cell_is_at_the_step_of_its_crossing() -> None:
    """A kick at 5 ms with one step of delay makes the cell fire in the step after it arrives."""
    p = Projection("A", "E", 1e5, probability=1.0, axonal_delay=0.1)
    sim = Simulation(Area("V", (Population("A", 1, SpikeTrain()), Population("E", 1, LIF())), (p,)))
    give(sim, "V.A", [np.array([49])])
    sim.run(10)
    np.testing.assert_allclose(sim.spikes("V.A")[0], [5.0])
    assert sim.spikes("V.E")[0][0] == pytest.approx(5.2)


def test_on_tick_is_called_after_every_tick_and_can_stop() -> None:
    sim = balanced(None, tick=10.0)
    times: list[float] = []

    def look(s: Simulation) -> bool:
        times.append(s.time)
        return s.time >= 30

    sim.run(4)
    sim.run(100, on_tick=look)
    assert times == pytest.approx([10, 20, 30])
    assert sim.time == pytest.approx(30)


def test_what_rules_know_of_their_cells_can_be_read() -> None:
    """A trace of 1 a spike decays with 20 ms: cell 1 fired 30 ms ago, cell 0 never; two rules of a class are two."""
    pre, post = Population("pre", 1, SpikeTrain()), Population("E", 2, Forced())
    area = Area("P", (pre, post), (Projection("pre", "E", 1.0, indegree=1), Projection("E", "E", 1.0, indegree=1)))
    rules = (PairSTDP(tau_minus=20.0), BCM(), PairSTDP(tau_minus=50.0))
    sim = Simulation(area, {"P.pre->P.E": Stack(rules=rules)})
    sim.set_spikes("P.E", [20.0], 1)
    sim.run(50)
    found = sim.rule_state("P.pre->P.E")
    assert list(found) == ["pair_stdp", "bcm", "pair_stdp#2"]
    assert found["pair_stdp"]["y"] == pytest.approx([0.0, math.exp(-30 / 20)], rel=1e-4)
    assert found["pair_stdp#2"]["y"] == pytest.approx([0.0, math.exp(-30 / 50)], rel=1e-4)
    assert found["bcm"]["theta"].shape == (2,)
    assert sim.rule_state("P.E->P.E") == {}
    with pytest.raises(DescriptionError, match=r"rule_state: no projection 'P.pre->P.F'.*did you mean 'P.pre->P.E'"):
        sim.rule_state("P.pre->P.F")


def test_modulators_can_be_read() -> None:
    sim = Simulation(Area("P", (Population("E", 1, Forced()),), ()))
    assert sim.modulators == {name: dict(P=1.0) for name in ("ACh", "DA", "NE", "5HT")}
    with pytest.warns(UserWarning, match="listens to NE"):
        sim.set_modulator("NE", 2.5)
    assert sim.modulators["NE"] == dict(P=2.5)


def test_a_current_into_the_dendrite_charges_the_dendrite() -> None:
    """dV_d/dt = I / C_d at first, and nothing in the soma; into the soma the other way round; not listed it is refused."""
    cell = Pyramidal(V_spread=0.0)
    area = Area("P", (Population("E", 2, cell),), ())
    record = [Record("P.E", "v_dendrite", every=0.1), Record("P.E", "v", every=0.1)]
    found = {}
    for place in ("P.E", "P.E:apical", "none"):
        sim = Simulation(area, record=record, currents=["P.E", "P.E:apical"])
        if place != "none":
            sim.set_input(place, [0.0, 50.0], "current")
        sim.run(1)
        found[place] = {name: sim.samples("P.E", name)[1] for name in ("v", "v_dendrite")}
    rise = {k: {n: v[0, 1] - found["none"][n][0, 1] for n, v in f.items()} for k, f in found.items()}
    assert rise["P.E:apical"]["v_dendrite"] == pytest.approx(50.0 * 0.1 / cell.C_d, rel=0.02)
    assert rise["P.E:apical"]["v"] == pytest.approx(0.0, abs=1e-3)
    assert rise["P.E"]["v"] == pytest.approx(50.0 * 0.1 / cell.C_s, rel=0.02)
    assert rise["P.E"]["v_dendrite"] == 0
    assert (found["P.E:apical"]["v_dendrite"][:, 0] == found["none"]["v_dendrite"][:, 0]).all()
    with pytest.raises(DescriptionError, match=r"P\.E:apical\.current: no such input; .*currents=\['P\.E:apical'\]"):
        Simulation(area, currents="P.E").set_input("P.E:apical", 1.0, "current")
