"""Pairing protocols: which spikes each side fires, how often, and when the result is read."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np

from isocortex.checks import is_number, is_whole
from isocortex.errors import DescriptionError, nearest
from isocortex.invitro.files import check_keys, read_tables, with_unit
from isocortex.invitro.sources import Kept
from isocortex.plasticity.rule import MODULATORS

LAG_TO = ("first", "last", "nearest")
_BETWEEN = ("frequency", "post_frequency", "lag", "lag_to")
"""What says when spikes fall that are not listed."""
_KEYS = (
    "doc", "source", "pre", "post", "frequency", "post_frequency", "lag", "lag_to", "repetitions", "every", "site",
    "cooperative", "step", "step_from", "step_to", "modulator", "modulator_from", "modulator_to", "faster",
)  # fmt: skip
START = 200.0
"""When the first train begins (ms)."""
LEVEL = 2.0
"""The level of a modulator that a protocol adds; 1 is rest."""
SAMPLED = 1000.0
"""How often a weight is read during a read-out (ms)."""


@dataclasses.dataclass(frozen=True)
class Protocol:
    """A protocol as the file gives it.

    pre, post : number of spikes of a train, or their times (ms). frequency, post_frequency (Hz), lag (ms): None where the row
    of the table gives them. every : from train to train (ms). site : where the synapse is, on the cell with a trunk (um from
    the soma; of several, the mean counts). cooperative : conductance of other synapses there that fire with it (nS). step : the
    potential (mV) to which a current into the soma takes that cell between two times of every train (step_from, step_to; ms).
    modulator : a neuromodulator that is at `LEVEL` between two times after the last train (modulator_from, modulator_to; ms).
    faster : how many times as fast as in the paper it is run, where scaling alone acts, over hours (`days`).
    """

    name: str
    pre: int | tuple[float, ...]
    post: int | tuple[float, ...]
    repetitions: int
    every: float
    frequency: float | None = None
    post_frequency: float | None = None
    lag: float | None = None
    lag_to: str = "first"
    doc: str = ""
    source: str = ""
    site: tuple[float, ...] = ()
    cooperative: float = 0.0
    step: float | None = None
    step_from: float = 0.0
    step_to: float = 0.0
    modulator: str = ""
    modulator_from: float = 0.0
    modulator_to: float = 0.0
    faster: float = 1.0

    @property
    def wants_lag(self) -> bool:
        """Whether a row must say a lag: both sides have spikes, and nothing else says how far apart."""
        numbers = isinstance(self.pre, int) and isinstance(self.post, int)
        return self.lag is None and numbers and self.pre != 0 and self.post != 0

    @property
    def wants_frequency(self) -> bool:
        """Whether a row must say a frequency: some train has several spikes, and nothing else says how far apart."""
        of_post = isinstance(self.post, int) and self.post > 1 and self.post_frequency is None
        return self.frequency is None and ((isinstance(self.pre, int) and self.pre > 1) or of_post)

    def train(self, frequency: float | None = None, lag: float | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Times (ms) of one train of each side, from its earliest spike or the step on; either may be empty."""
        pre, post = self._written(frequency, lag)
        earliest = self._earliest(pre, post)
        return pre - earliest, post - earliest

    def step_times(self, frequency: float | None = None, lag: float | None = None) -> tuple[float, float] | None:
        """When the step of one train begins and ends (ms), on the clock of `train`."""
        if self.step is None:
            return None
        earliest = self._earliest(*self._written(frequency, lag))
        return self.step_from - earliest, self.step_to - earliest

    def _earliest(self, pre: np.ndarray, post: np.ndarray) -> float:
        return float(min([*pre, *post, *([] if self.step is None else [self.step_from])], default=0.0))

    def _written(self, frequency: float | None, lag: float | None) -> tuple[np.ndarray, np.ndarray]:
        """The spikes of one train on the clock of the file: 0 is its first presynaptic spike, or what the lists say."""
        if isinstance(self.pre, tuple) or isinstance(self.post, tuple):
            pre, post = (np.asarray(t, float) for t in (self.pre, self.post))
        else:
            rate = self.frequency or frequency or 1.0
            pre = np.arange(self.pre) * 1e3 / rate
            post = np.arange(self.post) * 1e3 / (self.post_frequency or rate)
            shift = self.lag if self.lag is not None else (lag or 0.0)
            post = post + shift - (self._reference(post, shift) if len(post) else 0.0)
        return pre, post

    def _reference(self, post: np.ndarray, lag: float) -> float:
        """The spike of the postsynaptic train (which begins at 0) that the lag is measured to."""
        last = self.lag_to == "last" or (self.lag_to == "nearest" and lag < 0)
        return float(post[-1] if last else post[0])

    def trains(self, frequency: float | None = None, lag: float | None = None) -> tuple[np.ndarray, np.ndarray]:
        """All spike times (ms) of both sides; the first spike is at `START`."""
        pre, post = self.train(frequency, lag)
        begin = START + self.every * np.arange(self.repetitions)[:, None]
        return np.sort((begin + pre).ravel()), np.sort((begin + post).ravel())

    @property
    def duration(self) -> float:
        """From time 0 to the end of the last repetition (ms)."""
        return START + self.every * self.repetitions


def _side(value: Any, where: str) -> int | tuple[float, ...]:
    if isinstance(value, list):
        return tuple(with_unit(v, "ms", where) for v in value)
    if not is_whole(value, 0):
        raise DescriptionError(f"{where}: is {value!r}; a number of spikes or a list of times such as ['0 ms'] is needed")
    return value


def _made(name: str, table: dict[str, Any], where: str) -> Protocol:
    check_keys(table, _KEYS, where)
    for key in ("pre", "post", "repetitions", "every"):
        if key not in table:
            raise DescriptionError(f"{where}.{key}: is missing")
    pre, post = _side(table["pre"], f"{where}.pre"), _side(table["post"], f"{where}.post")
    if isinstance(pre, tuple) != isinstance(post, tuple):
        raise DescriptionError(f"{where}.post: one side has times and the other a number; give both alike")
    repetitions, lag_to = table["repetitions"], table.get("lag_to", "first")
    if not is_whole(repetitions, 1):
        raise DescriptionError(f"{where}.repetitions: is {repetitions!r}; a whole number of at least 1 is needed")
    if lag_to not in LAG_TO:
        raise DescriptionError(f"{where}.lag_to: {lag_to!r} is not known; {nearest(str(lag_to), LAG_TO)}")
    given: dict[str, Any] = {k: with_unit(table[k], u, f"{where}.{k}")
             for k, u in (("frequency", "Hz"), ("post_frequency", "Hz"), ("lag", "ms")) if k in table}  # fmt: skip
    sites = table.get("site", [])
    site = tuple(with_unit(s, "um", f"{where}.site") for s in (sites if isinstance(sites, list) else [sites]))
    cooperative = with_unit(table["cooperative"], "nS", f"{where}.cooperative") if "cooperative" in table else 0.0
    if cooperative < 0:
        raise DescriptionError(f"{where}.cooperative: is {cooperative:g} nS; must be at least 0 nS")
    doc, source = str(table.get("doc", "")), str(table.get("source", ""))
    added = _stretch(table, where, "step", "mV") | _stretch(table, where, "modulator") | _faster(table, where)
    made = Protocol(name, pre, post, repetitions, with_unit(table["every"], "ms", f"{where}.every"), lag_to=lag_to, site=site,
                    cooperative=cooperative, doc=doc, source=source, **added, **given)  # fmt: skip
    if not made.every > 0:
        raise DescriptionError(f"{where}.every: is {made.every:g} ms; must be more than 0 ms")
    _check_spikes(made, table, where)
    return made


def _check_spikes(made: Protocol, table: dict[str, Any], where: str) -> None:
    """Refuse what gives no spikes, or says twice when they fall."""
    for key in ("frequency", "post_frequency"):
        rate = getattr(made, key)
        if rate is not None and not rate > 0:
            raise DescriptionError(f"{where}.{key}: is {rate:g} Hz; must be more than 0 Hz")
    listed = isinstance(made.pre, tuple)
    for key in _BETWEEN:
        if listed and key in table:
            said = "does nothing beside spikes that are listed; leave it out, or give numbers of spikes"
            raise DescriptionError(f"{where}.{key}: {said}")
    if not made.pre and not made.post and made.step is None and made.faster == 1:
        said = (
            "neither side fires, and there is no step; give spikes of either side, or a step (for hours of silence: faster = 2)"
        )
        raise DescriptionError(f"{where}.pre: {said}")


def _faster(table: dict[str, Any], where: str) -> dict[str, Any]:
    faster = table.get("faster", 1.0)
    if not is_number(faster) or not 1 <= faster < math.inf:
        raise DescriptionError(f"{where}.faster: is {faster!r}; a finite number of at least 1 is needed")
    return dict(faster=float(faster))


def _stretch(table: dict[str, Any], where: str, key: str, unit: str = "") -> dict[str, Any]:
    """The fields of what a protocol adds for some time, a quantity or (without a unit) a modulator: all or none."""
    keys = (key, f"{key}_from", f"{key}_to")
    missing = [k for k in keys if k not in table]
    if len(missing) == len(keys):
        return {}
    if missing:
        raise DescriptionError(f"{where}.{missing[0]}: is missing; a {key} has a beginning and an end ({', '.join(keys[1:])})")
    begins, ends = (with_unit(table[k], "ms", f"{where}.{k}") for k in keys[1:])
    if not begins < ends:
        raise DescriptionError(f"{where}.{key}_to: is {ends:g} ms; must be after {key}_from ({begins:g} ms)")
    if not unit and table[key] not in MODULATORS:
        raise DescriptionError(f"{where}.{key}: {table[key]!r} is not known; {nearest(str(table[key]), MODULATORS)}")
    return dict(zip(keys, (with_unit(table[key], unit, f"{where}.{key}") if unit else table[key], begins, ends), strict=True))


@Kept
def protocols(path: Path | None = None) -> dict[str, Protocol]:
    """The protocols of a file (by default those in `files.sources`) by name.

    Raises
    ------
    DataError, DescriptionError : the file or one of its tables is not valid.
    """
    return read_tables("protocols.toml", path, _made)
