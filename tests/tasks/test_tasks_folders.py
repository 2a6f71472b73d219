import io
import tarfile

import numpy as np
import pytest
from PIL import Image

from isocortex.errors import DataError
from isocortex.tasks.data import load


def write(folder, tone, name="0.png", size=(4, 3), mode="L"):
    folder.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, tone).save(folder / name)


@pytest.fixture
def animals(tmp_path):
    root = tmp_path / "set" / "train"
    write(root / "dog", 255, "b.png")
    write(root / "dog", 51, "a.png")
    write(root / "cat", (102, 102, 102), mode="RGB")
    (root / "cat" / "notes.txt").write_text("not an image")
    return tmp_path / "set"


def expected(found):
    assert found.classes == ("cat", "dog")
    np.testing.assert_array_equal(found.labels, [0, 1, 1])
    np.testing.assert_allclose(found.images[:, 0, 0], [0.4, 0.2, 1.0], atol=1e-6)
    assert found.shape == (3, 4)


def tar_of(folder, path, mode="w:gz"):
    with tarfile.open(path, mode) as tar:
        tar.add(folder, arcname=".")
    return path


def test_folder_of_class_folders(animals):
    expected(load(animals))
    expected(load(animals / "train"))


@pytest.mark.parametrize(("name", "mode"), [("x.tar", "w"), ("x.tar.gz", "w:gz"), ("x.tgz", "w:gz")])
def test_tar_reads_as_the_folder_does(animals, tmp_path, name, mode):
    expected(load(tar_of(animals, tmp_path / name, mode)))


def test_sixteen_bit_levels(tmp_path):
    (tmp_path / "a").mkdir()
    Image.fromarray(np.array([[0, 65535], [13107, 0]], np.uint16)).save(tmp_path / "a" / "deep.png")
    np.testing.assert_allclose(load(tmp_path).images[0], [[0, 1], [0.2, 0]], atol=1e-6)


def test_most_of_each_class_by_name(animals):
    found = load(animals, most=1)
    np.testing.assert_allclose(found.images[:, 0, 0], [0.4, 0.2], atol=1e-6)


def test_a_tar_is_never_unpacked(tmp_path):
    """A member that climbs out of the folder is read like any other and lands nowhere."""
    picture = io.BytesIO()
    Image.new("L", (2, 2), 255).save(picture, "png")
    with tarfile.open(tmp_path / "evil.tar", "w") as tar:
        info = tarfile.TarInfo("../outside/evil.png")
        info.size = len(picture.getvalue())
        tar.addfile(info, io.BytesIO(picture.getvalue()))
    assert load(tmp_path / "evil.tar").classes == ("outside",)
    assert {p.name for p in tmp_path.iterdir()} == {"evil.tar"}


def test_mixed_sizes_name_both(animals):
    write(animals / "train" / "dog", 9, "c.png", size=(5, 5))
    with pytest.raises(DataError, match=r"c\.png: is 5 by 5 pixels, but .*0\.png is 4 by 3 pixels"):
        load(animals)


def test_unreadable_image_is_named(animals, tmp_path):
    bad = animals / "train" / "cat" / "1.png"
    bad.write_bytes(b"this is no picture")
    with pytest.raises(DataError, match=r"cat/1\.png: is not an image"):
        load(animals)
    with pytest.raises(DataError, match=r"x\.tar:.*cat/1\.png: is not an image"):
        load(tar_of(animals, tmp_path / "x.tar", "w"))


def test_truncated_image_is_named(tmp_path):
    (tmp_path / "a").mkdir()
    noise = np.random.default_rng(0).integers(0, 255, (40, 40)).astype(np.uint8)
    Image.fromarray(noise).save(tmp_path / "a" / "x.png")
    data = (tmp_path / "a" / "x.png").read_bytes()
    (tmp_path / "a" / "x.png").write_bytes(data[: len(data) // 2])
    with pytest.raises(DataError, match=r"a/x\.png: cannot be read"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("value", "reason"), [(np.nan, "NaN or infinite"), (np.inf, "NaN or infinite"), (7.0, "range from 0 to 7")]
)
def test_floating_point_images_are_checked(tmp_path, value, reason):
    (tmp_path / "a").mkdir()
    pixels = np.zeros((3, 3), np.float32)
    pixels[1, 1] = value
    Image.fromarray(pixels).save(tmp_path / "a" / "x.tiff")
    with pytest.raises(DataError, match=rf"a/x\.tiff: .*{reason}"):
        load(tmp_path)


def test_no_class_folders(tmp_path):
    with pytest.raises(DataError, match="no images in class folders;"):
        load(tmp_path)
    write(tmp_path, 3)
    with pytest.raises(DataError, match=r"\(1 images lie in the folder itself\)"):
        load(tmp_path)


@pytest.mark.parametrize("cut", [0, 20, 150])
def test_truncated_tar(animals, tmp_path, cut):
    path = tar_of(animals, tmp_path / "x.tar.gz")
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(DataError, match=r"x\.tar\.gz: "):
        load(path)
