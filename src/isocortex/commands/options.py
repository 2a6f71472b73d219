"""The options that the verbs share."""

from __future__ import annotations

import pathlib
from collections.abc import Iterable
from typing import Annotated, Any

import typer

Config = Annotated[
    pathlib.Path | None, typer.Option("--config", "-c", metavar="FILE", help="A TOML file with the configuration.")
]
Sets = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change one value; dotted inside tables; may be given again."),
]
Keys = Annotated[bool, typer.Option("--keys", help="List the keys of --set and of --config with their defaults, and stop.")]
Seed = Annotated[int | None, typer.Option("--seed", help="The seed of all random numbers.")]
OtherSheet = Annotated[str | None, typer.Option("--sheet", metavar="NAME|FILE", help="Another sheet, by name or in TOML.")]
Out = Annotated[pathlib.Path | None, typer.Option("--out", "-o", metavar="FOLDER", help="Where the results go.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output and nothing else there.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]


def listed(text: str) -> tuple[str, ...]:
    """What stands between commas."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def refuse_idle(where: str, used: Iterable[str], **given: Any) -> None:
    """Refuse an option that is given and would do nothing. used : the names of those that do something."""
    from isocortex.errors import DescriptionError

    for name, value in given.items():
        if value not in (None, []) and name not in used:
            allowed = ", ".join(f"--{k}" for k in used) or "none of them"
            raise DescriptionError(f"{where}: --{name} does nothing here; allowed: {allowed}")


def made_folder(option: str, folder: pathlib.Path) -> pathlib.Path:
    """A folder, made where it is not there.

    Raises
    ------
    DataError : it cannot be made.
    """
    from isocortex.errors import DataError

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise DataError(f"{option}: {folder} cannot be made ({e.strerror}); give a folder that can be written") from None
    return folder
