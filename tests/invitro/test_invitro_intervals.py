"""Intervals by profile likelihood: cases whose ends are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import least_squares
from scipy.stats import chi2, norm

from isocortex.invitro.intervals import NEAR, RISE, profiled


def test_the_rise_is_that_of_95_percent() -> None:
    assert chi2.cdf(RISE, 1) == pytest.approx(0.95)
    assert math.sqrt(RISE) == pytest.approx(norm.ppf(0.975))


def test_a_line_has_the_interval_of_the_textbook() -> None:
    """y = a + b x with known errors: the covariance is (X'X)^-1, and the ends are 1.96 standard errors away."""
    x = np.linspace(-1.0, 3.0, 7)
    design = np.column_stack([np.ones_like(x), x]) / 0.3
    truth = np.array([0.4, -0.2])
    found = profiled(lambda p: design @ (p - truth), truth, np.full(2, -9.0), np.full(2, 9.0))
    half = norm.ppf(0.975) * np.sqrt(np.diag(np.linalg.inv(design.T @ design)))
    np.testing.assert_allclose(found, np.column_stack([truth - half, truth + half]), atol=NEAR)


def test_an_end_is_where_chi2_has_risen_and_not_where_curvature_says() -> None:
    """One number, 1 +- 0.1, and its logarithm: the ends are log(1 +- 0.196), which are not symmetric."""
    found = profiled(lambda p: (np.exp(p) - 1) / 0.1, np.zeros(1), np.full(1, -5.0), np.full(1, 5.0))
    np.testing.assert_allclose(found, np.log([[1 - 0.196, 1 + 0.196]]), atol=NEAR)


def test_what_the_data_do_not_tell_apart_goes_to_its_bounds() -> None:
    """Two parameters that enter as their sum are free to trade, however well the sum is known; the third is known."""

    def residuals(p: np.ndarray) -> np.ndarray:
        return np.array([30.0 * (p[0] + p[1]), 20.0 * p[2]])

    found = profiled(residuals, np.zeros(3), np.full(3, -1.0), np.full(3, 1.0))
    np.testing.assert_allclose(found[:2], [[-1, 1], [-1, 1]])
    np.testing.assert_allclose(found[2], [-1.96 / 20, 1.96 / 20], atol=NEAR)


def test_an_optimum_at_a_bound_ends_there() -> None:
    """The other end is where chi2 is RISE above its value at the bound: (p + 0.05)^2 / 0.1^2 = 0.25 + RISE."""
    residuals = lambda p: (p + 0.05) / 0.1  # noqa: E731
    best = least_squares(residuals, [0.5], bounds=([0.0], [1.0])).x
    found = profiled(residuals, best, np.zeros(1), np.ones(1))
    np.testing.assert_allclose(found, [[0.0, 0.1 * math.sqrt(0.25 + RISE) - 0.05]], atol=NEAR)
