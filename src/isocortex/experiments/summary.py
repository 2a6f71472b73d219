"""From counts and weights of one arm to the numbers and arrays of the report."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.stats import binomtest

from isocortex.experiments.schedule import Schedule
from isocortex.measure.decode import Decoding, decode_folds, mcnemar
from isocortex.measure.flexibility import flexibility, savings, tau90, tau90_spread, tuning_change
from isocortex.measure.selectivity import class_variance, lifetime_sparseness
from isocortex.measure.tuning import tuning, tuning_covariance

DEFINITIONS = {
    "rate_hz": "mean rate of the layer's excitatory cells at the last look (looks: held-out digits, learning off)",
    "rate_start": "the same before learning",
    "rate_digits": "the same after the first phase",
    "decode_ridge": "held-out digits classified from spike counts of the last look, by ridge regression, in five folds: every "
    "image is read by a readout that was fitted without it",
    "decode_mean": "the same by the nearest class mean",
    "decode_start": "ridge, before learning",
    "decode_digits": "ridge, after the first phase",
    "decode_p": "p of as many images read better as worse after the first phase than before, by ridge (exact McNemar test)",
    "decode_altered": "ridge on upright digits, after the altered ones were learned",
    "selectivity": "share of a cell's count variance that the class explains, corrected for chance; mean over cells",
    "sparseness": "lifetime sparseness over classes (0: all classes alike, 1: one class); mean over cells",
    "tau90": "presentations in the first phase to 90 % of that phase's change of tuning, interpolated between looks; none "
    "where it did not change reliably",
    "changed": "1 - correlation of the tuning before and after the first phase, corrected for noise",
    "most_changed": "the same between the look before learning and whichever look of the run is farthest from it, without its "
    "sign; where nothing is plastic it is the noise of the measure",
    "reverted": "share of the first phase's change that the altered digits undid",
    "returned": "share of the change under altered digits that the return undid",
    "retained": "correlation of the tuning after the first phase with that after the altered digits, corrected for noise; "
    "a layer that did not learn retains all",
    "saved": "1 - tau90 of the return / tau90 of the first phase",
    "weights_kept": "correlation of the layer's excitatory weights after the first phase with those after the altered digits",
    "weights_changed": "root mean square change of the layer's excitatory weights in the first phase, in units of the "
    "reference weight",
    "intervals": "95 % intervals: of tuning from a bootstrap over cells (what cells share, such as a gain, is not in them), of "
    "decoding binomial (Wilson)",
}


def number(value: Any) -> float | None:
    """A finite float rounded to four digits, else None."""
    return None if value is None or not math.isfinite(value) else round(float(value), 4)


def layer_measures(counts: np.ndarray, s: Schedule, shown: float) -> tuple[dict[str, Any], dict[str, Any]]:
    """Numbers of one population's counts (presentations, cells), and its time courses."""
    looks = [s.look(c) for c in range(s.back + 1)]
    labels = s.labels[s.image[looks[0]]]  # the same images each time
    seen = [counts[p].astype(float) for p in looks]
    decoded = [decode_folds(np.sqrt(c), labels) for c in seen]
    covariance = tuning_covariance([tuning(c, labels) for c in seen])
    change, error = tuning_change(covariance)
    learned = np.array([s.learned[p[0]] for p in looks], float)
    kept = flexibility(covariance, start=s.start, a=s.first, b=s.altered, back=s.back)
    taught = slice(s.first + 1)
    first = tau90(learned[taught], change[taught], error[taught])
    pace = tau90_spread(covariance[:, taught, taught], learned[taught])
    again, again_error = tuning_change(covariance, start=s.altered)
    back = tau90(learned[s.altered :], again[s.altered :], again_error[s.altered :])
    rates = [float(c.mean() / shown * 1e3) for c in seen]
    end = decoded[s.back]
    fractions = dict(changed=kept.change_a, reverted=kept.reverted, returned=kept.returned, retained=kept.retained)
    values = dict(
        rate_hz=rates[s.back], rate_start=rates[s.start], rate_digits=rates[s.first],
        decode_ridge=end.ridge, decode_mean=end.nearest_mean, decode_start=decoded[s.start].ridge,
        decode_digits=decoded[s.first].ridge, decode_altered=decoded[s.altered].ridge,
        decode_p=mcnemar(decoded[s.start].right, decoded[s.first].right), most_changed=_farthest(change),
        selectivity=_mean(class_variance(seen[s.back], labels)), sparseness=_mean(lifetime_sparseness(seen[s.back], labels)),
        tau90=first, saved=savings(first, back), **{k: e.value for k, e in fractions.items()},
    )  # fmt: skip
    spread = fractions if first is None else fractions | dict(tau90=pace)
    intervals = {k: [number(e.low), number(e.high)] for k, e in spread.items() if math.isfinite(e.low)}
    intervals |= dict(
        decode_start=_binomial(decoded[s.start]), decode_digits=_binomial(decoded[s.first]), decode_ridge=_binomial(end)
    )
    course = dict(
        presentation=learned.tolist(), tuning_change=[number(v) for v in change], rate=rates,
        decode=[number(d.ridge) for d in decoded],
    )  # fmt: skip
    return {key: number(v) for key, v in values.items()} | dict(intervals=intervals), course


def _binomial(d: Decoding) -> list[float | None]:
    """The 95 % interval of a share of presentations that were read right (Wilson's: it has a width at 0 and at 1 too)."""
    found = binomtest(int(d.right.sum()), len(d.right)).proportion_ci(method="wilson")
    return [number(found.low), number(found.high)]


def _farthest(change: np.ndarray) -> float:
    known = np.abs(change[np.isfinite(change)])
    return float(known.max()) if len(known) else math.nan


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
