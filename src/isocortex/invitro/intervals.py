"""Profile-likelihood intervals: how far a parameter can go from the optimum while all others are fitted anew.

The curvature at the optimum would do for parabolas; here parameters end at bounds and trade with one another. Source: Pawitan
2001, In All Likelihood, section 3.4.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq, least_squares
from scipy.stats import chi2 as chi2_distribution

RISE = float(chi2_distribution.ppf(0.95, 1))
"""By so much chi2 is higher at the ends of a 95 % interval."""
NEAR = 0.01
"""An end is found to within this, in the logarithm of the parameter."""
Residuals = Callable[[np.ndarray], np.ndarray]


def profiled(residuals: Residuals, best: np.ndarray, low: np.ndarray, high: np.ndarray, rise: float = RISE) -> np.ndarray:
    """The interval of every parameter, shape (parameters, 2): where chi2 has risen by `rise`, or else its bound.

    best : the optimum. low, high : bounds. Each of shape (parameters,).
    """
    least = float(np.sum(residuals(best) ** 2))
    ends = [[_end(residuals, best, low, high, k, edge[k], least + rise) for edge in (low, high)] for k in range(len(best))]
    return np.array(ends).reshape(len(best), 2)


def _end(residuals: Residuals, best: np.ndarray, low: np.ndarray, high: np.ndarray, k: int, edge: float, level: float) -> float:
    """Where, from the optimum to the edge, the least chi2 with parameter k held there reaches the level; else the edge."""
    others = np.arange(len(best)) != k

    def above(at: float) -> float:
        x = best.copy()
        x[k] = at

        def free(some: np.ndarray) -> np.ndarray:
            x[others] = some
            return residuals(x)

        if others.any():
            return 2 * float(least_squares(free, best[others], bounds=(low[others], high[others]), max_nfev=20).cost) - level
        return float(np.sum(residuals(x) ** 2)) - level

    if abs(edge - best[k]) < NEAR or above(edge) <= 0:
        return float(edge)
    return float(brentq(above, best[k], edge, xtol=NEAR, rtol=1e-6))
