"""Drawing synapses: how many, which, how strong. Limits are four standard errors, at fixed seeds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.support import balanced
from isocortex.anatomy.circuit import Area, Delay, Population, Projection
from isocortex.cells.lif import LIF
from isocortex.cells.sources import SpikeTrain
from isocortex.engine.connect import Drawn, connect
from isocortex.engine.simulation import Simulation
from isocortex.errors import DescriptionError

N = 300


def drawn(seed: int = 1, same: bool = False, name: str = "B", **options: Any) -> Drawn:
    return connect(Projection("V.A", "V.A" if same else f"V.{name}", **({"weight": 2.0} | options)), N, N, 0.1, seed)


@pytest.mark.parametrize("probability", [0.02, 0.3, 0.9])
def test_probability(probability: float) -> None:
    d = drawn(probability=probability)
    flat = d.pre.astype(int) * N + d.post
    assert len(np.unique(flat)) == len(flat)  # each pair at most once
    expected, sd = N * N * probability, np.sqrt(N * N * probability * (1 - probability))
    assert abs(len(flat) - expected) < 4 * sd
    # rows and columns are binomial: their variance, too, is right
    for side in (d.pre, d.post):
        counts = np.bincount(side, minlength=N)
        assert counts.var() == pytest.approx(N * probability * (1 - probability), rel=4 * np.sqrt(2 / N))


def test_probability_0_and_1() -> None:
    assert len(drawn(probability=0.0).pre) == 0
    d = drawn(probability=1.0)
    np.testing.assert_array_equal(d.pre.astype(int) * N + d.post, np.arange(N * N))


def test_indegree() -> None:
    d = drawn(indegree=20)
    np.testing.assert_array_equal(np.bincount(d.post, minlength=N), 20)
    counts = np.bincount(d.pre, minlength=N)
    assert counts.var() == pytest.approx(20 * (1 - 1 / N), rel=4 * np.sqrt(2 / N))


def test_a_broken_indegree_is_shared_out() -> None:
    counts = np.bincount(drawn(indegree=2.3).post, minlength=N)
    assert set(counts) == {2, 3}
    assert abs(counts.mean() - 2.3) < 4 * np.sqrt(0.3 * 0.7 / N)


def test_number_of_synapses() -> None:
    d = drawn(synapses=5000)
    assert len(d.pre) == 5000
    for side in (d.pre, d.post):
        counts = np.bincount(side, minlength=N)
        assert ((counts - 5000 / N) ** 2 / (5000 / N)).sum() == pytest.approx(N - 1, abs=4 * np.sqrt(2 * N))


def test_one_to_one() -> None:
    d = drawn(one_to_one=True, weight_sd=0.3)
    np.testing.assert_array_equal(d.pre, np.arange(N))
    np.testing.assert_array_equal(d.post, np.arange(N))
    assert d.w.std() == pytest.approx(0.6, rel=4 / np.sqrt(2 * N))
    assert len(drawn(one_to_one=True, same=True, autapses=False).pre) == 0


def test_one_to_one_carries_each_cell_to_its_own() -> None:
    """Three sources, each with a spike of its own, each onto one cell with a weight that makes it fire at once."""
    area = Area("V", (Population("in", 3, SpikeTrain()), Population("E", 3, LIF(tau_AMPA=5.0))),
                (Projection("in", "E", 20_000.0, one_to_one=True, axonal_delay=1.0),))  # fmt: skip
    sim = Simulation(area, dt=0.5)
    sim.set_spikes("V.in", [5.0, 20.0, 35.0], [2, 0, 1])
    sim.run(50)
    assert [int(i) for i in dict.fromkeys(sim.spikes("V.E")[1])] == [2, 0, 1]


def test_autapses_only_where_they_are_wanted() -> None:
    with_them, without = (drawn(probability=0.5, same=True, autapses=a) for a in (True, False))
    assert abs((with_them.pre == with_them.post).sum() - N / 2) < 4 * np.sqrt(N / 4)
    assert not (without.pre == without.post).any()
    assert len(without.pre) == (with_them.pre != with_them.post).sum()
    between = drawn(probability=0.5, autapses=False)  # equal numbers in two populations are no autapses
    assert (between.pre == between.post).any()


@pytest.mark.parametrize(("distribution", "sd"), [("normal", 0.2), ("lognormal", 0.2), ("lognormal", 1.5), ("uniform", 0.0)])
def test_weights(distribution: str, sd: float) -> None:
    w = drawn(synapses=200_000, weight_distribution=distribution, weight_sd=sd).w
    relative = sd if distribution != "uniform" else 1 / np.sqrt(3)
    assert w.min() >= 0
    assert w.mean() == pytest.approx(2.0, rel=4 * relative / np.sqrt(len(w)))
    assert w.std() == pytest.approx(2.0 * relative, rel=0.02 if sd < 1 else 0.2)  # a lognormal's tail is heavy
    if distribution == "lognormal":
        assert np.median(w) == pytest.approx(2.0 / np.sqrt(1 + sd**2), rel=0.02)


def test_a_wide_normal_is_cut_at_zero_and_no_spread_is_none() -> None:
    w = drawn(synapses=20_000, weight_sd=2.0).w
    assert w.min() == 0
    assert (w == 0).mean() == pytest.approx(0.3085, abs=0.015)  # the normal distribution below -1/2 sd
    assert set(drawn(synapses=100).w) == {np.float32(2.0)}


def test_delays_that_cannot_be_drawn_are_refused() -> None:
    """Beyond mean + 3 sd one value in 700 lies; beyond 20 sd none ever."""
    with pytest.raises(DescriptionError, match=r"Delay\.least: is 3 ms; at most mean \+ 3 sd \(1\.3 ms\)"):
        Delay(1.0, 0.1, least=3.0)
    with pytest.raises(DescriptionError, match=r"Delay\.mean: is 0 ms; a lognormal"):
        Delay(0.0, 0.5, "lognormal")
    steps = drawn(synapses=20_000, axonal_delay=Delay(100.0, 10.0, least=120.0)).axonal
    assert np.min(steps) == 1200
    assert np.mean(steps) == pytest.approx(1237.3, abs=1)  # a normal beyond 2 sd has its mean at 2.373 sd
    assert drawn(synapses=10, axonal_delay=Delay(1.0, 0.0, least=3.0)).axonal == 30


def test_delays_are_rounded_to_the_nearest_step() -> None:
    found = [drawn(synapses=1, axonal_delay=Delay(ms)).axonal for ms in (1.54, 1.56, 0.25, 0.75)]
    assert found[:2] == [15, 16]
    assert found[2:] == [2, 8], "a half goes to the even number"


def test_the_same_seed_gives_the_same_and_another_seed_another() -> None:
    options = dict(probability=0.2, weight_sd=0.5, axonal_delay=Delay(2.0, 1.0))
    one, again, other = drawn(7, **options), drawn(7, **options), drawn(8, **options)
    for field in ("pre", "post", "w", "axonal"):
        np.testing.assert_array_equal(getattr(one, field), getattr(again, field))
    assert not np.array_equal(one.pre, other.pre)
    assert not np.array_equal(one.w[:100], other.w[:100])
    assert not np.array_equal(one.axonal[:100], other.axonal[:100])


def test_projections_draw_from_streams_of_their_own() -> None:
    """Two projections of the same numbers are not alike; pairs, weights and delays of one are independent draws too."""
    one, other = drawn(synapses=20_000, weight_sd=0.3), drawn(synapses=20_000, weight_sd=0.3, name="C")
    assert abs(np.corrcoef(np.bincount(one.pre, minlength=N), np.bincount(other.pre, minlength=N))[0, 1]) < 4 / np.sqrt(N)
    assert abs(np.corrcoef(one.w, other.w)[0, 1]) < 4 / np.sqrt(20_000)
    d = drawn(synapses=20_000, weight_sd=0.3, axonal_delay=Delay(20.0, 3.0))
    order = np.lexsort((d.post, d.pre))
    for a, b in ((d.w, d.axonal), (d.w, d.post), (d.axonal, d.post)):
        assert abs(np.corrcoef(a[order], b[order])[0, 1]) < 4 / np.sqrt(20_000)


def test_synapses_are_sorted_as_the_kernel_needs_them() -> None:
    d = drawn(probability=0.2, axonal_delay=Delay(2.0, 1.0), dendritic_delay=Delay(2.0, 1.0))
    key = np.lexsort((d.post, d.dendritic, d.axonal, d.pre))
    np.testing.assert_array_equal(key, np.arange(len(key)))
    assert ((d.axonal + d.dendritic) >= 1).all()


def test_what_else_is_there_does_not_change_what_is_drawn() -> None:
    """The synapses of a projection depend on its name and seed: three other projections are there, or none."""
    sim = balanced(None, n=40, seed=2)
    p = next(p for p in sim.cortex.all_projections() if p.name == "net.E->net.I")
    populations = (Population("E", 40, LIF()), Population("I", 10, LIF()))
    alone = Simulation(Area("net", populations, (p,)), seed=2)
    a, b = sim.weights(p.name), alone.weights(p.name)
    assert len(a.w) > 40
    for field in ("pre", "post", "w"):
        np.testing.assert_array_equal(getattr(a, field), getattr(b, field))
