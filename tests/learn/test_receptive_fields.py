"""What units look like."""

from __future__ import annotations

import numpy as np

from isocortex.learn import CorticalClassifier
from isocortex.learn.bank import normalised, windows
from isocortex.report.learning.units import mosaic
from learn.digits import digits, learner


def test_imprinted_units_are_patches_that_were_shown() -> None:
    """A unit that stays as it was imprinted is one normalised patch, up to scale, where no component is left out."""
    x, y, _, _ = digits()
    model = learner(units="imprinted").fit(x[:100], y[:100])
    (fields,) = model.receptive_fields().values()
    bank = model._mature.front.banks[0]
    edge = bank.bank.patch
    assert fields.shape[1:] == (edge, edge, 1)
    np.testing.assert_allclose(np.abs(fields).reshape(len(fields), -1).max(1), 1, atol=1e-6)
    shown = normalised(windows(x[:100, :, :, None], edge), bank.eps)
    shown = shown - shown.mean(0)  # units see what differs from the mean patch
    shown /= np.linalg.norm(shown, axis=1, keepdims=True) + 1e-9
    for field in fields[:10].reshape(10, -1):
        assert (shown @ (field / np.linalg.norm(field))).max() > 0.97


def horizontal_bars() -> np.ndarray:
    rng = np.random.default_rng(0)
    bars = np.zeros((120, 28, 28), np.float32)
    for image in bars:
        at = rng.integers(2, 24)
        image[at : at + 3, :] = 1.0
    return bars


def test_units_of_a_second_area_are_seen_through_the_first() -> None:
    model = CorticalClassifier(critical_period=100, sheet="without turning").fit(horizontal_bars(), np.arange(120) % 2)
    fields = model.receptive_fields(most=20)
    assert set(fields) == {"V1fine", "V1", "V1map", "V2"}
    assert fields["V2"].shape[1] > fields["V1map"].shape[1]
    for shown in fields.values():
        along, across = np.diff(shown, axis=2).std(), np.diff(shown, axis=1).std()
        assert across > 3 * along  # they vary across bars, not along them


def test_units_that_meet_turned_images_look_in_all_directions() -> None:
    model = CorticalClassifier(critical_period=100).fit(horizontal_bars(), np.arange(120) % 2)
    for shown in model.receptive_fields(most=100).values():
        along, across = np.diff(shown, axis=2).std(), np.diff(shown, axis=1).std()
        assert 0.7 < across / along < 1.4


def test_vectors_and_colours() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(60, 7))
    fields = CorticalClassifier(critical_period=50).fit(vectors, np.arange(60) % 2).receptive_fields()
    assert fields["V1"].shape[1] == 7
    colours = rng.random((40, 32, 32, 3)).astype(np.float32)
    fields = CorticalClassifier(size="small", critical_period=30).fit(colours, np.arange(40) % 2).receptive_fields()
    assert all(f.shape[3] == 3 and f.shape[1] == f.shape[2] for f in fields.values())


def test_a_mosaic_puts_images_side_by_side() -> None:
    tiles = np.arange(1.0, 4.0)[:, None, None, None] * np.ones((3, 2, 2, 1))
    out = mosaic(tiles, 2)[..., 0]
    assert out.shape == (5, 5)
    assert out[0, 0] == 1 and out[0, 3] == 2 and out[3, 0] == 3 and out[3, 3] == 0 and out[0, 2] == 0
