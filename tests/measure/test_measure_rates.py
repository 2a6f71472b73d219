import numpy as np
import pytest

from isocortex.errors import DescriptionError
from isocortex.measure.rates import spike_counts, summarise_rates


def test_counts_in_half_open_windows():
    times = np.array([10, 19.99, 20, 5, 30, 30, 39, 45])
    ids = np.array([0, 0, 0, 1, 1, 1, 2, 2])
    found = spike_counts(times, ids, 3, np.array([10, 30.0]), window=10)
    np.testing.assert_array_equal(found, [[2, 0, 0], [0, 2, 1]])


def test_offset_moves_the_window_and_order_does_not_matter():
    times, ids = np.array([26.0, 14, 16, 12]), np.array([0, 0, 1, 0])
    found = spike_counts(times, ids, 2, np.array([10, 20.0]), window=5, offset=3)
    np.testing.assert_array_equal(found, [[1, 1], [1, 0]])


def test_against_a_plain_loop():
    rng = np.random.default_rng(0)
    times, ids, onsets = rng.uniform(0, 1000, 2000), rng.integers(0, 20, 2000), np.arange(50, 900, 70.0)
    expected = [[((times >= o) & (times < o + 40) & (ids == i)).sum() for i in range(20)] for o in onsets]
    np.testing.assert_array_equal(spike_counts(times, ids, 20, onsets, 40), expected)


def test_no_spikes():
    assert spike_counts(np.array([]), np.array([], int), 4, np.array([0.0, 10]), 5).tolist() == [[0] * 4] * 2


def test_summary_of_a_poisson_population():
    counts = np.random.default_rng(1).poisson(np.repeat([0, 4.0], [20, 60]), (4000, 80))
    s = summarise_rates(counts, window=200)
    assert s.mean == pytest.approx(0.75 * 20, rel=0.01)
    assert (s.silent, s.median) == (0.25, pytest.approx(20, rel=0.02))
    assert s.fano == pytest.approx(1, abs=0.02)


def test_fano_within_conditions_ignores_tuning():
    labels = np.tile([0, 1], 2000)
    counts = np.random.default_rng(1).poisson(np.where(labels == 0, 1, 9)[:, None], (4000, 30))
    assert summarise_rates(counts, 100, labels).fano == pytest.approx(1, abs=0.03)
    assert summarise_rates(counts, 100).fano == pytest.approx(1 + 16 / 5, rel=0.05)
    assert summarise_rates(np.full((6, 2), 3), 100).fano == 0
    assert np.isnan(summarise_rates(np.zeros((6, 2)), 100).fano)


def test_bad_input():
    spikes = np.array([1.0]), np.array([0])
    with pytest.raises(DescriptionError, match="10 ms apart; at least the window, 20 ms"):
        spike_counts(*spikes, 1, np.array([0, 10.0]), 20)
    with pytest.raises(DescriptionError, match="0 to 2 are needed"):
        spike_counts(np.array([1.0]), np.array([3]), 3, np.array([0.0]), 20)
    with pytest.raises(DescriptionError, match="more than 0 ms"):
        spike_counts(*spikes, 1, np.array([0.0]), 0)


def test_fano_by_hand():
    """Squared deviations 1 + 1 + 4 + 4 over two free numbers, and a mean of 4.5."""
    counts = np.array([[1], [3], [5], [9]])
    assert summarise_rates(counts, 100, np.array([0, 0, 1, 1])).fano == pytest.approx(5 / 4.5)
