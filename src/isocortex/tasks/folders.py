"""Folders and tars of images: the class of an image is the name of the folder that it lies in. Nothing is unpacked."""

from __future__ import annotations

import io
import pathlib
import tarfile
import zlib
from collections import defaultdict
from collections.abc import Iterator
from typing import IO

import numpy as np
from PIL import Image, UnidentifiedImageError

from isocortex.errors import DataError
from isocortex.tasks.images import ImageSet

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm")
# (class, name for messages, bytes or path)
Entry = tuple[str, str, "bytes | pathlib.Path"]


def is_tar(path: pathlib.Path) -> bool:
    """Whether the name is that of a tar, compressed or not."""
    return path.name.lower().endswith((".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz"))


def load_folder(folder: pathlib.Path, most: int | None = None, *, colours: bool = False) -> ImageSet:
    """Read every image below a folder, the first `most` of each class by name.

    With `colours` images are (n, h, w, 3) where any of them has colours, and grey where none has.

    Raises
    ------
    DataError : no images in class folders, a file that cannot be read, or images of different sizes.
    """
    paths = sorted(p for p in folder.rglob("*") if _is_image(p.name) and p.is_file())
    entries = [(p.parent.name, str(p), p) for p in paths if p.parent != folder]
    if not entries:
        loose = f" ({len(paths)} images lie in the folder itself)" if paths else ""
        raise DataError(f"{folder}: no images in class folders{loose}; <class>/<image> is needed, {', '.join(SUFFIXES)}")
    return _image_set(iter(entries), str(folder), most, colours)


def load_tar(path: pathlib.Path, most: int | None = None, *, colours: bool = False, below: str | None = None) -> ImageSet:
    """Read every image in a tar, the first `most` of each class by name.

    Parameters
    ----------
    colours : see `load_folder`.
    below : only images that lie below a folder of this name.

    Raises
    ------
    DataError : not a tar, truncated, and as `load_folder`.
    """
    try:
        start = len(f"{path}:")
        members = [m for m in _members(path) if below is None or below in pathlib.PurePosixPath(m[1][start:]).parts[:-2]]
        if not members:
            raise DataError(f"{path}: no images in class folders below '{below}'; {below}/<class>/<image> is needed")
        return _image_set(iter(members), str(path), most, colours)
    except (EOFError, zlib.error, tarfile.TarError) as e:
        raise DataError(f"{path}: is not a tar, or is truncated ({e}); a tar of <class>/<image> is needed") from None
    except OSError as e:
        raise DataError(f"{path}: cannot be read ({e.strerror or e}); a tar of <class>/<image> is needed") from None


def folders_in(path: pathlib.Path) -> set[str]:
    """The names of the folders that class folders lie in, in a tar."""
    try:
        with tarfile.open(path, "r:*") as tar:
            places = [pathlib.PurePosixPath(m.name) for m in tar if m.isfile()]
    except (EOFError, zlib.error, tarfile.TarError, OSError):
        return set()  # `load_tar` says what is wrong with it
    return {name for place in places if _is_image(place.name) for name in place.parts[:-2]}


def _members(path: pathlib.Path) -> list[Entry]:
    """The images of a tar, by name. A compressed tar can only be read in its own order, so the files are held, undecoded."""
    found: list[Entry] = []
    with tarfile.open(path, "r:*") as tar:
        for member in tar:
            place = pathlib.PurePosixPath(member.name)
            file = tar.extractfile(member) if member.isfile() and _is_image(place.name) else None
            if file is not None and len(place.parts) > 1:
                data = file.read()
                if len(data) != member.size:
                    raise DataError(f"{path}: is truncated within {member.name}; fetch it again")
                found.append((place.parent.name, f"{path}:{member.name}", data))
    if not found:
        raise DataError(f"{path}: no images in class folders; <class>/<image> is needed, {', '.join(SUFFIXES)}")
    return sorted(found, key=lambda e: e[1])


def _image_set(entries: Iterator[Entry], name: str, most: int | None, colours: bool) -> ImageSet:
    images: list[np.ndarray] = []
    names: list[str] = []
    seen: dict[str, int] = defaultdict(int)
    first = ""
    for folder, where, data in entries:
        if most is not None and seen[folder] >= most:
            continue
        image = _levels(io.BytesIO(data) if isinstance(data, bytes) else data, where, colours)
        if images and image.shape[:2] != images[0].shape[:2]:
            raise DataError(f"{where}: is {_size(image)}, but {first} is {_size(images[0])}; all images need one size")
        first = first or where
        seen[folder] += 1
        images.append(image)
        names.append(folder)
    classes = sorted(seen)
    number = {c: i for i, c in enumerate(classes)}
    if len({image.ndim for image in images}) > 1:  # some in colours, some grey
        images = [i if i.ndim == 3 else np.repeat(i[..., None], 3, axis=2) for i in images]
    return ImageSet(np.stack(images), np.array([number[n] for n in names]), name, tuple(classes))


def _levels(file: IO[bytes] | pathlib.Path, where: str, colours: bool) -> np.ndarray:
    """One image as levels in [0, 1], float32: (h, w), or (h, w, 3) where colours are wanted and it has them."""
    try:
        with Image.open(file) as image:
            if image.mode == "F":  # floating-point TIFF: levels are taken as they are
                levels = np.asarray(image, np.float32)
            elif image.mode.startswith("I"):
                levels = np.asarray(image, np.float32) / np.float32(65535)
            else:
                grey_alone = image.mode in ("1", "L", "LA") or not colours
                levels = np.asarray(image.convert("L" if grey_alone else "RGB"), np.float32) / np.float32(255)
    except UnidentifiedImageError:
        raise DataError(f"{where}: is not an image that can be read") from None
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as e:  # what damaged files raise
        raise DataError(f"{where}: cannot be read ({e})") from None
    if not np.isfinite(levels).all():
        raise DataError(f"{where}: has pixels that are NaN or infinite")
    if levels.min() < 0 or levels.max() > 1:
        raise DataError(f"{where}: pixels range from {levels.min():g} to {levels.max():g}; 0 (black) to 1 (white) is needed")
    return levels


def _is_image(name: str) -> bool:
    return name.lower().endswith(SUFFIXES) and not name.startswith(".")


def _size(image: np.ndarray) -> str:
    return f"{image.shape[1]} by {image.shape[0]} pixels"
