import gzip
import struct

import numpy as np
import pytest

from isocortex.errors import DataError
from isocortex.tasks.data import load
from isocortex.tasks.idx import read_idx, write_idx

PIXELS = np.arange(5 * 3 * 4, dtype=np.uint8).reshape(5, 3, 4) * 4
LABELS = np.array([3, 0, 1, 0, 3], np.uint8)


def pair(folder, part="train", suffix="", pixels=PIXELS, labels=LABELS):
    write_idx(folder / f"{part}-images-idx3-ubyte{suffix}", pixels)
    write_idx(folder / f"{part}-labels-idx1-ubyte{suffix}", labels)
    return folder / f"{part}-images-idx3-ubyte{suffix}"


def test_reads_the_bytes_that_the_format_says(tmp_path):
    """Written by hand from the format: 00 00, type 08, 2 dimensions, 2 by 3, big-endian sizes."""
    (tmp_path / "x.idx").write_bytes(bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255]))
    np.testing.assert_array_equal(read_idx(tmp_path / "x.idx"), [[1, 2, 3], [4, 5, 255]])


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int16, np.int32, np.float32, np.float64])
def test_round_trip_of_every_type(tmp_path, dtype):
    array = np.array([[1, 2], [3, -4]]).astype(dtype)
    write_idx(tmp_path / "a.idx.gz", array)
    back = read_idx(tmp_path / "a.idx.gz")
    assert back.dtype == dtype
    np.testing.assert_array_equal(back, array)


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_load_file_or_folder(tmp_path, suffix):
    path = pair(tmp_path, suffix=suffix)
    for source in (path, str(tmp_path)):
        found = load(source)
        np.testing.assert_allclose(found.images, PIXELS / 255, rtol=1e-6)
        assert found.images.dtype == np.float32
        np.testing.assert_array_equal(found.labels, LABELS)
        assert found.classes == ("0", "1", "2", "3")


def test_folder_with_two_parts(tmp_path):
    pair(tmp_path)
    pair(tmp_path, "t10k", pixels=PIXELS[:2], labels=LABELS[:2])
    assert len(load(tmp_path)) == 5
    assert len(load(tmp_path, part="t10k")) == 2
    with pytest.raises(DataError, match=r"several IDX files.*name one"):
        load(tmp_path, part="validation")


def test_most_takes_the_first_of_each_class(tmp_path):
    found = load(pair(tmp_path), most=1)
    np.testing.assert_array_equal(found.labels, [3, 0, 1])
    np.testing.assert_allclose(found.images * 255, PIXELS[:3], rtol=1e-6)


def damaged(kind):
    good = gzip.compress(struct.pack(">HBB3I", 0, 8, 3, 5, 3, 4) + PIXELS.tobytes())
    return dict(
        empty=b"",
        magic=b"\x01\x02\x08\x03" + bytes(80),
        text=b"not an IDX file at all, but text",
        header=bytes([0, 0, 8, 3, 0, 0]),
        short=struct.pack(">HBB3I", 0, 8, 3, 5, 3, 4) + PIXELS.tobytes()[:-1],
        long=struct.pack(">HBB3I", 0, 8, 3, 5, 3, 4) + PIXELS.tobytes() + b"x",
        lying=struct.pack(">HBB3I", 0, 8, 3, 2**32 - 1, 2**16, 2**16) + b"x",
        truncated_gz=good[: len(good) // 2],
        damaged_gz=good[:12] + b"\xff\xff\xff\xff" + good[16:],
        empty_gz=gzip.compress(b""),
    )[kind]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("empty", "empty or truncated"), ("magic", "wrong magic number 0x01020803"), ("text", "wrong magic"),
        ("header", "truncated within its header"), ("short", "59 of the 60 bytes"), ("long", "more than the 60 bytes"),
        ("lying", "truncated or not IDX"), ("truncated_gz", "gzip file is truncated"), ("damaged_gz", "damaged|truncated"),
        ("empty_gz", "empty or truncated"),
    ],
)  # fmt: skip
def test_damaged_files_name_file_and_reason(tmp_path, kind, reason):
    path = pair(tmp_path)
    path.write_bytes(damaged(kind))
    with pytest.raises(DataError, match=reason) as caught:
        load(path)
    assert str(path) in str(caught.value)


def test_nan_pixels_are_named(tmp_path):
    pixels = PIXELS.astype(np.float32) / 255
    pixels[2, 1, 1] = np.nan
    path = pair(tmp_path, pixels=pixels)
    with pytest.raises(DataError, match=r"image 2 has pixels that are NaN or infinite \(1 image") as caught:
        load(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("pixels", "labels", "reason"),
    [
        (PIXELS, LABELS[:4], "4 labels for the 5 images"),
        (PIXELS[0], LABELS, "2 dimensions"),
        (PIXELS, PIXELS, "labels have 1"),
        (PIXELS.astype(np.int32), LABELS, "unsigned bytes"),
        (PIXELS.astype(np.float32), LABELS, "0 to 236"),
        (PIXELS[:0], LABELS[:0], "has no images"),
        (PIXELS, LABELS.astype(np.float32), "whole numbers"),
    ],
)
def test_files_that_do_not_fit(tmp_path, pixels, labels, reason):
    with pytest.raises(DataError, match=reason):
        load(pair(tmp_path, pixels=pixels, labels=labels))


def test_missing_labels_and_missing_file(tmp_path):
    path = pair(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte").unlink()
    with pytest.raises(DataError, match="'train-labels-idx1-ubyte' is needed"):
        load(path)
    with pytest.raises(DataError, match="nothing here: is not there; give 'digits'"):
        load(tmp_path / "nothing here")
