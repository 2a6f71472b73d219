"""The classifier on scikit-learn's digits: order, batches, labels, bad input, and what is kept."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.utils.estimator_checks import check_estimator

from isocortex.errors import DescriptionError
from isocortex.learn import CorticalClassifier
from learn.digits import digits, learner


@pytest.fixture(scope="module")
def taught() -> CorticalClassifier:
    x, y, _, _ = digits()
    return learner().fit(x, y)


def test_five_lines_learn_digits(taught: CorticalClassifier) -> None:
    """Support vector machines reach 98 to 99 % on a random split of these digits; a learner that is of use is not below 97."""
    _, _, x, y = digits()
    assert taught.score(x, y) > 0.97


def test_order_of_classes_changes_nothing_after_the_critical_period() -> None:
    """The association layer's sums are exact: the same early images, then classes sorted or shuffled, give the same scores."""
    x, y, test, _ = digits()
    late = np.arange(100, len(x))
    shuffled, in_class_order = learner(sheet="without surprise_gate"), learner(sheet="without surprise_gate")
    for model, order in ((shuffled, late), (in_class_order, late[np.argsort(y[late], kind="stable")])):
        model.partial_fit(x[:100], y[:100]).partial_fit(x[order], y[order])
    np.testing.assert_allclose(shuffled.decision_function(test), in_class_order.decision_function(test), rtol=2e-3, atol=2e-2)


def test_class_after_class_is_as_good_as_shuffled() -> None:
    x, y, test, labels = digits()
    model = learner()
    for c in range(10):
        model.partial_fit(x[y == c], y[y == c])
    assert model.score(test, labels) > 0.95


@pytest.mark.parametrize("sizes", [(1,), (7, 130, 3)])
def test_batches_of_any_size_give_the_same_bits(sizes: tuple[int, ...]) -> None:
    x, y, test, _ = (a[:300] for a in digits())
    taught = learner().fit(x, y)
    model, i, k = learner(), 0, 0
    while i < len(x):
        n = sizes[k % len(sizes)]
        model.partial_fit(x[i : i + n], y[i : i + n])
        i, k = i + n, k + 1
    np.testing.assert_array_equal(model.predict_proba(test), taught.predict_proba(test))


def test_threads_do_not_change_a_bit(taught: CorticalClassifier) -> None:
    from isocortex.learn.compiled import nb  # noqa: PLC0415

    _, _, test, _ = digits()
    many = taught.transform(test)
    before = nb.get_num_threads()
    nb.set_num_threads(1)
    try:
        np.testing.assert_array_equal(taught.transform(test), many)
    finally:
        nb.set_num_threads(before)


def test_prediction_of_one_is_prediction_of_many(taught: CorticalClassifier) -> None:
    _, _, test, _ = digits()
    one_by_one = np.concatenate([taught.predict_proba(test[i : i + 1]) for i in range(20)])
    np.testing.assert_allclose(one_by_one, taught.predict_proba(test[:20]), rtol=1e-9)


def test_a_new_class_may_arrive_at_any_call() -> None:
    x, y, test, labels = digits()
    names = np.array([f"digit {c}" for c in range(10)])
    model = learner().fit(x[y < 8], names[y[y < 8]])
    assert list(model.classes_) == list(names[:8])
    model.partial_fit(x[y == 9], names[y[y == 9]])
    assert list(model.classes_) == [*names[:8], "digit 9"]
    assert model.predict_proba(test).shape == (len(test), 9)
    known = labels != 8
    assert (model.predict(test[known]) == names[labels[known]]).mean() > 0.95


def test_unlabelled_images_teach_the_superficial_layers_only() -> None:
    x, y, test, _ = digits()
    model = learner().partial_fit(x[:400])
    with pytest.raises(NotFittedError, match="label"):
        model.predict(test)
    few = np.concatenate([np.flatnonzero(y == c)[:10] for c in range(10)])
    model.partial_fit(x[few], y[few])
    before = model.decision_function(test)
    model.partial_fit(x[400:500])
    np.testing.assert_array_equal(model.decision_function(test), before)


def test_consolidation_ends_the_critical_period() -> None:
    x, y, test, labels = digits()
    model = CorticalClassifier(size="small", critical_period=5000).fit(x, y)
    held = model.memory_bytes()
    accuracy = model.score(test, labels)
    features = model.consolidate().transform(test)
    assert model.memory_bytes() < held + 4e6  # the images are gone, the covariance is there
    assert abs(model.score(test, labels) - accuracy) < 0.01
    model.partial_fit(x[:50], y[:50])
    np.testing.assert_array_equal(model.transform(test), features)


def test_vectors_without_image_structure() -> None:
    """Three Gaussian classes in 5 dimensions, 4 standard deviations apart: the Bayes error is under 5 %."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 900)
    x = rng.standard_normal((900, 5)) + 4 * np.eye(5)[y]
    model = make_pipeline(MinMaxScaler(), CorticalClassifier()).fit(x[:600], y[:600])
    assert model.score(x[600:], y[600:]) > 0.95


def test_bytes_are_counted(taught: CorticalClassifier) -> None:
    d = taught.transform(digits()[2][:1]).shape[1]
    assert taught.memory_bytes() > 4 * d * (d + 1) / 2


def test_uint8_is_the_same_as_floats() -> None:
    x, y, test, _ = digits()
    as_bytes = np.round(x * 255).astype(np.uint8)
    a = learner().fit(as_bytes, y).predict_proba(np.round(test * 255).astype(np.uint8))
    b = learner().fit(as_bytes / np.float32(255), y).predict_proba(np.round(test * 255).astype(np.float32) / np.float32(255))
    np.testing.assert_allclose(a, b, atol=1e-6)


def test_bytes_in_a_data_frame_are_bytes() -> None:
    """A row of pixels a line, as tables of images come; a frame has no type of its own, its columns have."""
    pd = pytest.importorskip("pandas")
    x, y, test, _ = digits()
    rows, asked = (np.round(a.reshape(len(a), -1) * 255).astype(np.uint8) for a in (x[:150], test))
    names = [f"pixel{i}" for i in range(64)]
    framed = learner(image_shape=(8, 8)).fit(pd.DataFrame(rows, columns=names), y[:150])
    plain = learner(image_shape=(8, 8)).fit(rows, y[:150])
    np.testing.assert_array_equal(framed.predict_proba(pd.DataFrame(asked, columns=names)), plain.predict_proba(asked))


def test_flat_images_are_what_image_shape_says(taught: CorticalClassifier) -> None:
    x, y, test, _ = digits()
    flat = learner(image_shape=(8, 8)).fit(x.reshape(len(x), -1), y)
    np.testing.assert_array_equal(flat.predict_proba(test.reshape(len(test), -1)), taught.predict_proba(test))


def test_one_class_and_constant_images() -> None:
    x, y, test, _ = digits()
    assert set(learner().fit(x[y == 3], y[y == 3]).predict(test)) == {3}
    grey = np.full((40, 8, 8), 0.5)
    model = learner(critical_period=20).fit(grey, np.arange(40) % 2)
    np.testing.assert_allclose(model.predict_proba(grey), 0.5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(size="medium"), "size.*large, small"),
        (dict(units="lerned"), "units.*did you mean 'learned'"),
        (dict(sheet="unifrom"), "sheet.*did you mean 'uniform'"),
        (dict(sheet="without reversl"), "did you mean 'reversal'"),
        (dict(critical_period=0), "critical_period: is 0"),
    ],
)
def test_bad_parameters_name_the_nearest(change: dict, message: str) -> None:
    x, y, _, _ = digits()
    with pytest.raises(DescriptionError, match=message):
        CorticalClassifier(**change).fit(x[:50], y[:50])


def test_bad_input(taught: CorticalClassifier) -> None:
    x, y, test, _ = digits()
    model = clone(taught).fit(x[:60], y[:60])
    hole = test.copy()
    hole[0, 0, 0] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        model.predict(hole)
    with pytest.raises(DescriptionError, match=r"of shape \(16, 4, 1\); \(8, 8, 1\) is what was learned"):
        model.predict(test.reshape(-1, 16, 4))
    with pytest.raises(DescriptionError, match="divide by 16"):
        model.predict(test * 16)
    with pytest.raises(ValueError, match="NaN"):
        model.partial_fit(x[:2], [0.0, np.nan])
    with pytest.raises(DescriptionError, match=r"no layer 'L3'.*did you mean"):
        model.transform(test, layer="L3")
    with pytest.raises(DescriptionError, match="no modulator 'dopamine'"):
        model.partial_fit(x[:2], y[:2], modulators={"dopamine": 1.0})


@pytest.mark.parametrize(
    ("modulators", "message"),
    [
        (2.0, "is 2.0; a mapping is needed"),
        ({"DA": "high"}, "DA is 'high'; a number"),
        ({"DA": [1.0, None]}, "DA has levels that are .* not finite"),
        ({"DA": [[1.0], [1.0, 2.0]]}, "DA is .*; a number"),
        ({"DA": [1.0, 1e7]}, r"DA is up to 1e\+07; at most 1e\+06"),
        ({"DA": 1e300}, r"at most 1e\+06"),
    ],
)
def test_modulators_that_cannot_be_are_told(modulators: Any, message: str) -> None:
    """1e300 was taken before, and every later question failed for sums that were not finite."""
    x, y, _, _ = digits()
    with pytest.raises(DescriptionError, match=message):
        learner().partial_fit(x[:2], y[:2], modulators=modulators)


@pytest.mark.parametrize("n", [20, 150])
def test_labels_that_came_without_weight_are_not_known(n: int) -> None:
    """Probabilities were NaN, and all samples were predicted as the first class."""
    x, y, test, labels = digits()
    model = learner().partial_fit(x[:n], y[:n], modulators={"DA": 0})
    for ask in (model.predict, model.predict_proba, model.decision_function):
        with pytest.raises(NotFittedError, match="weight of 0"):
            ask(test[:3])
    assert model.partial_fit(x[:400], y[:400]).score(test, labels) > 0.9


def test_fit_wants_labels() -> None:
    """partial_fit without them learns the superficial layers; fit without them is an oversight."""
    x, y, test, _ = digits()
    model = learner().fit(x[:60], y[:60])
    before = model.predict_proba(test)
    with pytest.raises(DescriptionError, match="requires y to be passed"):
        model.fit(x[:60], None)
    np.testing.assert_array_equal(model.predict_proba(test), before)


@pytest.mark.parametrize("flat", [True, False])
def test_a_layer_that_is_no_text_is_told(flat: bool) -> None:
    x, y, test, _ = digits()
    model = learner(image_shape=None).fit(x[:60].reshape(60, -1) if flat else x[:60], y[:60])
    with pytest.raises(DescriptionError, match="no layer None; allowed: A"):
        model.transform(test.reshape(len(test), -1) if flat else test, layer=None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("labels", "change", "modulators"),
    [
        ([0, 1], {}, {"DA": [1.0, -1.0]}),
        ([0, 1], {}, {"dopamine": 1.0}),
        ([0.0, np.nan], {}, None),
        ([0, 1, 2], {}, None),
        ([0, 1], {"critical_period": 0}, None),
        ([0, 1], {"sheet": "unifrom"}, None),
    ],
)
def test_a_first_call_that_fails_has_taught_nothing(labels: list, change: dict, modulators: dict | None) -> None:
    """Afterwards inputs of any other shape are welcome, and the learner is as one that never failed."""
    x, y, test, _ = digits()
    model = CorticalClassifier(**change)
    with pytest.raises(ValueError):
        model.partial_fit(np.zeros((2, 5, 7)), labels, modulators=modulators)
    with pytest.raises(NotFittedError):
        model.predict(test)
    model.set_params(critical_period=100, sheet=None, size="small").partial_fit(x[:150], y[:150])
    np.testing.assert_array_equal(model.predict_proba(test), learner().fit(x[:150], y[:150]).predict_proba(test))


def test_a_later_call_that_fails_has_taught_nothing() -> None:
    x, y, test, _ = digits()
    model = learner().fit(x[:150], y[:150])
    before = model.predict_proba(test)
    with pytest.raises(DescriptionError, match="labels so far are numbers, these are text"):
        model.partial_fit(x[150:152], ["one", "two"])
    with pytest.raises(DescriptionError, match="negative"):
        model.partial_fit(x[150:152], [98, 99], modulators={"DA": -1})
    assert set(model.classes_) == set(range(10))
    np.testing.assert_array_equal(model.predict_proba(test), before)


def test_scikit_learns_checks() -> None:
    """No check is exempted: what deviates from scikit-learn's habits is written in docs/learn.md."""
    results = check_estimator(CorticalClassifier(), on_fail=None)
    assert [r["check_name"] for r in results if r["status"] == "failed"] == []


def test_a_parameter_that_there_is_not_is_told_with_the_nearest() -> None:
    with pytest.raises(DescriptionError, match=r"CorticalClassifier\.sice: no such parameter; .*did you mean 'size'"):
        CorticalClassifier(sice="small")
    with pytest.raises(DescriptionError, match=r"CorticalClassifier: 'small' is given without a name; .*by name"):
        CorticalClassifier("small")
    given = CorticalClassifier(size="small", shrinkage=0.5)
    assert clone(given).get_params() == given.get_params()
    assert (given.get_params()["size"], given.get_params()["shrinkage"]) == ("small", 0.5)
    assert set(given.get_params()) == set(inspect.signature(CorticalClassifier).parameters)
