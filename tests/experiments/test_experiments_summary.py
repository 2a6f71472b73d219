"""The numbers of an arm."""

from __future__ import annotations

import math

import numpy as np
import pytest

from isocortex.experiments import summary
from isocortex.measure.decode import Decoding


@pytest.mark.parametrize(("right", "of"), [(0, 20), (20, 20), (90, 180), (7, 20)])
def test_the_interval_of_a_share_is_wilsons(right: int, of: int) -> None:
    """(p + z^2 / 2n +- z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n): none of 20 right does not mean none ever."""
    p, z = right / of, 1.959964
    half = z * math.sqrt(p * (1 - p) / of + z**2 / (4 * of**2))
    expected = [(p + z**2 / (2 * of) + side * half) / (1 + z**2 / of) for side in (-1, 1)]
    found = summary._binomial(Decoding(p, 0.0, 0.1, math.sqrt(p * (1 - p) / of), np.arange(of) < right))
    assert found == pytest.approx(expected, abs=1e-4)
    assert found[1] - found[0] > 0.05
