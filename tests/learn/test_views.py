"""Fixations: what the views of an image are, and that they count as one sample."""

from __future__ import annotations

import numpy as np

from isocortex.learn import CorticalClassifier
from isocortex.learn.association import Association
from isocortex.learn.views import COUNT, occurrence, views
from learn.digits import digits


def test_views_are_the_image_its_shifts_and_its_tilts() -> None:
    image = np.zeros((1, 21, 21, 1), np.float32)
    image[0, 8, 10] = 1
    seen = views(image)[:, 0, :, :, 0]
    assert len(seen) == COUNT
    np.testing.assert_array_equal(seen[0], image[0, :, :, 0])
    assert {tuple(np.argwhere(v == 1)[0]) for v in seen[1:5]} == {(7, 10), (9, 10), (8, 9), (8, 11)}
    np.testing.assert_allclose(seen[5], seen[6][:, ::-1], atol=1e-6)  # on the middle line the tilts mirror each other


def test_occurrence_counts_within_and_before() -> None:
    np.testing.assert_array_equal(occurrence(np.array([1, 0, 1, 1, 0]), np.array([5, 0])), [0, 5, 1, 2, 6])


def test_views_of_a_sample_count_as_one() -> None:
    x = np.random.default_rng(0).standard_normal((6, 4)).astype(np.float32)
    layer = Association(4, 64)
    layer.absorb(np.repeat(x, 3, axis=0), np.zeros(18, np.int64), np.full(18, 1 / 3), np.full(18, 3.0))
    prototypes = layer.prototypes.copy()
    layer._learn(prototypes, None)
    np.testing.assert_allclose(prototypes.samples(), 6)
    np.testing.assert_allclose(prototypes.weight, 6)


def test_batches_agree_with_views_too() -> None:
    """On images wide enough for fixations, half of them past the young age of their class."""
    x, y, test, labels = digits()
    wide, wide_test = (np.kron(a, np.ones((3, 3), np.float32)) for a in (x[:260], test[:100]))
    keep = y[:260] < 2
    wide, y = wide[keep], y[:260][keep]
    models = [CorticalClassifier(size="small", critical_period=20) for _ in range(2)]
    models[0].partial_fit(wide, y)
    for i in range(len(wide)):
        models[1].partial_fit(wide[i : i + 1], y[i : i + 1])
    np.testing.assert_array_equal(models[0].predict_proba(wide_test), models[1].predict_proba(wide_test))
    two = labels[:100] < 2
    assert models[0].score(wide_test[two], labels[:100][two]) > 0.95
