"""From runs to the rows of a table and the document of ``--json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from isocortex.learn import metrics as m
from isocortex.learn.protocol import Trace
from isocortex.learn.protocol_compare import Done, Work
from isocortex.learn.protocol_differences import differences
from isocortex.learn.protocol_learners import FULL, Candidate


def measures(trace: Trace, shots: Mapping[int, float], *, transfers: bool, chance: float) -> dict[str, float]:
    """The measures of one run, by the keys of `MEASURES`; NaN where one has no meaning or was not measured."""
    R, found = trace.R, m.changes(trace.experience, trace.within, trace.current)
    whole = not np.isnan(np.diag(R)).any()  # a ceiling is tested at the end only
    return {
        "accuracy": m.final_accuracy(R),
        "average_accuracy": m.average_accuracy(R),
        "anytime_accuracy": m.anytime_accuracy(*_each_once(trace)) if whole else np.nan,
        "learning_accuracy": m.learning_accuracy(R) if whole else np.nan,
        "forgetting": m.forgetting(R) if whole else np.nan,
        "backward_transfer": m.backward_transfer(R) if whole else np.nan,
        "forward_transfer": m.forward_transfer(R, chance) if transfers and whole else np.nan,
        "newest_accuracy": m.newest_accuracy(R),
        "worst_class": float(np.nanmin(trace.classes)),
        "dip": m.dip(found) if whole else np.nan,
        "recovery": m.recovery(found) if whole else np.nan,
        "regained": m.regained(found) if whole else np.nan,
        "shots": m.shots_area(shots) if shots else np.nan,
        "bytes": float(trace.bytes),
        "seconds": 1e3 * trace.learn_seconds / max(trace.learned[-1], 1),
        "predict_seconds": 1e3 * trace.predict_seconds / max(trace.predicted, 1),
    }


def _each_once(trace: Trace) -> tuple[np.ndarray, np.ndarray]:
    """Checks of what was seen; those before anything of an experience was learned tell of the next one, and are left out."""
    after = np.array(trace.within) > 0
    return np.array(trace.learned)[after], np.array(trace.seen)[after]


def document(work: Work) -> dict[str, Any]:
    """What ``--json`` prints: rows by learner and arms, with means, intervals and paired differences over the seeds.

    Shares are 0 to 1. Learners that were not finished for every seed have the seeds that were. The library's own learner has
    its ``differences`` to each baseline, an arm has those to the full learner (arm less full).
    """
    chance = 1 / len(work.data.classes)
    values = {
        c.key: {s: measures(d.trace, d.shots, transfers=work.recipe.transfers, chance=chance) for s, d in by_seed(work, c)}
        for c in work.candidates
    }
    values = {key: found for key, found in values.items() if found}
    best = _best(work.candidates, values)
    rows = [_row(work, c, values, best) for c in work.candidates if c.key in values and c.arm in ("", FULL)]
    full = _full(work.candidates)
    arms = {c.arm: _row(work, c, values, full) for c in work.candidates if c.arm and c.key in values}
    for c in work.candidates:
        if c.key == full and c.key in values:
            others = [o.key for o in work.candidates if o.baseline and o.key in values]
            found = {key: _differences(work, c.key, key, values) for key in others}
            arms[FULL]["differences"] = found
            next(row for row in rows if row["learner"] == c.key)["differences"] = found
        elif c.arm and c.key in values and full in values:
            arms[c.arm]["differences"] = {full: _differences(work, c.key, full, values)}
    return {
        "stream": work.config.stream,
        "data": work.data.name,
        "samples": work.stream.samples,
        "held_out": len(work.data.y_test),
        "batch": work.stream.batch,
        "seeds": list(work.config.seeds),
        "best_baseline": best,
        "rows": rows,
        "arms": arms,
        "classes": list(work.data.classes),
        "experiences": [e.name for e in work.stream.experiences],
        "definitions": {key: measure.meaning for key, measure in m.MEASURES.items()},
    }


def by_seed(work: Work, candidate: Candidate) -> list[tuple[int, Done]]:
    """The finished runs of a learner, by seed."""
    return sorted(work.results.get(candidate.key, {}).items())


def _best(candidates: Sequence[Candidate], values: Mapping[str, Any]) -> str | None:
    """The baseline with the best mean final accuracy; ceilings do not count."""
    found = {c.key: np.mean([v["accuracy"] for v in values[c.key].values()])
             for c in candidates if c.baseline and not c.ceiling and c.key in values}  # fmt: skip
    return max(found, key=lambda key: found[key]) if found else None


def _full(candidates: Sequence[Candidate]) -> str | None:
    return next((c.key for c in candidates if c.arm == FULL), None)


def _row(work: Work, c: Candidate, values: Mapping[str, Mapping[int, Any]], other: str | None) -> dict[str, Any]:
    own = values[c.key]
    means = {key: m.mean_interval([v[key] for v in own.values()]) for key in m.MEASURES}
    curves = [done.shots for _, done in by_seed(work, c)]
    return {
        "learner": c.key,
        "title": c.title,
        "baseline": c.baseline,
        "ceiling": c.ceiling,
        **{key: found.mean for key, found in means.items()},
        "intervals": {key: [found.low, found.high] for key, found in means.items()},
        "seeds": {seed: v["accuracy"] for seed, v in own.items()},
        "n_shot": {n: float(np.mean([curve[n] for curve in curves])) for n in curves[0]},
        "n_shot_intervals": {n: _ends([curve[n] for curve in curves]) for n in curves[0]},
        "difference": _difference(own, values, c.key, other),
        "differences": {},
    }


def _differences(work: Work, key: str, other: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return differences(work.results[key], work.results[other], values[key], values[other])


def _ends(values: Sequence[float]) -> list[float]:
    found = m.mean_interval(values)
    return [found.low, found.high]


def _difference(own: Mapping[int, Any], values: Mapping[str, Mapping[int, Any]], key: str, other: str | None) -> Any:
    """Final accuracy less that of another row, paired by seed; None for the row itself."""
    if other is None or other == key or other not in values:
        return None
    both = [s for s in own if s in values[other]]
    found = m.paired_difference([own[s]["accuracy"] for s in both], [values[other][s]["accuracy"] for s in both])
    return {"to": other, "mean": found.mean, "low": found.low, "high": found.high, "n": found.n}
