import numpy as np
import pytest

from isocortex.errors import DescriptionError
from isocortex.measure.weights import summarise_pathways, summarise_weights, weight_change, weight_correlation


def test_summary_of_known_weights():
    w = np.array([0, 0, 0.02, 1, 2, 3.99, 4, 4.0])
    s = summarise_weights(w, w_max=4, bins=4)
    assert (s.n, s.mean, s.median) == (8, pytest.approx(w.mean()), 1.5)
    assert s.sd == pytest.approx(np.sqrt(((w - w.mean()) ** 2).mean()))
    assert (s.at_zero, s.at_max) == (3 / 8, 3 / 8)
    np.testing.assert_allclose(s.edges, [0, 1, 2, 3, 4])
    np.testing.assert_array_equal(s.histogram, [3, 1, 1, 3])


@pytest.mark.parametrize("w_max", [None, np.inf])
def test_without_a_bound(w_max):
    s = summarise_weights(np.array([1.0, 5, 10]), w_max, bins=10)
    assert np.isnan([s.at_zero, s.at_max]).all()
    assert s.edges[-1] == 10 and s.histogram.sum() == 3


def test_weights_beyond_the_bound_are_counted():
    s = summarise_weights(np.array([1.0, 5]), 4.0, bins=5)
    assert s.histogram.sum() == 2 and s.at_max == 0.5


def test_by_pathway_and_empty():
    found = summarise_pathways({"V1.L4E->V1.L23E": np.ones(3), "none": np.array([])}, {"V1.L4E->V1.L23E": 1.0})
    assert found["V1.L4E->V1.L23E"].at_max == 1
    assert found["none"].n == 0 and np.isnan(found["none"].mean) and found["none"].histogram.sum() == 0
    with pytest.raises(DescriptionError, match="1 weights are NaN"):
        summarise_weights(np.array([1, np.nan]))


def test_correlation_between_checkpoints():
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, 20000))
    r = weight_correlation([a, 3 * a + 7, 0.6 * a + 0.8 * b, -a, np.full(20000, 0.1)])
    np.testing.assert_allclose(r[0, :4], [1, 1, 0.6, -1], atol=0.02)
    np.testing.assert_allclose(r, r.T)
    assert np.isnan(r[4]).all()
    with pytest.raises(DescriptionError, match="same synapses"):
        weight_correlation([a, a[1:]])


def test_change_is_relative():
    assert weight_change(np.array([3.0, 4]), np.array([3.0, 4])) == 0
    assert weight_change(np.array([3.0, 4]), np.array([0.0, 0])) == 1
    assert np.isnan(weight_change(np.zeros(2), np.ones(2)))
    with pytest.raises(DescriptionError, match="has shape"):
        weight_change(np.zeros(2), np.zeros(3))
