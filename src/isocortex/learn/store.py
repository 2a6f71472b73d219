"""A learner as a file: arrays in an npz, all else as JSON inside it. Nothing is pickled, and nothing in a file is executed."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from isocortex.errors import DataError
from isocortex.learn import (
    association,
    bank,
    decorrelation,
    discriminants,
    early,
    equaliser,
    front,
    growth,
    inputs,
    judge,
    layout,
    mature,
    prototypes,
    rates,
    scatter,
    signature,
    temperature,
    vector_front,
    worlds,
)

SCHEMA = 4
CLASSES: dict[str, type] = {
    c.__name__: c
    for c in (
        *(worlds.Adapting, worlds.Adapted, worlds.Worlds, signature.Fit, equaliser.Equaliser, equaliser.World),
        *(bank.Bank, bank.LearnedBank, bank.Learning, decorrelation.Components, front.Front, vector_front.VectorFront),
        *(association.Association, discriminants.Discriminants, prototypes.Prototypes, scatter.Scatter),
        *(judge.Gate, judge.Judge, judge.Reopening, temperature.Temperature, early.Early, mature.Mature),
        *(growth.Plan, inputs.Shape, layout.Layout, rates.Rates),
    )
}
"""What a file may hold; anything else is an error."""
LATE = {"Early": ("draft",)}
"""What is made again when asked."""


def write(path: str | Path, what: dict[str, Any]) -> None:
    """Write a tree of plain values, arrays and the classes above; the file is complete or not there."""
    arrays: dict[str, np.ndarray] = {}
    tree = _encode({"schema": SCHEMA, **what}, arrays)
    text = np.frombuffer(json.dumps(tree).encode(), np.uint8)
    target = Path(path)
    partial = target.with_name(target.name + ".partial")
    try:
        with partial.open("wb") as file:
            np.savez(file, tree=text, **arrays)  # type: ignore[arg-type]
        os.replace(partial, target)
    except OSError as e:
        raise DataError(f"{path}: cannot be written: {e}") from None


def read(path: str | Path) -> dict[str, Any]:
    """Read what `write` wrote.

    Raises
    ------
    DataError : missing, damaged, not a learner, or one of another version.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            tree = json.loads(bytes(file["tree"]).decode())
            out = _decode(tree, file)
    except FileNotFoundError:
        raise DataError(f"{path}: is not there; give a file that `save` wrote") from None
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile) as e:
        raise DataError(f"{path}: is not a learner that `save` wrote, or is damaged ({type(e).__name__}: {e})") from None
    if not isinstance(out, dict) or out.get("schema") != SCHEMA:
        raise DataError(f"{path}: is of another version; schema {SCHEMA} is needed")
    return out


def _encode(x: Any, arrays: dict[str, np.ndarray]) -> Any:
    if isinstance(x, np.ndarray) and x.dtype == object:
        return {"labels": [_encode(v, arrays) for v in x.tolist()]}
    if isinstance(x, np.ndarray):
        name = f"a{len(arrays)}"
        arrays[name] = x
        return {"array": name}
    if isinstance(x, np.generic):
        return x.item()
    if x is None or isinstance(x, bool | int | float | str):
        return x
    if isinstance(x, list):
        return [_encode(v, arrays) for v in x]
    if isinstance(x, tuple):
        return {"tuple": [_encode(v, arrays) for v in x]}
    if isinstance(x, dict):
        return {"dict": {str(k): _encode(v, arrays) for k, v in x.items()}}
    if type(x).__name__ in CLASSES and type(x) is CLASSES[type(x).__name__]:
        return {"class": type(x).__name__, "fields": {k: _encode(v, arrays) for k, v in _fields(x).items()}}
    raise DataError(f"save: {x!r} cannot be written")


def _fields(x: Any) -> dict[str, Any]:
    return {k: v for k, v in vars(x).items() if k not in LATE.get(type(x).__name__, ())}


def _decode(x: Any, arrays: Any) -> Any:
    if isinstance(x, list):
        return [_decode(v, arrays) for v in x]
    if not isinstance(x, dict):
        return x
    if "array" in x:
        return arrays[x["array"]]
    if "labels" in x:
        out = np.empty(len(x["labels"]), object)
        out[:] = [_decode(v, arrays) for v in x["labels"]]
        return out
    if "tuple" in x:
        return tuple(_decode(v, arrays) for v in x["tuple"])
    if "dict" in x:
        return {k: _decode(v, arrays) for k, v in x["dict"].items()}
    cls = CLASSES[x["class"]]
    made: Any = object.__new__(cls)
    for k, v in x["fields"].items():
        object.__setattr__(made, k, _decode(v, arrays))
    for k in LATE.get(cls.__name__, ()):
        object.__setattr__(made, k, None)
    return made
