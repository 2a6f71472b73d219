import numpy as np
import pytest
from scipy.stats import norm

from isocortex.errors import DescriptionError
from isocortex.measure.decode import (
    chance,
    decode,
    decode_folds,
    fit_nearest_mean,
    fit_ridge,
    mcnemar,
    retained_accuracy,
)
from isocortex.tasks.data import load
from measure.populations import poisson, random_tuning


def gaussian(rng, n, separation, classes=2, noise_features=0):
    """Unit noise; class 0 at -separation / 2 of the first feature, class 1 at +separation / 2."""
    labels = np.tile(np.arange(classes), n // classes)
    x = rng.standard_normal((n, 1 + noise_features))
    x[:, 0] += separation * (labels - 0.5)
    return x, labels


@pytest.mark.parametrize("fit", [fit_ridge, fit_nearest_mean])
def test_two_gaussians_reach_the_optimum(fit):
    """Unit Gaussians at distance 2 cannot be told apart better than Phi(1)."""
    rng = np.random.default_rng(0)
    readout = fit(*gaussian(rng, 2000, 2))
    assert readout.accuracy(*gaussian(rng, 20000, 2)) == pytest.approx(norm.cdf(1), abs=0.01)


def test_nearest_mean_is_nearest_mean():
    rng = np.random.default_rng(1)
    counts, labels = poisson(rng, random_tuning(rng, 12, 5), 6)
    test = poisson(rng, random_tuning(rng, 12, 5), 3)[0]
    sd = counts.std(0)
    means = np.stack([counts[labels == c].mean(0) for c in range(5)])
    distance = (((test[:, None, :] - means[None]) / sd) ** 2).sum(2)
    np.testing.assert_array_equal(fit_nearest_mean(counts, labels).predict(test), distance.argmin(1))


def test_ridge_is_ridge_at_the_alpha_it_chose():
    """Against the normal equations; and the alpha is the best of plain leave-one-out among those allowed."""
    rng = np.random.default_rng(2)
    x, labels = poisson(rng, random_tuning(rng, 15, 3), 8)
    alphas = (0.1, 10.0, 1000.0)
    readout = fit_ridge(x, labels, alphas)
    z = (x - x.mean(0)) / x.std(0)
    y = np.where(labels[:, None] == np.arange(3), 1.0, -1.0)

    def solve(z, y, alpha):
        centre = z.mean(0)
        w = np.linalg.solve((z - centre).T @ (z - centre) + alpha * np.eye(z.shape[1]), (z - centre).T @ (y - y.mean(0)))
        return w, y.mean(0) - centre @ w

    def left_out(alpha):
        error = 0.0
        for i in range(len(z)):
            keep = np.arange(len(z)) != i
            w, b = solve(z[keep], y[keep], alpha)
            error += ((z[i] @ w + b - y[i]) ** 2).sum()
        return error

    assert readout.alpha == min(alphas, key=left_out)
    w, b = solve(z, y, readout.alpha)
    np.testing.assert_allclose(readout.coef, w, atol=1e-8)
    np.testing.assert_allclose(readout.bias, b, atol=1e-8)


def test_poisson_population_of_known_tuning():
    rng = np.random.default_rng(3)
    means = random_tuning(rng, 80)
    tuned = decode(*poisson(rng, means, 20), *poisson(rng, means, 20))
    assert min(tuned.ridge, tuned.nearest_mean) > 0.95
    flat = np.full((80, 10), 2.0)
    blind = decode(*poisson(rng, flat, 40), *poisson(rng, flat, 100))
    assert tuned.chance == blind.chance == pytest.approx(0.1)
    for accuracy in (blind.ridge, blind.nearest_mean):
        assert accuracy == pytest.approx(0.1, abs=4 * np.sqrt(0.09 / 1000))
    assert blind.se == pytest.approx(np.sqrt(blind.ridge * (1 - blind.ridge) / 1000))


def test_silent_and_constant_neurons_do_no_harm():
    rng = np.random.default_rng(4)
    means = random_tuning(rng, 30, 4)
    (train, labels), (test, _) = poisson(rng, means, 10), poisson(rng, means, 10)
    padded = [np.hstack([x, np.zeros((len(x), 3)), np.full((len(x), 2), 5)]) for x in (train, test)]
    for fit in (fit_ridge, fit_nearest_mean):
        np.testing.assert_array_equal(fit(padded[0], labels).predict(padded[1]), fit(train, labels).predict(test))
    dead = decode(np.zeros((20, 5)), np.tile([0, 1], 10), np.zeros((10, 5)), np.tile([0, 1], 5))
    assert (dead.ridge, dead.nearest_mean, dead.chance) == (0.5, 0.5, 0.5)


def test_labels_may_be_any_numbers():
    rng = np.random.default_rng(5)
    x, labels = gaussian(rng, 200, 8)
    np.testing.assert_array_equal(np.unique(fit_ridge(x, labels * 4 + 3).predict(x)), [3, 7])


def test_raw_pixels_of_the_digits():
    """A linear readout of these digits is known to reach 0.9 and more, the nearest mean nearly that."""
    train, test = load("digits").split(0.25, seed=0)
    found = decode(train.images.reshape(len(train), -1), train.labels, test.images.reshape(len(test), -1), test.labels)
    assert found.ridge > 0.88 and found.nearest_mean > 0.85
    assert found.chance == pytest.approx(0.1)


def test_chance_is_the_most_frequent_class_of_training():
    assert chance(np.array([1, 1, 0]), np.array([0, 0, 0, 1])) == 0.25


def test_retained_accuracy():
    assert retained_accuracy(0.9, 0.9, 0.1, 200) == pytest.approx(1)
    assert retained_accuracy(0.9, 0.1, 0.1, 200) == pytest.approx(0)
    assert retained_accuracy(0.9, 0.5, 0.1, 200) == pytest.approx(0.5)
    assert np.isnan(retained_accuracy(0.12, 0.5, 0.1, 200))


def test_bad_input():
    with pytest.raises(DescriptionError, match="hold one class"):
        fit_ridge(np.ones((4, 2)), np.zeros(4, int))
    with pytest.raises(DescriptionError, match="NaN or infinite"):
        fit_nearest_mean(np.full((4, 2), np.inf), np.array([0, 0, 1, 1]))
    readout = fit_ridge(*gaussian(np.random.default_rng(0), 20, 2))
    with pytest.raises(DescriptionError, match=r"\(presentations, 1\) is needed"):
        readout.predict(np.ones((4, 2)))


def test_folds_test_every_presentation_once_by_a_readout_that_has_not_seen_it():
    """What a readout could only learn by heart is at chance; what is in the class is read at the optimum."""
    rng = np.random.default_rng(4)
    x, labels = gaussian(rng, 2000, 2)
    found = decode_folds(x, labels)
    assert found.nearest_mean == pytest.approx(norm.cdf(1), abs=4 * found.se)
    own = np.eye(60)  # each presentation has a feature of its own: seen ones would be read without an error
    by_heart = decode_folds(own, np.repeat(np.arange(3), 20))
    assert by_heart.ridge <= 0.34 and by_heart.chance == pytest.approx(1 / 3)


def test_folds_say_which_presentations_were_read_right():
    """Presentations 0 and 1 are labelled as what they are not, so they alone are read wrong."""
    x, labels = gaussian(np.random.default_rng(6), 200, 20)
    labels[:2] = 1 - labels[:2]
    found = decode_folds(x, labels)
    np.testing.assert_array_equal(np.flatnonzero(~found.right), [0, 1])
    assert found.ridge == pytest.approx(0.99)


def test_mcnemar_is_the_binomial_of_what_was_read_differently():
    before, after = np.zeros(180, bool), np.zeros(180, bool)
    before[:100] = after[:100] = True
    assert mcnemar(before, after) == 1
    before[100], after[101:109] = True, True  # one lost, eight gained: 2 (1 + 9) / 2^9
    assert mcnemar(before, after) == mcnemar(after, before) == pytest.approx(20 / 512)


def test_mcnemar_gives_no_more_false_alarms_than_it_says():
    rng = np.random.default_rng(7)
    hard = rng.uniform(0.3, 1.0, 180)  # some images are read more easily than others
    alarms = [mcnemar(*(rng.random((2, 180)) < hard)) < 0.05 for _ in range(400)]
    assert np.mean(alarms) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 400)


def test_folds_of_classes_shown_once_are_told():
    with pytest.raises(DescriptionError, match="the rarest shown 1 times"):
        decode_folds(np.eye(3), np.array([0, 1, 1]))
