"""What every baseline must do: one battery over all of them."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from isocortex.errors import DataError, DescriptionError
from isocortex.learn.baselines import (
    BASELINES,
    NearestNeighbours,
    RandomFourier,
    RandomReLU,
    Replay,
    Room,
    StreamingLDA,
    features_within,
    make_baseline,
)
from isocortex.learn.baselines.local import LocalFilters
from isocortex.learn.baselines.memory import bytes_of
from isocortex.learn.streams import SALIENCE, load_data, make

ROOM = Room(features=180, bytes=100_000, shape=(8, 8), classes=10)
ORDER_FREE = ("blind", "ncm", "lda", "relu", "fourier", "local", "fly")  # keep sums only
EXACT = ("blind", "fly")


@pytest.fixture(scope="module")
def digits():
    return load_data("digits", most=40)


def small(name):
    learner = make_baseline(name, ROOM)
    return learner.set_params(cells=500) if name == "fly" else learner


@pytest.mark.parametrize("name", BASELINES)
def test_battery(name, digits):
    learner = small(name)
    with pytest.raises(NotFittedError):
        learner.predict(digits.x_test)
    names = np.array(digits.classes)  # labels of any kind
    order = np.argsort(digits.y, kind="stable")
    first, rest = order[:60], order[60:]
    assert learner.partial_fit(digits.x[first], names[digits.y[first]]) is learner
    assert set(learner.predict(digits.x_test)) <= {"0", "1"}  # two classes so far, no others win
    learner.partial_fit(digits.x[rest], names[digits.y[rest]])  # classes never seen, at a later call
    assert sorted(learner.classes_) == sorted(names)
    p = learner.predict_proba(digits.x_test)
    assert p.shape == (len(digits.x_test), 10)
    np.testing.assert_allclose(p.sum(1), 1, atol=1e-6)
    predicted = learner.predict(digits.x_test)
    np.testing.assert_array_equal(predicted, learner.classes_[p.argmax(1)])
    assert learner.score(digits.x_test, names[digits.y_test]) == np.mean(predicted == names[digits.y_test])
    assert learner.predict(digits.x_test[:0]).shape == (0,)
    again = clone(learner)
    assert again.get_params().keys() == learner.get_params().keys() and not hasattr(again, "classes_")


@pytest.mark.parametrize("name", BASELINES)
def test_the_same_seed_learns_the_same(name, digits):
    one, two = (small(name).partial_fit(digits.x, digits.y) for _ in range(2))
    np.testing.assert_array_equal(one.decision_function(digits.x_test), two.decision_function(digits.x_test))


@pytest.mark.parametrize("name", BASELINES)
def test_samples_without_labels_teach_nothing(name, digits):
    learner = small(name).partial_fit(digits.x, digits.y)
    before = learner.decision_function(digits.x_test)
    learner.partial_fit(digits.x_test)
    np.testing.assert_array_equal(learner.decision_function(digits.x_test), before)


@pytest.mark.parametrize("name", ORDER_FREE)
def test_order_and_batches_do_not_matter_to_sums(name, digits):
    """One sample at a time, class by class, gives what all at once in another order gives.

    The first samples set the scale of random features, so these are the same in both.
    """
    head, tail = np.arange(50), np.arange(50, len(digits.y))
    one, two = small(name), small(name)
    one.partial_fit(digits.x[head], digits.y[head])
    two.partial_fit(digits.x[head], digits.y[head])
    shuffled = np.random.default_rng(0).permutation(tail)
    one.partial_fit(digits.x[shuffled], digits.y[shuffled])
    for i in tail[np.argsort(digits.y[tail], kind="stable")]:
        two.partial_fit(digits.x[i : i + 1], digits.y[i : i + 1])
    scores, others = one.decision_function(digits.x_test), two.decision_function(digits.x_test)
    tolerance = dict(rtol=1e-4, atol=1e-9) if name in EXACT else dict(rtol=1e-3, atol=2e-2 * np.abs(scores).std())
    columns = [list(two.classes_).index(c) for c in one.classes_]
    np.testing.assert_allclose(others[:, columns], scores, **tolerance)


@pytest.mark.parametrize("name", ["blind", "ncm", "lda", "relu", "fourier", "local", "fly"])
def test_salience_is_a_sample_weight(name, digits):
    """A weight of 3 is three times the same sample."""
    x, y = digits.x[:80], digits.y[:80]
    marks = np.where(np.arange(80) % 4 == 0, 3.0, 1.0)
    weighed, repeated = small(name), small(name)
    weighed.partial_fit(x, y, modulators={SALIENCE: marks})
    repeated.partial_fit(x, y)
    for _ in range(2):
        repeated.partial_fit(x[marks > 1], y[marks > 1])
    scores = repeated.decision_function(digits.x_test)
    np.testing.assert_allclose(
        weighed.decision_function(digits.x_test), scores, rtol=1e-3, atol=2e-2 * np.abs(scores).std() + 1e-9
    )
    likewise = small(name).partial_fit(x, y, sample_weight=marks)
    np.testing.assert_array_equal(likewise.decision_function(digits.x_test), weighed.decision_function(digits.x_test))
    both = small(name).partial_fit(x, y, sample_weight=np.sqrt(marks), modulators={SALIENCE: np.sqrt(marks)})
    np.testing.assert_allclose(both.predict_proba(x), weighed.predict_proba(x), atol=1e-3)
    ignoring = small(name).set_params(weighted=False).partial_fit(x, y, modulators={SALIENCE: marks})
    np.testing.assert_array_equal(ignoring.decision_function(x), small(name).partial_fit(x, y).decision_function(x))


@pytest.mark.parametrize("name", BASELINES)
def test_bad_input_is_named(name, digits):
    learner = small(name).partial_fit(digits.x[:30], digits.y[:30])
    bad = digits.x[:3].copy()
    bad[1, 2, 2] = np.nan
    for x, y, said in [
        (bad, digits.y[:3], "missing or infinite"),
        (digits.x[:3, :4], digits.y[:3], r"have shape \(4, 8\), those before had \(8, 8\)"),
        (digits.x[:3], digits.y[:2], r"has shape \(2,\) for 3 samples"),
        (digits.x[0, 0], digits.y[:8], "or .n, features. is needed"),
    ]:
        with pytest.raises(DataError, match=said):
            learner.partial_fit(x, y)
    if learner.get_params().get("weighted"):
        with pytest.raises(DescriptionError, match="'DA' must be 3"):
            learner.partial_fit(digits.x[:3], digits.y[:3], modulators={SALIENCE: np.ones(2)})


@pytest.mark.parametrize("name", BASELINES)
def test_weights_that_are_not_allowed_fix_nothing(name, digits):
    learner = small(name)
    with pytest.raises(DescriptionError, match=r"sample_weight: this learner takes none|sample_weight must be 3"):
        learner.partial_fit(digits.x[:3, :4], digits.y[:3], sample_weight=[1.0, -1.0, 1.0])
    learner.partial_fit(digits.x[:30], digits.y[:30])  # of another shape
    assert learner.predict(digits.x_test).shape == digits.y_test.shape


@pytest.mark.parametrize("name", BASELINES)
def test_one_class_only_and_even_images(name):
    learner = small(name).partial_fit(np.full((5, 8, 8), 0.5), np.zeros(5, int))
    np.testing.assert_array_equal(learner.predict(np.zeros((2, 8, 8))), [0, 0])
    learner.partial_fit(np.full((5, 8, 8), 0.2), np.ones(5, int))
    assert np.isfinite(learner.predict_proba(np.random.default_rng(0).random((4, 8, 8)))).all()


def test_bytes_are_counted_once_and_in_full():
    a = np.zeros((10, 10))
    assert bytes_of({"a": a, "view": a[2:5], "b": [np.zeros(5, np.float32)]}) == 800 + 20
    learner = StreamingLDA().partial_fit(np.random.default_rng(0).random((20, 6)), np.arange(20) % 4)
    moments = 8 * (6 * 7 // 2 + 4 * 6 + 4)
    assert learner.memory_bytes() == moments + learner.classes_.nbytes
    learner.predict(np.zeros((1, 6)))
    assert learner.memory_bytes() == moments + learner.classes_.nbytes + 8 * (4 * 6 + 4)


@pytest.mark.parametrize("budget", [20_000, 60_000, 200_000])
@pytest.mark.parametrize("kind", [RandomReLU(), RandomFourier(), LocalFilters()])
def test_features_within_bytes_take_no_more_and_little_less(digits, budget, kind):
    chosen = features_within(kind, budget, (8, 8), 10)
    taken = _after_all(StreamingLDA(chosen), digits)
    assert taken <= budget
    step = 9 if isinstance(kind, LocalFilters) else 1
    assert _after_all(StreamingLDA(kind.resized(chosen.features + step)), digits) > budget


def _after_all(learner, data):
    return learner.partial_fit(data.x, data.y).predict(data.x_test) is not None and learner.memory_bytes()


@pytest.mark.parametrize("budget", [2_000, 7_000, 20_000])
@pytest.mark.parametrize("make_learner", [NearestNeighbours, lambda b: Replay(b + 2_600)])
def test_stored_samples_never_take_more(digits, budget, make_learner):
    learner = make_learner(budget)
    for batch in make("class-incremental", digits, batch=3):
        learner.partial_fit(batch.X, batch.y)
        learner.predict(batch.X)
        assert learner.memory_bytes() <= learner.bytes
    assert learner.memory_bytes() > learner.bytes - 2 * 68  # but for less than two samples, all of it is used


def test_equal_bytes_hold_for_every_learner_that_promises_them(digits):
    for name, entry in BASELINES.items():
        if "equal bytes" in entry.title:
            assert _after_all(small(name), digits) <= ROOM.bytes, name


def test_too_few_bytes_are_named():
    with pytest.raises(DescriptionError, match="3000 bytes are too few; the smallest takes"):
        features_within(LocalFilters(), 3000, (28, 28), 1000)
    with pytest.raises(DescriptionError, match="one sample of 64 values takes 68"):
        NearestNeighbours(50).partial_fit(np.zeros((1, 8, 8)), [0])


def test_names_and_vectors():
    with pytest.raises(DescriptionError, match="did you mean 'fourier'"):
        make_baseline("fourir", ROOM)
    with pytest.raises(DescriptionError, match="'local' needs images; the samples are vectors of 7"):
        make_baseline("local", Room(90, 1000, (7,), 3))
