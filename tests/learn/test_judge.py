"""Surprise at labels: a gate against wrong ones, reopening when the world changes its mind, salience, novelty."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from isocortex.learn.judge import Gate, Judge, Reopening
from learn.digits import digits, learner

CENTRES = 6 * np.eye(8)[:3]


def stream(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Three Gaussian classes in 8 dimensions, far apart."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, n)
    return (CENTRES[y] + rng.standard_normal((n, 8))).astype(np.float32), y


def judged(judge: Judge, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.concatenate([judge.judge(x[i : i + 50], y[i : i + 50], np.ones(50)).weights for i in range(0, len(x), 50)])


def judge_of(gate: Gate | None, reopening: Reopening | None) -> Judge:
    return Judge.of(8, np.random.default_rng(0), gate, reopening)


def test_wrong_labels_are_not_believed_and_right_ones_are() -> None:
    """The first labels of each class are all believed; then the wrong ones are found out, and learned from less and less."""
    x, y = stream(3000, 1)
    rng = np.random.default_rng(2)
    wrong = rng.random(3000) < 0.15
    given = np.where(wrong, (y + 1) % 3, y)
    weights = judged(judge_of(Gate(young=50, share=0.02), None), x, given)
    late = np.arange(3000) > 2000
    assert weights[late & wrong].mean() < 0.1
    assert weights[late & ~wrong].mean() > 0.97


def test_where_right_labels_are_often_unexpected_none_is_refused() -> None:
    """Classes that overlap: an expectation that errs is no reason to doubt labels."""
    rng = np.random.default_rng(1)
    y = rng.integers(0, 3, 3000)
    x = (0.25 * CENTRES[y] + rng.standard_normal((3000, 8))).astype(np.float32)
    assert judged(judge_of(Gate(young=50), Reopening()), x, y).mean() > 0.9


def test_classes_one_after_the_other_are_all_believed() -> None:
    """A plain gate rejects every new class; here a class that is young, or an input that is unfamiliar, passes."""
    x, y = stream(1500, 1)
    order = np.argsort(y, kind="stable")
    assert judged(judge_of(Gate(young=50), Reopening()), x[order], y[order]).mean() > 0.98


def test_permuted_labels_reopen_their_classes_at_once() -> None:
    judge = judge_of(Gate(young=50), Reopening())
    x, y = stream(2000, 1)
    judged(judge, x, y)
    before = judge.prototypes.weight.copy()
    x, y = stream(300, 2)
    judged(judge, x, (y + 1) % 3)
    assert (judge.prototypes.weight < 0.5 * before).all()
    np.testing.assert_array_equal(judge.guess(x), (y + 1) % 3)


def test_what_a_class_was_comes_back_with_its_inputs() -> None:
    """Names are exchanged for a while: after that the classes are as heavy as before, not learned from nothing."""
    judge = judge_of(Gate(young=50), Reopening())
    judged(judge, *stream(2000, 1))
    before = judge.prototypes.copy()
    x, y = stream(300, 2)
    judged(judge, x, (y + 1) % 3)
    x, y = stream(150, 3)
    judged(judge, x, y)
    assert (judge.prototypes.weight > 0.9 * before.weight).all()
    assert np.abs(judge.prototypes.mean - before.mean).max() < 0.2
    np.testing.assert_array_equal(judge.guess(x), y)


def test_without_reopening_the_old_labels_stay() -> None:
    judge = judge_of(None, None)
    judged(judge, *stream(2000, 1))
    x, y = stream(300, 2)
    judged(judge, x, (y + 1) % 3)
    np.testing.assert_array_equal(judge.guess(x), y)


def test_an_unseen_class_is_surprising() -> None:
    """Mean over held-out classes; 0.5 is chance."""
    x, y, test, labels = digits()
    areas = []
    for held in range(0, 10, 3):
        model = learner().fit(x[y != held], y[y != held])
        areas.append(roc_auc_score(labels == held, model.surprise(test)))
    assert np.mean(areas) > 0.9


def test_salience_is_more_than_a_weight() -> None:
    """Five marked samples of a new class: without the gate their weight moves no mean, with it they are recognised sooner."""
    x, y, test, labels = digits()
    gains, costs = [], []
    for new in range(0, 10, 3):
        five = np.flatnonzero(y == new)[:5]
        scores = {}
        for level in (1.0, 5.0):
            model = learner().fit(x[y != new], y[y != new])
            model.partial_fit(x[five], y[five], modulators={"DA": np.full(5, level)})
            here = labels == new
            scores[level] = model.score(test[here], labels[here]), model.score(test[~here], labels[~here])
        gains.append(scores[5.0][0] - scores[1.0][0])
        costs.append(scores[1.0][1] - scores[5.0][1])
    assert np.mean(gains) > 0.1
    assert np.mean(costs) < 0.02


def test_a_modulator_of_zero_teaches_nothing() -> None:
    x, y, test, _ = digits()
    model = learner().fit(x[:400], y[:400])
    before = model.decision_function(test)
    model.partial_fit(x[400:500], y[400:500], modulators={"DA": 0.0})
    np.testing.assert_allclose(model.decision_function(test), before, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("arm", ["uniform", "swapped", "without decorrelation", "without surprise_gate"])
def test_every_arm_learns(arm: str) -> None:
    x, y, test, labels = digits()
    assert learner(sheet=arm).fit(x[:600], y[:600]).score(test, labels) > 0.8
