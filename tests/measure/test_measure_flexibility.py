import math

import numpy as np
import pytest

from isocortex.errors import DescriptionError
from isocortex.measure.flexibility import (
    bootstrap,
    flexibility,
    fraction_undone,
    presentations_to,
    relative_move,
    savings,
    squared_distance,
    tau90,
    tau90_spread,
    tuning_change,
)
from isocortex.measure.tuning import shape, tuning, tuning_covariance
from measure.populations import poisson, random_tuning, true_gram

rng = np.random.default_rng(0)
START, A, OTHER = (random_tuning(rng, 200, mean=3) for _ in range(3))


def gram(*vectors):
    v = np.array(vectors, float)
    return v @ v.T


def measured(*means, seed=0, trials=6):
    drawn = np.random.default_rng(seed)
    return tuning_covariance([tuning(*poisson(drawn, m, trials)) for m in means])


def test_fraction_undone_in_the_plane():
    origin, moved = (1, 1), (3, 1)
    cases = {(1, 1): 1, (3, 1): 0, (3, 9): 0, (2, 5): 0.5, (0, 1): 1.5, (4, 1): -0.5}
    for then, expected in cases.items():
        assert fraction_undone(gram(origin, moved, then), 0, 1, 2) == pytest.approx(expected)
    assert np.isnan(fraction_undone(gram(origin, origin, moved), 0, 1, 2))


def test_relative_move_in_the_plane():
    origin, moved = (1, 1), (3, 1)
    for then, expected in {(1, 1): 1, (3, 1): 0, (3, 9): 4, (4, 1): 0.5}.items():
        assert relative_move(gram(origin, moved, then), 0, 1, 2) == pytest.approx(expected)
    assert np.isnan(relative_move(gram(origin, origin, moved), 0, 1, 2))
    assert squared_distance(gram((0, 0), (3, 4)), 0, 1) == 25


def test_full_reversal_and_full_return():
    f = flexibility(measured(START, A, START, A))
    assert f.reverted.value == pytest.approx(1, abs=0.05)
    assert f.moved.value == pytest.approx(1, abs=0.05)
    assert f.returned.value == pytest.approx(1, abs=0.05)
    truth = shape(true_gram(START, A))[0, 1]
    assert f.retained.value == pytest.approx(truth, abs=0.05)
    assert f.change_a.value == pytest.approx(1 - truth, abs=0.05)
    assert f.change_a.low <= 1 - truth <= f.change_a.high


def test_nothing_moves_under_b():
    f = flexibility(measured(START, A, A, A, seed=1))
    assert f.reverted.value == pytest.approx(0, abs=0.03)
    assert f.retained.value == pytest.approx(1, abs=0.03)
    assert f.moved.value < 0.25
    assert np.isnan(f.returned.value)


def test_nothing_is_learned():
    f = flexibility(measured(START, START, A, START, seed=2))
    assert f.change_a.value == pytest.approx(0, abs=0.03)
    assert np.isnan([f.reverted.value, f.moved.value]).all()
    assert f.returned.value == pytest.approx(1, abs=0.05)


def test_half_way_and_elsewhere_meet_the_true_values():
    for b, back in (((START + A) / 2, A), (OTHER, (OTHER + A) / 2)):
        truth = shape(true_gram(START, A, b, back))
        f = flexibility(measured(START, A, b, back, seed=3))
        assert f.reverted.value == pytest.approx(fraction_undone(truth, 0, 1, 2), abs=0.07)
        assert f.moved.value == pytest.approx(relative_move(truth, 0, 1, 2), abs=0.07)
        assert f.returned.value == pytest.approx(fraction_undone(truth, 1, 2, 3), abs=0.07)


def test_untuned_start_needs_gain():
    """From no tuning at all: without gain nothing can be said; with it, losing half of the tuning is half undone."""
    flat = np.full_like(A, 3.0)
    half = A.mean(1, keepdims=True) + (A - A.mean(1, keepdims=True)) / 2
    k = measured(flat, A, half, A, seed=4)
    assert np.isnan(flexibility(k).reverted.value)
    f = flexibility(k, gain=True)
    assert f.reverted.value == pytest.approx(0.5, abs=0.05)
    assert f.returned.value == pytest.approx(1, abs=0.1)
    assert f.retained.value == pytest.approx(1, abs=0.05)


def test_untuned_population_says_nothing():
    f = flexibility(measured(*[np.full((200, 10), 2.0)] * 4))
    assert all(np.isnan(e.value) for e in vars(f).values())


def test_bootstrap_error_is_that_of_a_mean():
    """For the mean of independent neurons the bootstrap's error is sd / sqrt(n)."""
    values = np.random.default_rng(0).normal(5, 2, 400).reshape(400, 1, 1)
    e = bootstrap(values, lambda g: g[0, 0], draws=2000)
    assert e.value == pytest.approx(values.mean())
    assert e.se == pytest.approx(values.std() / 20, rel=0.08)
    assert e.high - e.low == pytest.approx(2 * 1.96 * e.se, rel=0.08)
    assert np.isnan(bootstrap(values, lambda g: np.nan).low)


def test_tuning_change_follows_the_true_course():
    mixes = [0, 0.2, 0.5, 0.8, 1]
    means = [(1 - m) * START + m * A for m in mixes]
    change, se = tuning_change(measured(*means, seed=5))
    truth = 1 - shape(true_gram(*means))[0]
    assert change[0] == pytest.approx(0)
    assert (np.abs(change - truth) < 4 * np.maximum(se, 0.005)).all()
    assert 0.005 < se[-1] < 0.1


def test_tuning_change_without_tuning_is_unknown():
    flat = np.full_like(A, 2.0)
    assert np.isnan(tuning_change(measured(flat, A))[0]).all()
    change, _ = tuning_change(measured(A, flat, A))
    assert np.isnan(change[1]) and change[2] == pytest.approx(0, abs=0.05)


def test_tau90_closed_forms():
    x = np.linspace(0, 400, 401)
    assert tau90(x, x / 400) == pytest.approx(360)
    tau = 80
    course = 0.7 * (1 - np.exp(-x / tau))
    expected = -tau * math.log(1 - 0.9 * (1 - math.exp(-400 / tau)))
    assert tau90(x, course) == pytest.approx(expected, abs=0.5)
    assert presentations_to(0.5, x, x / 400) == pytest.approx(200)


def test_tau90_interpolates_and_counts_from_the_first_checkpoint():
    assert tau90(np.array([100, 140, 180]), np.array([0, 0.8, 1.0])) == pytest.approx(60)
    assert tau90(np.array([0, 50, 100]), np.array([0, 1.0, 1.0])) == pytest.approx(45)


def test_tau90_passes_over_gaps_and_stray_points():
    assert tau90(np.array([0, 10, 20, 40]), np.array([0, np.nan, 0.5, 1.0])) == pytest.approx(36)
    x = np.arange(11.0)
    stray = x / 10
    stray[2] = 0.95
    assert tau90(x, stray) > 7


def test_tau90_where_nothing_changes():
    x = np.arange(5.0)
    assert tau90(x, np.zeros(5)) is None
    assert tau90(x, -x) is None
    assert tau90(x, np.full(5, np.nan)) is None
    assert tau90(x, np.array([0, 0.1, 0.1, 0.1, 0.1]), se=np.full(5, 0.05)) is None
    assert tau90(x, np.array([0, 0.1, 0.1, 0.1, 0.1]), se=np.full(5, 0.01)) == pytest.approx(0.9)


def test_tau90_of_noisy_counts():
    """Steady tuning has none; a known course is met although each checkpoint has four noisy presentations of a class."""
    x = 20.0 * np.arange(12)
    steady = [tau90(x, *tuning_change(measured(*[START] * 12, seed=s, trials=4))) for s in range(8)]
    assert steady == [None] * 8
    means = [START + (A - START) * (1 - math.exp(-t / 40)) for t in x]
    truth = tau90(x, 1 - shape(true_gram(*means))[0])
    found = [tau90(x, *tuning_change(measured(*means, seed=s, trials=4))) for s in range(8)]
    assert np.mean(found) == pytest.approx(truth, rel=0.1)


def test_the_interval_of_tau90_holds_the_truth_and_is_wide_where_cells_differ():
    x = 20.0 * np.arange(12)
    means = [START + (A - START) * (1 - math.exp(-t / 40)) for t in x]
    truth = tau90(x, 1 - shape(true_gram(*means))[0])
    found = [tau90_spread(measured(*means, seed=s, trials=4), x) for s in range(10)]
    assert sum(e.low <= truth <= e.high for e in found) >= 7  # of ten, at 95 %
    alike = np.broadcast_to(true_gram(*means), (30, 12, 12))
    same = tau90_spread(alike, x)
    assert same.low == pytest.approx(truth) and same.high == pytest.approx(truth)
    slow = [START + (A - START) * t / x[-1] for t in x]
    mixed = np.concatenate([alike, np.broadcast_to(true_gram(*slow), (30, 12, 12))])  # half of the cells are slower
    wide = tau90_spread(mixed, x)
    assert truth < wide.low < wide.value < wide.high < tau90(x, 1 - shape(true_gram(*slow))[0])
    assert wide.high - wide.low > 5


def test_savings():
    assert savings(100, 30) == pytest.approx(0.7)
    assert savings(None, 30) is None and savings(100, None) is None


def test_bad_input():
    with pytest.raises(DescriptionError, match="must ascend"):
        tau90(np.array([0, 2, 1]), np.zeros(3))
    with pytest.raises(DescriptionError, match="above 0 and at most 1"):
        presentations_to(1.5, np.arange(3), np.zeros(3))


def test_what_was_not_learned_has_no_fraction():
    """Of 20 draws of unchanged tuning, three standard errors (1 in 700) let none, by bad luck one, pass for a change."""
    found = [flexibility(measured(START, START, A, START, seed=s), draws=100).reverted.value for s in range(20)]
    assert np.isnan(found).sum() >= 19
