"""Data sets of OpenML (https://www.openml.org): fetched by name or number, or read from an ARFF file on this machine."""

from __future__ import annotations

import dataclasses
import gzip
import io
import math
import pathlib
from typing import Any

import numpy as np

from isocortex.errors import DataError
from isocortex.tasks.images import ImageSet

PREFIX = "openml:"
_GREY_LEVELS = 255.0


@dataclasses.dataclass(frozen=True, eq=False)
class TableSet:
    """Labelled vectors.

    features : (n, d) float32 in [0, 1]. labels : (n,) int64, each an index into `classes`. name : for messages and reports.
    """

    features: np.ndarray
    labels: np.ndarray
    name: str
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.features)


def is_arff(path: pathlib.Path) -> bool:
    """Whether the name is that of an ARFF file, gzipped or not."""
    return path.name.lower().endswith((".arff", ".arff.gz"))


def fetch(name: str, folder: str | pathlib.Path | None = None) -> ImageSet | TableSet:
    """Fetch a data set from OpenML through scikit-learn, which keeps it for the next time.

    Parameters
    ----------
    name : name, name and version ("mnist_784:1"), or number.
    folder : where it is kept; None takes scikit-learn's own folder.

    Raises
    ------
    DataError : unknown, no network, or columns that are not numbers or categories; the message gives the reason.
    """
    from sklearn.datasets import fetch_openml  # noqa: PLC0415  (slow to load, and only needed here)

    base, _, version = name.partition(":")
    which: dict[str, Any] = {"data_id": int(base)} if base.isdigit() else {"name": base, "version": version or "active"}
    if version.isdigit():
        which["version"] = int(version)
    try:
        found = fetch_openml(**which, as_frame=False, parser="liac-arff", data_home=folder and str(folder))
    except Exception as e:  # the network and OpenML fail in many ways
        raise DataError(
            f"{PREFIX}{name}: cannot be fetched ({type(e).__name__}: {e}); check the name and the network, or give an ARFF file"
        ) from None
    if found.target is None:
        raise DataError(f"{PREFIX}{name}: has no target column; one for classification is needed")
    x, y = np.asarray(found.data), np.asarray(found.target)
    return _labelled(x, y, list(found.feature_names), f"{PREFIX}{name}")


def load_arff(path: pathlib.Path) -> ImageSet | TableSet:
    """Read an ARFF file as OpenML writes them; the class is the column named "class" or "target", else the last one.

    Raises
    ------
    DataError : not ARFF, a class that is a number, columns of text or dates, missing values.
    """
    from scipy.io import arff  # noqa: PLC0415

    try:
        raw = gzip.decompress(path.read_bytes()) if path.name.lower().endswith(".gz") else path.read_bytes()
        rows, meta = arff.loadarff(io.StringIO(raw.decode("utf-8")))
    except OSError as e:
        raise DataError(f"{path}: cannot be read ({e.strerror or e}); an ARFF file is needed") from None
    except Exception as e:  # scipy raises many kinds for damaged files
        raise DataError(f"{path}: is not ARFF with numbers and categories ({e})") from None
    names = list(meta.names())
    target = next((n for n in names if n.lower() in ("class", "target")), names[-1])
    if meta[target][0] != "nominal":
        raise DataError(f"{path}: the class '{target}' is {meta[target][0]}; a nominal column is needed")
    rest = [n for n in names if n != target]
    columns = [_column(rows[n], meta[n], n, path) for n in rest]
    order = {str(value): i for i, value in enumerate(meta[target][1])}
    labels = np.array([order.get(value.decode(), -1) for value in rows[target]])
    if (labels < 0).any():
        raise DataError(f"{path}: row {int(np.argmax(labels < 0))} has no class; every row needs one")
    x = np.concatenate(columns, axis=1)
    return _set(x, labels, rest if x.shape[1] == len(rest) else [], str(path), tuple(order))


def _column(values: np.ndarray, kind: tuple[str, Any], name: str, path: pathlib.Path) -> np.ndarray:
    """A column as (n, 1) numbers, or one of 0 and 1 for each category."""
    if kind[0] == "numeric":
        return values.astype(np.float64)[:, None]
    if kind[0] != "nominal":
        raise DataError(f"{path}: the column '{name}' is {kind[0]}; numbers or categories are needed")
    return np.stack([values == str(c).encode() for c in kind[1]], axis=1).astype(np.float64)


def _labelled(x: np.ndarray, y: np.ndarray, names: list[str], name: str) -> ImageSet | TableSet:
    classes, labels = np.unique(y.astype(str), return_inverse=True)
    if len(classes) > max(50, len(y) // 10):
        raise DataError(
            f"{name}: the target has {len(classes)} values in {len(y)} rows; a data set for classification is needed"
        )
    try:
        x = x.astype(np.float64)
    except (TypeError, ValueError):
        raise DataError(f"{name}: has columns that are not numbers; leave them out, or code them as numbers") from None
    return _set(x, labels, names, name, tuple(classes.tolist()))


def _set(x: np.ndarray, labels: np.ndarray, names: list[str], name: str, classes: tuple[str, ...]) -> ImageSet | TableSet:
    """Square grey images where the columns are named pixels, else vectors with every column scaled to 0 to 1."""
    if x.size == 0:
        raise DataError(f"{name}: has no rows or no columns; at least one of each is needed")
    bad = ~np.isfinite(x).all(axis=1)
    if bad.any():
        raise DataError(f"{name}: row {int(np.argmax(bad))} has missing or infinite values ({int(bad.sum())} rows have)")
    side = math.isqrt(x.shape[1])
    pixels = bool(names) and all(n.lower().startswith("pixel") for n in names) and side * side == x.shape[1]
    if pixels and x.min() >= 0 and x.max() <= _GREY_LEVELS:
        top = _GREY_LEVELS if x.max() > 1 else 1.0
        return ImageSet((x / top).reshape(-1, side, side), labels, name, classes)
    low, high = x.min(axis=0), x.max(axis=0)
    scaled = (x - low) / np.where(high > low, high - low, 1.0)
    return TableSet(scaled.astype(np.float32), labels.astype(np.int64), name, classes)
