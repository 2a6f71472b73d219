"""From runs to what the figures show: means over the seeds."""

from __future__ import annotations

from typing import Any

import numpy as np

from isocortex.learn.protocol_compare import Work
from isocortex.learn.protocol_rows import by_seed

_MEANS = ("learned", "within", "seen", "current", "surprise")


def curves(work: Work) -> dict[str, Any]:
    """Curves and matrices by learner, each a mean over the seeds that were finished.

    Returns
    -------
    ``starts``: samples before each experience, and the total. ``learners``: key -> {"title", "ceiling", "learned", "seen",
    "current", "experience", "surprise", "matrix", "final", "units"}; units are those of the
    first seed; experiences may differ in length by seed, so positions are means.
    """
    found = {}
    for c in work.candidates:
        traces = [done.trace for _, done in by_seed(work, c)]
        if not traces:
            continue
        checks = min(len(t.learned) for t in traces)
        mean = {
            k: _mean([getattr(t, k)[:checks] for t in traces]) for k in ("learned", "within", "seen", "current", "surprise")
        }
        found[c.key] = mean | {
            "title": c.title,
            "ceiling": c.ceiling,
            "baseline": c.baseline,
            "experience": np.array(traces[0].experience[:checks]),
            "matrix": np.mean([t.R for t in traces], axis=0),
            "units": {area: np.array(fields, float) for area, fields in traces[0].units.items()},
            "final": float(np.mean([np.mean(t.R[-1]) for t in traces])),
        }
    return {"starts": work.stream.starts, "learners": found}


def _mean(rows: list[list[float]]) -> np.ndarray:
    return np.mean(np.array(rows, float), axis=0)
