"""What a spike does to its target: when, where, how much; delays, receptors and short-term plasticity."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from engine.support import Train, give
from isocortex.anatomy.circuit import Area, Delay, Population, Projection
from isocortex.cells.conductance import ConductanceLIF
from isocortex.cells.lif import LIF
from isocortex.cells.sources import SpikeTrain
from isocortex.engine.connect import connect
from isocortex.engine.record import Record
from isocortex.engine.simulation import Simulation
from isocortex.errors import DescriptionError
from isocortex.plasticity.rule import ShortTerm
from isocortex.plasticity.stack import Stack

CELL = LIF(V_th=1e6)  # never fires


def onto(projections: Sequence[Projection], pre: Sequence[Train], dt: float, **options: object) -> Simulation:
    populations = (
        Population("A", len(pre), SpikeTrain()),
        Population("I", len(pre), SpikeTrain(), cell_class="PV"),
        Population("E", len(pre), CELL),
    )
    record = [Record("V.E", "v", every=dt), Record("V.E", "soma:AMPA", every=dt)]
    sim = Simulation(Area("V", populations, tuple(projections)), dt=dt, record=record, **options)
    give(sim, "V.A", pre)
    return sim


def response(weight: float, since: np.ndarray, tau_s: float = 0.5) -> np.ndarray:
    """Potential (mV) above rest of the default cell `since` ms after a jump of its synaptic current by `weight` pA."""
    tau_m, c = 10.0, 250.0
    v = weight / c * tau_m * tau_s / (tau_m - tau_s) * (np.exp(-since / tau_m) - np.exp(-since / tau_s))
    return np.where(since > 0, v, 0.0)


@pytest.mark.parametrize(("axonal", "dendritic"), [(0.1, 0.0), (0.0, 0.1), (1.5, 0.0), (0.0, 1.5), (0.7, 2.3)])
def test_a_spike_acts_after_both_delays(axonal: float, dendritic: float) -> None:
    """A spike at 1.1 ms changes the potential from 1.1 + a + d on, as the membrane equation has it."""
    p = Projection("A", "E", 500.0, probability=1.0, axonal_delay=axonal, dendritic_delay=dendritic)
    sim = onto([p], [np.array([10])], 0.1)
    sim.run(20)
    times, v = sim.samples("V.E", "v")
    arrival = 1.1 + axonal + dendritic
    np.testing.assert_allclose(v[:, 0] + 65.0, response(500.0, np.round(times - arrival, 6)), atol=2e-4)
    assert v.max() > -65 + 0.5


def test_a_delay_of_many_steps_wraps_around_its_ring() -> None:
    delays = [(40.0, 0.0), (0.0, 40.0), (13.0, 27.0)]
    projections = [
        Projection("A", "E", 500.0, probability=1.0, axonal_delay=a, dendritic_delay=d, tag=f"t{i}")
        for i, (a, d) in enumerate(delays)
    ]
    spikes = np.arange(3, 300, 7)
    sim = onto(projections, [spikes], 1.0)
    sim.run(330)
    times, v = sim.samples("V.E", "v")
    expected = sum(response(3 * 500.0, times - (s + 1 + 40.0)) for s in spikes)
    np.testing.assert_allclose(v[:, 0] + 65.0, expected, atol=1e-3)


def test_weights_that_arrive_together_add_up_and_inhibition_is_subtracted() -> None:
    projections = [
        Projection("A", "E", 300.0, probability=1.0, axonal_delay=1.0),
        Projection("A", "E", 200.0, probability=1.0, axonal_delay=0.3, dendritic_delay=0.7, tag="b"),
        Projection("I", "E", 400.0, probability=1.0, axonal_delay=1.0),
    ]
    sim = onto(projections, [np.array([4])], 0.1)
    give(sim, "V.I", [np.array([4])])
    sim.run(10)
    times, v = sim.samples("V.E", "v")
    np.testing.assert_allclose(v[:, 0] + 65.0, response(100.0, np.round(times - 1.5, 6)), atol=1e-4)


def test_receptors_get_their_fractions() -> None:
    populations = (Population("A", 1, SpikeTrain()), Population("E", 1, ConductanceLIF()))
    p = Projection("A", "E", 2.0, probability=1.0, receptors={"AMPA": 1.0, "NMDA": 0.25}, axonal_delay=1.0)
    record = [Record("V.E", "soma:AMPA", every=0.1), Record("V.E", "soma:NMDA", every=0.1)]
    sim = Simulation(Area("V", populations, (p,)), record=record)
    give(sim, "V.A", [np.array([0])])
    sim.run(2)
    g = {r: sim.samples("V.E", f"soma:{r}") for r in ("AMPA", "NMDA")}
    for receptor, weight, tau in (("AMPA", 2.0, 5.0), ("NMDA", 0.5, 100.0)):
        times, values = g[receptor]
        since = np.round(times - 1.1, 6)
        np.testing.assert_allclose(values[:, 0], np.where(since > 0, weight * np.exp(-since / tau), 0.0), rtol=1e-5)


def test_only_connected_targets_are_reached() -> None:
    """Each arrival goes to the targets that the synapses list, and to no other."""
    n = 12
    p = Projection("A", "E", 500.0, probability=0.3, axonal_delay=1.0)
    sim = onto([p], [np.array([10 * i]) for i in range(n)], 1.0, seed=3)
    sim.run(10 * n + 10)
    s = sim.weights("V.A->V.E")
    times, g = sim.samples("V.E", "soma:AMPA")
    for i in range(n):
        reached = np.flatnonzero(g[times == 10 * i + 3][0] > 10.0)
        np.testing.assert_array_equal(reached, np.sort(s.post[s.pre == i]))


@pytest.mark.parametrize("distribution", ["normal", "lognormal", "uniform"])
def test_drawn_delays_have_the_mean_and_spread_that_were_asked(distribution: str) -> None:
    p = Projection(
        "V.A",
        "V.B",
        1.0,
        synapses=40_000,
        axonal_delay=Delay(5.0, 1.0, distribution),
        dendritic_delay=Delay(3.0, 0.5, distribution),
    )
    drawn = connect(p, 50, 50, 0.1, 1)
    for steps, mean, sd in ((drawn.axonal, 5.0, 1.0), (drawn.dendritic, 3.0, 0.5)):
        assert np.mean(steps) * 0.1 == pytest.approx(mean, abs=4 * sd / 200)
        assert np.std(steps) * 0.1 == pytest.approx(sd, rel=0.02)
    assert abs(np.corrcoef(drawn.axonal, drawn.dendritic)[0, 1]) < 4 / 200


def test_drawn_delays_keep_their_least_and_their_grid() -> None:
    p = Projection("V.A", "V.B", 1.0, synapses=5000, axonal_delay=Delay(1.0, 1.0, least=0.5, resolution=0.5))
    drawn = connect(p, 50, 50, 0.1, 1)
    assert drawn.axonal.min() == 5
    assert set(np.unique(drawn.axonal % 5)) == {0}


def test_distributed_delays_are_those_of_the_responses() -> None:
    """With every pre cell connected once, arrival is seen in the target's current at axonal + dendritic."""
    n = 40
    p = Projection("A", "E", 500.0, indegree=1, axonal_delay=Delay(6.0, 2.0, least=1.0), dendritic_delay=Delay(4.0, 1.0))
    sim = onto([p], [np.array([0])] * n, 1.0, seed=2)
    drawn = connect(next(sim.cortex.all_projections()), n, n, 1.0, 2)
    sim.run(40)
    times, g = sim.samples("V.E", "soma:AMPA")
    total = drawn.axonal + drawn.dendritic
    assert len(np.unique(total)) > 5
    for post, delay in zip(drawn.post, total, strict=True):
        assert times[np.argmax(g[:, post] > 0)] == 1 + delay + 1  # it acts on the potential in the step after


# ---------------------------------------------------------------------- short-term plasticity


def tsodyks_markram(spikes: np.ndarray, dt: float, s: ShortTerm) -> list[float]:
    """What each spike transmits, in float64, from the closed forms between spikes (Tsodyks, Pawelzik & Markram 1998)."""
    out, u, x = [], s.U, 1.0
    for i, t in enumerate(spikes):
        if i:
            gap = (t - spikes[i - 1]) * dt
            x = 1 - (1 - x) * math.exp(-gap / s.tau_rec)
            u = s.U + (u - s.U) * math.exp(-gap / s.tau_facil) if s.tau_facil else s.U
        out.append(u * x)
        x, u = x * (1 - u), u + s.U * (1 - u)
    return out


@pytest.mark.parametrize(
    "part", [ShortTerm(), ShortTerm(U=0.15, tau_rec=130.0, tau_facil=530.0), ShortTerm(U=1.0, tau_rec=60.0)]
)
def test_short_term_plasticity_is_that_of_tsodyks_and_markram(part: ShortTerm) -> None:
    """Regular, random and bursting terminals, and one with long rests; the current jumps by w u x."""
    rng = np.random.default_rng(3)
    trains = [
        np.arange(5, 500, 20),
        np.unique(rng.integers(0, 490, 30)),
        np.array([10, 12, 14, 16, 300, 302, 304]),
        np.array([3, 10, 480]),
    ]
    p = Projection("A", "E", 100.0, probability=1.0, axonal_delay=2.0, dendritic_delay=3.0)
    area = Area("V", (Population("A", 4, SpikeTrain()), Population("E", 1, LIF(V_th=1e6, tau_AMPA=1e-2))), (p,))
    for i, train in enumerate(trains):
        sim = Simulation(area, {"V.A->V.E": Stack(short_term=part)}, dt=1.0, record=[Record("V.E", "U", every=1.0)])
        give(sim, "V.A", [train if j == i else np.zeros(0, int) for j in range(4)])
        sim.run(510)
        times, above_rest = sim.samples("V.E", "U")
        # with so short a current each arrival moves the potential at once; take the leak off
        u = np.append(0.0, above_rest[:, 0].astype(float))
        jumps = u[1:] - u[:-1] * math.exp(-1 / 10)
        # the first spike gives the scale: it transmits w U
        expected = np.zeros(len(jumps))
        expected[train + 1 + 5] = tsodyks_markram(train, 1.0, part)
        scale = jumps[train[0] + 6] / expected[train[0] + 6]
        assert scale > 0
        np.testing.assert_allclose(jumps / scale, expected, atol=1e-5)
        assert len(times) == 510


def test_short_term_plasticity_leaves_the_weight_alone() -> None:
    p = Projection("A", "E", 100.0, probability=1.0, axonal_delay=1.0)
    area = Area("V", (Population("A", 1, SpikeTrain()), Population("E", 1, CELL)), (p,))
    sim = Simulation(area, {"V.A->V.E": Stack(short_term=ShortTerm())}, dt=1.0)
    give(sim, "V.A", [np.arange(0, 100, 5)])
    sim.run(120)
    assert sim.weights("V.A->V.E").w[0] == 100


# ---------------------------------------------------------------------- refused


def test_delays_that_add_up_to_nothing_are_refused() -> None:
    with pytest.raises(DescriptionError, match=r"A->V\.E.*axonal_delay.*less than dt"):
        onto([Projection("A", "E", 1.0, probability=1.0, axonal_delay=0.3, dendritic_delay=0.1)], [np.array([1])], 1.0)


def test_a_delay_that_is_too_long_is_refused() -> None:
    with pytest.raises(DescriptionError, match=r"axonal_delay.*at most 4096 steps"):
        onto([Projection("A", "E", 1.0, probability=1.0, axonal_delay=500.0)], [np.array([1])], 0.1)
