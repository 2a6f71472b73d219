"""Every rule, run by the engine, against the float64 references, on adversarial trains, over a grid of both delays.

The error allowed is 1e-4 of the summed absolute change, plus what a float32 weight of 1 cannot hold (`FLOOR`).
"""

from __future__ import annotations

import functools

import numpy as np
import pytest

from engine.support import Held, Unbounded, forced, give, matrix
from isocortex.engine.simulation import Simulation
from isocortex.plasticity.rules.oja import Oja
from isocortex.plasticity.rules.pair import PairSTDP
from isocortex.plasticity.stack import Stack
from plasticity import references as ref
from plasticity.test_rules import CASES, DELAYS, DT, RATES, STEPS, expected
from plasticity.trains import Pair, adversarial, poisson, potential

FLOOR = 1e-6
GRID = [(a, d) for a, d in DELAYS if a + d]  # the engine wants at least one step
VOLTAGE = [c for c in CASES if {"v", "v_dendrite"} & set(CASES[c][0].reads)]
SPIKES = [c for c in CASES if c not in VOLTAGE]
AT_THE_START = ("inhibitory", "transmitter")  # whose presynaptic term is not 0 for a postsynaptic cell at rest


@functools.cache
def trains() -> list[tuple[int, int, str, Pair]]:
    """The adversarial trains of every pair of delays: (axonal, dendritic, name, (pre, post))."""
    return [(a, d, name, p) for a, d in GRID for name, p in adversarial(STEPS, DT, a, d).items()]


def network(cases: list[str]) -> Simulation:
    """All cases and delays in one network, so that one program serves all, and rules stand beside each other."""
    stacks = {
        (f"r{SPIKES.index(c) if c in SPIKES else 50 + VOLTAGE.index(c)}", a, d): Stack(
            rules=(CASES[c][0],), weight=Unbounded(), slow=(Held(),) if c == "heterosynaptic" else ()
        )
        for c in cases
        for a, d in GRID
    }
    every = [p for _, _, _, p in trains()]
    return forced([pre for pre, _ in every], [post for _, post in every], stacks, DT)


@pytest.fixture(scope="module")
def spiking() -> Simulation:
    sim = network(SPIKES)
    sim.run(STEPS * DT)
    return sim


@pytest.fixture(scope="module")
def potentials() -> np.ndarray:
    return np.stack([potential(post, STEPS, DT, i) for i, (_, _, _, (_, post)) in enumerate(trains())], 1)


@pytest.fixture(scope="module")
def clamped(potentials: np.ndarray) -> Simulation:
    """The host sets the potential before every step."""
    sim = network(VOLTAGE)
    for v in potentials:
        sim.set_input("V.B", v, "v")
        sim.run(DT)
    return sim


def check(case: str, tag: str, sim: Simulation, v: np.ndarray, error: float) -> float:
    """Compare all pairs of trains of each pair of delays; returns the largest change."""
    largest = 0.0
    for a, d in GRID:
        w = matrix(sim, tag, a, d)
        for i, (own_a, own_d, name, (pre, post)) in enumerate(trains()):
            if (own_a, own_d) != (a, d):
                continue
            dw, size = expected(case, pre, post, v[:, i], STEPS, DT, a, d)
            assert abs(w[i, i] - 1.0 - dw) <= error * size + FLOOR, f"{name}, axonal {a}, dendritic {d}"
            largest = max(largest, abs(dw))
    return largest


@pytest.mark.parametrize("case", SPIKES)
def test_a_rule_in_the_engine_is_its_reference(case: str, spiking: Simulation) -> None:
    assert check(case, f"r{SPIKES.index(case)}", spiking, np.zeros((STEPS, len(trains()))), 1e-4) > 1e-3


@pytest.mark.parametrize("case", VOLTAGE)
def test_a_rule_of_the_potential_in_the_engine_is_its_reference(case: str, clamped: Simulation, potentials: np.ndarray) -> None:
    # the float32 potential itself: an error of 4e-6 mV at -70 mV, against thresholds some mV away
    assert check(case, f"r{50 + VOLTAGE.index(case)}", clamped, potentials, 1e-4) > 1e-3


def test_a_synapse_does_not_mind_its_neighbours(spiking: Simulation) -> None:
    """Pairs of trains that belong to other delays, one in 97 of all: the matrix is right off its diagonal too."""
    every = trains()
    for case in ("pair all", "triplet visual_all_full"):
        for a, d in GRID[::3]:
            w = matrix(spiking, f"r{SPIKES.index(case)}", a, d)
            for flat in range(5, w.size, 97):
                i, j = divmod(flat, len(every))
                dw, size = expected(case, every[i][3][0], every[j][3][1], np.zeros(0), STEPS, DT, a, d)
                assert abs(w[i, j] - 1 - dw) <= 1e-4 * size + FLOOR


def test_oja_at_its_default_rate() -> None:
    values = RATES | dict(eta=0.01, alpha=0.5)
    pre, post = [poisson(r, STEPS, DT, 10 + r) for r in (20, 80)], [poisson(r, STEPS, DT, 20 + r) for r in (15, 60)]
    sim = forced(pre, post, {("o", 1, 0): Stack(rules=(Oja(**values),), weight=Unbounded())}, DT)
    sim.run(STEPS * DT)
    w = matrix(sim, "o", 1, 0)
    for i, p in enumerate(pre):
        for j, q in enumerate(post):
            dw, size = ref.oja_reference(p, q, STEPS, DT, 1, 0, **values)
            assert abs(w[i, j] - 1 - dw) <= 1e-4 * size + FLOOR


@pytest.mark.parametrize(("a", "d"), [(1, 0), (0, 2), (2, 3)])
def test_jumps_integrals_and_a_leak_on_one_synapse(a: int, d: int) -> None:
    """What pair STDP brings leaks from then on, by Oja's decay; both of its terms meet the leak where they should."""
    oja, stdp = RATES | dict(eta=0.5, alpha=0.5), dict(A_plus=0.01, A_minus=0.012, tau_plus=17.0, tau_minus=34.0)
    pre, post = [poisson(r, STEPS, DT, 10 + r) for r in (20, 80)], [poisson(r, STEPS, DT, 20 + r) for r in (15, 60)]
    stack = Stack(rules=(Oja(**oja), PairSTDP(**stdp)), weight=Unbounded())
    sim = forced(pre, post, {("o", a, d): stack}, DT)
    sim.run(STEPS * DT)
    w = matrix(sim, "o", a, d)
    for i, p in enumerate(pre):
        for j, q in enumerate(post):
            dw, size = ref.oja_and_pair_reference(p, q, STEPS, DT, a, d, oja, **stdp)
            assert size > 0.1
            assert abs(w[i, j] - 1 - dw) <= 1e-4 * size + FLOOR


@pytest.mark.parametrize("case", AT_THE_START)
def test_a_presynaptic_spike_within_the_first_dendritic_delay_meets_a_cell_at_rest(case: str, spiking: Simulation) -> None:
    seen = 0
    for i, (a, d, _, (pre, post)) in enumerate(trains()):
        if len(pre) and pre[0] + a < d:
            dw, size = expected(case, pre, post, np.zeros(0), STEPS, DT, a, d)
            assert abs(matrix(spiking, f"r{SPIKES.index(case)}", a, d)[i, i] - 1 - dw) <= 1e-4 * size + FLOOR
            seen += 1
    assert seen


SILENT = [c for c in SPIKES if c not in ("pair nearest", "triplet visual_trains")]


@pytest.fixture(scope="module")
def after_silence() -> tuple[Simulation, Pair, int]:
    """Two seconds of activity, two minutes of silence, two seconds of activity, in steps of 1 ms."""
    n, ends = 124_000, 2000
    p, q = poisson(40.0, ends, 1.0, 5), poisson(40.0, ends, 1.0, 6)
    pre, post = np.concatenate([p[p > 5], n - 1 - p[::-1]]), np.concatenate([q, n - 1 - q[::-1]])
    stacks = {
        (f"s{i}", 2, 3): Stack(rules=(CASES[c][0],), weight=Unbounded(), slow=(Held(),) if c == "heterosynaptic" else ())
        for i, c in enumerate(SILENT)
    }
    sim = forced([pre], [post], stacks, 1.0)
    sim.run(n)
    return sim, (pre, post), n


@pytest.mark.parametrize("case", SILENT)
def test_minutes_of_silence_lose_nothing(case: str, after_silence: tuple[Simulation, Pair, int]) -> None:
    sim, (pre, post), n = after_silence
    dw, size = expected(case, pre, post, np.zeros(0), n, 1.0, 2, 3)
    w = matrix(sim, f"s{SILENT.index(case)}", 2, 3)[0, 0]
    assert abs(dw) > 1e-4
    assert abs(w - 1 - dw) <= 1e-4 * size + FLOOR


def test_given_spikes_fire_when_they_should(spiking: Simulation) -> None:
    times, ids = spiking.spikes("V.A")
    for i, (_, _, _, (pre, _)) in enumerate(trains()):
        np.testing.assert_allclose(times[ids == i], (pre + 1) * DT)


def test_given_spikes_replace_earlier_ones() -> None:
    sim = forced([np.array([3])], [np.array([5])], {("r", 1, 0): Stack()}, 1.0)
    give(sim, "V.A", [np.array([7, 9])])
    sim.run(20)
    np.testing.assert_array_equal(sim.spikes("V.A")[0], [8, 10])
    np.testing.assert_array_equal(sim.spikes("V.B")[0], [6])
