import numpy as np
import pytest

from isocortex.errors import DescriptionError
from isocortex.tasks import alter as alterations
from isocortex.tasks.alter import ALTERATIONS, alter, altered
from isocortex.tasks.data import load


@pytest.fixture(scope="module")
def digits():
    return load("digits").select(3, seed=0)


@pytest.mark.parametrize("how", sorted(ALTERATIONS))
def test_battery(digits, how):
    """Pure by seed, labels and range kept, and something did change."""
    before = digits.images.copy()
    one, again = alter(digits, how, seed=4), alter(digits, how, seed=4)
    np.testing.assert_array_equal(one.images, again.images)
    np.testing.assert_array_equal(digits.images, before)
    np.testing.assert_array_equal(one.labels, digits.labels)
    assert one.images.shape == before.shape and one.images.dtype == np.float32
    assert one.images.min() >= 0 and one.images.max() <= 1
    assert np.abs(one.images - before).mean() > 0.02
    assert one.name == f"digits, {how}"


def test_rotate_turns_counter_clockwise():
    np.testing.assert_array_equal(alterations.rotate(np.array([[[1, 2], [3, 4]]])), [[[2, 4], [1, 3]]])
    wide = np.arange(6).reshape(1, 2, 3)
    assert alterations.rotate(wide, 90).shape == (1, 3, 2)


def test_rotate_by_any_angle_meets_the_exact_turn():
    """A smooth bump off the centre, turned by 30 degrees three times, lies where one turn by 90 degrees puts it."""
    y, x = np.mgrid[:61, :61]
    bump = np.exp(-((y - 30) ** 2 + (x - 42) ** 2) / 50.0)[None]
    turned = alterations.rotate(alterations.rotate(alterations.rotate(bump, 30), 30), 30)
    np.testing.assert_allclose(turned, alterations.rotate(bump, 90), atol=0.04)


def test_colours_move_together():
    """Altering an image whose three colours are alike is altering it grey."""
    grey = np.random.default_rng(0).random((4, 9, 9))
    colours = np.repeat(grey[..., None], 3, axis=3)
    for how in ("rotate=30", "rotate", "contrast", "invert", "permute", "blur"):
        np.testing.assert_allclose(altered(colours, how, seed=2), altered(grey, how, seed=2)[..., None].repeat(3, 3), atol=1e-6)


def test_contrast_keeps_the_mean_of_each_image(digits):
    less = alter(digits, "contrast=0.25").images
    np.testing.assert_allclose(less.mean((1, 2)), digits.images.mean((1, 2)), atol=1e-6)
    np.testing.assert_allclose(less.std((1, 2)), digits.images.std((1, 2)) / 4, atol=1e-6)


def test_another_draw_is_other_noise_under_the_same_permutation(digits):
    pixels = digits.images
    np.testing.assert_array_equal(altered(pixels, "permute", 3, draw=1), altered(pixels, "permute", 3, draw=2))
    assert not np.array_equal(altered(pixels, "noise", 3, draw=1), altered(pixels, "noise", 3, draw=2))


def test_vectors_have_no_neighbours():
    vectors = np.full((3, 5), 0.25, np.float32)
    np.testing.assert_allclose(altered(vectors, "invert"), 0.75)
    with pytest.raises(DescriptionError, match="blur: vectors of 5 features"):
        altered(vectors, "blur")


def test_those_that_undo_themselves(digits):
    np.testing.assert_array_equal(alter(alter(digits, "rotate"), "rotate=270").images, digits.images)
    np.testing.assert_allclose(alter(alter(digits, "invert"), "invert").images, digits.images, atol=1e-6)
    np.testing.assert_array_equal(alter(digits, "rotate=180+rotate=180").images, digits.images)


def test_permute_moves_all_images_alike(digits):
    altered = alter(digits, "permute", seed=1).images.reshape(len(digits), -1)
    flat = digits.images.reshape(len(digits), -1)
    np.testing.assert_array_equal(np.sort(altered, axis=1), np.sort(flat, axis=1))
    columns = {c.tobytes() for c in flat.T}
    assert {np.ascontiguousarray(c).tobytes() for c in altered.T} == columns
    assert not np.array_equal(altered, alter(digits, "permute", seed=2).images.reshape(len(digits), -1))


def test_permute_a_fraction_leaves_the_rest():
    marks = np.arange(100.0).reshape(1, 10, 10)
    stay = (alterations.permute(marks, 0.4, 0) == marks).sum()
    assert 60 <= stay < 70


@pytest.mark.parametrize("how", ["permute=0", "blur=0", "noise=0", "invert=0", "rotate=0", "contrast=1"])
def test_strength_zero_changes_nothing(digits, how):
    np.testing.assert_allclose(alter(digits, how).images, digits.images, atol=1e-6)


def test_blur_keeps_the_mean_of_a_point_and_an_even_image():
    point = np.zeros((1, 21, 21))
    point[0, 10, 10] = 1
    spread = alterations.blur(point, 1.5)
    assert spread.sum() == pytest.approx(1, abs=1e-6)
    y = np.arange(21) - 10
    assert (spread[0].sum(1) * y**2).sum() == pytest.approx(1.5**2, rel=0.02)


def test_noise_has_the_standard_deviation_asked_for():
    grey = np.full((50, 20, 20), 0.5)
    assert alterations.noise(grey, 0.1, 0).std() == pytest.approx(0.1, rel=0.02)


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("rotat", "did you mean 'rotate'"), ("contrast=2", "0 to 1"), ("blur=-1", "at least 0"),
        ("noise=much", "no number"), ("invert=2", "0 to 1"), ("permute=2", "0 to 1"),
        ("noise=nan", "not finite"), ("", "is not known"),
    ],
)  # fmt: skip
def test_bad_alterations(digits, how, reason):
    with pytest.raises(DescriptionError, match=reason):
        alter(digits, how)
