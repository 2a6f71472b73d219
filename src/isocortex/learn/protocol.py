"""Running a learner on a stream: it sees batches and nothing else; accuracy is looked at from outside."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from isocortex.learn.draws import generator
from isocortex.learn.streams.stream import Stream

PROBE = 1000
Tell = Callable[[int], bool]
"""Called with the number of samples just learned; True asks to stop."""


@dataclasses.dataclass
class Trace:
    """What was measured of one learner on one stream.

    R : (experiences, experiences), accuracy on experience j after experience i, by the labels that are right then; NaN where
        it was not measured.
    experience, within, learned : (checks,) which experience, and samples of it and of the stream learned by then.
    current, seen : (checks,) accuracy on the current experience and on all so far, on a sample of their held-out samples.
    surprise : (checks,) mean surprise at the last batch before it was learned (at the next one where nothing of the
        experience has been learned yet); NaN for a learner without.
    predict_seconds, predicted : of all predictions, along the stream and after it.
    classes : (classes,) accuracy on each class at the end, over the experiences that test it; NaN where none does.
    features : that the readout learns from; 0 where unknown.
    units : area -> learned units as images (units, height, width, channels), for learners that show them.
    """

    R: np.ndarray
    experience: list[int] = dataclasses.field(default_factory=list)
    within: list[int] = dataclasses.field(default_factory=list)
    learned: list[int] = dataclasses.field(default_factory=list)
    current: list[float] = dataclasses.field(default_factory=list)
    seen: list[float] = dataclasses.field(default_factory=list)
    surprise: list[float] = dataclasses.field(default_factory=list)
    classes: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(0))
    bytes: int = 0
    learn_seconds: float = 0.0
    predict_seconds: float = 0.0
    predicted: int = 0
    features: int = 0
    units: dict[str, Any] = dataclasses.field(default_factory=dict)


def run(stream: Stream, learner: Any, *, checks: int | None = None, probe: int = PROBE, tell: Tell | None = None) -> Trace:
    """Let a learner learn a stream once, and test it.

    Parameters
    ----------
    learner : has ``partial_fit(X, y, modulators=)``, ``predict``, ``memory_bytes``. One with a true attribute `ceiling` is
        tested at the end only.
    checks : how often accuracy is looked at in each experience, at geometric distances; None takes the stream's own number.
    probe : held-out samples of an experience that the checks look at; tests at the end of an experience look at all.
    tell : called after each batch.

    Raises
    ------
    KeyboardInterrupt : `tell` asked to stop.
    """
    return _Run(stream, learner, checks or stream.recipe.checks, probe).through(tell or (lambda n: False))


class _Run:
    def __init__(self, stream: Stream, learner: Any, checks: int, probe: int) -> None:
        n = len(stream.experiences)
        self.stream, self.learner = stream, learner
        self.trace = Trace(np.full((n, n), np.nan))
        self.tests = [_Test(stream, j, probe) for j in range(n)]
        self.marks = [marks(len(e.train), stream.batch, checks) for e in stream.experiences]
        self.ceiling = bool(getattr(learner, "ceiling", False))

    def through(self, tell: Tell) -> Trace:
        done, last = 0, len(self.stream.experiences) - 1
        for batch in self.stream:
            i, within = batch.hidden.experience, batch.hidden.start
            expected = self._surprise(batch.X, i, within, within + len(batch)) if done else np.nan
            if within == 0 and i > 0 and not self.ceiling:
                self._check(i, 0, done, expected)  # what the change costs before anything is learned
            started = time.perf_counter()
            self.learner.partial_fit(batch.X, batch.y, modulators=batch.modulators)
            self.trace.learn_seconds += time.perf_counter() - started
            done, within = done + len(batch), within + len(batch)
            end = within == len(self.stream.experiences[i].train)
            if end and (i == last or not self.ceiling):
                self._matrix(i, within, done, expected)
            elif within in self.marks[i] and not self.ceiling:
                self._check(i, within, done, expected)
            if tell(len(batch)):
                raise KeyboardInterrupt
        self._finish(last)
        return self.trace

    def _surprise(self, coming: np.ndarray, i: int, within: int, after: int) -> float:
        """Mean surprise at samples before they are learned, where it will be noted; NaN for a learner without, and while one
        class is known: then nothing is told from anything."""
        if not hasattr(self.learner, "surprise") or (within and after not in self.marks[i]):
            return np.nan
        if len(getattr(self.learner, "classes_", (0, 1))) < 2:
            return np.nan
        return float(np.mean(self.learner.surprise(coming)))

    def _check(self, i: int, within: int, done: int, surprise: float) -> None:
        right = [test.right_on_probe(self._predict(test.probe), i) for test in self.tests[: i + 1]]
        self._note(i, within, done, right, surprise)

    def _matrix(self, i: int, within: int, done: int, surprise: float) -> None:
        """A row of R, and the check at the end of an experience from the same predictions."""
        right = []
        for j, test in enumerate(self.tests):
            if j > i and not self.stream.recipe.transfers:
                continue
            x, classes = test.all()
            predicted = self._predict(x)
            self.trace.R[i, j] = np.mean(predicted == self.stream.right(classes, i))
            if j <= i:
                right.append(test.right_on_probe(predicted[test.chosen], i))
        self._note(i, within, done, right, surprise)

    def _note(self, i: int, within: int, done: int, right: list[np.ndarray], surprise: float) -> None:
        t = self.trace
        t.experience.append(i)
        t.within.append(within)
        t.learned.append(done)
        t.current.append(float(np.mean(right[i])))
        t.seen.append(float(np.mean(np.concatenate(right))))
        t.surprise.append(surprise)
        t.bytes = max(t.bytes, int(self.learner.memory_bytes()))

    def _predict(self, x: np.ndarray) -> np.ndarray:
        started = time.perf_counter()
        found = np.asarray(self.learner.predict(x))
        self.trace.predict_seconds += time.perf_counter() - started
        self.trace.predicted += len(x)
        return found

    def _finish(self, last: int) -> None:
        """Accuracy by class, the number of features, and what units look like."""
        t, correct, total = self.trace, *np.zeros((2, len(self.stream.data.classes)))
        for test in self.tests:
            x, classes = test.all()
            hit = self._predict(x) == self.stream.right(classes, last)
            np.add.at(correct, classes, hit)
            np.add.at(total, classes, 1)
        with np.errstate(invalid="ignore"):
            t.classes = correct / total
        if hasattr(self.learner, "transform"):
            t.features = int(np.asarray(self.learner.transform(self.tests[0].all()[0][:1])).shape[1])
        if self.stream.data.is_images and hasattr(self.learner, "receptive_fields"):
            t.units = {area: np.round(fields, 2) for area, fields in self.learner.receptive_fields().items()}
        t.bytes = max(t.bytes, int(self.learner.memory_bytes()))


class _Test:
    """The held-out samples of an experience; the probe is a part of them, always the same."""

    def __init__(self, stream: Stream, j: int, most: int) -> None:
        n = len(stream.experiences[j].test)
        self.stream, self.j = stream, j
        self.chosen = np.sort(generator(stream.seed, f"probe {j}").permutation(n)[:most])
        x, classes = stream.test(j)
        self.probe, self.probe_classes = x[self.chosen], classes[self.chosen]

    def all(self) -> tuple[np.ndarray, np.ndarray]:
        """Samples and classes; altered again each time, so that they need not be kept."""
        return self.stream.test(self.j)

    def right_on_probe(self, predicted: np.ndarray, at: int) -> np.ndarray:
        return predicted == self.stream.right(self.probe_classes, at)


def marks(n: int, batch: int, checks: int) -> set[int]:
    """After how many of n samples of an experience to look: about `checks` ends of batches at geometric distances."""
    if n <= batch or checks < 2:
        return {n}
    wanted = batch * (n / batch) ** (np.arange(checks) / (checks - 1))
    return {min(n, int(np.ceil(w / batch - 1e-9)) * batch) for w in wanted}
