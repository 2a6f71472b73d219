"""A whole state in one file, bit for bit.

The file is a ZIP archive, not compressed: ``header.json`` and one ``.npy`` member an array, so `numpy.load` opens it too.
Every member carries a CRC; nothing is pickled. The file appears whole or not at all.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote, unquote

import numpy as np
from numpy.lib import format as npy

from isocortex.checks import is_whole
from isocortex.errors import DataError
from isocortex.results.atomic import replacing

FORMAT = "isocortex-checkpoint"
VERSION = 1
_HEADER = "header.json"
_KINDS = "biufcSU"
# what zipfile, json and numpy raise for damaged bytes (RuntimeError: members that claim to be encrypted or of a new version)
_READ_ERRORS = (zipfile.BadZipFile, ValueError, KeyError, TypeError, EOFError, RuntimeError, OSError)
Nested = dict[str, Any]


def write_checkpoint(path: Path | str, arrays: Mapping[str, Any], header: Mapping[str, Any]) -> None:
    """Write a nest of arrays.

    Parameters
    ----------
    path : the file; one that is there is replaced when the new one is complete.
    arrays : arrays of booleans, numbers or text under names, in dicts of any depth. Dtypes and 0-d shapes are kept.
    header : facts as JSON values. `model`, the hash of the model, is compared when the file is read.

    Raises
    ------
    ValueError : an array that cannot be kept (objects, structures), a name that is no text, a header that is no JSON.
    RunError : the file cannot be written (a full disk); a former checkpoint at `path` is untouched.
    """
    leaves = dict(_flatten(arrays))
    members = [[member, a.dtype.str, list(a.shape)] for member, a in leaves.items() if a is not None]
    empty = [member for member, a in leaves.items() if a is None]
    head = {"format": FORMAT, "version": VERSION, "header": dict(header), "arrays": members, "empty": empty}
    text = json.dumps(head, allow_nan=False)
    kept = "the former checkpoint, if there was one, and what is recorded in the run folder"
    with replacing(path, kept) as f, zipfile.ZipFile(f, "w", zipfile.ZIP_STORED, allowZip64=True) as z:
        z.writestr(_HEADER, text)
        for member, a in leaves.items():
            if a is not None:
                with z.open(zipfile.ZipInfo(f"{member}.npy"), "w", force_zip64=True) as out:
                    npy.write_array(out, a, allow_pickle=False)


def read_checkpoint(path: Path | str, *, model: str | None = None) -> tuple[Nested, Nested]:
    """Read a checkpoint back.

    Parameters
    ----------
    path : the file.
    model : the hash that the header's `model` must have; None: any.

    Returns
    -------
    arrays : nested dict of NumPy arrays, as written.
    header : as written.

    Raises
    ------
    DataError : no such file, no checkpoint, a newer version, another model, or a damaged or truncated file.
    """
    path = Path(path)
    try:
        archive = zipfile.ZipFile(path)
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such checkpoint") from None
    except (PermissionError, IsADirectoryError) as e:
        raise DataError(f"{path}: the checkpoint cannot be read ({e.strerror or e})") from e
    except _READ_ERRORS:
        raise DataError(
            f"{path}: is no checkpoint, or only the beginning of one; use one that was written to its end"
        ) from None
    with archive as z:
        head = _head(path, z)
        written_by = head["header"].get("model")
        if model is not None and written_by != model:
            raise DataError(f"{path}: is the checkpoint of another model ({written_by}); this model is {model}; "
                            "restore with the description and the sheet that the run was started with")  # fmt: skip
        try:
            arrays: Nested = {}
            for member in head["empty"]:
                _place(arrays, member, {})
            for member, dtype, shape in head["arrays"]:
                _place(arrays, member, _member(z, member, dtype, tuple(shape)))
        except _READ_ERRORS as e:
            raise DataError(f"{path}: the checkpoint is damaged ({e}); use an earlier one") from e
    return arrays, head["header"]


def _head(path: Path, z: zipfile.ZipFile) -> Nested:
    try:
        head = json.loads(z.read(_stored(z, _HEADER)))
        known = isinstance(head, dict) and head.get("format") == FORMAT
    except _READ_ERRORS:
        known = False
    if not known:
        raise DataError(f"{path}: is no checkpoint of isocortex; its header does not name the format {FORMAT!r}")
    version = head.get("version")
    if not is_whole(version, 1) or version > VERSION:
        raise DataError(f"{path}: has the version {version!r}; this isocortex reads 1 to {VERSION}; use the one that wrote it")
    kinds = {"header": dict, "arrays": list, "empty": list}
    if not all(isinstance(head.get(k), kind) for k, kind in kinds.items()):
        raise DataError(f"{path}: the checkpoint is damaged (its header is not complete); use an earlier one")
    return cast(Nested, head)


def _member(z: zipfile.ZipFile, member: str, dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    """One array; sizes are compared before memory is taken, so that a file cannot ask for more than it holds."""
    info = _stored(z, f"{member}.npy")
    size = np.dtype(dtype).itemsize * int(np.prod(shape, dtype=object))
    if not size <= info.file_size <= size + 65536:
        raise ValueError(f"{unquote(member)} holds {info.file_size} bytes, {size} are needed")
    with z.open(info) as f:
        a = npy.read_array(cast(Any, f), allow_pickle=False)
        f.read()  # to the end, where the CRC is compared
    if a.dtype.str != dtype or a.shape != shape:
        raise ValueError(f"{unquote(member)} is {a.dtype.str} {a.shape}, {dtype} {shape} is needed")
    return a


def _stored(z: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    info = z.getinfo(name)
    if info.compress_type != zipfile.ZIP_STORED:  # members are never compressed: no small file becomes a huge array
        raise ValueError(f"{name} is compressed")
    return info


def _flatten(nest: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, np.ndarray | None]]:
    """Yield (member, array) in order, and (member, None) for an empty dict; ``/`` and ``%`` within a name are escaped."""
    for key, value in nest.items():
        if not isinstance(key, str):
            raise ValueError(f"{above}{key!r}: a name must be text")
        member = above + quote(key, safe=" ->:#,;=+()[]")
        if isinstance(value, Mapping):
            if value:
                yield from _flatten(value, f"{member}/")
            else:
                yield member, None
            continue
        a = np.asarray(value)
        if a.dtype.kind not in _KINDS:
            raise ValueError(
                f"{member}: has the dtype {a.dtype}, which a checkpoint cannot keep; use numbers, booleans or text"
            )
        yield member, a


def _place(nest: Nested, member: str, value: Any) -> None:
    *above, last = (unquote(p) for p in member.split("/"))
    for key in above:
        nest = nest.setdefault(key, {})
    if last in nest:
        raise ValueError(f"{member} is there twice")
    nest[last] = value
