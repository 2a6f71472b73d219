"""Where the tables of the laboratory are read: in the package, and in a folder of one's own beside it."""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache, update_wrapper
from importlib import resources
from pathlib import Path
from typing import Generic, ParamSpec, TypeVar

from isocortex.errors import DataError, nearest
from isocortex.results.atomic import write_text

P = ParamSpec("P")
T = TypeVar("T")

TABLES = ("studies.toml", "points.csv", "protocols.toml", "pathways.toml", "drugs.toml", "gates.toml")
"""What a folder of one's own may add to."""
WRITTEN = ("shared.toml", "slices.toml")
"""What fits write there, besides ``profiles/``."""


def packaged(name: str) -> Path:
    """A data file of the package."""
    return Path(str(resources.files("isocortex.invitro") / "data" / name))


@dataclasses.dataclass(frozen=True, eq=False)
class Sources:
    """Where the tables are read: in the package, and in a folder beside it. Each is equal to itself alone, and so has caches
    of its own: what is edited between two uses of `own_data` is read anew.
    """

    own: Path | None = None
    """The folder, as an absolute path: the working directory may change."""
    given: str = ""
    """How the folder was given, for commands that messages tell."""

    def files(self, name: str) -> tuple[Path, ...]:
        """The files of this name, the package's first."""
        own = self.own / name if self.own else None
        return (packaged(name), own) if own and own.is_file() else (packaged(name),)

    def label(self, path: Path) -> str:
        """How messages name a file: those of one's own with their folder."""
        return path.name if self.own is None or self.own not in path.parents else str(path.relative_to(self.own.parent))

    def fit_command(self, names: str) -> str:
        """The command that fits pathways there."""
        return f"isocortex invitro fit {names}" + (f" --data {shlex.quote(self.given)}" if self.own else "")

    def folder(self, name: str) -> Path:
        """Where fits write: the folder of this name in one's own folder, or in the package."""
        return self.own / name if self.own else packaged(name)


_PACKAGE = Sources()
_SOURCES: ContextVar[Sources] = ContextVar("sources", default=_PACKAGE)


def sources() -> Sources:
    """Where the tables are read now."""
    return _SOURCES.get()


@contextmanager
def own_data(folder: str | Path | None) -> Iterator[None]:
    """Within it the laboratory has the tables of a folder beside the package's, and writes fits there; of None, the package's.

    A name that the package has cannot be used again; a profile of one's own takes the place of the package's. A thread that is
    begun within has the package's tables: use it there again.

    Raises
    ------
    DataError : there is no such folder, it has none of `TABLES`, or a table of another name.
    """
    if folder is not None:
        _check_own(Path(folder))
    token = _SOURCES.set(Sources() if folder is None else Sources(Path(folder).resolve(), str(folder)))
    try:
        yield
    finally:
        _SOURCES.reset(token)


def begin(folder: Path) -> list[Path]:
    """Write into a folder what one's own begins with: an example of one study on one pathway. Returns the files.

    Raises
    ------
    DataError : it has one of `TABLES` already.
    RunError : a file cannot be written.
    """
    there = [name for name in TABLES if (folder / name).exists()]
    if there:
        raise DataError(f"{folder}: has {there[0]} already; give another folder")
    starter = sorted(packaged("starter").iterdir())
    for file in starter:
        write_text(folder / file.name, file.read_text("utf-8"))
    return [folder / file.name for file in starter]


def _check_own(folder: Path) -> None:
    if not folder.is_dir():
        raise DataError(f"{folder}: is no folder; isocortex invitro new {folder} makes one to begin with")
    there = sorted(f.name for f in folder.iterdir() if f.suffix in (".toml", ".csv"))
    folder = folder.resolve()  # which has a name, also where "." was given
    for name in there:
        if name not in (*TABLES, *WRITTEN):
            raise DataError(f"{folder.name}/{name}: is no table of the laboratory; {nearest(name, TABLES)}")
    if not set(there) & set(TABLES):
        raise DataError(f"{folder}: has none of {', '.join(TABLES)}; isocortex invitro new FOLDER makes a folder to begin with")


class Kept(Generic[P, T]):
    """A function that reads the tables in `sources`, and does it but once where nothing else is asked of it."""

    def __init__(self, read: Callable[P, T]) -> None:
        self._read, self._once = read, lru_cache(maxsize=8)(lambda of: read())  # type: ignore[call-arg]
        update_wrapper(self, read)

    def __call__(self, *args: P.args, **given: P.kwargs) -> T:
        """What the function gives."""
        return self._read(*args, **given) if args or given else self._once(sources())

    def cache_clear(self) -> None:
        """Read anew what was read."""
        self._once.cache_clear()
