"""Rows that only grow: what a recorder writes to, in memory here and on disk in `zarrlog`, behind one interface."""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from isocortex.errors import DataError
from isocortex.results import checksum

_BLOCK_BYTES = 1 << 25


@dataclasses.dataclass(frozen=True)
class Column:
    """One named array of a log; a row of it has the shape `tail`, whose axes are called `dims`."""

    name: str
    dtype: str
    tail: tuple[int, ...] = ()
    dims: tuple[str, ...] = ()
    attrs: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def row_bytes(self) -> int:
        """Bytes of one row."""
        return np.dtype(self.dtype).itemsize * int(np.prod(self.tail, dtype=np.int64))


@dataclasses.dataclass(frozen=True)
class Spec:
    """What a log holds.

    Attributes
    ----------
    path : names that lead to it, such as ``("spikes", "V1.L23E")``.
    columns : the arrays that grow, all with the same number of rows.
    row_dim : name of the axis that grows.
    attrs : facts about the whole (JSON values).
    fixed : arrays that do not grow (coordinates): name -> (axis, one-dimensional array of numbers, facts).
    """

    path: tuple[str, ...]
    columns: tuple[Column, ...]
    row_dim: str
    attrs: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    fixed: Mapping[str, tuple[str, np.ndarray, Mapping[str, Any]]] = dataclasses.field(default_factory=dict)

    @property
    def label(self) -> str:
        """How messages name the log."""
        return "/".join(self.path)

    @property
    def row_bytes(self) -> int:
        """Bytes of one row over all columns."""
        return sum(c.row_bytes for c in self.columns)


class Log(abc.ABC):
    """A table that grows by rows."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec

    @abc.abstractmethod
    def append(self, **arrays: Any) -> None:
        """Add rows in memory: one array a column, all of the same length. They are copied."""

    @abc.abstractmethod
    def __len__(self) -> int:
        """Rows that are there, written or waiting to be."""

    @abc.abstractmethod
    def read(self, start: int = 0, stop: int | None = None) -> dict[str, np.ndarray]:
        """Return rows start to stop as arrays of one's own."""

    @abc.abstractmethod
    def truncate(self, rows: int) -> None:
        """Forget all but the first `rows` rows."""

    @abc.abstractmethod
    def flush(self) -> None:
        """Write what is waiting to be written."""

    @abc.abstractmethod
    def flush_due(self) -> None:
        """Write what is waiting if it is much, or has waited long: recorders call this after all their rows are added."""

    @abc.abstractmethod
    def state(self) -> dict[str, Any]:
        """What a checkpoint needs in order to come back to this point: a nest of arrays."""

    def restore(self, state: Mapping[str, Any]) -> None:
        """Come back to the point where `state` was taken.

        Raises
        ------
        DataError : rows are missing here that the checkpoint counts on.
        """
        rows = int(state["rows"])
        if "data" in state:
            self.truncate(0)
            self.append(**state["data"])
        elif len(self) < rows:
            raise DataError(f"{self.spec.label}: the checkpoint counts on {rows} recorded rows and {len(self)} are here; "
                            "continue in the run folder that was written together with the checkpoint")  # fmt: skip
        else:
            self.truncate(rows)

    def blocks(self) -> Iterator[dict[str, np.ndarray]]:
        """Yield all rows in blocks of some megabytes; at least one block, so that dtypes are known."""
        size = max(1, _BLOCK_BYTES // max(1, self.spec.row_bytes))
        for start in range(0, max(1, len(self)), size):
            yield self.read(start, min(start + size, len(self)))

    def leaves(self) -> list[checksum.Leaf]:
        """Digests of the columns, for a checksum that does not depend on how the rows came in or where they are."""
        return [
            checksum.leaf((*self.spec.path, c.name), (len(self), *c.tail), (b[c.name] for b in self.blocks()))
            for c in self.spec.columns
        ]

    def checked(self, arrays: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """The rows to append, with the dtypes of the columns, or ValueError where they do not fit."""
        names = [c.name for c in self.spec.columns]
        if sorted(arrays) != sorted(names):
            raise ValueError(f"{self.spec.label}: columns {sorted(arrays)} given; {sorted(names)} are needed")
        out = {c.name: np.asarray(arrays[c.name]) for c in self.spec.columns}
        rows = {len(a) if a.ndim else -1 for a in out.values()}
        for c in self.spec.columns:
            a = out[c.name]
            if len(rows) != 1 or a.shape[1:] != c.tail or not a.ndim:
                raise ValueError(f"{self.spec.label}.{c.name}: has the shape {a.shape}; (rows, {', '.join(map(str, c.tail))}) "
                                 "is needed, with the same number of rows in every column")  # fmt: skip
            out[c.name] = a.astype(c.dtype, casting="same_kind", copy=False)
        return out


class MemoryLog(Log):
    """Rows in memory, in buffers that double when they are full."""

    def __init__(self, spec: Spec) -> None:
        super().__init__(spec)
        self._rows = 0
        self._buffers = {c.name: np.empty((0, *c.tail), c.dtype) for c in spec.columns}

    def append(self, **arrays: Any) -> None:
        new = self.checked(arrays)
        start = self._rows
        stop = start + len(next(iter(new.values())))
        for name, a in new.items():
            if stop > len(self._buffers[name]):
                grown = np.empty((max(stop, 2 * len(self._buffers[name])), *a.shape[1:]), a.dtype)
                grown[:start] = self._buffers[name][:start]
                self._buffers[name] = grown
            self._buffers[name][start:stop] = a
        self._rows = stop

    def __len__(self) -> int:
        return self._rows

    def read(self, start: int = 0, stop: int | None = None) -> dict[str, np.ndarray]:
        end = self._rows if stop is None else min(stop, self._rows)
        return {name: b[start:end].copy() for name, b in self._buffers.items()}

    def truncate(self, rows: int) -> None:
        self._rows = min(rows, self._rows)

    def flush(self) -> None:
        """Nothing waits here."""

    def flush_due(self) -> None:
        """Nothing waits here."""

    def state(self) -> dict[str, Any]:
        return {"rows": np.int64(self._rows), "data": self.read()}


Logs = Callable[[Spec], Log]
"""Makes the log that a specification describes: `MemoryLog`, or the `log` method of a run folder."""
