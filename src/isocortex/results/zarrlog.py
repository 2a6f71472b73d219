"""Rows on disk, in a Zarr group: buffered, appended in chunks, and committed by one number written last.

The attribute `rows` of the group says how many rows are whole. Arrays are extended and written first, `rows` after them,
and every file is replaced by renaming; so a process that dies at any moment leaves a group that can be read.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote, unquote

import numpy as np
import zarr
from zarr.codecs import ZstdCodec
from zarr.storage import LocalStore

from isocortex.errors import DataError
from isocortex.results.atomic import storage_error
from isocortex.results.log import Column, Log, MemoryLog, Spec

CHUNK_BYTES = 1 << 20
FLUSH_BYTES = 4 << 20  # a third of a million spikes
FLUSH_SECONDS = 5.0
_CODECS = {"bytes", "zstd"}
_SHARE = 0.02  # of the time, at most, for writes that only the clock asks for


def encode(name: str) -> str:
    """A folder name for a population, projection or variable, valid on every system (``%`` for what is not)."""
    return quote(name, safe=" +#,=")


def decode(name: str) -> str:
    """The name that `encode` made a folder name of."""
    return unquote(name)


class ZarrLog(Log):
    """Rows in a Zarr group.

    Parameters
    ----------
    root : the open group of the run.
    folder : where `root` is, for messages.
    spec : what to hold. A group that is there already is continued.
    flush_bytes, flush_seconds : rows are written when so many bytes wait, or so much time has passed, whichever is first.
    clock : seconds, for tests.

    Raises
    ------
    DataError : the group that is there holds something else.
    RunError : the disk is full, or not writable.
    """

    def __init__(
        self,
        root: zarr.Group,
        folder: Path,
        spec: Spec,
        *,
        flush_bytes: int = FLUSH_BYTES,
        flush_seconds: float = FLUSH_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(spec)
        self.folder = folder
        self._flush_bytes, self._flush_seconds, self._clock = flush_bytes, flush_seconds, clock
        self._waiting = MemoryLog(spec)
        self._written_at, self._cost = clock(), 0.0
        try:
            with zarr.config.set({"array.write_empty_chunks": True}):  # so that a chunk that is not there is a lost one
                self._group = _group(root, spec)
                self._arrays = {c.name: _array(self._group, c, spec) for c in spec.columns}
            self._rows = committed(self._group)
            self._resize(self._rows)
        except OSError as e:
            raise storage_error(folder, e, "the recordings as they were") from e
        except DataError:
            raise
        except Exception as e:  # zarr raises errors of many kinds for metadata that it cannot read
            raise DataError(f"{folder}: {spec.label} cannot be continued, its metadata are damaged ({e})") from e

    def append(self, **arrays: Any) -> None:
        self._waiting.append(**arrays)

    def flush_due(self) -> None:
        age = self._clock() - self._written_at
        full = len(self._waiting) * self.spec.row_bytes >= self._flush_bytes
        if full or age >= max(self._flush_seconds, self._cost / _SHARE):
            self.flush()

    def __len__(self) -> int:
        return self._rows + len(self._waiting)

    def read(self, start: int = 0, stop: int | None = None) -> dict[str, np.ndarray]:
        end = len(self) if stop is None else min(stop, len(self))
        new = self._waiting.read(max(0, start - self._rows), max(0, end - self._rows))
        if start >= self._rows:
            return new
        try:
            old = {n: np.asarray(a[start : min(end, self._rows)]) for n, a in self._arrays.items()}
        except Exception as e:  # the codecs raise errors of many kinds
            raise DataError(f"{self.folder}: {self.spec.label} cannot be read; a file of it is damaged ({e})") from e
        return {n: np.concatenate([old[n], new[n]]) if end > self._rows else old[n] for n in old}

    def flush(self) -> None:
        """Write and commit what waits.

        Raises
        ------
        RunError : the disk is full, or not writable. Committed rows stay readable, waiting rows stay in memory, and a later
            `flush` writes them.
        """
        started, waiting = self._clock(), len(self._waiting)
        if waiting:
            rows = self._rows + waiting
            try:
                self._resize(rows)
                for name, a in self._waiting.read().items():
                    self._arrays[name][self._rows : rows] = a
                self._group.attrs["rows"] = rows
            except OSError as e:
                kept = f"{self._rows} rows of {self.spec.label} on disk, {waiting} more in memory"
                raise storage_error(self.folder, e, kept) from e
            self._rows = rows
            self._waiting = MemoryLog(self.spec)
        self._written_at = self._clock()
        self._cost = self._written_at - started

    def truncate(self, rows: int) -> None:
        if rows >= self._rows:
            self._waiting.truncate(rows - self._rows)
            return
        self._waiting.truncate(0)
        try:
            self._group.attrs["rows"] = rows  # first, so that no reader counts on rows that go
            self._rows = rows
            self._resize(rows)
        except OSError as e:
            raise storage_error(self.folder, e, f"{self._rows} rows of {self.spec.label}") from e

    def state(self) -> dict[str, Any]:
        """The number of rows, after writing them; the rows themselves stay in the run folder."""
        self.flush()
        return {"rows": np.int64(self._rows)}

    def _resize(self, rows: int) -> None:
        for a in self._arrays.values():
            if a.shape[0] != rows:
                a.resize((rows, *a.shape[1:]))


def facts(group: zarr.Group) -> dict[str, Any]:
    """The attributes of a group."""
    return dict(group.attrs)


def committed(group: zarr.Group) -> int:
    """How many rows of a group are whole."""
    rows = group.attrs.get("rows", 0)
    return rows if isinstance(rows, int) and rows >= 0 else 0


def missing_files(group: zarr.Group, folder: Path) -> list[str]:
    """Names of arrays and chunks that the committed rows need and that are not there, or empty (`folder`: the group's own)."""
    out = []
    for name in facts(group)["arrays"]:
        if name not in group:
            out.append(name)
            continue
        a = _as_array(group, name)
        rows = committed(group) if a.attrs.get("grows") else a.shape[0]
        counts = [-(-n // c) for n, c in zip((rows, *a.shape[1:]), a.chunks, strict=True)]
        for index in np.ndindex(*counts):
            file = folder / name / "/".join(("c", *map(str, index)))
            if not file.is_file() or file.stat().st_size == 0:
                out.append(f"{name}/{'/'.join(map(str, index))}")
    return out


def _group(root: zarr.Group, spec: Spec) -> zarr.Group:
    """The group of a log, with its coordinates; made anew where it is not there or was never completed."""
    path = "/".join(encode(p) for p in spec.path)
    names = [*(c.name for c in spec.columns), *spec.fixed]
    found = root.get(path)
    lost = [n for n in names if isinstance(found, zarr.Group) and n not in found]
    if isinstance(found, zarr.Group) and not lost:
        for name, (_, values, _) in spec.fixed.items():
            if not np.array_equal(np.asarray(_as_array(found, name)[...]), values):
                raise DataError(f"{spec.label}.{name}: the run folder holds other values; it was written by another model")
        return found
    if isinstance(found, zarr.Group) and committed(found):
        raise DataError(f"{spec.label}: the run folder lacks {', '.join(lost)}; it is damaged, or of another model")
    place = cast(LocalStore, root.store).root / path
    if found is None and place.is_dir() and any(p.suffix != ".partial" for p in place.iterdir()):
        raise DataError(f"{spec.label}: the run folder has files there but no metadata that fit; they are damaged, and kept")
    attrs = {**spec.attrs, "name": spec.path[-1], "arrays": names, "rows": 0}
    group = root.create_group(path, overwrite=True, attributes=attrs)
    for name, (dim, values, about) in spec.fixed.items():
        group.create_array(name, data=np.asarray(values), dimension_names=(dim,), attributes=dict(about))
    return group


def _array(group: zarr.Group, column: Column, spec: Spec) -> zarr.Array:
    """The array of a column; made where it is not there."""
    if column.name in group:
        a = _as_array(group, column.name)
        if a.dtype != np.dtype(column.dtype) or a.shape[1:] != column.tail:
            raise DataError(f"{spec.label}.{column.name}: the run folder holds {a.dtype} rows of shape {a.shape[1:]}, not "
                            f"{column.dtype} of shape {column.tail}; it was written by another model")  # fmt: skip
        return a
    item = np.dtype(column.dtype).itemsize
    tail = tuple(max(1, min(n, 4 * CHUNK_BYTES // item)) for n in column.tail)
    rows = max(1, CHUNK_BYTES // max(1, column.row_bytes))
    return group.create_array(
        column.name,
        shape=(0, *column.tail),
        chunks=(rows, *tail),
        dtype=column.dtype,
        compressors=ZstdCodec(level=1, checksum=True),
        dimension_names=(spec.row_dim, *column.dims),
        attributes={**column.attrs, "grows": True},
    )


def _as_array(group: zarr.Group, name: str) -> zarr.Array:
    found = group[name]
    if not isinstance(found, zarr.Array):
        raise DataError(f"{group.path}/{name}: is no array; the run folder is damaged")
    codecs = {str(c["name"]) for c in cast(Any, found.metadata.to_dict()).get("codecs", [{"name": "of Zarr 2"}])}
    if not codecs <= _CODECS:  # some codecs unpickle what they read
        odd = ", ".join(sorted(codecs - _CODECS))
        raise DataError(f"{group.path}/{name}: is coded by {odd}; only {', '.join(sorted(_CODECS))} are read")
    return found
