"""The adapter for River: its own checks, and the same answers as the classifier gives."""

from __future__ import annotations

import math

import numpy as np
import pytest

from isocortex.errors import DataError
from isocortex.learn import CorticalClassifier
from learn.digits import digits

river = pytest.importorskip("river", reason="River comes with the extra 'river'")
pd = pytest.importorskip("pandas")
RiverClassifier = pytest.importorskip("isocortex.learn.river").RiverClassifier
SETTINGS = dict(size="small", critical_period=100)


def named(rows: np.ndarray) -> list[dict[str, float]]:
    return [{f"pixel {i}": float(v) for i, v in enumerate(row)} for row in rows.reshape(len(rows), -1)]


def test_rivers_own_checks() -> None:
    from river.checks import yield_checks  # noqa: PLC0415

    model = RiverClassifier(critical_period=190)
    ran = 0
    for check in yield_checks(model):
        if check.__name__ != "check_bounded_memory_growth":  # 2,000 samples thrice; memory has a test of its own below
            check(model.clone())
            ran += 1
    assert ran > 30


def test_one_at_a_time_and_many_are_the_classifier() -> None:
    x, y, test, labels = digits()
    x, y, test, labels = x[:250], y[:250], test[:100], labels[:100]
    words = np.array([f"digit {d}" for d in range(10)])
    one, many = (RiverClassifier(image_shape=(8, 8), **SETTINGS) for _ in range(2))
    for features, label in zip(named(x), words[y], strict=True):
        one.learn_one(features, label)
    frame = pd.DataFrame(named(x))
    many.learn_many(frame[:77], pd.Series(words[y[:77]]))
    many.learn_many(frame[77:], pd.Series(words[y[77:]]))
    plain = CorticalClassifier(**SETTINGS).fit(x, words[y])
    expected = plain.predict_proba(test)
    found = many.predict_proba_many(pd.DataFrame(named(test)))
    np.testing.assert_allclose(found[plain.classes_], expected, atol=1e-6)
    for features, row in zip(named(test[:20]), expected, strict=False):
        p = one.predict_proba_one(features)
        np.testing.assert_allclose([p[c] for c in plain.classes_], row, atol=1e-6)
        assert one.predict_one(features) == plain.classes_[row.argmax()]
    assert np.mean(many.predict_many(pd.DataFrame(named(test))) == words[labels]) > 0.85


def test_answers_from_the_first_sample_on_and_labels_of_any_kind() -> None:
    model = RiverClassifier(**SETTINGS)
    assert model.predict_proba_one({"a": 1.0}) == {} and model.predict_one({"a": 1.0}) is None
    model.learn_one({"a": 0.0, "b": 1.0}, ("a", 1))
    model.learn_one({"a": 1.0, "b": 0.0})  # no label
    model.learn_one({"a": 1.0, "b": 0.0}, True, w=20.0)
    p = model.predict_proba_one({"b": 1.0, "a": 0.0, "never seen": 9.0})
    assert set(p) == {("a", 1), True} and math.isclose(sum(p.values()), 1.0)
    with pytest.raises(DataError, match="'b' is 'red'; numbers are needed"):
        model.learn_one({"a": 0.0, "b": "red"}, True)


def test_progressive_validation_in_a_pipeline() -> None:
    """River's way of testing, each sample predicted before it is learned: phishing sites are told from others."""
    from river import datasets, evaluate, metrics, preprocessing  # noqa: PLC0415

    model = preprocessing.StandardScaler() | RiverClassifier(critical_period=200)
    score = evaluate.progressive_val_score(datasets.Phishing().take(600), model, metrics.Accuracy())
    assert score.get() > 0.8


def test_memory_does_not_grow_with_samples() -> None:
    x, y, _, _ = digits()
    model = RiverClassifier(image_shape=(8, 8), **SETTINGS)
    model.learn_many(pd.DataFrame(named(x[:400])), pd.Series(y[:400]))
    before = model.classifier.memory_bytes()
    model.learn_many(pd.DataFrame(named(x[400:800])), pd.Series(y[400:800]))
    assert model.classifier.memory_bytes() == before and not model._held


def test_a_sample_that_is_refused_is_dropped_and_the_next_is_learned() -> None:
    """NaN, pixels of 0 to 16, a salience below 0: before, in and after the critical period, one at a time and in a frame."""
    x, y, test, _ = digits()
    plain = RiverClassifier(image_shape=(8, 8), **SETTINGS)
    model = RiverClassifier(image_shape=(8, 8), **SETTINGS)
    for i in range(150):
        if i in (0, 40, 41, 120):
            for bad in (np.full(64, np.nan), 16 * np.ones(64)):
                with pytest.raises(ValueError, match=r"NaN|divide by 16"):
                    model.learn_one(named(bad[None])[0], "unheard of")
                with pytest.raises(ValueError, match=r"NaN|divide by 16"):
                    model.learn_many(pd.DataFrame(named(np.stack([x[500].ravel(), bad]))), pd.Series(["new", "newer"]))
            with pytest.raises(ValueError, match="negative"):
                model.learn_one(named(x[500:501])[0], 3, w=-1.0)
        for each in (model, plain):
            each.learn_one(named(x[i : i + 1])[0], int(y[i]))
    assert model.labels == plain.labels
    for features in named(test[:10]):
        assert model.predict_proba_one(features) == plain.predict_proba_one(features)


def test_a_solution_answers_until_a_share_of_the_samples_is_new() -> None:
    """With 300 samples learned and `refresh` at a tenth, 20 more change no answer, 40 more do; a new class is known at once."""
    x, y, test, _ = digits()
    known = np.flatnonzero(y != 9)
    model = RiverClassifier(image_shape=(8, 8), refresh=0.1, **SETTINGS)
    ask = named(test[:1])[0]
    model.learn_many(pd.DataFrame(named(x[known[:300]])), pd.Series(y[known[:300]]))
    first = model.predict_proba_one(ask)
    model.learn_many(pd.DataFrame(named(x[known[300:320]])), pd.Series(y[known[300:320]]))
    assert model.predict_proba_one(ask) == first
    model.learn_many(pd.DataFrame(named(x[known[320:340]])), pd.Series(y[known[320:340]]))
    second = model.predict_proba_one(ask)
    assert second != first
    nine = np.flatnonzero(y == 9)[0]
    model.learn_one(named(x[nine : nine + 1])[0], 9)
    assert model.predict_proba_one(ask)[9] > 0
    always = RiverClassifier(image_shape=(8, 8), refresh=0, **SETTINGS)
    always.learn_many(pd.DataFrame(named(x[:150])), pd.Series(y[:150]))
    first = always.predict_proba_one(ask)
    always.learn_one(named(x[150:151])[0], int(y[150]))
    assert always.predict_proba_one(ask) != first
