"""What counts as a number that somebody gave."""

from __future__ import annotations

import numpy as np
import pytest

from isocortex.checks import is_number, is_whole


@pytest.mark.parametrize(
    ("value", "number", "whole"),
    [(3, True, True), (1, True, False), (3.0, True, False), (True, False, False), ("3", False, False), (None, False, False),
     (np.float64(3), True, False), (np.int64(3), False, False)],
)  # fmt: skip
def test_true_and_text_are_no_numbers_and_a_float_is_not_whole(value: object, number: bool, whole: bool) -> None:
    """Least here: 2. An integer of numpy has another text, and a model's hash is made of texts."""
    assert is_number(value) is number
    assert is_whole(value, 2) is whole
