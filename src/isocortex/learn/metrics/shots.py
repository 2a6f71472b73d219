"""Learning from few: accuracy by the number of samples a class."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

SHOTS = (1, 2, 5, 10, 20, 50, 100)


def shots_area(curve: Mapping[int, float]) -> float:
    """Area under accuracy against log n, divided by the width: the mean accuracy over the curve, each doubling alike.

    Parameters
    ----------
    curve : samples a class -> accuracy (0 to 1). One point gives its accuracy.
    """
    n = sorted(curve)
    y = np.array([curve[k] for k in n])
    if len(n) < 2:
        return float(y[0]) if n else np.nan
    x = np.log(n)
    return float(np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2) / (x[-1] - x[0]))
