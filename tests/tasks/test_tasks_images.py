import numpy as np
import pytest

from isocortex.errors import DataError, DescriptionError
from isocortex.tasks.data import load
from isocortex.tasks.images import ImageSet, resize


def test_digits_are_the_default(monkeypatch, tmp_path):
    monkeypatch.delenv("ISOCORTEX_DATA", raising=False)
    digits = load()
    assert (len(digits), digits.shape, digits.name) == (1797, (8, 8), "digits")
    assert digits.images.dtype == np.float32
    assert (digits.images.min(), digits.images.max()) == (0, 1)
    assert digits.classes == tuple("0123456789")
    monkeypatch.setenv("ISOCORTEX_DATA", str(tmp_path / "gone"))
    with pytest.raises(DataError, match="gone: is not there"):
        load()
    assert len(load("digits")) == 1797


def test_split_is_balanced_disjoint_and_follows_the_seed():
    digits = load("digits")
    train, test = digits.split(0.25, seed=1)
    smallest = np.bincount(digits.labels).min()
    np.testing.assert_array_equal(np.bincount(test.labels), round(0.25 * smallest))
    assert len(train) + len(test) == len(digits)
    both = np.concatenate([train.images, test.images]).reshape(len(digits), -1)
    whole = digits.images.reshape(len(digits), -1)
    np.testing.assert_array_equal(both[np.lexsort(both.T)], whole[np.lexsort(whole.T)])
    np.testing.assert_array_equal(test.images, digits.split(0.25, seed=1)[1].images)
    assert not np.array_equal(test.images, digits.split(0.25, seed=2)[1].images)


def test_split_by_number():
    _, test = load("digits").split(7, seed=0)
    np.testing.assert_array_equal(np.bincount(test.labels), np.full(10, 7))


@pytest.mark.parametrize("held_out", [0, 0.0, 1.0, -1, 5000, 174])
def test_split_refuses(held_out):
    with pytest.raises(DescriptionError, match=r"split\.held_out: is .*smallest class of digits has 174"):
        load("digits").split(held_out, seed=0)


def test_select_and_only():
    some = load("digits").only([3, 5]).select(4, seed=0)
    np.testing.assert_array_equal(np.unique(some.labels, return_counts=True), [[3, 5], [4, 4]])
    with pytest.raises(DescriptionError, match="class '3' of digits has 4 images"):
        some.select(5, seed=0)


@pytest.mark.parametrize(
    ("images", "labels", "reason"),
    [
        (np.full((2, 2, 2), np.nan), [0, 1], "image 0 has pixels that are NaN or infinite"),
        (np.array([np.zeros((2, 2)), np.full((2, 2), np.inf)]), [0, 1], "image 1 has pixels"),
        (np.zeros((0, 2, 2)), [], "has no images"),
        (np.zeros((2, 4)), [0, 1], "have shape"),
        (np.full((1, 2, 2), 1.5), [0], "range from 1.5 to 1.5"),
        (np.zeros((2, 2, 2)), [0], "one each"),
        (np.zeros((1, 2, 2)), [-1], "whole numbers"),
        (np.zeros((1, 2, 2)), [0.5], "whole numbers"),
    ],
)
def test_bad_sets(images, labels, reason):
    with pytest.raises(DataError, match=f"^mine: .*{reason}"):
        ImageSet(images, np.array(labels), "mine")


def test_shrinking_averages_whole_blocks():
    image = np.arange(16.0).reshape(1, 4, 4) / 16
    expected = [[[(0 + 1 + 4 + 5) / 64, (2 + 3 + 6 + 7) / 64], [(8 + 9 + 12 + 13) / 64, (10 + 11 + 14 + 15) / 64]]]
    np.testing.assert_allclose(resize(image, (2, 2)), expected, atol=1e-6)


def test_growing_keeps_an_even_image_and_the_range():
    np.testing.assert_allclose(resize(np.full((1, 8, 8), 0.3), (12, 12)), 0.3, atol=1e-6)
    grown = load("digits").resized((12, 12))
    assert grown.shape == (12, 12)
    assert grown.images.min() >= 0 and grown.images.max() <= 1
