"""Files in the IDX format of MNIST (LeCun, Cortes & Burges, http://yann.lecun.com/exdb/mnist), plain or gzipped."""

from __future__ import annotations

import gzip
import math
import pathlib
import struct
import zlib
from typing import BinaryIO

import numpy as np

from isocortex.errors import DataError
from isocortex.tasks.images import ImageSet

# the third byte of an IDX file names the type of its numbers, which are big-endian
TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
MOST_DIMENSIONS = 8


def read_idx(path: str | pathlib.Path) -> np.ndarray:
    """Read the one array of an IDX file, gzipped or not.

    Raises
    ------
    DataError : missing, not IDX, truncated, or longer than its header says.
    """
    path = pathlib.Path(path)
    try:
        with path.open("rb") as plain:
            zipped = plain.read(2) == b"\x1f\x8b"
            plain.seek(0)
            if not zipped:
                return _array(plain, path)
            with gzip.GzipFile(fileobj=plain) as unzipped:
                return _array(unzipped, path)  # type: ignore[arg-type]
    except EOFError:
        raise DataError(f"{path}: the gzip file is truncated; fetch it again") from None
    except (gzip.BadGzipFile, zlib.error) as e:
        raise DataError(f"{path}: the gzip file is damaged ({e}); fetch it again") from None
    except OSError as e:
        raise DataError(f"{path}: cannot be read ({e.strerror or e}); an IDX file is needed") from None


def write_idx(path: str | pathlib.Path, array: np.ndarray) -> None:
    """Write an array as IDX, gzipped where the name ends in ``.gz``."""
    codes = {np.dtype(t).newbyteorder("="): code for code, t in TYPES.items()}
    code = codes.get(array.dtype.newbyteorder("="))
    if code is None:
        raise DataError(f"{path}: IDX cannot hold {array.dtype}; allowed: {', '.join(str(d) for d in codes)}")
    header = struct.pack(f">HBB{array.ndim}I", 0, code, array.ndim, *array.shape)
    data = header + array.astype(TYPES[code]).tobytes()
    pathlib.Path(path).write_bytes(gzip.compress(data) if str(path).endswith(".gz") else data)


def is_idx(path: pathlib.Path) -> bool:
    """Whether the name is that of an IDX file."""
    return any(mark in path.name for mark in ("-idx", ".idx", "-ubyte"))


def load_idx(images: pathlib.Path, labels: pathlib.Path | None = None) -> ImageSet:
    """Read images and labels; without `labels`, the file beside the images named as MNIST names it.

    Raises
    ------
    DataError : as `read_idx`; no labels beside; images and labels that do not belong together.
    """
    labels = labels or _labels_beside(images)
    pixels, classes = read_idx(images), read_idx(labels)
    if pixels.ndim != 3:
        raise DataError(f"{images}: has {pixels.ndim} dimensions; images have 3 (number, height, width)")
    if classes.ndim != 1:
        raise DataError(f"{labels}: has {classes.ndim} dimensions; labels have 1")
    if len(classes) != len(pixels):
        raise DataError(f"{labels}: has {len(classes)} labels for the {len(pixels)} images of {images.name}")
    if pixels.dtype.kind != "f":
        if pixels.dtype.itemsize != 1 or pixels.dtype.kind != "u":
            raise DataError(f"{images}: pixels are {pixels.dtype.name}; unsigned bytes, or floats from 0 to 1, are needed")
        pixels = pixels.astype(np.float32) / np.float32(255)
    return ImageSet(pixels, classes.astype(np.int64) if classes.dtype.kind in "iu" else classes, str(images))


def find_images(folder: pathlib.Path, part: str) -> pathlib.Path | None:
    """The IDX file of images in a folder: the only one, or the one whose name says `part`. None where there is none.

    Raises
    ------
    DataError : several, and none or several of them named `part`.
    """
    found = sorted(p for p in folder.iterdir() if p.is_file() and is_idx(p) and "images" in p.name)
    if len(found) <= 1:
        return found[0] if found else None
    of_part = [p for p in found if part in p.name]
    plain = [p for p in of_part if p.suffix != ".gz"] or of_part  # both the zipped and the unzipped one may be there
    if len(plain) != 1:
        raise DataError(f"{folder}: has several IDX files of images ({', '.join(p.name for p in found)}); name one of them")
    return plain[0]


def _labels_beside(images: pathlib.Path) -> pathlib.Path:
    name = images.name.replace("images", "labels").replace("idx3", "idx1")
    if name == images.name:
        raise DataError(
            f"{images}: has 'images' nowhere in its name, so that its labels cannot be found; rename it as MNIST does"
        )
    other = name[: -len(".gz")] if name.endswith(".gz") else name + ".gz"
    for candidate in (images.with_name(name), images.with_name(other)):
        if candidate.is_file():
            return candidate
    raise DataError(f"{images}: no labels beside it; '{name}' is needed")


def _array(stream: BinaryIO, path: pathlib.Path) -> np.ndarray:
    head = stream.read(4)
    if len(head) < 4:
        raise DataError(f"{path}: is empty or truncated ({len(head)} bytes); an IDX file is needed")
    zero, code, dimensions = struct.unpack(">HBB", head)
    if zero != 0 or code not in TYPES or not 1 <= dimensions <= MOST_DIMENSIONS:
        raise DataError(
            f"{path}: wrong magic number 0x{head.hex()}; IDX begins with 0x0000, a type (0x08 = bytes) and 1 to 8 dimensions"
        )
    sizes = stream.read(4 * dimensions)
    if len(sizes) < 4 * dimensions:
        raise DataError(f"{path}: truncated within its header")
    shape = struct.unpack(f">{dimensions}I", sizes)
    wanted = math.prod(shape) * np.dtype(TYPES[code]).itemsize
    data = _read_at_most(stream, wanted + 1)
    if len(data) != wanted:
        more = "more than" if len(data) > wanted else f"{len(data)} of"
        raise DataError(f"{path}: holds {more} the {wanted} bytes that its header {shape} announces; truncated or not IDX")
    array = np.frombuffer(data, TYPES[code]).reshape(shape)
    return array.astype(array.dtype.newbyteorder("="))


def _read_at_most(stream: BinaryIO, n: int, piece: int = 1 << 24) -> bytes:
    """Read up to `n` bytes in pieces: a header that lies about its size must not make us reserve it."""
    parts: list[bytes] = []
    while n > 0 and (part := stream.read(min(n, piece))):
        parts.append(part)
        n -= len(part)
    return b"".join(parts)
