"""The n-shot curve: how much a learner knows after a few samples of each class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from isocortex.learn.draws import generator, shuffled
from isocortex.learn.metrics.shots import SHOTS
from isocortex.learn.streams.data import Data

PROBE = 2000


def shots_curve(data: Data, learner: Any, seed: int, *, shots: Sequence[int] = SHOTS, probe: int = PROBE) -> dict[int, float]:
    """Accuracy on held-out samples by the number of samples a class.

    The draws are nested: the learner gets one sample of each class, is tested, gets another, and so on, in one pass. Numbers
    that the smallest class does not have are left out.

    Parameters
    ----------
    learner : a fresh one. seed : of the draw. probe : held-out samples that are looked at, at most.
    """
    of_class = [shuffled(np.flatnonzero(data.y == c), seed, f"shots {c}") for c in np.unique(data.y)]
    most = min(len(places) for places in of_class)
    tested = np.sort(generator(seed, "probe of shots").permutation(len(data.y_test))[:probe])
    curve, had = {}, 0
    for n in sorted(k for k in shots if k <= most):
        new = shuffled(np.concatenate([places[had:n] for places in of_class]), seed, f"order of shots {n}")
        learner.partial_fit(data.x[new], data.y[new])
        had = n
        curve[int(n)] = float(np.mean(np.asarray(learner.predict(data.x_test[tested])) == data.y_test[tested]))
    return curve
