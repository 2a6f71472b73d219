"""The data that streams are made of: samples to learn from and samples held out, from wherever they are kept."""

from __future__ import annotations

import dataclasses
import os
import pathlib

import numpy as np

from isocortex.errors import DataError, DescriptionError
from isocortex.learn.draws import generator
from isocortex.tasks import folders, idx, openml
from isocortex.tasks.data import DIGITS, VARIABLE, load
from isocortex.tasks.images import ImageSet

HELD_OUT = 0.2
_TRAIN, _TEST = ("train",), ("t10k", "test")


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Data:
    """Samples to learn from and held-out ones.

    x, x_test : float32 in [0, 1]; images (n, h, w) or (n, h, w, 3), or vectors (n, features).
    y, y_test : (n,) int64, indices into `classes`.
    name : for tables and reports.
    classes : the name of each class.
    own_test : whether the held-out samples come with the data; otherwise they were split off by a seed.
    """

    x: np.ndarray
    y: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    name: str
    classes: tuple[str, ...]
    own_test: bool = False

    def __post_init__(self) -> None:
        for x, y, part in ((self.x, self.y, "to learn from"), (self.x_test, self.y_test, "held out")):
            if len(x) != len(y) or not len(x):
                raise DataError(f"{self.name}: {len(x)} samples {part} and {len(y)} labels; at least one, and one label each")
        if self.x.shape[1:] != self.x_test.shape[1:]:
            raise DataError(
                f"{self.name}: samples to learn from are {self.x.shape[1:]}, those held out {self.x_test.shape[1:]}; "
                "one shape is needed"
            )
        if len(np.unique(self.y)) < 2:
            raise DataError(f"{self.name}: has one class; at least two are needed")

    def __repr__(self) -> str:
        return f"Data({self.name}: {len(self.x)} + {len(self.x_test)} of shape {self.x.shape[1:]}, {len(self.classes)} classes)"

    @property
    def is_images(self) -> bool:
        """Whether samples have rows and columns."""
        return self.x.ndim > 2


def load_data(
    source: str | pathlib.Path | None = None, *, seed: int = 0, held_out: float = HELD_OUT, most: int | None = None
) -> Data:
    """Load data to learn from.

    Parameters
    ----------
    source : "digits"; a folder of IDX files as of MNIST; an IDX file; a folder or tar of class folders of images (with
        `train` and `test` above them, these are the parts); "openml:NAME" or "openml:NUMBER"; an ARFF file. None takes
        the environment variable ISOCORTEX_DATA, else the digits.
    seed : of the split, where the data have no test part of their own.
    held_out : share of each class that is held out, where they have none.
    most : at most so many samples of each class to learn from, the first ones.

    Raises
    ------
    DataError : nothing there, or not readable; the message names the file and the reason.
    """
    source = str(source or os.environ.get(VARIABLE) or DIGITS)
    if not 0 < held_out < 1:
        raise DescriptionError(f"load_data.held_out: is {held_out}; a share between 0 and 1 is needed")
    parts = _parts(source)
    if len(parts) == 2:
        (x, y, classes), (x_test, y_test, test_classes) = (_arrays(p) for p in parts)
        if classes != test_classes:
            raise DataError(f"{source}: the parts have different classes, {len(classes)} and {len(test_classes)}")
        data = Data(x, y, x_test, y_test, _short(source), classes, own_test=True)
    else:
        data = _split(*_arrays(parts[0]), _short(source), held_out, seed)
    return data if most is None else _first(data, most)


def _parts(source: str) -> list[ImageSet | openml.TableSet]:
    """One set, or two where the source has a part to learn from and one to test with."""
    if source.startswith(openml.PREFIX):
        return [openml.fetch(source[len(openml.PREFIX) :])]
    path = pathlib.Path(source).expanduser()
    if source == DIGITS or not path.exists():
        return [load(source)]
    if path.is_dir():
        return _folder_parts(path)
    if openml.is_arff(path):
        return [openml.load_arff(path)]
    if folders.is_tar(path) and {"train", "test"} <= folders.folders_in(path):
        return [folders.load_tar(path, colours=True, below=part) for part in ("train", "test")]
    return [load(path, colours=True)]


def _folder_parts(path: pathlib.Path) -> list[ImageSet | openml.TableSet]:
    names = [p.name for p in path.iterdir() if idx.is_idx(p) and "images" in p.name]
    train, test = (_named(names, words) for words in (_TRAIN, _TEST))
    if train and test:
        return [load(path, part=train), load(path, part=test)]
    if not names and (path / "train").is_dir() and (path / "test").is_dir():
        return [load(path / part, colours=True) for part in ("train", "test")]
    return [load(path, colours=True)]


def _named(names: list[str], words: tuple[str, ...]) -> str | None:
    return next((w for w in words if any(w in n for n in names)), None)


def _arrays(part: ImageSet | openml.TableSet) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    return (part.images if isinstance(part, ImageSet) else part.features), part.labels, part.classes


def _split(x: np.ndarray, y: np.ndarray, classes: tuple[str, ...], name: str, held_out: float, seed: int) -> Data:
    """Hold out the same share of every class, at least one sample, and keep at least one."""
    test = []
    for label in np.unique(y):
        of_class = np.flatnonzero(y == label)
        if len(of_class) < 2:
            raise DataError(f"{name}: class '{classes[label]}' has one sample; at least two are needed, one is held out")
        number = min(max(1, round(held_out * len(of_class))), len(of_class) - 1)
        test.append(generator(seed, f"held out {label}").permutation(of_class)[:number])
    places = np.sort(np.concatenate(test))
    rest = np.setdiff1d(np.arange(len(y)), places)
    return Data(x[rest], y[rest], x[places], y[places], name, classes)


def _first(data: Data, most: int) -> Data:
    if most < 1:
        raise DescriptionError(f"load_data.most: is {most}; at least 1 sample a class is needed")
    places = np.sort(np.concatenate([np.flatnonzero(data.y == c)[:most] for c in np.unique(data.y)]))
    return dataclasses.replace(data, x=data.x[places], y=data.y[places], name=f"{data.name}, {most} a class")


def _short(source: str) -> str:
    """How tables name it: without the folders above."""
    return source if source.startswith(openml.PREFIX) else pathlib.Path(source).expanduser().name
