"""From counts and weights of one arm to the numbers and arrays of the report."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from isocortex.experiments.schedule import PROBE, TEST, TRAIN, Schedule
from isocortex.measure.decode import decode
from isocortex.measure.flexibility import flexibility, savings, tau90, tuning_change
from isocortex.measure.selectivity import class_variance, lifetime_sparseness
from isocortex.measure.tuning import tuning, tuning_covariance

DEFINITIONS = {
    "rate_hz": "mean rate of the layer's excitatory cells while images are tested after the last phase",
    "decode_ridge": "held-out digits classified from spike counts after the last phase, by ridge regression",
    "decode_mean": "the same by the nearest class mean",
    "decode_start": "ridge, before learning",
    "decode_digits": "ridge, after the first phase",
    "decode_altered": "ridge on upright digits, after the altered ones were learned",
    "selectivity": "share of a cell's count variance that the class explains, corrected for chance; mean over cells",
    "sparseness": "lifetime sparseness over classes (0: all classes alike, 1: one class); mean over cells",
    "tau90": "presentations in the first phase to 90 % of that phase's change of tuning; none where it did not change reliably",
    "changed": "1 - correlation of the tuning before and after the first phase, corrected for noise",
    "reverted": "share of the first phase's change that the altered digits undid",
    "returned": "share of the change under altered digits that the return undid",
    "retained": "correlation of the tuning after the first phase with that after the altered digits, corrected for noise",
    "saved": "1 - tau90 of the return / tau90 of the first phase",
    "weights_kept": "correlation of the layer's excitatory weights after the first phase with those after the altered digits",
    "weights_changed": "root mean square change of these weights in the first phase, in units of the reference weight",
}


def number(value: Any) -> float | None:
    """A finite float rounded to four digits, else None."""
    return None if value is None or not math.isfinite(value) else round(float(value), 4)


def layer_measures(counts: np.ndarray, s: Schedule, shown: float, marks: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Numbers of one population's counts (presentations, cells), and its time courses.

    `marks` is the number of checkpoints in each phase; checkpoint 0 stands before learning.
    """
    labels = s.labels[s.image]
    checkpoints = np.unique(s.checkpoint[s.kind == PROBE])
    tested = np.unique(s.checkpoint[s.kind == TEST])
    decoded = {}
    for c in tested:
        a, b = s.of(TRAIN, c), s.of(TEST, c)
        decoded[int(c)] = decode(np.sqrt(counts[a].astype(float)), labels[a], np.sqrt(counts[b].astype(float)), labels[b])
    probes = [s.of(PROBE, c) for c in checkpoints]
    measured = [tuning(counts[p].astype(float), labels[p]) for p in probes]
    covariance = tuning_covariance(measured)
    change, error = tuning_change(covariance)
    learned = np.array([s.learned[p[0]] for p in probes], float)
    kept = flexibility(covariance, start=0, a=marks, b=2 * marks, back=3 * marks)
    first = tau90(learned[: marks + 1], change[: marks + 1], error[: marks + 1])
    again, again_error = tuning_change(covariance, start=2 * marks)
    back = tau90(learned[2 * marks :], again[2 * marks :], again_error[2 * marks :])
    last = s.of(TEST, int(tested[-1]))
    values = dict(
        rate_hz=counts[last].mean() / shown * 1e3,
        decode_ridge=decoded[int(tested[-1])].ridge, decode_mean=decoded[int(tested[-1])].nearest_mean,
        decode_start=decoded[int(tested[0])].ridge, decode_digits=decoded[int(tested[1])].ridge,
        decode_altered=decoded[int(tested[2])].ridge,
        selectivity=_mean(class_variance(counts[last].astype(float), labels[last])),
        sparseness=_mean(lifetime_sparseness(counts[last].astype(float), labels[last])),
        tau90=first, changed=change[marks], reverted=kept.reverted.value, returned=kept.returned.value,
        retained=kept.retained.value, saved=savings(first, back),
    )  # fmt: skip
    course = dict(
        presentation=learned.tolist(),
        tuning_change=[number(v) for v in change],
        rate=[float(counts[p].mean() / shown * 1e3) for p in probes],
        decode=[number(decoded[int(c)].ridge) if int(c) in decoded else None for c in checkpoints],
    )
    return {key: number(v) for key, v in values.items()}, course


def _mean(values: np.ndarray) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else math.nan


def weight_measures(weights: Mapping[str, np.ndarray], target: str, phases: tuple[str, str, str]) -> dict[str, float | None]:
    """Change and stability of the excitatory plastic weights onto one population."""
    names = sorted({key.partition("|")[0] for key in weights})
    onto = [n for n in names if _target(n) == target and _source(n).endswith(("E", ".on", ".off"))]
    if not onto:
        return dict(weights_changed=None, weights_kept=None)
    before, after, later = (np.concatenate([weights[f"{n}|{phase}"] for n in onto]) for phase in phases)
    changed = float(np.sqrt(np.mean((after - before) ** 2)))
    varied = after.std() > 0 and later.std() > 0
    return dict(weights_changed=number(changed), weights_kept=number(np.corrcoef(after, later)[0, 1] if varied else math.nan))


def _target(name: str) -> str:
    return name.partition("->")[2].partition(":")[0]


def _source(name: str) -> str:
    return name.partition("->")[0]


def weight_samples(weights: Mapping[str, np.ndarray], last: str, most: int = 4000) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Start and end weights of each excitatory pathway onto excitatory cells, a sample of each."""
    out = {}
    for key in weights:
        name, _, when = key.partition("|")
        if when == "start" and _source(name).endswith(("E", ".on")) and _target(name).endswith("E"):
            step = max(1, len(weights[key]) // most)
            out[name] = (weights[key][::step], weights[f"{name}|{last}"][::step])
    return dict(sorted(out.items(), key=lambda item: -float(np.mean((item[1][0] - item[1][1]) ** 2)))[:12])
