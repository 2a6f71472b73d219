"""The compiled front end against plain NumPy; mirror images; competition against k-means' own recursion."""

from __future__ import annotations

import numpy as np
import pytest

from isocortex.learn.bank import Bank, Learning, learn_bank, normalised, windows
from isocortex.learn.competition_kernel import compete
from isocortex.learn.decorrelation import decorrelate, reflection
from isocortex.learn.front import learn_front
from isocortex.learn.geometry import fine_cells, overlaps
from isocortex.learn.layout import Layout

IMAGES = np.random.default_rng(0).random((12, 11, 10, 3)).astype(np.float32)
BANK = Bank(name="V1", patch=3, units=9, components=20, grid=2, cells=4)


@pytest.mark.parametrize("mirror", [False, True])
def test_kernel_is_the_formula(mirror: bool) -> None:
    """relu(s - mean - c sd) over the units at each place, averaged over cells, units with their mirror images."""
    bank = learn_bank(BANK, IMAGES, mirror=mirror, partner=None, learning=Learning(), seed=1)
    codes = bank.components(normalised(windows(IMAGES, 3), bank.eps)).reshape(12, 9, 8, -1)
    n_even = bank.components.n_even
    even, odd = codes[..., :n_even] @ bank.even, (codes[..., n_even:] @ bank.odd if mirror else 0.0)
    s = np.concatenate([even + odd, even - odd], axis=-1) if mirror else even
    rectified = np.maximum(s - s.mean(-1, keepdims=True) - 0.5 * s.std(-1, keepdims=True), 0)
    rows, columns = bank.cells(IMAGES)
    expected = np.zeros((12, rows[-1] + 1, columns[-1] + 1, s.shape[-1]))
    for y, cell_y in enumerate(rows):
        for x, cell_x in enumerate(columns):
            expected[:, cell_y, cell_x] += rectified[:, y, x]
    expected /= np.outer(np.bincount(rows), np.bincount(columns))[None, :, :, None]
    np.testing.assert_allclose(bank.map(IMAGES), expected, rtol=1e-3, atol=1e-4)


def test_mirrored_images_have_the_same_features() -> None:
    """In both areas: the second sees the map of the first, in which units and mirror images are partners."""
    above = Bank(name="V2", source="V1", patch=2, units=7, components=12, grid=2, cells=3)
    front = learn_front(Layout((BANK, above), True), IMAGES, {}, 0)
    np.testing.assert_allclose(front.features(IMAGES), front.features(IMAGES[:, :, ::-1].copy()), rtol=1e-3, atol=2e-3)


def test_without_mirror_they_differ() -> None:
    front = learn_front(Layout((BANK,), False), IMAGES, {}, 0)
    assert np.abs(front.features(IMAGES) - front.features(IMAGES[:, :, ::-1].copy())).max() > 0.1


def test_components_are_white_and_have_a_parity() -> None:
    rng = np.random.default_rng(0)
    x = (rng.standard_normal((500, 12)) @ rng.standard_normal((12, 12))).astype(np.float32)
    swap = reflection(2, 3)
    both = np.concatenate([x, x[:, swap]])
    c = decorrelate(both, 12, 1e-9, swap)
    np.testing.assert_allclose(np.cov(c(both).T, bias=True), np.eye(12), atol=2e-3)
    parity = np.where(np.arange(12) < c.n_even, 1, -1)
    np.testing.assert_allclose(c(x[:, swap]), c(x) * parity, rtol=1e-3, atol=1e-3)


def test_a_unit_is_the_mean_of_what_it_won() -> None:
    """Two clusters far apart, one unit in each: after one pass each unit is its cluster's mean, its own start included."""
    rng = np.random.default_rng(0)
    codes = (rng.standard_normal((200, 4)) + np.where(np.arange(200) % 2, 20, -20)[:, None]).astype(np.float32)
    units, wins = codes[:2].copy(), np.ones(2, np.float32)
    compete(codes[2:], 4, units, wins, np.float32(1), np.float32(0))
    np.testing.assert_allclose(units, [codes[::2].mean(0), codes[1::2].mean(0)], rtol=1e-4)
    np.testing.assert_array_equal(wins, [100, 100])


@pytest.mark.parametrize(("positions", "cells"), [(27, 9), (20, 9), (5, 2), (6, 3), (1, 4), (2, 2)])
def test_cells_are_symmetric_and_all_there(positions: int, cells: int) -> None:
    c = fine_cells(positions, cells)
    assert len(c) == positions and list(np.unique(c)) == list(range(c[-1] + 1))
    np.testing.assert_array_equal(c, c[-1] - c[::-1])


def test_coarse_cells_share_all_fine_ones() -> None:
    np.testing.assert_allclose(overlaps(9, 2).sum(0), 1)
    np.testing.assert_allclose(overlaps(7, 3).sum(1), 7 / 3)
