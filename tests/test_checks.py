"""What counts as a number that somebody gave."""

from __future__ import annotations

import numpy as np
import pytest

from isocortex import LIF, Population, Record
from isocortex.checks import is_number, is_whole


@pytest.mark.parametrize(
    ("value", "number", "whole"),
    [(3, True, True), (1, True, False), (3.0, True, False), (True, False, False), ("3", False, False), (None, False, False),
     (np.float32(3), True, False), (np.int64(3), True, True), (np.bool_(True), False, False), (np.array([3]), False, False)],
)  # fmt: skip
def test_true_and_text_are_no_numbers_and_a_float_is_not_whole(value: object, number: bool, whole: bool) -> None:
    """Least here: 2."""
    assert is_number(value) is number
    assert is_whole(value, 2) is whole


def test_a_description_keeps_the_numbers_of_numpy_as_those_of_python() -> None:
    """A model's hash and its files are made of texts, and numpy's integers have another text."""
    given = Population("E", np.int64(100), LIF()), Record("V1.E", "V", sample=np.int32(3))
    plain = Population("E", 100, LIF()), Record("V1.E", "V", sample=3)
    assert repr(given) == repr(plain)
    assert type(given[0].n) is int
