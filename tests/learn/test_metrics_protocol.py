"""The protocol: what a learner is told, what is measured of it, and what is kept."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from isocortex.learn.baselines import Joint, NearestMean, StreamingLDA
from isocortex.learn.protocol import marks, run
from isocortex.learn.protocol_cells import Cells, code_stamp
from isocortex.learn.protocol_rows import measures
from isocortex.learn.protocol_shots import shots_curve
from isocortex.learn.streams import load_data, make


class Spy(NearestMean):
    """Notes what it is told."""

    def partial_fit(self, X, y=None, *, modulators=None):
        self.told = getattr(self, "told", [])
        self.told.append((len(X), None if y is None else np.array(y), modulators))
        return super().partial_fit(X, y, modulators=modulators)

    def surprise(self, X):
        """How many samples were learned before."""
        return np.full(len(X), sum(n for n, _, _ in self.told))


class Oracle:
    """Knows the right answer from the image itself; forgets nothing but what it is made to forget."""

    def __init__(self, data, forgets=()):
        self.answers = {x.tobytes(): int(y) for x, y in zip(data.x_test, data.y_test, strict=True)}
        self.seen, self.forgets = set(), set(forgets)

    def partial_fit(self, X, y=None, *, modulators=None):
        self.seen |= set(np.asarray(y).tolist())
        return self

    def predict(self, X):
        known = self.seen - (self.forgets if len(self.seen) == 10 else set())
        return np.array([self.answers[x.tobytes()] if self.answers[x.tobytes()] in known else -1 for x in X])

    def memory_bytes(self):
        return 8 * len(self.seen)


@pytest.fixture(scope="module")
def digits():
    return load_data("digits", most=60)


def test_the_learner_is_told_samples_labels_and_modulators_alone(digits):
    spy, stream = Spy(), make("few-shot", digits, shots=5, among=45)
    trace = run(stream, spy)
    assert sum(n for n, _, _ in spy.told) == stream.samples
    assert all(set(m) == {"DA"} for _, _, m in spy.told)
    assert set(inspect.signature(Spy.partial_fit).parameters) == {"self", "X", "y", "modulators"}
    # surprise is asked for before the batch is learned; at the start of an experience, at its first batch
    before = [at if within == 0 else at - (within % 10 or 10) for at, within in zip(trace.learned, trace.within, strict=True)]
    assert np.isnan(trace.surprise[0]) and trace.surprise[1:] == before[1:]
    spy = Spy()
    run(make("covariate-shift", digits, unlabelled=20), spy)
    assert [y is None for _, y, _ in spy.told].count(True) == 6 * 2


def test_the_matrix_of_a_perfect_learner_is_what_it_should_be(digits):
    stream = make("class-incremental", digits)
    trace = run(stream, Oracle(digits))
    assert np.isnan(trace.R[np.triu_indices(10, 1)]).all()
    np.testing.assert_array_equal(trace.R[np.tril_indices(10)], 1.0)
    found = measures(trace, {}, transfers=False, chance=0.1)
    for key in ("accuracy", "average_accuracy", "anytime_accuracy", "learning_accuracy", "worst_class"):
        assert found[key] == 1.0, key
    assert (found["forgetting"], found["dip"], found["regained"], found["bytes"]) == (0.0, 1.0, 1.0, 80.0)
    assert found["recovery"] == stream.batch  # the first batch of a new class is enough
    assert np.isnan(found["forward_transfer"])


def test_what_is_forgotten_is_seen(digits):
    """Two classes are lost when the last one comes: two of ten, counted among the nine that can be forgotten."""
    stream = make("class-incremental", digits)
    lost = {int(digits.y[stream.experiences[i].train[0]]) for i in (0, 4)}
    found = measures(run(stream, Oracle(digits, lost)), {}, transfers=False, chance=0.1)
    assert found["accuracy"] == pytest.approx(0.8)
    assert found["forgetting"] == pytest.approx(2 / 9)
    assert found["backward_transfer"] == pytest.approx(-2 / 9)
    assert found["learning_accuracy"] == 1.0 and found["worst_class"] == 0.0


def test_the_final_accuracy_is_that_of_a_plain_loop(digits):
    learner, stream = StreamingLDA(), make("class-incremental", digits, seed=2)
    trace = run(stream, learner)
    plain = StreamingLDA()
    for batch in stream:
        plain.partial_fit(batch.X, batch.y)
    right = plain.predict(digits.x_test) == digits.y_test
    by_class = [right[digits.y_test == c].mean() for c in range(10)]
    np.testing.assert_allclose(trace.classes, by_class)
    assert trace.R[-1].mean() == pytest.approx(np.mean(by_class))


def test_tests_follow_the_names_that_are_right(digits):
    stream = make("concept-drift", digits)
    trace = run(stream, StreamingLDA())
    assert trace.R[0, 0] > 0.85
    assert trace.current[trace.within.index(0)] < 0.1  # right after the drift every answer is another class's
    assert trace.R[1, 0] == pytest.approx(trace.R[1, 1])


def test_forward_transfer_is_measured_where_it_means_something(digits):
    trace = run(make("domain-shift", digits), StreamingLDA())
    assert not np.isnan(trace.R).any()
    assert trace.R[0, 2] > 0.5  # paler images are recognised unseen


def test_checks_lie_at_geometric_distances_and_end_at_the_end(digits):
    assert marks(1000, 10, 3) == {10, 100, 1000}
    assert marks(95, 10, 2) == {10, 95}
    assert marks(7, 10, 5) == {7}
    stream = make("class-incremental", digits)
    trace = run(stream, NearestMean(), checks=3)
    starts = stream.starts
    for i, e in enumerate(stream.experiences):
        at = [w for j, w in zip(trace.experience, trace.within, strict=True) if j == i]
        assert at == sorted(at) and at[-1] == len(e.train) and (i == 0 or at[0] == 0)
    assert trace.learned[-1] == starts[-1]


def test_a_ceiling_is_tested_at_the_end_only(digits):
    trace = run(make("class-incremental", digits, batch=100), Joint(hidden=32))
    assert len(trace.learned) == 1 and not np.isnan(trace.R[-1]).any() and np.isnan(trace.R[:-1]).all()
    found = measures(trace, {}, transfers=False, chance=0.1)
    assert found["accuracy"] > 0.85
    assert np.isnan([found[k] for k in ("average_accuracy", "forgetting", "dip", "learning_accuracy")]).all()


def test_stopping_raises_after_a_batch(digits):
    calls = []
    with pytest.raises(KeyboardInterrupt):
        run(make("class-incremental", digits), NearestMean(), tell=lambda n: calls.append(n) or len(calls) == 3)
    assert calls == [10, 10, 10]


def test_shots_come_one_more_of_each_class(digits):
    spy = Spy()
    curve = shots_curve(digits, spy, seed=1, shots=(1, 2, 5, 500))
    assert list(curve) == [1, 2, 5]  # no class has 500
    assert [n for n, _, _ in spy.told] == [10, 10, 30]
    for _, y, _ in spy.told:
        assert len(set(np.bincount(y))) == 1
    assert curve == shots_curve(digits, NearestMean(), seed=1, shots=(1, 2, 5))
    assert curve[5] > curve[1]


def test_runs_come_back_from_their_folder_as_they_were(digits, tmp_path):
    cells, facts = Cells(tmp_path), {"learner": "lda", "seed": 3}
    assert cells.load(facts) is None
    trace = run(make("class-incremental", digits), StreamingLDA())
    cells.save(facts, trace, {1: 0.5, 10: 0.75})
    found, shots = Cells(tmp_path).load(facts)
    np.testing.assert_array_equal(found.R, trace.R)
    np.testing.assert_array_equal(found.classes, trace.classes)
    assert (found.current, found.learned, found.bytes, shots) == (trace.current, trace.learned, trace.bytes, {1: 0.5, 10: 0.75})
    assert cells.load(facts | {"seed": 4}) is None
    (file,) = (tmp_path / "runs").iterdir()
    file.write_text("{", encoding="utf-8")
    assert cells.load(facts) is None  # damaged: done again


def test_the_code_is_part_of_what_a_run_depends_on():
    assert code_stamp(True) == code_stamp(True) and "-" in code_stamp(True)
