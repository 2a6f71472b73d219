"""The schedule: every image is where the plan wants it, and nothing that is tested was learned."""

import dataclasses

import numpy as np
import pytest

from isocortex.errors import DescriptionError
from isocortex.experiments.schedule import LEARN, LOOK, Plan, make_schedule
from isocortex.tasks.data import load

PLAN = Plan(learn=40, again=20, marks=(0.25, 1.0), look=50)


@pytest.fixture(scope="module")
def made():
    train, held_out = load("digits").split(0.3, 0)
    return train, held_out, make_schedule(train, held_out, PLAN, "rotate", 0)


def test_numbers_of_presentations(made):
    _, _, s = made
    assert (s.kind == LEARN).sum() == 40 + 40 + 20
    assert (s.kind == LOOK).sum() == (1 + 2 + 1 + 2) * 50  # start, marks of the first phase, the altered one's end, marks again
    assert [p["last"] for p in s.phases] == [40, 80, 100]


def test_looks_stand_where_their_names_say(made):
    _, _, s = made
    at = {name: s.learned[s.look(getattr(s, name))[0]] for name in ("start", "first", "altered", "back")}
    assert at == dict(start=0, first=40, altered=80, back=100)
    assert [s.phase[s.look(c)[0]] for c in (s.first, s.altered, s.back)] == ["digits", "rotate", "digits again"]


def test_a_look_of_more_images_than_are_held_out_is_refused(made):
    """One that came twice would be read by a readout that was fitted with it."""
    train, held_out, _ = made
    make_schedule(train, held_out, dataclasses.replace(PLAN, look=len(held_out)), "rotate", 0)
    with pytest.raises(DescriptionError, match=r"Config\.look: is 521; 520 images are held out"):
        make_schedule(train, held_out, dataclasses.replace(PLAN, look=len(held_out) + 1), "rotate", 0)


def test_looks_are_held_out_and_upright_and_show_no_image_twice(made):
    train, held_out, s = made
    n, m = len(train), len(held_out)
    shown = s.image[s.look(0)]
    assert shown.min() >= n and shown.max() < n + m and len(set(shown)) == len(shown)
    learned = s.image[s.kind == LEARN]
    assert not ((learned >= n) & (learned < n + m)).any()


def test_the_altered_phase_shows_the_same_digits_altered(made):
    train, held_out, s = made
    altered = s.image[(s.kind == LEARN) & (s.phase == "rotate")]
    assert (altered >= len(train) + len(held_out)).all()
    original = altered - len(train) - len(held_out)
    np.testing.assert_allclose(s.images[altered], np.rot90(train.images[original], axes=(1, 2)), atol=1e-5)
    np.testing.assert_array_equal(s.labels[altered], train.labels[original])


def test_every_look_shows_the_same_images_in_the_same_order(made):
    _, _, s = made
    for c in range(1, s.back + 1):
        np.testing.assert_array_equal(s.image[s.look(c)], s.image[s.look(0)])


def test_learned_counts_the_learning_presentations_before(made):
    _, _, s = made
    learning = np.concatenate([[0], np.cumsum(s.kind == LEARN)[:-1]])
    looked = s.kind != LEARN
    np.testing.assert_array_equal(s.learned[looked], learning[looked])
