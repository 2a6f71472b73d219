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


def load_folder(folder: pathlib.Path, most: int | None = None) -> ImageSet:
    """Read every image below a folder, the first `most` of each class by name.

    Raises
    ------
    DataError : no images in class folders, a file that cannot be read, or images of different sizes.
    """
    paths = sorted(p for p in folder.rglob("*") if _is_image(p.name) and p.is_file())
    entries = [(p.parent.name, str(p), p) for p in paths if p.parent != folder]
    if not entries:
        loose = f" ({len(paths)} images lie in the folder itself)" if paths else ""
        raise DataError(f"{folder}: no images in class folders{loose}; <class>/<image> is needed, {', '.join(SUFFIXES)}")
    return _image_set(iter(entries), str(folder), most)


def load_tar(path: pathlib.Path, most: int | None = None) -> ImageSet:
    """Read every image in a tar, the first `most` of each class by name.

    Raises
    ------
    DataError : not a tar, truncated, and as `load_folder`.
    """
    try:
        return _image_set(iter(_members(path)), str(path), most)
    except (EOFError, zlib.error, tarfile.TarError) as e:
        raise DataError(f"{path}: is not a tar, or is truncated ({e}); a tar of <class>/<image> is needed") from None
    except OSError as e:
        raise DataError(f"{path}: cannot be read ({e.strerror or e}); a tar of <class>/<image> is needed") from None


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


def _image_set(entries: Iterator[Entry], name: str, most: int | None) -> ImageSet:
    images: list[np.ndarray] = []
    names: list[str] = []
    seen: dict[str, int] = defaultdict(int)
    first = ""
    for folder, where, data in entries:
        if most is not None and seen[folder] >= most:
            continue
        image = _grey(io.BytesIO(data) if isinstance(data, bytes) else data, where)
        if images and image.shape != images[0].shape:
            raise DataError(f"{where}: is {_size(image)}, but {first} is {_size(images[0])}; all images need one size")
        first = first or where
        seen[folder] += 1
        images.append(image)
        names.append(folder)
    classes = sorted(seen)
    number = {c: i for i, c in enumerate(classes)}
    return ImageSet(np.stack(images), np.array([number[n] for n in names]), name, tuple(classes))


def _grey(file: IO[bytes] | pathlib.Path, where: str) -> np.ndarray:
    """One image as grey levels in [0, 1], float32."""
    try:
        with Image.open(file) as image:
            if image.mode == "F":  # floating-point TIFF: levels are taken as they are
                grey = np.asarray(image, np.float32)
            elif image.mode.startswith("I"):
                grey = np.asarray(image, np.float32) / np.float32(65535)
            else:
                grey = np.asarray(image.convert("L"), np.float32) / np.float32(255)
    except UnidentifiedImageError:
        raise DataError(f"{where}: is not an image that can be read") from None
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as e:  # what damaged files raise
        raise DataError(f"{where}: cannot be read ({e})") from None
    if not np.isfinite(grey).all():
        raise DataError(f"{where}: has pixels that are NaN or infinite")
    if grey.min() < 0 or grey.max() > 1:
        raise DataError(f"{where}: pixels range from {grey.min():g} to {grey.max():g}; 0 (black) to 1 (white) is needed")
    return grey


def _is_image(name: str) -> bool:
    return name.lower().endswith(SUFFIXES) and not name.startswith(".")


def _size(image: np.ndarray) -> str:
    return f"{image.shape[1]} by {image.shape[0]} pixels"
