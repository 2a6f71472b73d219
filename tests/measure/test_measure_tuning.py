import numpy as np
import pytest

from isocortex.errors import DescriptionError
from isocortex.measure.trials import half_of
from isocortex.measure.tuning import reliable, shape, similarity, split_half_reliability, tuning, tuning_covariance
from measure.populations import poisson, random_tuning, true_gram


def test_halves_take_turns_within_a_condition():
    np.testing.assert_array_equal(half_of(np.array([7, 7, 2, 7, 2, 2, 7])), [0, 1, 0, 0, 1, 0, 1])


def test_tuning_is_the_mean_of_each_half():
    counts = np.array([[1, 10], [2, 20], [3, 30], [4, 40], [5, 50.0]])
    found = tuning(counts, np.array([3, 3, 9, 9, 3]))
    np.testing.assert_array_equal(found.conditions, [3, 9])
    np.testing.assert_allclose(found.first, [[(1 + 5) / 2, 3], [(10 + 50) / 2, 30]])
    np.testing.assert_allclose(found.second, [[2, 4], [20, 40]])
    np.testing.assert_allclose(found.mean, [[2.5, 3.5], [25, 35]])


def test_covariance_without_noise_is_that_of_the_tuning():
    rng = np.random.default_rng(0)
    means = [random_tuning(rng, 20, 6) for _ in range(3)]
    labels = np.tile(np.arange(6), 2)
    k = tuning_covariance([tuning(m.T[labels], labels) for m in means])
    for n in range(20):
        np.testing.assert_allclose(k[n], np.cov(np.stack([m[n] for m in means])), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(k.mean(0), true_gram(*means), rtol=1e-9)


def test_poisson_noise_leaves_no_bias():
    """Averaged over 200 repeats the estimate meets the truth, where the plain correlation falls short by a third."""
    rng = np.random.default_rng(1)
    a, b = random_tuning(rng, mean=1), random_tuning(rng, mean=1)
    b = 0.5 * a + 0.5 * b
    truth = true_gram(a, b)
    grams, plain = [], []
    for _ in range(200):
        pair = [tuning(*poisson(rng, m, 4)) for m in (a, b)]
        grams.append(tuning_covariance(pair).mean(0))
        x, y = ((t.mean - t.mean.mean(1, keepdims=True)).ravel() for t in pair)
        plain.append(np.corrcoef(x, y)[0, 1])
    np.testing.assert_allclose(np.mean(grams, axis=0), truth, rtol=0.02)
    assert shape(np.mean(grams, axis=0))[0, 1] == pytest.approx(shape(truth)[0, 1], abs=0.01)
    assert np.mean(plain) < shape(truth)[0, 1] - 0.15


def test_similarity_limits():
    rng = np.random.default_rng(2)
    a = random_tuning(rng, 300, mean=3)
    other = random_tuning(rng, 300, mean=3)
    flat = np.full_like(a, 3.0)
    r = similarity(tuning_covariance([tuning(*poisson(rng, m, 6)) for m in (a, a, 2 * a, other, flat)]))
    np.testing.assert_allclose([r[0, 0], r[0, 1], r[0, 2]], 1, atol=0.03)
    assert r[0, 3] == pytest.approx(shape(true_gram(a, other))[0, 1], abs=0.04)
    assert np.isnan(r[4]).all() and np.isnan(r[:, 4]).all()


def test_reliable_tells_tuning_from_noise():
    rng = np.random.default_rng(3)
    weak = 2 + rng.choice([-0.5, 0.5], (400, 10))
    untuned = [reliable(tuning_covariance([tuning(*poisson(rng, np.full((100, 10), 2.0), 4))]))[0] for _ in range(60)]
    assert sum(untuned) <= 1
    assert reliable(tuning_covariance([tuning(*poisson(rng, weak, 8))]))[0]


def test_split_half_reliability_is_signal_over_total():
    """Mean counts of 4 presentations: noise variance 2 / 4 beside the signal's."""
    rng = np.random.default_rng(4)
    means = 2 + rng.choice([-1.0, 1.0], (2000, 10))
    measured = [tuning(*poisson(rng, means, 4))]
    signal = true_gram(means)[0, 0]
    found = split_half_reliability(tuning_covariance(measured), measured)[0]
    assert found == pytest.approx(signal / (signal + 2 / 4), rel=0.02)


def test_bad_input():
    counts, labels = np.ones((4, 3)), np.array([0, 0, 1, 1])
    with pytest.raises(DescriptionError, match="rarest shown 1 times"):
        tuning(counts, np.array([0, 0, 0, 1]))
    with pytest.raises(DescriptionError, match="is empty"):
        tuning_covariance([])
    with pytest.raises(DescriptionError, match="same probes"):
        tuning_covariance([tuning(counts, labels), tuning(counts, labels + 1)])
    with pytest.raises(DescriptionError, match="same probes"):
        tuning_covariance([tuning(counts, labels), tuning(np.ones((4, 2)), labels)])
