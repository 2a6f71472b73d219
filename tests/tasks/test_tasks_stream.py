import numpy as np
import pytest

from isocortex.errors import DescriptionError
from isocortex.tasks.data import load
from isocortex.tasks.stream import balanced_order, onsets, probe_order

LABELS = np.array([0] * 5 + [1] * 2 + [4] * 3)


def test_every_class_once_in_each_block():
    blocks = LABELS[balanced_order(LABELS, 60, seed=0)].reshape(20, 3)
    np.testing.assert_array_equal(np.sort(blocks, axis=1), np.tile([0, 1, 4], (20, 1)))
    assert len({tuple(b) for b in blocks}) > 1


def test_no_image_again_before_all_of_its_class():
    order = balanced_order(LABELS, 45, seed=3)
    for label, size in ((0, 5), (1, 2), (4, 3)):
        shown = order[LABELS[order] == label]
        for start in range(0, 15 - size + 1, size):
            assert len(set(shown[start : start + size])) == size


def test_a_shorter_stream_begins_a_longer_one_and_seeds_differ():
    labels = load("digits").labels
    long = balanced_order(labels, 500, seed=1)
    np.testing.assert_array_equal(balanced_order(labels, 123, seed=1), long[:123])
    assert not np.array_equal(balanced_order(labels, 500, seed=2), long)
    assert balanced_order(labels, 0, seed=1).shape == (0,)


def test_probes_show_the_same_images_equally_often():
    order = probe_order(LABELS, 2, 3, seed=0)
    images, shown = np.unique(order, return_counts=True)
    np.testing.assert_array_equal(shown, 3)
    np.testing.assert_array_equal(np.unique(LABELS[images], return_counts=True)[1], 2)
    np.testing.assert_array_equal(order, probe_order(LABELS, 2, 3, seed=0))


def test_onsets():
    np.testing.assert_array_equal(onsets(3, 100, 50, start=20), [20, 170, 320])


def test_bad_input():
    with pytest.raises(DescriptionError, match="smallest class has 2"):
        probe_order(LABELS, 3, 1, seed=0)
    with pytest.raises(DescriptionError, match="at least 1 of each"):
        probe_order(LABELS, 0, 1, seed=0)
    with pytest.raises(DescriptionError, match="one label for each"):
        balanced_order(np.array([]), 3, seed=0)
    with pytest.raises(DescriptionError, match="at least 0"):
        balanced_order(LABELS, -1, seed=0)
    with pytest.raises(DescriptionError, match="shown 0"):
        onsets(3, 0)


def test_seed_changes_the_images_within_a_class():
    labels = np.zeros(50, int)
    assert not np.array_equal(balanced_order(labels, 50, seed=1), balanced_order(labels, 50, seed=2))
    np.testing.assert_array_equal(np.sort(balanced_order(labels, 50, seed=1)), np.arange(50))
