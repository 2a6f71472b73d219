"""Which images: scikit-learn's digits by default, or IDX files, class folders, or a tar from wherever the user keeps them."""

from __future__ import annotations

import os
import pathlib

import numpy as np
from sklearn.datasets import load_digits

from isocortex.errors import DataError
from isocortex.tasks import folders, idx
from isocortex.tasks.images import ImageSet

VARIABLE = "ISOCORTEX_DATA"
DIGITS = "digits"


def load(
    source: str | pathlib.Path | None = None, *, part: str = "train", most: int | None = None, colours: bool = False
) -> ImageSet:
    """Load labelled images, grey unless `colours` are asked for and there.

    Parameters
    ----------
    source : "digits" (1797 images of 8 by 8 pixels that scikit-learn ships); an IDX file of images with its labels
        beside it; a folder of such files; a folder, or a tar, of class folders of images. None takes the environment
        variable ISOCORTEX_DATA, else the digits.
    part : which IDX file of a folder that has several, by a part of its name.
    most : at most so many images of each class, the first ones.

    Raises
    ------
    DataError : nothing there, or not readable as any of these; the message names the file and the reason.
    """
    source = source or os.environ.get(VARIABLE) or DIGITS
    if most is not None and most < 1:
        raise DataError(f"load.most: is {most}; at least 1 image a class is needed")
    if str(source) == DIGITS:
        return _first(_digits(), most)
    path = pathlib.Path(source).expanduser()
    if path.is_dir():
        images = idx.find_images(path, part)
        return _first(idx.load_idx(images), most) if images is not None else folders.load_folder(path, most, colours=colours)
    if not path.exists():
        raise DataError(
            f"{path}: is not there; give 'digits', an IDX file, a folder of class folders of images, or a tar of one"
        )
    if folders.is_tar(path):
        return folders.load_tar(path, most, colours=colours)
    return _first(idx.load_idx(path), most)


def _digits() -> ImageSet:
    bunch = load_digits()  # 17 grey levels, 0 to 16
    return ImageSet(bunch.images / 16.0, bunch.target, DIGITS, tuple(str(n) for n in bunch.target_names))


def _first(images: ImageSet, most: int | None) -> ImageSet:
    """The first `most` images of each class, in their order."""
    if most is None:
        return images
    return images.take(np.sort(np.concatenate([np.flatnonzero(images.labels == c)[:most] for c in np.unique(images.labels)])))
