"""In a run folder: ``summary.json`` and ``figures.zarr``, what the report is made of. Nothing is pickled."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from isocortex.errors import DataError
from isocortex.jsonable import jsonable
from isocortex.results import manifest as manifests
from isocortex.results.atomic import storage_error, write_text

SUMMARY, ARRAYS = "summary.json", "figures.zarr"


def save_run(folder: str | pathlib.Path, summary: Mapping[str, Any], arrays: Mapping[str, Any]) -> None:
    """Write the summary as JSON and the nested arrays as Zarr groups.

    Leaves are numeric arrays; whatever is not goes into the attributes of its group as JSON. Tuples come back as tuples.

    Raises
    ------
    RunError : the folder cannot be written (a full disk).
    """
    import zarr

    folder = pathlib.Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_text(folder / SUMMARY, json.dumps(jsonable(summary), indent=2, allow_nan=False) + "\n")
        _write(zarr.open_group(str(folder / ARRAYS), mode="w"), arrays)
    except OSError as e:
        raise storage_error(folder, e, "what the run has computed") from e


def load_summary(folder: str | pathlib.Path) -> dict[str, Any]:
    """Read the summary of a run folder back, and not its arrays.

    Raises
    ------
    DataError : no such folder, a run that is not finished, no summary in it, or one that is damaged.
    """
    folder = pathlib.Path(folder)
    path = folder / SUMMARY
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
    except OSError as e:
        if (folder / "run.json").exists():
            raise DataError(f"{folder}: {_unfinished(folder)}; 'isocortex resume {folder}' goes on with it") from None
        raise DataError(f"{path}: cannot be read ({e.strerror}); give the folder of a finished run") from None
    except ValueError as e:
        raise DataError(f"{path}: is not JSON ({e}); run the job again") from None
    if not isinstance(summary, dict) or not isinstance(summary.get("arms"), dict):
        raise DataError(f"{path}: has no 'arms'; give the folder of a finished run")
    return summary


def load_run(folder: str | pathlib.Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read a run folder back.

    Returns
    -------
    summary, arrays : as given to `save_run`; arrays is empty where none were kept.

    Raises
    ------
    DataError : as `load_summary`, or arrays that are damaged.
    """
    import zarr

    folder, summary = pathlib.Path(folder), load_summary(folder)
    if not (folder / ARRAYS).is_dir():
        return summary, {}
    try:
        return summary, dict(_read(zarr.open_group(str(folder / ARRAYS), mode="r")))
    except Exception as e:  # zarr raises many kinds for damaged files
        raise DataError(f"{folder / ARRAYS}: is damaged ({e}); run the job again") from None


def _unfinished(folder: pathlib.Path) -> str:
    """Why there is no summary yet."""
    status = manifests.read(folder / "run.json").get("status")
    return "was stopped before it was finished" if status == "interrupted" else "is not finished (it runs still, or was killed)"


def _write(group: Any, values: Mapping[str, Any]) -> None:
    plain: dict[str, Any] = {}
    for key, value in values.items():
        name = str(key).replace("/", "|")  # a slash would open another group
        if isinstance(value, Mapping):
            _write(group.create_group(name), value)
        elif isinstance(value, tuple):
            inner = group.create_group(name)
            _write(inner, {str(i): v for i, v in enumerate(value)})
            inner.attrs["sequence"] = len(value)
        elif _is_numeric(value):
            group.create_array(name, data=np.ascontiguousarray(value))
        else:
            plain[name] = jsonable(value)
    group.attrs["order"] = [str(key).replace("/", "|") for key in values]
    if plain:
        group.attrs["plain"] = plain


def _is_numeric(value: Any) -> bool:
    """Whether it is an array, or a list that makes one, of numbers."""
    if isinstance(value, list) and (not value or not isinstance(value[0], int | float | list | np.generic)):
        return False
    try:
        array = np.asarray(value)
    except ValueError:  # ragged
        return False
    return array.ndim > 0 and array.dtype.kind in "biuf"


def _read(group: Any) -> Any:
    attributes = dict(group.attrs)
    found = {name: _read(member) if hasattr(member, "members") else np.asarray(member[:]) for name, member in group.members()}
    found |= attributes.get("plain", {})
    values = {name.replace("|", "/"): found[name] for name in attributes["order"]}
    if "sequence" in attributes:
        return tuple(values[str(i)] for i in range(int(attributes["sequence"])))
    return values
