"""The schedule: every image is where the plan wants it, and nothing that is tested was learned."""

import numpy as np
import pytest

from isocortex.experiments.schedule import LEARN, PROBE, TEST, TRAIN, Plan, make_schedule
from isocortex.tasks.data import load

PLAN = Plan(learn=40, again=20, marks=(0.25, 1.0), probes=20, train=30, test=20)


@pytest.fixture(scope="module")
def made():
    train, held_out = load("digits").split(0.3, 0)
    return train, held_out, make_schedule(train, held_out, PLAN, "rotate", 0)


def test_numbers_of_presentations(made):
    _, _, s = made
    rounds, tests = 1 + 3 * len(PLAN.marks), 4
    assert (s.kind == LEARN).sum() == 40 + 40 + 20
    assert (s.kind == PROBE).sum() == rounds * 20
    assert (s.kind == TRAIN).sum() == tests * 30 and (s.kind == TEST).sum() == tests * 20
    assert [p["last"] for p in s.phases] == [40, 80, 100]


def test_probes_and_tests_are_held_out_and_upright(made):
    train, held_out, s = made
    n, m = len(train), len(held_out)
    for kind in (PROBE, TEST):
        shown = s.image[s.kind == kind]
        assert shown.min() >= n and shown.max() < n + m
    learned = s.image[s.kind == LEARN]
    assert not ((learned >= n) & (learned < n + m)).any()


def test_the_altered_phase_shows_the_same_digits_altered(made):
    train, held_out, s = made
    altered = s.image[(s.kind == LEARN) & (s.phase == "rotate")]
    assert (altered >= len(train) + len(held_out)).all()
    original = altered - len(train) - len(held_out)
    np.testing.assert_allclose(s.images[altered], np.rot90(train.images[original], axes=(1, 2)), atol=1e-5)
    np.testing.assert_array_equal(s.labels[altered], train.labels[original])


def test_every_checkpoint_shows_the_same_probes_in_the_same_order(made):
    _, _, s = made
    first = s.image[s.of(PROBE, 0)]
    for c in range(1, 7):
        np.testing.assert_array_equal(s.image[s.of(PROBE, c)], first)


def test_learned_counts_the_learning_presentations_before(made):
    _, _, s = made
    learning = np.concatenate([[0], np.cumsum(s.kind == LEARN)[:-1]])
    looked = s.kind != LEARN
    np.testing.assert_array_equal(s.learned[looked], learning[looked])
