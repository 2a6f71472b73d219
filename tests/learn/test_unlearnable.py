"""What is refused: values, labels and parameters that are not allowed; and that a call that raises has taught nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from isocortex.errors import DataError, DescriptionError, RunError
from isocortex.learn import CorticalClassifier, growth
from isocortex.learn.mature import Mature
from isocortex.plasticity.sheet import Sheet
from learn.digits import digits, learner


def blobs(n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Two Gaussian classes in 8 dimensions, 6 standard deviations apart."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, n)
    return rng.standard_normal((n, 8)) + 6 * np.eye(8)[y], y


@pytest.mark.parametrize("value", [1e39, -1e39, 1e20, 1e12])
def test_values_too_large_for_float32_are_refused_and_change_nothing(value: float) -> None:
    """1e39 is no float32, the square of 1e20 is none, and 1e12 is a million million spreads from all that was learned."""
    x, y = blobs()
    model = CorticalClassifier(critical_period=100).fit(x[:300], y[:300])
    before = model.decision_function(x[300:])
    bad = x[300:302].copy()
    bad[1, 3] = value
    with pytest.raises(DescriptionError, match=r"CorticalClassifier.X: feature.*at most 1e"):
        model.partial_fit(bad, y[300:302])
    np.testing.assert_array_equal(model.decision_function(x[300:]), before)


def test_features_of_any_unit_are_welcome() -> None:
    """Scaled by 1e12, or far from zero, they are the same data."""
    x, y = blobs()
    for change in (lambda v: 1e12 * v, lambda v: v + 1000):
        model = CorticalClassifier(critical_period=100).fit(change(x[:300]), y[:300])
        assert model.score(change(x[300:]), y[300:]) > 0.95


def test_a_million_is_no_outlier_where_a_million_is_usual() -> None:
    x, y = blobs()
    model = CorticalClassifier(critical_period=100).fit(1e9 * x[:200], y[:200])
    assert model.partial_fit(1e9 * x[200:300], y[200:300]).score(1e9 * x[300:], y[300:]) > 0.95


@pytest.mark.parametrize("n", [60, 300])
def test_a_fit_that_fails_keeps_the_model(n: int) -> None:
    x, y, test, _ = digits()
    model = learner().fit(x[:n], y[:n])
    before = model.predict_proba(test)
    hole = x[:50].copy()
    hole[3, 2, 2] = np.nan
    for bad, labels in ((hole, y[:50]), (x[:50], y[:49]), (x[:50].reshape(50, 4, 16), [None] * 50)):
        with pytest.raises(ValueError):
            model.fit(bad, labels)
        np.testing.assert_array_equal(model.predict_proba(test), before)
    model.partial_fit(x[n : n + 20], y[n : n + 20])


class Stop(KeyboardInterrupt):
    """Ctrl-C at a chosen place."""


def interrupted(after: int, real: Callable[..., Any]) -> Callable[..., Any]:
    """Like `real`, but the call after so many is stopped."""
    left = [after]

    def call(*arguments: Any, **named: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise Stop
        return real(*arguments, **named)

    return call


@pytest.mark.parametrize(
    ("first", "where"),
    [
        (60, (growth, "grow", 0)),  # while the superficial layers learn
        (60, (Mature, "_learn_labelled", 1)),  # in the rest of the call that ended the critical period
        (300, (Mature, "_learn_labelled", 1)),  # between two pieces after it
    ],
)
def test_a_call_stopped_by_ctrl_c_has_taught_nothing(
    first: int, where: tuple[Any, str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After it, the same call again gives what one call would have given; here pieces are of 100 samples."""
    owner, name, after = where
    monkeypatch.setattr("isocortex.learn.mature.PIECE", 100)
    x, y, test, _ = digits()
    model = learner().fit(x[:first], y[:first])
    before = model.predict_proba(test)
    with monkeypatch.context() as patched:
        patched.setattr(owner, name, interrupted(after, getattr(owner, name)))
        with pytest.raises(Stop):
            model.partial_fit(x[first:600], np.where(y[first:600] == 3, 33, y[first:600]))
    assert set(model.classes_) == set(range(10))
    np.testing.assert_array_equal(model.predict_proba(test), before)
    model.partial_fit(x[first:600], y[first:600])
    never = learner().fit(x[:first], y[:first]).partial_fit(x[first:600], y[first:600])
    np.testing.assert_array_equal(model.predict_proba(test), never.predict_proba(test))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(shrinkage=2), "shrinkage: is 2; None .estimated. or 0 to 1"),
        (dict(shrinkage=float("nan")), "shrinkage: is nan"),
        (dict(shrinkage="auto"), "shrinkage: is 'auto'"),
        (dict(shrinkage=-1), "shrinkage: is -1"),
        (dict(mirror="yes"), "mirror: is 'yes'; 'auto', True or False"),
        (dict(random_state=1.7), "random_state: is 1.7; None or a whole number"),
        (dict(random_state=-1), "random_state: is -1"),
        (dict(random_state="a"), "random_state: is 'a'"),
        (dict(random_state=np.random.RandomState(0)), "random_state: is RandomState"),
        (dict(image_shape=8), r"image_shape: is 8; \(height, width\)"),
        (dict(image_shape="8x8"), "image_shape: is '8x8'"),
        (dict(image_shape=(4, 16)), r"image_shape: is \(4, 16\); the images of X have \(8, 8\)"),
        (dict(sheet=Sheet.default()), "sheet: 'default' is a sheet of the simulator.*full, uniform, swapped, without NAME"),
        (dict(sheet="without gate, reversl"), "did you mean 'reversal'"),
    ],
)
def test_parameters_are_checked_when_something_is_learned(change: dict, message: str) -> None:
    x, y, _, _ = digits()
    with pytest.raises(DescriptionError, match=message):
        CorticalClassifier(**change).partial_fit(x[:20], y[:20])


def test_no_shrinkage_at_all_needs_more_samples_than_features() -> None:
    x, y, test, _ = digits()
    with pytest.raises(RunError, match="larger `shrinkage`"):
        learner(shrinkage=0).fit(x[:50], y[:50]).predict(test)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.array(["a", None, "b", "a"], object), "1 of 4 labels are missing"),
        (pd.Series(["a", np.nan, "b", None]), "2 of 4 labels are missing"),
        (pd.Series([1, None, 2, 1], dtype=object), "without y"),
        (pd.Series([1, pd.NA, 2, 1], dtype=object), "1 of 4 labels are missing"),
        (np.array(["a", 1, "b", "a"], object), "has text and 1"),
    ],
)
def test_labels_that_are_missing_or_mixed_say_so(labels: Any, message: str) -> None:
    x, _, _, _ = digits()
    with pytest.raises(DescriptionError, match=message):
        learner().partial_fit(x[:4], labels)


def test_whole_numbers_in_an_array_of_objects_are_numbers() -> None:
    x, y, test, _ = digits()
    plain = learner().fit(x[:150], y[:150])
    found = learner().fit(x[:150], pd.Series(y[:150].tolist(), dtype=object))
    assert found.classes_.dtype == plain.classes_.dtype
    np.testing.assert_array_equal(found.predict(test), plain.predict(test))


def test_lists_of_images_are_images() -> None:
    x, y, test, _ = digits()
    as_bytes = np.round(255 * x[:150]).astype(np.uint8)
    for images in (x[:150], as_bytes):
        plain = learner().fit(images, y[:150]).predict_proba(test)
        np.testing.assert_array_equal(learner().fit(list(images), y[:150].tolist()).predict_proba(test), plain)
    with pytest.raises(DescriptionError, match=r"\(n, h, w\), \(n, h, w, c\) or \(n, features\)"):
        learner().fit(x[:10, ..., None, None], y[:10])


@pytest.mark.parametrize("shape", [(1, 1), (1, 3), (2, 2)])
def test_the_smallest_images(shape: tuple[int, int]) -> None:
    """They have no contrast or no scales to speak of, and can be learned and asked all the same."""
    rng = np.random.default_rng(0)
    y = np.arange(80) % 2
    x = np.clip(y[:, None, None] + 0.1 * rng.standard_normal((80, *shape)), 0, 1)
    model = learner(critical_period=20).fit(x[:60], y[:60])
    assert model.predict(x[60:]).shape == (20,)


def test_a_file_that_is_not_there_is_not_damaged(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"missing.npz: is not there"):
        CorticalClassifier.load(tmp_path / "missing.npz")


def test_several_lesions_and_the_spelling_of_the_command_line() -> None:
    x, y, test, _ = digits()
    words = ("without surprise_gate, reopening", "without:surprise_gate,reopening")
    scores = [learner(sheet=w).fit(x[:300], y[:300]) for w in words]
    for model in scores:
        assert model._plan.rates.gate is None and model._plan.rates.reopening is None
    np.testing.assert_array_equal(scores[0].decision_function(test), scores[1].decision_function(test))


def test_surprise_needs_two_classes() -> None:
    """The evidence for a class over the mean of all classes: with one class that is the same thing."""
    x, y, test, labels = digits()
    one = np.flatnonzero(y == 3)
    model = learner().fit(x[one], y[one])
    assert np.isnan(model.surprise(test)).all()
    two = np.flatnonzero(y == 8)
    found = model.partial_fit(x[two], y[two]).surprise(test)
    assert np.isfinite(found).all()
    assert found[(labels != 3) & (labels != 8)].mean() > found[(labels == 3) | (labels == 8)].mean()
