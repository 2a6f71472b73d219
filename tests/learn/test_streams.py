"""Streams: what is shown, in which order, under which labels, and what the learner is not told."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from isocortex.errors import DescriptionError
from isocortex.learn.streams import SALIENCE, STREAMS, Batch, Data, load_data, make
from isocortex.tasks.alter import altered

ALL = [*STREAMS, "class-incremental:classes=2", "label-noise:kind=class,order=classes", "concept-drift:share=0.3,gradual=0.5"]


@pytest.fixture(scope="module")
def digits() -> Data:
    return load_data("digits")


def joined(batches, field):
    return np.concatenate([getattr(b, field) for b in batches])


@pytest.mark.parametrize("name", ALL)
def test_battery(name, digits):
    """By seed and not by batches; no sample twice; images and labels as promised."""
    stream = make(name, digits, seed=3)
    batches, others = list(stream), list(make(name, digits, seed=3, batch=37))
    np.testing.assert_array_equal(joined(batches, "X"), joined(others, "X"))
    assert sum(map(len, batches)) == stream.samples == stream.starts[-1]
    assert not np.array_equal(joined(batches, "X"), joined(list(make(name, digits, seed=4)), "X"))
    shown = np.concatenate([e.train for e in stream.experiences])
    assert len(np.unique(shown)) == len(shown)
    for batch in batches:
        assert batch.X.dtype == np.float32 and batch.X.shape[1:] == (8, 8)
        assert batch.X.min() >= 0 and batch.X.max() <= 1
        assert batch.y is None or (batch.y.shape == (len(batch),) and set(batch.y) <= set(range(10)))
        assert all(v.shape == (len(batch),) for v in (batch.modulators or {}).values())
    for j, e in enumerate(stream.experiences):
        x, classes = stream.test(j)
        np.testing.assert_array_equal(classes, digits.y_test[e.test])
        assert x.shape == (len(e.test), 8, 8)


def test_what_the_learner_gets_says_nothing_of_boundaries():
    assert [f.name for f in dataclasses.fields(Batch)] == ["X", "y", "modulators", "hidden"]


@pytest.mark.parametrize(("classes", "experiences"), [(1, 10), (2, 5), (3, 4)])
def test_class_incremental_shows_each_class_once(digits, classes, experiences):
    stream = make("class-incremental", digits, classes=classes)
    groups = [set(digits.y[e.train]) for e in stream.experiences]
    assert len(groups) == experiences
    assert set.union(*groups) == set(range(10)) and sum(map(len, groups)) == 10
    for e, group in zip(stream.experiences, groups, strict=True):
        assert set(digits.y_test[e.test]) == group
        np.testing.assert_array_equal(e.given, digits.y[e.train])
    assert stream.samples == len(digits.y)
    given = make("class-incremental", digits, order="given").experiences
    assert [e.name for e in given] == list("0123456789")


def test_domain_shift_alters_learning_and_testing_alike(digits):
    stream = make("domain-shift", digits, shifts=("rotate=90", "invert"))
    plain, turned, inverted = stream.experiences
    x = joined([b for b in stream if b.hidden.experience == 1], "X")
    np.testing.assert_array_equal(x, altered(digits.x[turned.train], "rotate=90"))
    np.testing.assert_allclose(stream.test(2)[0], 1 - digits.x_test, atol=1e-6)
    counts = [np.bincount(digits.y[e.train], minlength=10) for e in (plain, turned, inverted)]
    assert np.ptp(counts, axis=0).max() <= 1  # the same mixture everywhere


def test_noise_in_tests_is_not_that_in_learning():
    grey = np.full((40, 6, 6), 0.5, np.float32)
    data = Data(grey, np.arange(40) % 4, grey[:20], np.arange(20) % 4, "grey", tuple("abcd"))
    stream = make("domain-shift", data, shifts=("noise=0.2",), batch=100)
    learned = [b.X for b in stream][1] - 0.5
    tested = stream.test(1)[0] - 0.5
    assert 0.15 < learned.std() < 0.22
    correlation = np.corrcoef(learned[: len(tested)].ravel(), tested[: len(learned)].ravel())[0, 1]
    assert abs(correlation) < 0.15


def test_permuted_pixels_have_one_order_in_learning_and_testing():
    rng = np.random.default_rng(0)
    x = rng.random((30, 4, 4)).astype(np.float32)
    data = Data(x, np.arange(30) % 3, x, np.arange(30) % 3, "same", tuple("abc"))
    stream = make("permuted-pixels", data, tasks=3, batch=100)
    first, second, third = list(stream)
    np.testing.assert_array_equal(first.X, x[stream.experiences[0].train])
    for j, batch in ((1, second), (2, third)):
        np.testing.assert_array_equal(batch.X, stream.test(j)[0][stream.experiences[j].train])
        assert not np.array_equal(batch.X, x[stream.experiences[j].train])
    assert not np.array_equal(stream.test(1)[0], stream.test(2)[0])


def test_covariate_shift_tells_no_labels_after_the_first_stretch(digits):
    stream = make("covariate-shift", digits, unlabelled=50)
    assert [e.given is None for e in stream.experiences] == [False] + 6 * [True]
    assert [len(e.train) for e in stream.experiences[1:]] == 6 * [50]
    assert [e.alter for e in stream.experiences] == ["", "noise=0.2", "", "blur=2", "", "invert", ""]
    assert all((b.y is None) == (b.hidden.experience > 0) for b in stream)


def test_concept_drift_renames_and_tests_ask_for_the_new_names(digits):
    before, after = make("concept-drift", digits, share=0.4).experiences
    changed = np.flatnonzero(after.names != np.arange(10))
    assert len(changed) == 4 and sorted(after.names) == list(range(10))
    np.testing.assert_array_equal(before.given, digits.y[before.train])
    np.testing.assert_array_equal(after.given, after.names[digits.y[after.train]])
    stream = make("concept-drift", digits, share=0.4)
    np.testing.assert_array_equal(stream.right(np.arange(10), at=1), after.names)
    told = joined(stream, "y")
    np.testing.assert_array_equal(np.concatenate([b.hidden.labels for b in stream]), told)


def test_gradual_drift_dies_out(digits):
    _, after = make("concept-drift", digits, gradual=0.8).experiences
    old = after.given == digits.y[after.train]
    quarter = len(old) // 5
    shares = [old[i * quarter : (i + 1) * quarter].mean() for i in range(5)]
    # the share of old labels falls linearly from 1 to 0 over the first four fifths: means 7/8, 5/8, 3/8, 1/8, 0
    np.testing.assert_allclose(shares, [0.875, 0.625, 0.375, 0.125, 0], atol=0.15)


def test_recurring_concepts_come_back(digits):
    a, b, again, b_again = make("recurring", digits).experiences
    np.testing.assert_array_equal(a.names, again.names)
    np.testing.assert_array_equal(b.names, b_again.names)
    assert (a.names != b.names).all()


def test_imbalanced_has_a_long_tail(digits):
    (tail,) = make("imbalanced", digits, ratio=20).experiences
    counts = np.sort(np.bincount(digits.y[tail.train]))[::-1]
    top = np.bincount(digits.y).min()
    np.testing.assert_array_equal(counts, np.round(top * 20 ** (-np.arange(10) / 9)))
    assert len(tail.test) == len(digits.y_test)


@pytest.mark.parametrize("kind", ["symmetric", "class"])
def test_label_noise_has_its_rate_and_kind(digits, kind):
    (e,) = make("label-noise", digits, kind=kind, rate=0.4).experiences
    right, told = digits.y[e.train], e.given
    n = len(right)
    assert abs((told != right).mean() - 0.4) < 3 * np.sqrt(0.24 / n)
    mistaken = [set(told[(right == c) & (told != c)]) for c in range(10)]
    assert [len(m) for m in mistaken] == [1 if kind == "class" else 9] * 10
    stream = make("label-noise", digits, kind=kind, rate=0.4)
    np.testing.assert_array_equal(stream.right(right, 0), right)


def test_symmetric_noise_takes_all_other_classes_alike(digits):
    (e,) = make("label-noise", digits, rate=1.0).experiences
    away = (e.given - digits.y[e.train]) % 10
    counts = np.bincount(away, minlength=10)
    assert counts[0] == 0
    assert np.all(np.abs(counts[1:] - len(away) / 9) < 4 * np.sqrt(len(away) / 9))


def test_few_shot_takes_a_class_by_its_name(digits):
    for new in (3, "3"):
        known, late = make("few-shot", digits, new=new).experiences
        assert late.name == "new: 3" and 3 not in digits.y[known.train]
    assert make("few-shot:new=3", digits).experiences[1].name == "new: 3"


def test_few_shot_has_no_more_shots_than_there_are(digits):
    with pytest.raises(DescriptionError, match=r"shots: is 1000; class 3 of \S+ has \d+ samples"):
        make("few-shot", digits, shots=1000, new=3)


def test_few_shot_marks_the_new_class_alone(digits):
    known, new = make("few-shot", digits, shots=5, among=95, salience=20).experiences
    (label,) = set(digits.y_test[new.test])
    assert label not in digits.y[known.train] and label not in digits.y_test[known.test]
    marked = new.modulators[SALIENCE] == 20
    assert marked.sum() == 5 and len(new.train) == 100
    assert set(digits.y[new.train[marked]]) == {label}
    assert set(new.modulators[SALIENCE][~marked]) == set(known.modulators[SALIENCE]) == {1.0}


def test_a_life_has_all_of_it(digits):
    """Everything that the other streams have: 1 and 2 classes at a time, each shift of domain, with labels and without, both
    kinds of label noise, few marked samples, a long tail, permuted pixels, drift, and what was there before again."""
    stream = make("lifelong", digits)
    life = {e.name: e for e in stream.experiences}
    assert len(life) == 16
    assert [len(set(digits.y[e.train])) for e in stream.experiences[:4]] == [1, 1, 1, 2]
    shifts = {e.alter.partition("=")[0]: e.given is not None for e in life.values() if e.alter}
    assert shifts == {"rotate": True, "contrast": True, "noise": False, "blur": False, "invert": False, "permute": True}
    for name, others in (("wrong labels, any", 4), ("wrong labels, by class", 1)):
        e = life[name]
        right, told = digits.y[e.train], e.given
        assert 0.1 < (told != right).mean() < 0.5
        mistaken = [set(told[(right == c) & (told != c)]) for c in set(right)]
        assert max(map(len, mistaken)) <= others and set(told) <= set(right)
    assert {len(m) for m in mistaken} == {1}
    few = next(e for name, e in life.items() if name.startswith("few"))
    assert (few.modulators[SALIENCE] > 1).sum() == 5
    counts = np.bincount(digits.y[life["long tail"].train])
    assert counts[counts > 0].max() >= 8 * counts[counts > 0].min()
    drifted, again = life["exchanged names"], life["as at first"]
    assert (drifted.names != np.arange(10)).sum() == 2
    np.testing.assert_array_equal(drifted.given, drifted.names[digits.y[drifted.train]])
    assert again.names is None and again.alter == ""
    np.testing.assert_array_equal(again.given, digits.y[again.train])


def test_a_life_of_vectors_leaves_out_what_needs_neighbours():
    rng = np.random.default_rng(0)
    data = Data(rng.random((400, 6), np.float32), np.arange(400) % 5, rng.random((50, 6), np.float32), np.arange(50) % 5,
                "vectors", tuple("abcde"))  # fmt: skip
    stream = make("lifelong", data)
    assert {e.alter.partition("=")[0] for e in stream.experiences} == {"", "contrast", "noise", "invert", "permute"}
    assert sum(map(len, stream)) == stream.samples


def test_each_class_is_new_in_turn(digits):
    for seed in (0, 3, 13):
        _, new = make("few-shot", digits, seed=seed, new="turn").experiences
        assert set(digits.y_test[new.test]) == {seed % 10}
    orders = [make("few-shot", digits, seed=s, new="turn").experiences[0].train for s in (3, 13)]
    assert not np.array_equal(*orders)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("clas-incremental", "did you mean 'class-incremental'"),
        ("class-incremental:clases=2", "did you mean 'classes'"),
        ("class-incremental:classes=two", "a whole number is needed"),
        ("class-incremental:classes=10", "1 to 9 is needed"),
        ("class-incremental:classes=0", "at least 1"),
        ("class-incremental:order=up", "allowed: given, random"),
        ("label-noise:rate=1.5", "at most 1"),
        ("covariate-shift:unlabelled=10000", r"so 1 to \d+ is needed"),
        ("few-shot:among=5000", "samples of known classes"),
        ("domain-shift:shifts=rotat", "did you mean 'rotate'"),
        ("recurring:concepts=1", "at least 2"),
        ("recurring:concepts=11", "at most so many"),
        ("permuted-pixels:tasks=1", "at least 2"),
        ("label-noise:rate", "give KEY=VALUE"),
    ],
)
def test_mistakes_name_what_is_allowed(digits, name, said):
    with pytest.raises(DescriptionError, match=said):
        list(make(name, digits))


def test_batches_must_be_whole(digits):
    with pytest.raises(DescriptionError, match=r"stream\.batch: is 0\.5"):
        make("imbalanced", digits, batch=0.5)  # type: ignore[arg-type]


def test_too_small_data_are_named():
    x = np.zeros((8, 2, 2), np.float32)
    data = Data(x, np.arange(8) % 4, x[:4], np.arange(4) % 4, "tiny", tuple("abcd"))
    with pytest.raises(DescriptionError, match="tiny is too small"):
        make("permuted-pixels", data, tasks=5)
