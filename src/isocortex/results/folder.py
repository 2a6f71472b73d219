"""One folder a run: `run.json`, the recordings in a Zarr group, and the last checkpoint."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import zarr

from isocortex.errors import DataError, nearest
from isocortex.results import manifest as manifests
from isocortex.results.atomic import storage_error
from isocortex.results.log import Log, Spec
from isocortex.results.zarrlog import FLUSH_BYTES, FLUSH_SECONDS, ZarrLog

MANIFEST = "run.json"
DATA = "data.zarr"
CHECKPOINT = "checkpoint.npz"


class RunFolder:
    """A run folder that is being written. Use `create` or `open`; `reading.open_run` is for reading.

    Attributes
    ----------
    path : the folder.
    manifest : what `run.json` says.
    flush_bytes, flush_seconds, clock : when the logs that are made from now on write (see `ZarrLog`).
    """

    def __init__(self, path: Path, manifest: Mapping[str, Any], root: zarr.Group) -> None:
        self.path = path
        self.manifest = dict(manifest)
        self.flush_bytes, self.flush_seconds, self.clock = FLUSH_BYTES, FLUSH_SECONDS, time.monotonic
        self._root = root
        self._logs: dict[str, ZarrLog] = {}
        self._since = time.perf_counter()

    @classmethod
    def create(cls, path: Path | str, manifest: Mapping[str, Any]) -> Self:
        """Start a new run folder.

        Parameters
        ----------
        path : a folder that does not exist or is empty.
        manifest : see `isocortex.results.manifest.manifest`.

        Raises
        ------
        DataError : there is something at `path` already.
        RunError : the folder cannot be written.
        """
        path = Path(path)
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            what = "holds a run already; continue it, or" if (path / MANIFEST).exists() else "is there already and not empty;"
            raise DataError(f"{path}: {what} choose another folder")
        try:
            path.mkdir(parents=True, exist_ok=True)
            manifests.write(path / MANIFEST, manifest)
            root = zarr.open_group(path / DATA, mode="w", zarr_format=3)
        except OSError as e:
            raise storage_error(path, e, "nothing yet") from e
        return cls(path, manifest, root)

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """Open a run folder in order to continue the run.

        Raises
        ------
        DataError : it is not there, or what is there cannot be continued.
        """
        path = Path(path)
        if not path.is_dir():
            raise DataError(f"{path}: there is no such run folder")
        manifest = manifests.read(path / MANIFEST)
        try:
            root = zarr.open_group(path / DATA, mode="a", zarr_format=3)
        except OSError as e:
            raise storage_error(path, e, "the folder as it is") from e
        except Exception as e:  # zarr raises errors of many kinds for metadata that it cannot read
            raise DataError(f"{path / DATA}: the recordings cannot be read ({e}); they are damaged") from e
        return cls(path, manifest, root)

    def log(self, spec: Spec) -> Log:
        """Make the log that a specification describes, or continue the one that is there: give this to the stores."""
        if spec.label not in self._logs:
            self._logs[spec.label] = ZarrLog(
                self._root,
                self.path,
                spec,
                flush_bytes=self.flush_bytes,
                flush_seconds=self.flush_seconds,
                clock=self.clock,
            )
        return self._logs[spec.label]

    def flush(self) -> None:
        """Write whatever waits in memory."""
        for log in self._logs.values():
            log.flush()

    def update(self, **facts: Any) -> None:
        """Add to `run.json`, which is replaced as a whole.

        Raises
        ------
        RunError : it cannot be written; the former one is untouched.
        """
        status = facts.get("status", self.manifest.get("status"))
        if status not in manifests.STATUSES:
            raise ValueError(f"RunFolder.status: {status!r} is not known; {nearest(str(status), manifests.STATUSES)}")
        changed = {**self.manifest, **facts}
        manifests.write(self.path / MANIFEST, changed)
        self.manifest = changed

    def finish(self, status: str = "finished", **facts: Any) -> None:
        """Write what waits, then say in `run.json` how the run ended.

        Parameters
        ----------
        status : "finished" or "interrupted".
        facts : biological time (`time_ms`), `real_time_factor`, `checksum` and the like.
        """
        self.flush()
        self.update(status=status, wall_s=round(time.perf_counter() - self._since, 3), **facts)

    @property
    def checkpoint(self) -> Path:
        """Where the checkpoint of the run goes."""
        return self.path / CHECKPOINT

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """Save what can be saved when a run stops on an error or by Ctrl-C; that error goes on."""
        if kind is None:
            self.flush()
        elif self.manifest.get("status") == "running":
            try:
                self.finish("interrupted", error=f"{kind.__name__}: {error}" if str(error) else kind.__name__)
            except Exception as e:  # the first error is the one to tell; the second is added to it
                if error is not None:
                    error.add_note(f"while saving the run: {e}")
