"""A checkpoint gives back every bit, or says why it cannot."""

import json
import zipfile
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp

from isocortex.errors import DataError, RunError
from isocortex.results import atomic
from isocortex.results.checkpoint import read_checkpoint, write_checkpoint

DTYPES = st.sampled_from(["bool", "uint8", "uint16", "uint32", "int32", "int64", "float32", "float64", ">f4", "U5", "S3"])
ARRAYS = DTYPES.flatmap(lambda d: hnp.arrays(d, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)))
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NESTS = st.dictionaries(
    NAMES, st.recursive(ARRAYS, lambda leaf: st.dictionaries(NAMES, leaf, max_size=3), max_leaves=5), max_size=4
)


def leaves_equal(a, b):
    assert type(a) is type(b)
    if isinstance(a, dict):
        assert sorted(a) == sorted(b)
        for k in a:
            leaves_equal(a[k], b[k])
    else:
        assert (a.dtype.str, a.shape, a.tobytes()) == (b.dtype.str, b.shape, b.tobytes())


@given(nest=NESTS)
@settings(max_examples=40, deadline=None)
def test_every_bit_comes_back(nest, tmp_path_factory):
    path = tmp_path_factory.mktemp("c") / "c.npz"
    write_checkpoint(path, nest, {"model": "m"})
    arrays, header = read_checkpoint(path, model="m")
    leaves_equal(arrays, nest)
    assert header == {"model": "m"}


def test_nan_payloads_and_signed_zeros_come_back(tmp_path):
    bits = np.array([0x7FC00001, 0xFFC00002, 0x80000000, 0x00000001, 0x7F800000], np.uint32)
    write_checkpoint(tmp_path / "c", {"v": bits.view(np.float32)}, {})
    back = read_checkpoint(tmp_path / "c")[0]["v"]
    assert np.array_equal(back.view(np.uint32), bits)


def test_arrays_can_be_written_to(tmp_path):
    write_checkpoint(tmp_path / "c", {"v": np.zeros(3, np.float32)}, {})
    read_checkpoint(tmp_path / "c")[0]["v"][0] = 1  # a simulation continues in them


def test_numpy_reads_the_file_without_pickle(tmp_path):
    write_checkpoint(tmp_path / "c.npz", {"V1.L4E->V1.L23E": {"w": np.arange(3)}}, {})
    with np.load(tmp_path / "c.npz", allow_pickle=False) as z:
        assert z["V1.L4E->V1.L23E/w"].tolist() == [0, 1, 2]


@pytest.fixture
def good(tmp_path):
    path = tmp_path / "c.npz"
    write_checkpoint(path, {"w": np.arange(1000, dtype=np.float32), "t": np.int64(7)}, {"model": "abc"})
    return path


def test_another_model_is_refused(good):
    with pytest.raises(DataError, match=r"checkpoint of another model \(abc\); this model is xyz"):
        read_checkpoint(good, model="xyz")


@given(share=st.floats(0, 0.999))
@settings(max_examples=40, deadline=None)
def test_a_truncated_file_is_refused(share, tmp_path_factory):
    path = tmp_path_factory.mktemp("c") / "c"
    write_checkpoint(path, {"w": np.arange(300.0)}, {})
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(DataError):
        read_checkpoint(path)


def test_a_changed_bit_in_an_array_is_found(good):
    raw = bytearray(good.read_bytes())
    at = raw.index(np.arange(500, 510, dtype=np.float32).tobytes())
    raw[at] ^= 1
    good.write_bytes(bytes(raw))
    with pytest.raises(DataError, match="damaged"):
        read_checkpoint(good)


@given(at=st.floats(0, 0.9999), bit=st.integers(0, 7))
@settings(max_examples=40, deadline=None)
def test_damage_anywhere_is_an_error_or_harmless(at, bit, tmp_path_factory):
    path = tmp_path_factory.mktemp("c") / "c"
    nest = {"w": np.arange(30.0), "n": {"t": np.array(3, np.int32)}}
    write_checkpoint(path, nest, {"model": "m"})
    raw = bytearray(path.read_bytes())
    raw[int(at * len(raw))] ^= 1 << bit
    path.write_bytes(bytes(raw))
    try:
        arrays, _ = read_checkpoint(path, model="m")
    except DataError:
        return
    leaves_equal(arrays, nest)


def test_damage_in_the_index_of_the_archive_is_an_error_or_harmless(good):
    raw, nest = good.read_bytes(), read_checkpoint(good)[0]
    for at in range(raw.index(b"PK\x01\x02"), len(raw)):
        changed = bytearray(raw)
        changed[at] ^= 1 << at % 8
        good.write_bytes(bytes(changed))
        try:
            arrays, _ = read_checkpoint(good)
        except DataError:
            continue
        leaves_equal(arrays, nest)


def rewrite(path, change):
    """Write the archive again with a changed header."""
    with zipfile.ZipFile(path) as z:
        members = {n: z.read(n) for n in z.namelist()}
    head = json.loads(members["header.json"])
    change(head)
    members["header.json"] = json.dumps(head).encode()
    with zipfile.ZipFile(path, "w") as z:
        for name, data in members.items():
            z.writestr(name, data)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda h: h.update(format="other"), "is no checkpoint of isocortex"),
        (lambda h: h.update(version=99), "version 99; this isocortex reads 1 to 1"),
        (lambda h: h.update(version="1"), "version '1'"),
        (lambda h: h.pop("arrays"), "header is not complete"),
        (lambda h: h["arrays"].append(["v", "<f4", [3]]), "damaged"),
        (lambda h: h["arrays"][0].__setitem__(2, [10**12]), "damaged"),
        (lambda h: h["arrays"][0].__setitem__(1, "|O"), "damaged"),
        (lambda h: h["arrays"].append(["w/x", "<f4", [3]]), "damaged"),
        (lambda h: h["arrays"].append(3), "damaged"),
    ],
)
def test_a_header_that_does_not_fit_is_refused(good, change, says):
    rewrite(good, change)
    with pytest.raises(DataError, match=says):
        read_checkpoint(good)


def test_pickles_are_never_loaded(good, tmp_path):
    evil = tmp_path / "evil.npz"
    np.savez(evil, **{"w": np.array([{"a": 1}], dtype=object)}, allow_pickle=True)
    with zipfile.ZipFile(good) as g, zipfile.ZipFile(evil) as e:
        head, pickled = g.read("header.json"), e.read("w.npy")
    with zipfile.ZipFile(good, "w") as z:
        z.writestr("header.json", head)
        z.writestr("w.npy", pickled)
    rewrite(good, lambda h: h.update(arrays=[["w", "|O", [1]]]))
    with pytest.raises(DataError, match="damaged"):
        read_checkpoint(good)


@pytest.mark.parametrize("content", [b"", b"hello", b"\x93NUMPY\x01\x00"])
def test_other_files_are_refused(tmp_path, content):
    path = tmp_path / "x.npz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"x\.npz: is no checkpoint"):
        read_checkpoint(path)


def test_what_is_not_there_and_what_is_a_folder(tmp_path):
    with pytest.raises(DataError, match="there is no such checkpoint"):
        read_checkpoint(tmp_path / "none")
    with pytest.raises(DataError, match="cannot be read"):
        read_checkpoint(tmp_path)


@pytest.mark.parametrize("bad", [np.array([None]), np.zeros(1, [("a", "f4")]), np.zeros(2, "datetime64[s]")])
def test_arrays_that_cannot_be_kept_are_refused_when_writing(tmp_path, good, bad):
    before = good.read_bytes()
    with pytest.raises(ValueError, match="s/x: has the dtype"):
        write_checkpoint(good, {"s": {"x": bad}}, {})
    assert good.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["c.npz"]


def test_a_full_disk_leaves_the_former_checkpoint(good, monkeypatch):
    before = good.read_bytes()

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic.os, "fsync", full)
    with pytest.raises(RunError, match=r"c\.npz: the disk is full; kept: the former checkpoint"):
        write_checkpoint(good, {"w": np.ones(10)}, {})
    assert good.read_bytes() == before
    assert [p.name for p in good.parent.iterdir()] == ["c.npz"]


def test_a_disk_that_is_really_full(small_disk: Path):
    path = small_disk / "c.npz"
    write_checkpoint(path, {"w": np.arange(1000.0)}, {})
    with pytest.raises(RunError, match="the disk is full"):
        write_checkpoint(path, {"w": np.zeros(10**6)}, {})
    assert read_checkpoint(path)[0]["w"][-1] == 999.0
    assert [p.name for p in small_disk.iterdir()] == ["c.npz"]
