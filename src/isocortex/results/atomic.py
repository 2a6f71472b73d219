"""Files that are there whole or not at all: written beside their place, flushed to the disk, then renamed."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from isocortex.errors import RunError

_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}


def storage_error(path: Path | str, cause: OSError, kept: str) -> RunError:
    """Make the error for a write that failed: the path, the reason, and what has been kept."""
    reason = "the disk is full" if cause.errno in _FULL else f"cannot be written ({cause.strerror or cause})"
    remedy = "free some space" if cause.errno in _FULL else "make the folder writable"
    return RunError(f"{path}: {reason}; kept: {kept}; {remedy} and continue, or choose another folder")


@contextlib.contextmanager
def replacing(path: Path | str, kept: str = "the file as it was before, if there was one") -> Iterator[BinaryIO]:
    """Open a file to be written beside `path`; it takes the place of `path` when the block ends without an error.

    Parameters
    ----------
    path : the file to write.
    kept : what the message says is still there when the write fails.

    Raises
    ------
    RunError : the file cannot be written (a full disk, no permission). What was at `path` is untouched.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.partial")  # one name, so that a process that was killed leaves one at most
    try:
        temporary.unlink(missing_ok=True)
        with open(temporary, "xb") as f:
            yield f
            f.flush()
            os.fsync(f.fileno())
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except BaseException as e:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        if isinstance(e, OSError):
            raise storage_error(path, e, kept) from e
        raise


def write_text(path: Path | str, text: str, kept: str = "the file as it was before, if there was one") -> None:
    """Write a small text file, whole or not at all."""
    with replacing(path, kept) as f:
        f.write(text.encode())


def _sync_folder(folder: Path) -> None:
    """Make the rename itself last, where the system can; a file system that cannot is no error."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
