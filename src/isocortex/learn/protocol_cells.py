"""Runs already done: one small file for each learner, stream and seed, named by all that its numbers depend on."""

from __future__ import annotations

import functools
import hashlib
import json
import pathlib
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

import isocortex
from isocortex.jsonable import jsonable
from isocortex.learn.protocol import Trace
from isocortex.learn.streams.data import Data
from isocortex.results.atomic import write_text

_SHARED = ("streams", "metrics", "baselines", "protocol.py", "protocol_shots.py", "draws.py", "views.py")


class Cells:
    """The runs kept in a folder (None: nowhere). A file that cannot be read counts as not there."""

    def __init__(self, folder: pathlib.Path | None) -> None:
        self.folder = folder / "runs" if folder else None
        self._new: set[pathlib.Path] = set()

    def is_new(self, facts: Mapping[str, Any]) -> bool:
        """Whether it was this object that saved the run."""
        return self.folder is not None and self._path(facts) in self._new

    def load(self, facts: Mapping[str, Any]) -> tuple[Trace, dict[int, float]] | None:
        """The run with these facts, and its n-shot curve; None where it has not been done."""
        if self.folder is None:
            return None
        try:
            found = json.loads(self._path(facts).read_text(encoding="utf-8"))
            return _trace(found["trace"]), {int(n): float(a) for n, a in found["shots"].items()}
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def save(self, facts: Mapping[str, Any], trace: Trace, shots: Mapping[int, float]) -> None:
        """Keep a run: whole or not at all."""
        if self.folder is None:
            return
        path = self._path(facts)
        path.parent.mkdir(parents=True, exist_ok=True)
        kept = {"facts": facts, "trace": vars(trace), "shots": shots}
        write_text(path, json.dumps(jsonable(kept), indent=1) + "\n", "the runs done before")
        self._new.add(path)

    def _path(self, facts: Mapping[str, Any]) -> pathlib.Path:
        text = json.dumps(jsonable(facts), sort_keys=True)
        assert self.folder is not None
        return self.folder / f"{hashlib.sha256(text.encode()).hexdigest()[:20]}.json"


def _trace(kept: Mapping[str, Any]) -> Trace:
    """JSON has no NaN; it is null there."""
    values = dict(kept)
    for name in ("R", "classes"):
        values[name] = np.array(values[name], dtype=float)
    for name in ("current", "seen", "surprise"):
        values[name] = [np.nan if v is None else float(v) for v in values[name]]
    return Trace(**values)


def fingerprint(data: Data) -> str:
    """A short text that changes with the data."""
    parts = (data.x, data.y, data.x_test, data.y_test)
    return "-".join(f"{zlib.crc32(np.ascontiguousarray(a).data):08x}" for a in parts)


@functools.cache
def code_stamp(baseline: bool) -> str:
    """A short text that changes with the code that a run depends on: streams, protocol and, for others, all learners."""
    room = pathlib.Path(__file__).parent
    files = sorted(p for p in room.rglob("*.*") if p.suffix in (".py", ".toml"))
    chosen = [p for p in files if p.relative_to(room).parts[0] in _SHARED]
    if not baseline:  # the learner itself, and the sheets that it learns by
        chosen += [p for p in files if p not in chosen and not p.name.startswith("protocol_")]
        chosen += sorted(room.with_name("plasticity").rglob("*.py"))
    text = b"".join(p.read_bytes() for p in chosen)
    return f"{isocortex.__version__}-{zlib.crc32(text):08x}"
