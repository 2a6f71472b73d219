"""Metrics against matrices worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from isocortex.learn import metrics as m

# three experiences; rows: after which, columns: on which
R = np.array([[0.9, 0.1, 0.2], [0.95, 0.8, 0.3], [0.6, 0.7, 1.0]])


def test_accuracies():
    assert m.final_accuracy(R) == pytest.approx((0.6 + 0.7 + 1.0) / 3)
    assert m.average_accuracy(R) == pytest.approx((0.9 + (0.95 + 0.8) / 2 + (0.6 + 0.7 + 1.0) / 3) / 3)
    assert m.learning_accuracy(R) == pytest.approx((0.9 + 0.8 + 1.0) / 3)
    assert m.newest_accuracy(R) == 1.0


def test_forgetting_is_best_less_last_without_the_last_experience():
    assert m.forgetting(R) == pytest.approx(((0.95 - 0.6) + (0.8 - 0.7)) / 2)
    assert m.backward_transfer(R) == pytest.approx(((0.6 - 0.9) + (0.7 - 0.8)) / 2)


def test_forward_transfer_takes_what_was_right_before_learning():
    assert m.forward_transfer(R, chance=0.1) == pytest.approx(((0.1 - 0.1) + (0.3 - 0.1)) / 2)


def test_what_was_not_measured_above_the_diagonal_does_not_matter():
    lower = np.where(np.tri(3, dtype=bool), R, np.nan)
    for metric in (m.final_accuracy, m.average_accuracy, m.learning_accuracy, m.forgetting, m.backward_transfer):
        assert metric(lower) == pytest.approx(metric(R))


def test_one_experience_has_nothing_to_forget():
    one = np.array([[0.7]])
    assert np.isnan(m.forgetting(one)) and np.isnan(m.backward_transfer(one)) and np.isnan(m.forward_transfer(one, 0.1))


def test_metrics_leave_their_argument_alone():
    before = R.copy()
    m.forgetting(R), m.backward_transfer(R), m.average_accuracy(R)
    np.testing.assert_array_equal(R, before)


def test_anytime_accuracy_weighs_by_samples():
    # 0.5 up to 10, then a line to 1.0 at 20, then 1.0 to 40: (5 + 7.5 + 20) / 40
    assert m.anytime_accuracy(np.array([10, 20, 40]), np.array([0.5, 1.0, 1.0])) == pytest.approx(32.5 / 40)
    assert m.anytime_accuracy(np.array([3, 7, 11]), np.full(3, 0.4)) == pytest.approx(0.4)


def test_changes_dip_and_recover():
    experience = [0, 0, 1, 1, 1, 1, 2, 2]
    within = [10, 50, 0, 10, 20, 50, 0, 50]
    current = [0.5, 0.8, 0.2, 0.5, 0.76, 0.8, 0.79, 0.78]
    first, second = m.changes(experience, within, current)
    assert (first.before, first.at_once, first.last) == (0.8, 0.2, 0.8)
    assert first.dip == pytest.approx(0.6)
    assert first.recovery == 20  # 0.76 is 95 % of 0.8
    assert first.regained == pytest.approx(1.0)
    assert second.dip == pytest.approx(0.02)
    assert second.recovery == 0 and np.isnan(second.regained)
    assert m.dip([first, second]) == pytest.approx(0.31)
    assert m.recovery([first, second]) == 10
    assert m.regained([first, second]) == pytest.approx(1.0)


def test_recovery_must_last():
    (change,) = m.changes([0, 1, 1, 1, 1], [10, 0, 10, 20, 30], [1.0, 0.0, 0.99, 0.5, 0.97])
    assert change.recovery == 30
    (never,) = m.changes([0, 1, 1], [10, 0, 10], [1.0, 0.0, 0.9])
    assert np.isinf(never.recovery) and np.isinf(m.recovery([never]))


def test_no_change_no_dip():
    assert m.changes([0, 0], [10, 20], [0.5, 0.6]) == []
    assert np.isnan(m.dip([])) and np.isnan(m.recovery([]))


def test_area_of_the_shot_curve_is_over_log_n():
    assert m.shots_area({1: 0.2, 10: 0.6, 100: 0.8}) == pytest.approx((0.4 + 0.7) / 2)
    assert m.shots_area({1: 0.5, 2: 0.5, 50: 0.5}) == pytest.approx(0.5)
    assert m.shots_area({5: 0.3}) == 0.3


def test_interval_is_students():
    # mean 3, sd sqrt(2.5), n 5, t(0.975, 4) = 2.776
    found = m.mean_interval([1, 2, 3, 4, 5])
    assert found.mean == 3
    assert found.half == pytest.approx(2.776 * np.sqrt(2.5 / 5), rel=1e-3)
    assert found.clear
    assert np.isnan(m.mean_interval([2.0]).low) and not m.mean_interval([2.0]).clear
    assert not m.mean_interval([2.0, 2.0]).clear and m.mean_interval([2.0, 2.0, 2.0]).clear  # two say nothing


def test_paired_differences_take_out_what_seeds_have_in_common():
    seeds = np.array([0.1, 0.5, 0.9, 0.3])
    found = m.paired_difference(seeds + np.array([0.02, 0.03, 0.02, 0.03]), seeds)
    assert found.mean == pytest.approx(0.025)
    assert found.low > 0  # although the values themselves overlap widely
    with pytest.raises(ValueError, match="same seeds"):
        m.paired_difference([1, 2], [1])


def test_every_measure_has_a_meaning():
    for key, measure in m.MEASURES.items():
        assert measure.meaning and measure.heading and measure.unit in ("share", "samples", "bytes", "s"), key
