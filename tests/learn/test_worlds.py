"""Superficial adaptation: a new world is met without labels, seen through an equaliser, and left again at no cost."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from isocortex.learn import CorticalClassifier
from isocortex.learn.equaliser import World, equaliser
from learn.digits import digits, learner

NOISE = np.random.default_rng(3)
SHIFTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "inversion": lambda x: 1 - x,
    "noise": lambda x: (x + 0.3 * NOISE.standard_normal(x.shape)).astype(np.float32),
    "contrast": lambda x: 0.5 + 0.1 * (x - 0.5),
}


def taught(sheet: str = "full") -> CorticalClassifier:
    x, y, _, _ = digits()
    return learner(sheet=sheet).fit(x[:900], y[:900])


@pytest.mark.parametrize(("shift", "share"), [("inversion", 0.9), ("noise", 0.3)])
def test_much_of_what_a_shift_costs_comes_back_without_labels(shift: str, share: float) -> None:
    """An inversion can be undone; noise of sd 0.3 on 8 by 8 pixels can only be weighed down."""
    x, _, test, labels = digits()
    model = taught()
    change = SHIFTS[shift]
    clean, shifted = model.score(test, labels), change(test)
    before = model.score(shifted, labels)
    model.partial_fit(change(x[900:1100]))
    assert model.score(shifted, labels) - before > share * (clean - before) > 0
    assert model.score(test, labels) > clean - 0.01  # and the familiar world is as it was


def test_without_following_nothing_comes_back_and_without_reversal_the_old_world_is_lost() -> None:
    x, _, test, labels = digits()
    fixed, stuck = taught("without following"), taught("without reversal")
    before = fixed.score(1 - test, labels)
    for model in (fixed, stuck):
        model.partial_fit(1 - x[900:1100])
    assert fixed.score(1 - test, labels) == before
    assert stuck.score(1 - test, labels) > 0.9
    assert stuck.score(test, labels) < 0.9


def test_deep_layers_do_not_learn_without_a_label_unless_uniform() -> None:
    x, _, test, _ = digits()
    layered, uniform = taught(), taught("uniform")
    for model, moves in ((layered, False), (uniform, True)):
        before = model.decision_function(test)
        model.partial_fit(x[900:1000])
        assert np.array_equal(model.decision_function(test), before) != moves


def test_familiar_images_settle_no_new_world() -> None:
    x, _, _, _ = digits()
    model = taught()
    model.partial_fit(x[900:1200])
    assert model._mature is not None and model._mature.worlds is not None
    assert model._mature.worlds.adapted == []


def test_equaliser_undoes_a_blur_an_inversion_and_a_change_of_contrast() -> None:
    """Each is an invertible map of the images; what is left is the error of 200 images' statistics."""
    x = _wide(digits()[0])
    world = World.none(x.shape[1:3])
    world.see(x[:600])
    for change in (
        lambda z: gaussian_filter(z, (0, 1.0, 1.0, 0), mode="wrap"),
        lambda z: 1 - z,
        lambda z: 0.3 + 0.2 * z,
    ):
        new = change(x).astype(np.float32)
        back = equaliser(new[600:800], world)(new[800:900])
        left, lost = ((a - x[800:900]).std() for a in (back, _matched(new[800:900], x)))
        assert left < 0.15 * x.std() or left < 0.5 * lost


def _wide(x: np.ndarray) -> np.ndarray:
    """Digits in the middle of a dark field of 16 by 16."""
    return np.pad(x, ((0, 0), (4, 4), (4, 4)))[..., None]


def _matched(new: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The best that a change of brightness and contrast alone can do."""
    return (new - new.mean()) / new.std() * x.std() + x.mean()
