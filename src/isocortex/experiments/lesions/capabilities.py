"""What a column can do: protocols, and what of them is measured.

A protocol begins with columns that have settled, and returns a number a column, (columns,), for each capability that it
measures. The preference for X over Y is (X - Y) / (X + Y) of the mean rates of a population while X and Y are shown. All is
looked at while nothing learns, before and after; a score is the difference, so that 0 is no capability.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

import numpy as np

from isocortex.experiments.lesions.subject import Clock, Subject

SHOWN, PAUSE = 500.0, 300.0  # ms
LOOKS = 8
"""Times that each stimulus is shown to see the response to it."""
HIGH, REWARD = 4.0, 3.0
"""Levels of acetylcholine with what is attended, and of dopamine with reward; 1 is the baseline."""
CURRENT = 100.0
"""That makes cells more excitable (pA)."""
LEAST = 0.01
"""A rate below it counts as it (Hz), so that silence has a logarithm."""
Scores = Mapping[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Capability:
    """What is asked, the unit of its score, and the parts that it should not do without, by what is known of them."""

    name: str
    text: str
    unit: str
    needs: tuple[str, ...]


def settle(c: Subject, seconds: int = 30) -> None:
    """Both stimuli in turn, until rates stand."""
    for i in range(seconds):
        c.show("AB"[i % 2], SHOWN)
        c.show("", SHOWN)


def exposure(c: Subject, times: int = 30, looks: int = LOOKS) -> Scores:
    """Both stimuli in turn, so many times each: cells of L2/3 come to tell them apart."""
    before = _told_apart(*c.responses("L23E", "A", "B", times=looks))
    for i in range(2 * times):
        c.show("AB"[i % 2], SHOWN)
        c.show("", PAUSE)
    return dict(tunes=_told_apart(*c.responses("L23E", "A", "B", times=looks)) - before)


def attention(c: Subject, times: int = 12, rest: float = 120e3, looks: int = LOOKS) -> Scores:
    """Both stimuli in turn, so many times each, one of them under acetylcholine; then a rest (ms) with nothing."""
    before = _preference(*c.responses("L23E", "A", "B", times=looks))
    for _ in range(times):
        c.modulator("ACh", HIGH)
        c.show("A", SHOWN)
        c.modulator("ACh", 1.0)
        c.show("", PAUSE)
        c.show("B", SHOWN)
        c.show("", PAUSE)
    after = _preference(*c.responses("L23E", "A", "B", times=looks))
    c.show("", rest)
    return dict(attends=after - before, lets_go=after - _preference(*c.responses("L23E", "A", "B", times=looks)))


def reward(c: Subject, times: int = 12, rest: float = 180e3, looks: int = LOOKS) -> Scores:
    """Both stimuli in turn, so many times each, dopamine half a second after the one; then a rest (ms) with nothing."""
    before = _preference(*c.responses("L5E", "A", "B", times=looks))
    for _ in range(times):
        c.show("A", SHOWN)
        c.show("", 500.0)
        c.modulator("DA", REWARD)
        c.show("", 500.0)
        c.modulator("DA", 1.0)
        c.show("", 1000.0)
        c.show("B", SHOWN)
        c.show("", 2500.0)
    after = _preference(*c.responses("L5E", "A", "B", times=looks))
    c.show("", rest)
    return dict(values=after - before, lasts=_preference(*c.responses("L5E", "A", "B", times=looks)) - before)


def context(c: Subject, times: int = 12, rest: float = 120e3, looks: int = LOOKS) -> Scores:
    """A stimulus with one context, then alone, then another context alone, so many times; then a rest (ms) with nothing."""
    before = _preference(*c.responses("L5E", "AC", "AD", times=looks))
    for _ in range(times):
        for sources in ("AC", "A", "D"):
            c.show(sources, SHOWN)
            c.show("", PAUSE)
    after = _preference(*c.responses("L5E", "AC", "AD", times=looks))
    c.show("", rest)
    return dict(binds=after - before, recalls=_preference(*c.responses("L5E", "AC", "AD", times=looks)) - before)


def excitation(c: Subject, seconds: int = 60, looks: int = 10) -> Scores:
    """A current into the somata of L2/3 and L5: by how much of what it does to their rates these come back.

    looks : seconds for which the rates are looked at, before, at first and at the end.
    """
    before = _mean_rates(c, looks)
    c.excite(CURRENT)
    at_first = _mean_rates(c, looks)
    for i in range(seconds):
        c.show("AB"[i % 2], SHOWN)
        c.show("", SHOWN)
    after = _mean_rates(c, looks)
    return dict(holds=(np.abs(np.log2(at_first / before)) - np.abs(np.log2(after / before))).mean(0))


CAPABILITIES = (
    Capability("tunes", "Cells of L2/3 come to tell two stimuli apart by seeing them", "|preference| of a cell, gained",
               ("triplet",)),
    Capability("attends", "L2/3 learns what is attended", "preference for it, gained", ("triplet", "gate")),
    Capability("lets_go", "L2/3 gives up what is not confirmed", "preference, lost in two minutes",
               ("triplet", "gate", "relaxation")),
    Capability("values", "L5 learns what reward follows", "preference for it, gained", ("triplet", "eligibility")),
    Capability("lasts", "and knows it later", "of that, three minutes later", ("triplet", "eligibility", "tagging")),
    Capability("binds", "The apical dendrites of L5 learn the context of a stimulus", "preference for it, gained", ("burst",)),
    Capability("recalls", "and know it later", "of that, two minutes later", ("burst", "consolidation")),
    Capability("holds", "Rates of L2/3 and L5 come back when cells are made more excitable", "octaves by which they do",
               ("inhibitory_stdp", "scaling")),
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Plan:
    """How columns settle, and the protocols that follow, each from there."""

    settle: Callable[[Subject], None]
    protocols: tuple[Callable[[Subject], Scores], ...]

    def duration(self) -> float:
        """Biological time of all (ms)."""
        clock = Clock()
        for shown in (self.settle, *self.protocols):
            shown(clock)
        return clock.ms


PLAN = Plan(settle, (exposure, attention, reward, context, excitation))


def _preference(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Of each column, by the rates of its cells, (columns, cells); 0 where none fires."""
    a, b = a.mean(1), b.mean(1)
    return np.asarray((a - b) / np.maximum(a + b, 1e-9))


def _told_apart(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The mean |preference| of the cells of each column, of those that fire."""
    fires = a + b > 0
    apart = np.where(fires, np.abs(a - b) / np.where(fires, a + b, 1.0), 0.0)
    return np.asarray(apart.sum(1) / np.maximum(fires.sum(1), 1))


def _mean_rates(c: Subject, seconds: int) -> np.ndarray:
    """Of L2/3 and L5 over so many seconds of both stimuli in turn, while nothing is learned, (2, columns) in Hz."""
    c.learns(False)
    before = [c.counts(p) for p in ("L23E", "L5E")]
    for i in range(seconds):
        c.show("AB"[i % 2], SHOWN)
        c.show("", SHOWN)
    c.learns(True)
    spikes = np.stack([(c.counts(p) - b).mean(1) for p, b in zip(("L23E", "L5E"), before, strict=True)])
    return np.maximum(spikes / seconds, LEAST)
