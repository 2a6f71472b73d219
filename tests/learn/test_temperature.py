"""One temperature makes posteriors believable: found from scores, and in the classifier."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.metrics import log_loss

from isocortex.learn.temperature import USUAL, Temperature
from learn.digits import digits, learner


@pytest.mark.parametrize("true", [1.5, 8.0, 30.0])
def test_the_temperature_that_scores_were_multiplied_with_is_found(true: float) -> None:
    """Labels are drawn from the softmax of scores; what is seen is those scores times the temperature."""
    rng = np.random.default_rng(0)
    scores = 2 * rng.standard_normal((4000, 5))
    labels = (softmax(scores, axis=1).cumsum(1) > rng.random((4000, 1))).argmax(1)
    found = Temperature()
    for i in range(0, 4000, 100):
        found.see(true * scores[i : i + 100], labels[i : i + 100], np.ones(100))
    assert found.value() == pytest.approx(true, rel=0.25)


def test_before_anything_is_known_it_is_the_usual_one() -> None:
    blank = Temperature()
    assert blank.value() == pytest.approx(USUAL, rel=0.1)
    blank.see(np.full((3, 2), -np.inf), np.array([0, 1, 0]), np.ones(3))  # no class known
    blank.see(np.array([[1.0, 2.0]]), np.array([0]), np.zeros(1))  # refused
    assert blank.value() == Temperature().value()


@pytest.mark.parametrize("n", [300, 1200])
def test_probabilities_are_better_than_the_plain_posterior_and_the_best_class_is_the_same(n: int) -> None:
    """Log loss less than half of that of the softmax of the discriminants; on digits a quarter was measured."""
    x, y, test, labels = digits()
    model = learner().fit(x[:n], y[:n])
    scores, p = model.decision_function(test), model.predict_proba(test)
    np.testing.assert_allclose(p.sum(1), 1)
    np.testing.assert_array_equal(p.argmax(1), scores.argmax(1))
    assert log_loss(labels, p) < 0.5 * log_loss(labels, softmax(scores, axis=1))


def test_it_does_not_depend_on_how_samples_come_in_batches() -> None:
    x, y, test, _ = digits()
    whole, parts = learner().fit(x[:300], y[:300]), learner()
    for i in range(0, 300, 37):
        parts.partial_fit(x[i : min(300, i + 37)], y[i : min(300, i + 37)])
        parts.predict_proba(test[:2])  # asking changes nothing
    np.testing.assert_array_equal(parts.predict_proba(test), whole.predict_proba(test))
