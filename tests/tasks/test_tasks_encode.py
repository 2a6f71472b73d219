import numpy as np
import pytest

from isocortex.errors import DataError, DescriptionError
from isocortex.tasks.data import load
from isocortex.tasks.encode import LatencyCode, RateCode, centre_surround, spikes_of, spread


@pytest.fixture(scope="module")
def images():
    return load("digits").select(5, seed=0).images


def test_filter_of_a_point_is_the_difference_of_gaussians():
    point = np.zeros((1, 31, 31))
    point[0, 15, 15] = 1
    y, x = np.mgrid[-15:16, -15:16]
    expected = sum(s * np.exp(-(x**2 + y**2) / (2 * w**2)) / (2 * np.pi * w**2) for s, w in ((1, 1.2), (-1, 3.0)))
    np.testing.assert_allclose(centre_surround(point, 1.2, 3.0)[0], expected, atol=2e-3)
    assert centre_surround(point, 1.2, 3.0)[0, 15, 15] == pytest.approx(expected[15, 15], rel=0.02)


def test_even_images_give_the_base_rate():
    on, off = RateCode(base=3).rates(np.array([np.zeros((8, 8)), np.full((8, 8), 0.7), np.ones((8, 8))]))
    np.testing.assert_array_equal(on, 3)
    np.testing.assert_array_equal(off, 3)


def test_bright_drives_on_and_dark_drives_off():
    bright = np.full((1, 15, 15), 0.5)
    bright[0, 7, 7] = 1
    code = RateCode()
    on, off = (r.reshape(15, 15) for r in code.rates(bright))
    assert on.argmax() == 7 * 15 + 7 and off[7, 7] == code.base
    dark_on, dark_off = code.rates(1 - bright)
    np.testing.assert_allclose(dark_off.reshape(15, 15), on, rtol=1e-5)
    np.testing.assert_allclose(dark_on.reshape(15, 15), off, rtol=1e-5)


@pytest.mark.parametrize("size", [None, 6, 12, 16])
def test_every_image_has_the_same_mean_drive(images, size):
    code = RateCode(size=size, mean="12 Hz", base="1 Hz")
    on, off = code.rates(images)
    side = size or 8
    assert on.shape == off.shape == (len(images), side * side)
    np.testing.assert_allclose((on.mean(1) + off.mean(1)) / 2, 12, rtol=1e-5)
    assert min(on.min(), off.min()) == 1
    assert ((on > 1) & (off > 1)).sum() == 0


def test_contrast_and_brightness_do_not_matter(images):
    for a, b in zip(RateCode().rates(images), RateCode().rates(0.3 + 0.4 * images), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-3)


def test_latency_falls_with_strength_and_all_images_make_as_many_spikes(images):
    code = LatencyCode(first=4, span=30, fraction=0.2)
    times, channel = np.concatenate(code.latencies(images), axis=1), np.concatenate(code.channels(images), axis=1)
    np.testing.assert_array_equal((~np.isnan(times)).sum(1), round(0.2 * 128))
    for t, c in zip(times, channel, strict=True):
        fired = ~np.isnan(t)
        assert c[fired].min() >= c[~fired].max()
        assert (np.diff(t[fired][np.argsort(-c[fired], kind="stable")]) >= 0).all()
        assert t[np.argmax(c)] == pytest.approx(4)
        np.testing.assert_allclose(t[fired], 4 + 30 * (1 - c[fired] / c.max()))


def test_an_even_image_makes_no_spike():
    assert np.isnan(np.concatenate(LatencyCode().latencies(np.full((1, 8, 8), 0.5)))).all()


def test_spikes_in_a_row():
    times, cells = spikes_of(np.array([[5.0, np.nan, 2.0], [np.nan, 1.0, np.nan]]), np.array([100.0, 200.0]))
    np.testing.assert_array_equal(times, [102, 105, 201])
    np.testing.assert_array_equal(cells, [2, 0, 1])


def test_spread_repeats_pixels():
    np.testing.assert_array_equal(spread(np.array([[1, 2, 3]]), 7), [[1, 2, 3, 1, 2, 3, 1]])
    with pytest.raises(DescriptionError, match="at least 3 cells"):
        spread(np.array([1, 2, 3]), 2)


def test_bad_input():
    with pytest.raises(DataError, match="image 0 has pixels that are NaN"):
        RateCode().rates(np.full((1, 8, 8), np.nan))
    with pytest.raises(DescriptionError, match=r"RateCode\.surround: .*wider than the centre"):
        RateCode(centre=2, surround=2)
    with pytest.raises(DescriptionError, match=r"RateCode\.mean: is 2 Hz; must be more than the base"):
        RateCode(mean=2, base=2)
    for size in (0, 1, 2.5, True):
        with pytest.raises(DescriptionError, match=r"LatencyCode\.size"):
            LatencyCode(size=size)
    with pytest.raises(DescriptionError, match="one each"):
        spikes_of(np.zeros((2, 3)), np.zeros(3))
