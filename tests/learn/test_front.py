"""The compiled front end against plain NumPy; mirror images; competition against k-means' own recursion."""

from __future__ import annotations

import numpy as np
import pytest

from isocortex.learn.bank import Bank, Learning, learn_bank, normalised, windows
from isocortex.learn.competition_kernel import compete
from isocortex.learn.decorrelation import MANY, decorrelate, reflection
from isocortex.learn.front import learn_front
from isocortex.learn.geometry import bump, fine_cells, overlaps, pool_matrix
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


def test_coarse_cells_give_way_to_each_other() -> None:
    """Over a border of two cells: a quarter, then three quarters of the cells beside the middle belong to the far half."""
    np.testing.assert_allclose(overlaps(4, 2, 2.0), [[1, 0.75, 0.25, 0], [0, 0.25, 0.75, 1]])
    np.testing.assert_allclose(overlaps(9, 3, 4.0).sum(0), 1)


def test_the_centre_is_a_window_of_its_own() -> None:
    """Each region is a mean over positions: the same everywhere if the input is; the window falls off from the middle."""
    rows, columns = fine_cells(9, 5), fine_cells(7, 4)
    pool = pool_matrix(rows, columns, 2, 2.0, True)
    positions = np.outer(np.bincount(rows), np.bincount(columns)).reshape(-1)
    assert pool.shape == (5, len(positions))
    np.testing.assert_allclose(pool @ positions, 1, rtol=1e-6)
    np.testing.assert_allclose(bump(4), [0.25, 0.75, 0.75, 0.25])


@pytest.mark.parametrize(("border", "centre"), [(1.0, False), (3.0, True)])
def test_pooled_is_the_mean_of_the_map_over_windows(border: float, centre: bool) -> None:
    """Over windows of the fine cells, weighted by their numbers of positions; a unit's mirror image at the mirrored place."""
    bank = learn_bank(
        BANK.replace(border=border, centre=centre), IMAGES, mirror=True, partner=None, learning=Learning(), seed=1
    )
    rows, columns = bank.cells(IMAGES)
    units, images = np.split(bank.map(IMAGES), 2, axis=3)
    both = units + images[:, :, ::-1]
    positions = np.outer(np.bincount(rows), np.bincount(columns))
    down, across = overlaps(len(positions), 2, border), overlaps(len(positions.T), 2, border)
    windows_ = [np.outer(d, a) for d in down for a in across]
    windows_ += [np.outer(bump(len(positions)), bump(len(positions.T)))] if centre else []
    expected = [np.einsum("yx,nyxu->nu", w * positions, both) / (w * positions).sum() for w in windows_]
    assert bank.bank.regions == len(windows_)
    np.testing.assert_allclose(bank.pooled(IMAGES), np.concatenate(expected, axis=1), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("samples", [60, 5])
def test_components_of_few_long_vectors_come_from_their_products(samples: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The eigenvectors of 3,072 by 3,072 took most of a question's time; those of samples by samples give the same."""
    rng = np.random.default_rng(5)
    x = (rng.standard_normal((samples, 30)) @ rng.standard_normal((30, MANY))).astype(np.float32)
    sizes: list[int] = []
    real = np.linalg.eigh
    monkeypatch.setattr(np.linalg, "eigh", lambda a: (sizes.append(len(a)), real(a))[1])
    few = decorrelate(x, 30, 0.1)
    assert max(sizes) == samples
    monkeypatch.setattr("isocortex.learn.decorrelation.MANY", MANY + 1)
    whole = decorrelate(x, 30, 0.1)
    assert max(sizes) == MANY
    code, expected = few(x), whole(x)[:, : few.projection.shape[1]]
    np.testing.assert_allclose(code @ code.T, expected @ expected.T, rtol=1e-3, atol=1e-3 * float((expected**2).sum(1).max()))


def test_vectors_that_never_vary_have_one_component() -> None:
    assert decorrelate(np.ones((4, MANY), np.float32), 30, 0.1).projection.shape == (MANY, 1)
