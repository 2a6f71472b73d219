"""Fixations: what the views of an image are, and that they count as one sample."""

from __future__ import annotations

import numpy as np

from isocortex.learn import CorticalClassifier
from isocortex.learn.association import Association
from isocortex.learn.views import ALL, GLANCES, occurrence, turned, views, views_of_nth
from learn.digits import digits


def test_views_are_the_image_its_shifts_and_its_tilts() -> None:
    image = np.zeros((1, 21, 21, 1), np.float32)
    image[0, 8, 10] = 1
    seen = views(image)[:, 0, :, :, 0]
    assert len(seen) == ALL
    np.testing.assert_array_equal(seen[0], image[0, :, :, 0])
    assert {tuple(np.argwhere(v == 1)[0]) for v in seen[1:5]} == {(7, 10), (9, 10), (8, 9), (8, 11)}
    np.testing.assert_allclose(seen[5], seen[6][:, ::-1], atol=1e-6)  # on the middle line the tilts mirror each other


def test_views_from_elsewhere_keep_the_centre_and_move_what_is_beside_it() -> None:
    image = np.zeros((1, 41, 41, 1), np.float32)
    image[0, 20, 20] = image[0, 10, 20] = image[0, 20, 30] = 1  # the centre, ten above, ten to the right
    wanted = {  # from the meaning: (rows of what was above, columns of what was aside), each from the centre
        7: (-9.0, 9.0), 8: (-11.2, 11.2), 9: (-8.7, 10.0), 10: (-11.5, 10.0), 11: (-10.0, 8.7), 12: (-10.0, 11.5),
    }  # fmt: skip
    seen = views(image)[:, 0, :, :, 0]
    for k, (above, aside) in wanted.items():
        assert seen[k, 20, 20] == 1
        rows, columns = np.arange(-20, 21), np.arange(-20, 21)
        up = seen[k, :15, 15:26].sum(1)
        right = seen[k, 15:26, 26:].sum(0)
        np.testing.assert_allclose((up @ rows[:15]) / up.sum(), above, atol=0.15)
        np.testing.assert_allclose((right @ columns[26:]) / right.sum(), aside, atol=0.15)
    for k, way in ((13, -1), (14, 1)):  # aslant: what was above is aside too, what was aside stays
        assert seen[k, 20, 30] == 1
        np.testing.assert_allclose(np.argwhere(seen[k, :15] > 0.9), [[10, 20 + way * 2]])


def test_some_views_are_the_first_of_all_views() -> None:
    images = np.random.default_rng(0).random((2, 24, 24, 3)).astype(np.float32)
    np.testing.assert_array_equal(views(images, GLANCES), views(images)[:GLANCES])
    np.testing.assert_array_equal(views(images, 2), views(images)[:2])


def test_turned_about_the_centre() -> None:
    image = np.zeros((3, 21, 21, 1), np.float32)
    image[:, 4, 10] = 1  # above the centre
    seen = turned(image, np.array([0.0, 90.0, 180.0]))
    np.testing.assert_array_equal(seen[0], image[0])
    np.testing.assert_allclose(seen[1], np.rot90(image[1]), atol=1e-5)
    np.testing.assert_allclose(seen[2], image[2, ::-1, ::-1], atol=1e-5)


def test_the_first_samples_are_looked_at_more() -> None:
    np.testing.assert_array_equal(views_of_nth(np.array([0, 1, 2, 4, 5]), 2, 5), [ALL, ALL, GLANCES, GLANCES, 1])
    np.testing.assert_array_equal(views_of_nth(np.array([0, 7]), 0, 0), [1, 1])


def test_views_of_one_sample_a_class_say_what_varies_within_classes() -> None:
    """Two classes that differ along one axis, views that spread along another: the spread counts for less, not nothing."""
    rows = np.array([[0, -1], [0, 1], [1, -1], [1, 1]], np.float32) + np.array([[0, 0], [0, 0], [0, 3], [0, 3]], np.float32)
    labels = np.array([0, 0, 1, 1])
    seen, plain = Association(2, 64), Association(2, 64)
    seen.absorb(rows, labels, np.full(4, 0.5), np.full(4, 2.0))
    plain.absorb(rows[[0, 2]], labels[[0, 2]], np.ones(2))
    by_views, by_distance = seen.solve().coefficients, plain.solve().coefficients
    first, second = (c[:, 1] - c[:, 0] for c in (by_views, by_distance))
    assert abs(second[1] / second[0]) == 3  # one view: the difference of the means, nothing else
    assert 0 < first[1] / first[0] < 1.01


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
