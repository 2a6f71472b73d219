"""Data to learn from: where they may come from, which part is held out, and what is said of bad ones."""

from __future__ import annotations

import gzip
import tarfile
import types

import numpy as np
import pytest
from PIL import Image

from isocortex.errors import DataError, DescriptionError
from isocortex.learn.streams import Data, load_data
from isocortex.tasks import idx

ARFF = """% a comment
@relation flowers
@attribute width numeric
@attribute kind {wild,garden}
@attribute class {rose,lily}
@data
1,wild,rose
3,garden,lily
2,garden,rose
5,wild,lily
"""


def test_digits_are_split_by_class_and_seed():
    a, same, other = load_data(seed=1), load_data("digits", seed=1), load_data("digits", seed=2)
    assert len(a.x) + len(a.x_test) == 1797 and not a.own_test
    share = np.bincount(a.y_test) / (np.bincount(a.y) + np.bincount(a.y_test))
    np.testing.assert_allclose(share, 0.2, atol=0.005)
    np.testing.assert_array_equal(a.x_test, same.x_test)
    assert not np.array_equal(a.x_test, other.x_test)
    both = {image.tobytes() for image in a.x} & {image.tobytes() for image in a.x_test}
    assert len(both) <= 2  # the digits themselves hold a few images twice


def test_most_is_of_each_class():
    assert set(np.bincount(load_data("digits", most=7).y)) == {7}


def test_idx_files_of_mnist_have_their_own_test_part(tmp_path):
    rng = np.random.default_rng(0)
    parts = {"train": rng.integers(0, 256, (12, 5, 4), np.uint8), "t10k": rng.integers(0, 256, (6, 5, 4), np.uint8)}
    for part, images in parts.items():
        idx.write_idx(tmp_path / f"{part}-images-idx3-ubyte.gz", images)
        idx.write_idx(tmp_path / f"{part}-labels-idx1-ubyte.gz", (np.arange(len(images)) % 3).astype(np.uint8))
    data = load_data(tmp_path)
    assert data.own_test and (len(data.x), len(data.x_test), data.x.shape[1:]) == (12, 6, (5, 4))
    np.testing.assert_allclose(data.x_test, parts["t10k"] / 255, atol=1e-6)
    np.testing.assert_array_equal(load_data(tmp_path, seed=5).x_test, data.x_test)


def pictures(root, per_class, mode="RGB"):
    for c, tone in (("cat", 50), ("dog", 200)):
        (root / c).mkdir(parents=True, exist_ok=True)
        for i in range(per_class):
            colour = (tone + i, tone // 2, 0) if mode == "RGB" else tone + i
            Image.new(mode, (5, 4), colour).save(root / c / f"{i}.png")


def test_colours_are_kept_and_grey_stays_grey(tmp_path):
    pictures(tmp_path / "colours", 5)
    data = load_data(tmp_path / "colours")
    assert data.x.shape[1:] == (4, 5, 3) and data.classes == ("cat", "dog")
    assert {tuple(np.round(i[0, 0, 1:] * 255)) for i in data.x} == {(25.0, 0.0), (100.0, 0.0)}
    pictures(tmp_path / "grey", 5, "L")
    assert load_data(tmp_path / "grey").x.shape[1:] == (4, 5)


@pytest.mark.parametrize("packed", [False, True])
def test_train_and_test_folders_are_the_parts(tmp_path, packed):
    pictures(tmp_path / "set" / "train", 4)
    pictures(tmp_path / "set" / "test", 2)
    source = tmp_path / "set"
    if packed:
        source = tmp_path / "set.tar.gz"
        with tarfile.open(source, "w:gz") as tar:
            tar.add(tmp_path / "set", arcname=".")
    data = load_data(source)
    assert data.own_test and (len(data.x), len(data.x_test)) == (8, 4)


def test_a_tar_with_a_training_part_alone_is_split(tmp_path):
    pictures(tmp_path / "set" / "train", 5)
    with tarfile.open(tmp_path / "set.tar", "w") as tar:
        tar.add(tmp_path / "set", arcname=".")
    data = load_data(tmp_path / "set.tar")
    assert not data.own_test and (len(data.x), len(data.x_test)) == (8, 2)


@pytest.mark.parametrize("zipped", [False, True])
def test_arff_files(tmp_path, zipped):
    path = tmp_path / ("f.arff.gz" if zipped else "f.arff")
    path.write_bytes(gzip.compress(ARFF.encode()) if zipped else ARFF.encode())
    data = load_data(path)
    assert data.classes == ("rose", "lily") and data.x.shape == (2, 3)
    rows = {(*np.round(r, 6),) for r in np.concatenate([data.x, data.x_test])}
    # width scaled from 1..5 to 0..1, then wild, garden as 0 or 1
    assert rows == {(0.0, 1.0, 0.0), (0.5, 0.0, 1.0), (0.25, 0.0, 1.0), (1.0, 1.0, 0.0)}


def fetched(monkeypatch, data, target, names):
    asked = {}

    def fetch(**given):
        asked.update(given)
        return types.SimpleNamespace(data=np.asarray(data), target=target, feature_names=names)

    monkeypatch.setattr("sklearn.datasets.fetch_openml", fetch)
    return asked


def test_openml_tables_are_scaled_by_column(monkeypatch):
    target = np.array(["a", "b"] * 5)
    asked = fetched(monkeypatch, np.stack([np.arange(10.0), np.full(10, 7.0)], axis=1), target, ["x", "y"])
    data = load_data("openml:thing:2")
    assert (asked["name"], asked["version"]) == ("thing", 2)
    x = np.concatenate([data.x, data.x_test])
    assert (x[:, 0].min(), x[:, 0].max()) == (0, 1) and set(x[:, 1]) == {0.0}
    load_data("openml:554")
    assert asked["data_id"] == 554


def test_openml_pixels_are_images(monkeypatch):
    values = np.random.default_rng(0).integers(0, 256, (20, 9)).astype(float)
    fetched(monkeypatch, values, np.array([0, 1] * 10), [f"pixel{i}" for i in range(9)])
    data = load_data("openml:mnist_784")
    assert data.x.shape[1:] == (3, 3)
    assert {i.tobytes() for i in np.concatenate([data.x, data.x_test])} == {
        r.tobytes() for r in (values / 255).astype(np.float32).reshape(-1, 3, 3)
    }


def test_openml_without_network_says_so(monkeypatch):
    def fail(**given):
        raise OSError("no route")

    monkeypatch.setattr("sklearn.datasets.fetch_openml", fail)
    with pytest.raises(DataError, match=r"openml:mnist_784: cannot be fetched .*no route.*ARFF"):
        load_data("openml:mnist_784")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ARFF.replace("1,wild", "?,wild"), "row 0 has missing"),
        (ARFF.replace("{rose,lily}", "numeric").replace("rose", "1").replace("lily", "2"), "is numeric; a nominal"),
        (ARFF.replace("width numeric", "width string"), "is not ARFF|numbers or categories"),
        ("nonsense", "is not ARFF|no rows"),
    ],
)
def test_bad_arff(tmp_path, text, said):
    (tmp_path / "x.arff").write_text(text)
    with pytest.raises(DataError, match=said):
        load_data(tmp_path / "x.arff")


def test_missing_data_are_named(tmp_path):
    with pytest.raises(DataError, match="gone: is not there"):
        load_data(tmp_path / "gone")


def test_one_class_or_one_sample_is_too_little():
    x = np.zeros((4, 2), np.float32)
    with pytest.raises(DataError, match="has one class"):
        Data(x, np.zeros(4, int), x, np.zeros(4, int), "mine", ("a",))
    with pytest.raises(DescriptionError, match="held_out"):
        load_data("digits", held_out=1.0)
