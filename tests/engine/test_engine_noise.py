"""The counter-based random numbers and the Poisson drive made of them. Limits hold at the fixed seeds used here."""

from __future__ import annotations

import jax.numpy as jnp
import numba as nb
import numpy as np
import pytest
from scipy import stats

from isocortex.anatomy.circuit import Area, Background, Population
from isocortex.cells.lif import LIF
from isocortex.cells.sources import PoissonSource
from isocortex.engine import random as R
from isocortex.engine.kernel.inflow import index_of, inflow, poisson_limits, word_of
from isocortex.engine.record import Record
from isocortex.engine.simulation import Simulation

SEED = np.array([123, 456], np.uint32)


def words(step: int, stream: int, n: int) -> np.ndarray:
    return np.asarray(R.draw(R.step_keys(jnp.asarray(SEED), jnp.int32(step)), stream, n))


def counts(mean: float, steps: int, n: int) -> np.ndarray:
    """Counts by the compiled kernel, (steps, n)."""
    draws, limits = poisson_limits(mean)
    noise = np.array([[0, n, 0, len(limits), draws, 99]], np.int32)
    out, drive = np.zeros((steps, n), np.float32), np.zeros((1, n), np.float32)
    for t in range(steps):
        a, b = (np.uint32(k) for k in R.step_keys(jnp.asarray(SEED), jnp.int32(t)))
        inflow(0, a, b, noise, np.ones(1, np.float32), limits, drive, out[t])
    return out


@nb.njit
def kernel_words(index: np.ndarray, key: np.uint32, key1: np.uint32, out: np.ndarray) -> None:
    for i in range(len(index)):
        out[i] = word_of(index_of(index[i]), key, key1)


def test_the_two_writings_of_the_hash_agree() -> None:
    index, keys = np.arange(0, 2**32, 2**22 + 977, dtype=np.uint64).astype(np.uint32), (0, 1, 0xDEADBEEF, 2**32 - 1)
    out = np.zeros(len(index), np.int32)
    for key in keys:
        for key1 in keys:
            started = jnp.asarray(index) * jnp.uint32(R.GOLDEN) ^ jnp.uint32(key)
            ours = np.asarray(R.mix(started, jnp.uint32(key1)))
            kernel_words(index, np.uint32(key), np.uint32(key1), out)
            np.testing.assert_array_equal(ours, out.view(np.uint32) ^ np.uint32(2**31))


def test_the_hash_has_avalanche() -> None:
    """Flipping any bit of the input or the key flips each bit of the output half of the time."""
    x = np.random.default_rng(1).integers(0, 2**32, 4000, dtype=np.uint64).astype(np.uint32)
    base = np.asarray(R.mix(jnp.asarray(x), jnp.uint32(7)))
    for bit in range(32):
        one = np.uint32(1 << bit)
        for changed in (R.mix(jnp.asarray(x ^ one), jnp.uint32(7)), R.mix(jnp.asarray(x), jnp.uint32(7) ^ one)):
            flips = np.unpackbits((base ^ np.asarray(changed)).view(np.uint8)).mean()
            assert abs(flips - 0.5) < 0.02


def test_words_are_uniform_and_independent() -> None:
    n = 4096
    w = np.stack([words(t, 5, n) for t in range(64)]) / 2.0**32
    assert stats.kstest(w.ravel(), "uniform").pvalue > 1e-3
    limit = 4.5 / np.sqrt(63 * n)
    assert abs(np.corrcoef(w[1:].ravel(), w[:-1].ravel())[0, 1]) < limit  # steps
    assert abs(np.corrcoef(w[:, 1:].ravel(), w[:, :-1].ravel())[0, 1]) < limit  # neighbours
    other = np.stack([words(t, 6, n) for t in range(64)]) / 2.0**32
    assert abs(np.corrcoef(w.ravel(), other.ravel())[0, 1]) < limit  # streams
    assert len(np.unique(w)) > w.size * (1 - w.size / 2**32)  # collisions as chance has them


@pytest.mark.parametrize("mean", [0.003, 0.08, 0.8, 5.0, 11.9, 30.0])
def test_poisson_counts_are_poisson(mean: float) -> None:
    c = counts(mean, 60, 4000)
    m = c.size
    assert np.array_equal(c, np.round(c))
    assert abs(c.mean() - mean) < 4 * np.sqrt(mean / m)
    assert abs(c.var() - mean) < 4 * np.sqrt((mean + 2 * mean**2) / m)
    top = int(stats.poisson.ppf(1 - 20 / m, mean))
    edges = np.arange(max(0, int(stats.poisson.ppf(20 / m, mean))), top + 1)
    probability = stats.poisson.pmf(edges, mean)
    probability[0], probability[-1] = stats.poisson.cdf(edges[0], mean), stats.poisson.sf(edges[-1] - 1, mean)
    found = np.bincount(np.clip(c.ravel(), edges[0], edges[-1]).astype(int) - edges[0], minlength=len(edges))
    if len(edges) > 1:
        assert stats.chisquare(found, probability / probability.sum() * m).pvalue > 1e-3


def test_poisson_counts_are_independent_over_time_and_cells() -> None:
    c = counts(0.8, 80, 3000)
    limit = 4.5 / np.sqrt(c.size)
    for lag in (1, 2, 3, 7):
        assert abs(np.corrcoef(c[lag:].ravel(), c[:-lag].ravel())[0, 1]) < limit * 1.1
        assert abs(np.corrcoef(c[:, lag:].ravel(), c[:, :-lag].ravel())[0, 1]) < limit * 1.1
    # the total of a cell and that of a step have the variance of independent draws
    assert c.sum(0).var() / (80 * 0.8) == pytest.approx(1, abs=4.5 * np.sqrt(2 / 3000))
    assert c.sum(1).var() / (3000 * 0.8) == pytest.approx(1, abs=4.5 * np.sqrt(2 / 80))


def test_background_reaches_cells_with_its_rate() -> None:
    """8 Hz from 100 sources at 50 pA: mean current 0.8/ms x 50 pA x 0.5 ms, and its variance, by Campbell's theorem."""
    area = Area("V", (Population("E", 400, LIF(V_th=1e6)),), (), (Background("E", 50.0, rate=8.0, sources=100),))
    sim = Simulation(area, record=[Record("V.E", "soma:AMPA", every=2.0)], seed=9)
    sim.run(300)
    _, current = sim.samples("V.E", "soma:AMPA")
    i = current[5:].astype(float)
    # samples stand at the end of a step, after its decay; sums over whole steps
    decay = np.exp(-0.1 / 0.5)
    mean, var = 0.08 * 50 * decay / (1 - decay), 0.08 * 50**2 * decay**2 / (1 - decay**2)
    assert i.mean() == pytest.approx(mean, abs=4.5 * np.sqrt(var / i.size))
    assert i.var() == pytest.approx(var, rel=0.03)


def test_poisson_sources_fire_at_the_rates_that_the_host_sets() -> None:
    rates = np.repeat([0.0, 5.0, 40.0, 200.0], 250)
    sim = Simulation(Area("V", (Population("in", 1000, PoissonSource()),)), seed=3)
    sim.set_input("V.in", rates)
    sim.run(2000)
    times, ids = sim.spikes("V.in")
    n = np.bincount(ids, minlength=1000).reshape(4, 250)
    assert n[0].sum() == 0
    for row, rate in zip(n[1:], (5.0, 40.0, 200.0), strict=True):
        p = -np.expm1(-rate * 1e-4)  # a step has at most one spike
        assert abs(row.mean() - 20_000 * p) < 4.5 * np.sqrt(20_000 * p * (1 - p) / 250)
        assert row.var() == pytest.approx(20_000 * p * (1 - p), rel=4.5 * np.sqrt(2 / 250))
    sim.set_input("V.in", 0.0)
    before = len(times)
    sim.run(100)
    assert len(sim.spikes("V.in")[0]) == before


def test_populations_get_noise_of_their_own() -> None:
    area = Area("V", (Population("a", 300, PoissonSource(rate=100.0)), Population("b", 300, PoissonSource(rate=100.0))))
    sim = Simulation(area, dt=1.0)
    sim.run(400)
    grids = []
    for name in ("V.a", "V.b"):
        times, ids = sim.spikes(name)
        grid = np.zeros((401, 300))
        grid[np.round(times).astype(int), ids] = 1
        grids.append(grid[1:].ravel())
    assert abs(np.corrcoef(*grids)[0, 1]) < 4.5 / np.sqrt(grids[0].size)
