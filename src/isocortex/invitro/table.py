"""The table of published results: studies, and a row a measured point."""

from __future__ import annotations

import csv
import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from isocortex.errors import DataError, DescriptionError, nearest
from isocortex.invitro.files import check_keys, read_tables, with_unit
from isocortex.invitro.pathway import Pathway, pathways, targets_of
from isocortex.invitro.protocol import SAMPLED, Protocol, protocols
from isocortex.invitro.sources import Kept, sources

PROVENANCE = ("file", "page", "note", "memory")
"""Read in a public data file or model code, in the paper's text, in notes of readers of the paper, or from memory."""
COLUMNS = (
    "study", "point", "pathway", "protocol", "frequency", "lag", "drug", "ratio", "sem", "n", "gates", "provenance", "source",
)  # fmt: skip
GATES = ("no", "sign", "yes")
"""Whether a point counts: not at all, by its direction alone (the text says that, and not the size, or not by how much what
goes in changed), or wholly."""
FEW, FLOOR = 3, 0.05
"""Where n is at most `FEW`, the SEM counts as at least `FLOOR` of the ratio: so few values do not tell their own spread."""


@dataclasses.dataclass(frozen=True)
class Study:
    """A paper. readout : the stretch after induction that it averages (ms), if known."""

    name: str
    citation: str
    doi: str
    preparation: str
    readout: tuple[float, float] | None = None


@dataclasses.dataclass(frozen=True)
class Point:
    """A measured point. ratio : weight after over before. sem : of the ratio. n : cells, or None. gates : whether it counts.
    by_sign : whether its direction alone counts; that is confirmed, and the size is not, or what goes in is assumed. again :
    the name of the point that it repeats, if it does.
    """

    study: str
    point: str
    pathway: str
    protocol: str
    frequency: float | None
    lag: float | None
    drug: str
    ratio: float
    sem: float
    n: int | None
    gates: bool
    provenance: str
    source: str
    line: int = 0
    by_sign: bool = False
    again: str = ""

    @property
    def name(self) -> str:
        """``study/point``."""
        return f"{self.study}/{self.point}"

    @property
    def error(self) -> float:
        """The SEM, with its floor where n is small."""
        return max(self.sem, FLOOR * self.ratio) if self.n is not None and self.n <= FEW else self.sem

    def protocol_of(self) -> Protocol:
        """The protocol that it names."""
        return protocols()[self.protocol]


@Kept
def studies(path: Path | None = None) -> dict[str, Study]:
    """The studies of a file (by default those in `files.sources`) by name."""
    return read_tables("studies.toml", path, _study)


def _study(name: str, table: dict[str, Any], where: str) -> Study:
    check_keys(table, ("citation", "doi", "preparation", "readout"), where)
    for key in ("citation", "doi", "preparation"):
        if not isinstance(table.get(key), str) or not table[key]:
            raise DescriptionError(f"{where}.{key}: is missing")
    return Study(name, table["citation"], table["doi"], table["preparation"], _readout(table.get("readout"), where))


def _readout(window: Any, where: str) -> tuple[float, float] | None:
    if window is None:
        return None
    times = [with_unit(v, "ms", f"{where}.readout") for v in window] if isinstance(window, list) else []
    if len(times) != 2 or not 0 <= times[0] < times[1]:
        raise DescriptionError(
            f"{where}.readout: {window!r} is no stretch of time after induction, such as ['20 min', '40 min']"
        )
    if times[1] - times[0] < SAMPLED:
        raise DescriptionError(f"{where}.readout: is {times[1] - times[0]:g} ms long; weights are sampled every {SAMPLED:g} ms")
    return times[0], times[1]


@Kept
def points(path: Path | None = None) -> tuple[Point, ...]:
    """The rows of a table, checked; by default those of all in `files.sources`, and then those that stand once more.

    Raises
    ------
    DataError : a row is refused; the message says file, line and reason.
    """
    out: dict[str, tuple[Point, str]] = {}
    for file in (path,) if path else sources().files("points.csv"):
        for p, where in _rows(file):
            if p.name in out:
                raise DataError(f"{where}: point: {p.name} is in {out[p.name][1]} already")
            out[p.name] = (p, where)
    rows = tuple(p for p, _ in out.values())
    return rows if path else (*rows, *_again(rows))


def _rows(file: Path) -> Iterator[tuple[Point, str]]:
    """The rows of a file, each with where it stands."""
    label = sources().label(file)
    try:
        with file.open(newline="", encoding="utf-8-sig") as f:  # with or without a byte order mark
            lines = list(csv.reader(f))
    except (OSError, UnicodeDecodeError, csv.Error) as e:
        raise DataError(f"{label}: cannot be read: {e}") from None
    _check_columns(lines[0] if lines else [], f"{label}, line 1")
    for number, cells in enumerate(lines[1:], start=2):
        if not any(cells):
            continue
        where = f"{label}, line {number}"
        if len(cells) != len(COLUMNS):
            raise DataError(f"{where}: has {len(cells)} cells; {len(COLUMNS)} are needed")
        try:
            yield _point(dict(zip(COLUMNS, (c.strip() for c in cells), strict=True)), number), where
        except DescriptionError as e:
            raise DataError(f"{where}: {e}") from None


def _check_columns(columns: Sequence[str], where: str) -> None:
    """Refuse other columns than `COLUMNS`, and say which is wrong."""
    for name in columns:
        if name not in COLUMNS:
            raise DataError(f"{where}: no column {name!r}; {nearest(name, COLUMNS)}")
    for name in COLUMNS:
        if columns.count(name) != 1:
            raise DataError(f"{where}: column {name!r} is {'there twice' if name in columns else 'missing'}; "
                            f"the columns must be {','.join(COLUMNS)}")  # fmt: skip
    if tuple(columns) != COLUMNS:
        first = next(a for a, b in zip(columns, COLUMNS, strict=True) if a != b)
        raise DataError(f"{where}: column {first!r} is out of order; the columns must be {','.join(COLUMNS)}")


def _again(rows: Sequence[Point]) -> Iterator[Point]:
    """The gating points of the pathways that others simulate once more (``again`` in ``pathways.toml``).

    They are named by the cell, and where that name is taken, as by another pathway with this cell, by the pathway.
    """
    taken = {p.name for p in rows}
    for other in pathways().values():
        for p in rows:
            if other.again and p.pathway == other.again and p.gates:
                by_cell = f"{other.cell}_{p.point}"
                point = by_cell if f"{p.study}/{by_cell}" not in taken else f"{other.name}_{p.point}"
                taken.add(f"{p.study}/{point}")
                yield dataclasses.replace(
                    p, point=point, pathway=other.name, gates=False, source=f"{p.point} again", again=p.name
                )


def _number(row: Mapping[str, str], key: str) -> float:
    try:
        value = float(row[key])
    except ValueError:
        raise DescriptionError(f"{key}: {row[key]!r} is no number") from None
    if not math.isfinite(value):
        raise DescriptionError(f"{key}: is {value}; a finite number is needed")
    return value


def _named(row: Mapping[str, str], key: str, known: Mapping[str, Any]) -> str:
    if row[key] not in known:
        raise DescriptionError(f"{key}: no {key} {row[key]!r}; {nearest(row[key], known)}")
    return row[key]


def _point(row: dict[str, str], line: int) -> Point:
    study = _named(row, "study", studies())
    if not row["point"]:
        raise DescriptionError("point: is empty; a short name is needed")
    pathway, protocol = _named(row, "pathway", pathways()), _named(row, "protocol", protocols())
    asked = protocols()[protocol]
    lag = _asked(row, "lag", "ms", asked.wants_lag)
    frequency = _asked(row, "frequency", "Hz", asked.wants_frequency)
    if frequency is not None and frequency <= 0:
        raise DescriptionError(f"frequency: is {frequency:g} Hz; must be more than 0 Hz")
    _check_trains(asked, frequency, lag)
    _check_cell(asked, pathways()[pathway])
    try:
        targets_of(row["drug"])
    except DescriptionError as e:
        raise DescriptionError(f"drug: {e}") from None
    ratio, sem = _number(row, "ratio"), _number(row, "sem")
    if not 0 <= ratio < 20:
        raise DescriptionError(f"ratio: is {ratio:g}; a ratio of weights, 1 for no change, is needed")
    if not 0 < sem <= max(ratio, 1.0):
        raise DescriptionError(f"sem: {sem:g} is no possible standard error of a ratio of {ratio:g}")
    if row["gates"] not in GATES:
        raise DescriptionError(f"gates: {row['gates']!r} is not known; allowed: {', '.join(GATES)}")
    if row["provenance"] not in PROVENANCE:
        raise DescriptionError(f"provenance: {row['provenance']!r} is not known; {nearest(row['provenance'], PROVENANCE)}")
    if row["gates"] != "no" and row["provenance"] == "memory":
        raise DescriptionError("gates: a point from memory does not gate; write no, or confirm it")
    return Point(study, row["point"], pathway, protocol, frequency, lag, row["drug"], ratio, sem, _count(row),
                 row["gates"] == "yes", row["provenance"], row["source"], line, row["gates"] == "sign")  # fmt: skip


def _check_trains(asked: Protocol, frequency: float | None, lag: float | None) -> None:
    """Trains (or their steps of current) that run into each other are another protocol than the one that is written down."""
    step = asked.step_times(frequency, lag) or (0.0, 0.0)
    longest = max([step[1], *(float(t[-1]) for t in asked.train(frequency, lag) if len(t))])
    if asked.repetitions > 1 and longest >= asked.every:
        raise DescriptionError(
            f"protocol: a train of {asked.name} lasts {longest:g} ms here, but the next follows after {asked.every:g} ms; "
            "a higher frequency, a shorter lag or step, or a longer 'every' is needed"
        )


def _check_cell(asked: Protocol, pathway: Pathway) -> None:
    """What the slice of this pathway would pass over in silence is refused."""
    of_trunk = {"a step of current": asked.step is not None, "a site": asked.site, "cooperative synapses": asked.cooperative}
    for what, given in of_trunk.items():
        if given and pathway.cell != "trunk":
            raise DescriptionError(f"protocol: {asked.name} has {what}, which only a pathway with cell = 'trunk' has")
    if asked.faster != 1 and not pathway.scales:
        raise DescriptionError(f"protocol: {asked.name} runs faster than in the paper, which only a rule of scaling bears")
    if asked.modulator and not pathway.slow:
        raise DescriptionError(f"protocol: {asked.name} has a modulator, which only a pathway with a slow part has")
    if asked.modulator and asked.modulator != pathway.modulator:
        reads = pathway.modulator or "none"
        raise DescriptionError(
            f"protocol: {asked.name} has {asked.modulator}, which {pathway.name} does not read; it reads {reads}"
        )


def _count(row: Mapping[str, str]) -> int | None:
    if not row["n"]:
        return None
    if not row["n"].isdecimal() or int(row["n"]) < 1:
        raise DescriptionError(f"n: {row['n']!r} is no number of cells; a whole number of at least 1, or nothing, is needed")
    return int(row["n"])


def _asked(row: Mapping[str, str], key: str, unit: str, wanted: bool) -> float | None:
    """A quantity with a unit that the protocol leaves to the row; None where it does not."""
    if wanted and not row[key]:
        raise DescriptionError(f"{key}: is empty; protocol {row['protocol']} leaves it to the row")
    if row[key] and not wanted:
        raise DescriptionError(f"{key}: is {row[key]}, which protocol {row['protocol']} does not ask for; leave it empty")
    return with_unit(row[key], unit, key) if wanted else None
