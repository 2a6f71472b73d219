"""Comparing learners: every learner on the same streams, seed by seed; what has been done before is not done again."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable
from typing import Any, Protocol

from isocortex.describe import Description
from isocortex.learn.metrics.shots import SHOTS
from isocortex.learn.protocol import PROBE, Trace, run
from isocortex.learn.protocol_cells import Cells, code_stamp, fingerprint
from isocortex.learn.protocol_learners import FULL, Candidate, line_up, usual_room
from isocortex.learn.protocol_shots import shots_curve
from isocortex.learn.streams.data import HELD_OUT, Data, load_data
from isocortex.learn.streams.registry import make, recipe
from isocortex.learn.streams.stream import Stream


class Comparison(Description):
    """What is compared, on what."""

    data: str | None = None
    """As --data takes it; None: digits."""
    stream: str = "class-incremental"
    """A name, with settings after a colon."""
    learners: tuple[str, ...] = ()
    """Names, with settings after a colon; empty: all."""
    arms: tuple[str, ...] = ()
    """Arms of the cortical learner beside the full one, or all."""
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    """Of the order, the learners' draws, and the split where data have no test part."""
    shots: tuple[int, ...] = SHOTS
    """Samples a class of the n-shot curve; empty: no curve."""
    batch: int | None = None
    """Samples a batch; None takes 10, or 100 of large data."""
    checks: int | None = None
    """How often accuracy is looked at within an experience; None takes the stream's own number."""
    probe: int = PROBE
    """Held-out samples that these looks use."""
    features: int | None = None
    """That baselines have; None: as many as the cortical learner, or what is usual without it."""
    bytes: int | None = None
    """That baselines may take; None: as many as the cortical learner, or what is usual without it."""
    held_out: float = HELD_OUT
    """Share that is held out where data have no test part."""
    most: int | None = None
    """At most so many samples of each class to learn from."""

    def validate(self) -> None:
        if not self.seeds:
            raise self.error("seeds", "is empty; at least one seed is needed")
        if len(set(self.seeds)) < len(self.seeds) or min(self.seeds) < 0:
            raise self.error("seeds", f"is {self.seeds}; different whole numbers of at least 0 are needed")
        if self.shots and min(self.shots) < 1:
            raise self.error("shots", f"is {self.shots}; at least 1 sample a class is needed")
        for field in ("batch", "checks", "probe", "features", "bytes", "most"):
            value = getattr(self, field)
            if value is not None and value < 1:
                raise self.error(field, f"is {value}; at least 1 is needed")


@dataclasses.dataclass(frozen=True)
class Done:
    """A learner's run on one stream. again : whether it was taken from the folder."""

    trace: Trace
    shots: dict[int, float]
    again: bool = False


class Shown(Protocol):
    """What is told how far things are. doing : what is being done, in words. found : samples of runs that were done before."""

    doing: str
    found: float

    def update(self, done: float) -> None:
        """So much of all the work is done."""


class Work:
    """A comparison that is about to be made; everything that can be wrong with it is told when this is made."""

    def __init__(self, config: Comparison, folder: pathlib.Path | None = None) -> None:
        self.config = config
        self.cells = Cells(folder)
        self.recipe = recipe(config.stream)
        self.data = self._data(config.seeds[0])
        self.stream = self._stream(self.data, config.seeds[0])
        self.fingerprints: dict[int, str] = {}
        room = usual_room(self.data, config.features, config.bytes)
        self.candidates = line_up(config.learners, config.arms, room)
        for candidate in self.candidates:  # settings that are wrong are told before anything is run
            candidate.make(0).partial_fit(self.data.x[:2], self.data.y[:2])
        self.results: dict[str, dict[int, Done]] = {}

    def keep_in(self, folder: pathlib.Path) -> None:
        """Keep runs in a folder, and take from there what has been done."""
        self.cells = Cells(folder)

    @property
    def total(self) -> float:
        """How much there is to do, in samples."""
        return len(self.config.seeds) * len(self.candidates) * self.stream.samples

    def run(self, shown: Shown, stop: Callable[[], bool]) -> None:
        """Run everything, seed by seed; `results` fills as it goes.

        Raises
        ------
        KeyboardInterrupt : `stop()` was true; what has been finished is kept.
        """
        self.candidates = self._sized(shown, stop)
        done = 0.0
        for seed in self.config.seeds:
            data = self.data if seed == self.config.seeds[0] or self.data.own_test else self._data(seed)
            stream = self._stream(data, seed)
            for candidate in self.candidates:
                self._one(candidate, stream, seed, done, shown, stop)
                done += self.stream.samples
                shown.update(done)

    def _sized(self, shown: Shown, stop: Callable[[], bool]) -> list[Candidate]:
        """The candidates, with the baselines made equal to the cortical learner as it is after the first seed."""
        first = next((c for c in self.candidates if c.arm == FULL), None)
        if first is None or (self.config.features and self.config.bytes):
            return self.candidates
        found = self._one(first, self.stream, self.config.seeds[0], 0.0, shown, stop).trace
        room = usual_room(self.data, self.config.features or found.features or None, self.config.bytes or found.bytes)
        return line_up(self.config.learners, self.config.arms, room)

    def _one(
        self, candidate: Candidate, stream: Stream, seed: int, done: float, shown: Shown, stop: Callable[[], bool]
    ) -> Done:
        kept = self.results.setdefault(candidate.key, {})
        if seed not in kept:
            facts = self._facts(candidate, stream, seed)
            before = self.cells.load(facts) if self.cells else None
            shown.found += stream.samples if before else 0
            kept[seed] = (
                Done(*before, again=not self.cells.is_new(facts))
                if self.cells and before
                else self._fresh(candidate, stream, seed, done, shown, stop)
            )
            if self.cells and not before:
                self.cells.save(facts, kept[seed].trace, kept[seed].shots)
        return kept[seed]

    def _fresh(
        self, candidate: Candidate, stream: Stream, seed: int, done: float, shown: Shown, stop: Callable[[], bool]
    ) -> Done:
        learned = 0

        def tell(n: int) -> bool:
            nonlocal learned
            learned += n
            shown.update(done + learned)
            return stop()

        shown.doing = f"seed {seed}, {candidate.key}"
        trace = run(stream, candidate.make(seed), checks=self.config.checks, probe=self.config.probe, tell=tell)
        shots = self.config.shots
        return Done(trace, shots_curve(stream.data, candidate.make(seed), seed, shots=shots) if shots else {})

    def _facts(self, candidate: Candidate, stream: Stream, seed: int) -> dict[str, Any]:
        """All that the numbers of a run depend on."""
        learner, settings = candidate.make(seed), self.recipe.values()
        key = 0 if stream.data.own_test else seed
        if key not in self.fingerprints:
            self.fingerprints[key] = fingerprint(stream.data)
        return {
            "code": code_stamp(candidate.baseline),
            "data": self.fingerprints[key],
            "stream": {"name": self.recipe.name} | {k: repr(v) for k, v in settings.items()},
            "seed": seed,
            "batch": stream.batch,
            "checks": self.config.checks or self.recipe.checks,
            "probe": self.config.probe,
            "shots": list(self.config.shots),
            "learner": type(learner).__name__ + (f"/{candidate.arm}" if candidate.arm else ""),
            "settings": {k: repr(v) for k, v in learner.get_params(deep=False).items()},
        }

    def _data(self, seed: int) -> Data:
        c = self.config
        return load_data(c.data, seed=seed, held_out=c.held_out, most=c.most)

    def _stream(self, data: Data, seed: int) -> Stream:
        return make(self.config.stream, data, seed=seed, batch=self.config.batch)
