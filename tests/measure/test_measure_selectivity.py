import numpy as np
import pytest

from isocortex.errors import DescriptionError
from isocortex.measure.selectivity import class_dprime, class_variance, lifetime_sparseness
from measure.populations import poisson


def steady(means, trials=4):
    """Counts without noise."""
    labels = np.tile(np.arange(means.shape[1]), trials)
    return means.T[labels], labels


def test_sparseness_closed_forms():
    """Same to all: 0. One of five: 1. Two of five alike: a = (2/5)^2 / (2/5) = 0.4, so S = 0.6 / 0.8."""
    counts, labels = steady(np.array([[3.0] * 5, [0, 0, 7, 0, 0], [2, 2, 0, 0, 0], [0] * 5]))
    np.testing.assert_allclose(lifetime_sparseness(counts, labels), [0, 1, 0.75, np.nan], atol=1e-12)


@pytest.mark.parametrize("rate", [0.5, 4.0])
def test_sparseness_has_no_bias_from_poisson_noise(rate):
    """Six presentations of each class; the plain formula on the means would give 0.18 at half a spike for no selectivity."""
    rng = np.random.default_rng(0)
    means = np.stack([np.full((500, 8), rate), np.tile([4 * rate, 4 * rate, 0, 0, 0, 0, 0, 0], (500, 1))])
    found = [lifetime_sparseness(*poisson(rng, m, 6)) for m in means]
    assert np.nanmean(found[0]) == pytest.approx(0, abs=0.03)
    assert np.nanmean(found[1]) == pytest.approx((1 - 0.25) / (1 - 1 / 8), abs=0.03)
    counts, labels = poisson(rng, means[0], 6)
    plain = np.stack([counts[labels == c].mean(0) for c in range(8)])
    a = plain.mean(0) ** 2 / (plain**2).mean(0)
    assert np.nanmean((1 - a) / (1 - 1 / 8)) > 3 * abs(np.nanmean(found[0])) + 0.02


def test_class_variance_limits():
    counts, labels = steady(np.array([[1.0, 2, 3], [5, 5, 5]]))
    np.testing.assert_allclose(class_variance(counts, labels), [1, np.nan])


def test_class_variance_of_known_signal_and_noise():
    """Gaussian counts of noise variance 4 about class means whose variance is 1: a fifth is explained."""
    rng = np.random.default_rng(0)
    labels = np.tile(np.arange(4), 10)
    signal = np.array([-1, -1, 1, 1.0])[labels][:, None]
    noise = 2 * rng.standard_normal((40, 4000))
    assert class_variance(signal + noise, labels).mean() == pytest.approx(0.2, abs=0.01)
    assert class_variance(noise, labels).mean() == pytest.approx(0, abs=0.005)


def test_dprime_of_known_separation():
    """Unit noise, the preferred class 2 above the others: d' = 2; no class effect: 0."""
    rng = np.random.default_rng(0)
    labels = np.tile(np.arange(3), 40)
    noise = rng.standard_normal((120, 2000))
    assert class_dprime(noise + 2.0 * (labels == 1)[:, None], labels).mean() == pytest.approx(2, rel=0.04)
    assert class_dprime(noise, labels).mean() == pytest.approx(0, abs=0.02)
    assert np.isnan(class_dprime(np.ones((120, 1)), labels)).all()


@pytest.mark.parametrize("measure", [lifetime_sparseness, class_variance, class_dprime])
def test_bad_input(measure):
    with pytest.raises(DescriptionError, match="rarest shown 1 times"):
        measure(np.ones((3, 2)), np.array([0, 0, 1]))
    with pytest.raises(DescriptionError, match="1 conditions"):
        measure(np.ones((8, 2)), np.zeros(8, int))
    with pytest.raises(DescriptionError, match="are needed"):
        measure(np.ones((3, 2)), np.array([0, 1]))
    with pytest.raises(DescriptionError, match="NaN"):
        measure(np.full((4, 2), np.nan), np.array([0, 0, 1, 1]))
