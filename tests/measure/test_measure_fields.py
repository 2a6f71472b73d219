import numpy as np
import pytest

from isocortex.errors import DescriptionError
from isocortex.measure.fields import count_weighted_fields, weight_fields


def test_white_images_recover_a_linear_filter():
    """For counts of mean b + sum f (I - I_mean), the field is var(I) f / b."""
    rng = np.random.default_rng(0)
    images = rng.uniform(0, 1, (60000, 4, 5))
    f = np.zeros((2, 4, 5))
    f[0, 1, 2], f[0, 2, 2], f[1, 0, 0] = 1.5, -1.0, 0.8
    means = 4 + np.tensordot(images - 0.5, f, axes=([1, 2], [1, 2]))
    found = count_weighted_fields(images, rng.poisson(means))
    np.testing.assert_allclose(found, f / 12 / 4, atol=0.004)


def test_two_images_by_hand():
    images = np.array([[[1.0, 0]], [[0, 1.0]]])
    found = count_weighted_fields(images, np.array([[3, 1, 0], [1, 1, 0]]))
    np.testing.assert_allclose(found[:2], [[[0.25, -0.25]], [[0, 0]]])
    assert np.isnan(found[2]).all()


def test_weights_on_less_off():
    """Relay cell 7 of a 2 by 3 grid stands for pixel 1; doubled synapses add."""
    on = np.array([0, 7, 7]), np.array([1, 0, 0]), np.array([2.0, 1, 3])
    off = np.array([5, 1]), np.array([1, 0]), np.array([4.0, 0.5])
    found = weight_fields(on, off, 2, (2, 3))
    np.testing.assert_allclose(found, [[[0, 3.5, 0], [0, 0, 0]], [[2, 0, 0], [0, 0, -4]]])


def test_bad_input():
    with pytest.raises(DescriptionError, match="are needed"):
        count_weighted_fields(np.zeros((3, 2, 2)), np.zeros((2, 4)))
    none = np.array([], int), np.array([], int), np.array([])
    with pytest.raises(DescriptionError, match="0 to 1 are needed"):
        weight_fields((np.array([0]), np.array([2]), np.array([1.0])), none, 2, (1, 1))
    np.testing.assert_array_equal(weight_fields(none, none, 1, (2, 2)), np.zeros((1, 2, 2)))
