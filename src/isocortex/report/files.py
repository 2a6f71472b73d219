"""Files that figures and pages are written to: what is refused before anything is computed for them."""

from __future__ import annotations

import os
import pathlib
from typing import Any

from isocortex.errors import DataError, DescriptionError

FORMATS = (".svg", ".png", ".pdf")


def check_format(path: pathlib.Path | None) -> None:
    """Refuse a figure's file that is neither .svg nor .png nor .pdf."""
    if path is not None and path.suffix.lower() not in FORMATS:
        raise DescriptionError(f"--plot: {path.name!r} must end in {', '.join(FORMATS)}")


def check_file(option: str, path: pathlib.Path | None, example: str) -> None:
    """Refuse a file that is a folder, or whose folder is not there or cannot be written. example : the name of a file."""
    if path is not None and not os.access(path.parent, os.W_OK | os.X_OK):
        said = "cannot be written" if path.parent.is_dir() else "is not there"
        raise DescriptionError(f"{option}: folder {str(path.parent)!r} {said}; give one that can be written")
    if path is not None and path.is_dir():
        raise DescriptionError(f"{option}: {str(path)!r} is a folder; give a file in it, such as {str(path / example)!r}")


def save(made: Any, path: pathlib.Path, dpi: int) -> None:
    """Write a figure.

    Raises
    ------
    DataError : the file cannot be written.
    """
    try:
        made.savefig(path, dpi=dpi)
    except OSError as e:
        raise DataError(f"--plot: {path} cannot be written ({e.strerror})") from None
