"""The sentence on top of the report: what this run measured, said so that it cannot flatter."""

from __future__ import annotations

import dataclasses
import math
import pathlib
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

SUPERFICIAL, DEEP = ("L23",), ("L5", "L6")
CONTROLS = ("uniform", "swapped")
LEAST_SHARE, LEAST_RATIO = 0.05, 0.8  # what a single run must show: shares 0.05 apart, a tau90 at most 0.8 of the other
MOVED = 0.25  # a rate that changes by more than this share was not at rest


@dataclasses.dataclass(frozen=True)
class Claim:
    """One comparison of superficial with deep layers: its words, its two numbers (mean of the layers), and whether it holds."""

    text: str
    unit: str
    superficial: float
    deep: float
    holds: bool


@dataclasses.dataclass(frozen=True)
class Headline:
    """A title, the claims behind it, and the remarks that keep it honest."""

    title: str
    claims: tuple[Claim, ...]
    remarks: tuple[str, ...]


def headline(summary: Mapping[str, Any]) -> Headline:
    """Say whether superficial layers learned faster and deep layers kept more, at the first arm, and what the controls say."""
    arms: Mapping[str, Any] = summary["arms"]
    if not arms:
        return Headline("Nothing was measured", (), ("The run has no arms.",))
    name = "full" if "full" in arms else next(iter(arms))
    of = pathlib.PurePath(str((summary.get("config") or {}).get("sheet", "default"))).stem
    sheet = f"The {of} sheet" if name == "full" else f"The arm '{name}'"
    claims = claims_of(arms[name])
    return Headline(_title(sheet, claims), tuple(claims.values()), tuple(_remarks(summary, name, claims)))


def claims_of(arm: Mapping[str, Any]) -> dict[str, Claim]:
    """The claims that an arm's measures can decide, each by a margin and beyond the intervals where there are any.

    ``faster`` (tau90), ``kept`` (retained; a layer that learned nothing keeps all) and ``held`` (reverted: the share given back
    of what was learned).
    """
    made = {}
    fast = _pair(arm, "tau90")
    if fast:
        made["faster"] = Claim(
            "Superficial layers learn faster than deep ones", "presentations to 90 %", *fast, fast[0] <= LEAST_RATIO * fast[1]
        )
    kept = _pair(arm, "retained")
    if kept:
        more = kept[1] - kept[0] >= LEAST_SHARE and _apart(arm, "retained")
        made["kept"] = Claim("Deep layers keep more than superficial ones", "correlation with the tuning learned", *kept, more)
    held = _pair(arm, "reverted")
    if held:
        less = held[0] - held[1] >= LEAST_SHARE and _apart(arm, "reverted")
        made["held"] = Claim("Deep layers give back less of what they learned", "share of the change undone", *held, less)
    return made


def _pair(arm: Mapping[str, Any], key: str) -> tuple[float, float] | None:
    """The mean of a measure over the superficial and over the deep layers, where both were measured."""
    means = [_mean(arm, key, group) for group in (SUPERFICIAL, DEEP)]
    return None if means[0] is None or means[1] is None else (means[0], means[1])


def _mean(arm: Mapping[str, Any], key: str, layers: Sequence[str]) -> float | None:
    values = [v for layer in layers if (v := _number(_layers(arm).get(layer, {}).get(key))) is not None]
    return statistics.fmean(values) if values else None


def _apart(arm: Mapping[str, Any], key: str) -> bool:
    """Whether the 95 % interval of the difference of the two groups of layers is clear of zero; True without intervals.

    Half of the interval of a mean of independent layers is the root of the sum of their squared halves, over their number.
    """
    halves = []
    for group in (SUPERFICIAL, DEEP):
        found = [_layers(arm).get(layer, {}).get("intervals", {}).get(key) for layer in group]
        each = [(pair[1] - pair[0]) / 2 for pair in found if pair]
        halves.append(math.hypot(*each) / max(len(each), 1))
    pair = _pair(arm, key)
    return pair is not None and abs(pair[1] - pair[0]) > math.hypot(*halves)


def _layers(arm: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {str(k).rpartition(".")[2].removesuffix("E"): v for k, v in arm["layers"].items()}


def _number(value: Any) -> float | None:
    return None if value is None or math.isnan(value) else float(value)


def _title(sheet: str, claims: Mapping[str, Claim]) -> str:
    claims = {k: c for k, c in claims.items() if k in ("faster", "kept")}  # what the title speaks of
    if not claims:
        return "This run did not measure the gradient from superficial to deep layers"
    held = [c for c in claims.values() if c.holds]
    if len(claims) == 1:
        (claim,) = claims.values()
        return f"{claim.text}: {'so it was in this run' if claim.holds else 'not in this run'}"
    if len(held) == 2:
        return f"{sheet} shows the gradient: superficial layers learned faster, deep layers kept more"
    if not held:
        return f"{sheet} does not show the gradient: superficial layers did not learn faster, and deep layers did not keep more"
    if claims["faster"].holds:
        return f"{sheet} shows half of the gradient: superficial layers learned faster, but deep layers did not keep more"
    return f"{sheet} shows half of the gradient: deep layers kept more, but superficial layers did not learn faster"


def _remarks(summary: Mapping[str, Any], name: str, claims: Mapping[str, Claim]) -> list[str]:
    arms = summary["arms"]
    remarks = [f"One seed ({summary.get('seed')}): a description of this run, not a statistic."]
    remarks += [_control(control, claims_of(arms[control]), claims) for control in CONTROLS if control in arms and claims]
    if not any(control in arms for control in CONTROLS):
        remarks.append("No control arm was run, so nothing here can be put down to the rules of the layers.")
    if "kept" in claims and claims["kept"].holds and "held" in claims and not claims["held"].holds:
        remarks.append("Deep layers keep more because they changed less: of what they had learned they gave back no less.")
    return [
        *remarks,
        *_noise(arms),
        *_unmoved(arms[name]),
        *_rates(arms[name]),
        *_weights(arms[name]),
        *_learning(arms[name]),
        *_decoding(summary, name),
    ]


def _noise(arms: Mapping[str, Any]) -> list[str]:
    """What the measures give where nothing can have changed."""
    if "off" not in arms:
        return []
    found = [_number(v.get("changed")) for v in arms["off"]["layers"].values()]
    known = [v for v in found if v is not None]
    if not known:
        return []
    return [f"Without plasticity tuning changed by {min(known):.2f} to {max(known):.2f}: that is the noise of the measure."]


def _unmoved(arm: Mapping[str, Any]) -> list[str]:
    """Layers without a tau90: their tuning did not change beyond the noise of the looks."""
    still = [_title_of(layer) for layer, v in _layers(arm).items() if v.get("tau90") is None]
    moved = [_title_of(layer) for layer, v in _layers(arm).items() if v.get("tau90") is not None]
    if not still or not moved:
        return []
    return [f"Tuning changed beyond noise in {', '.join(moved)} and not in {', '.join(still)}."]


def _rates(arm: Mapping[str, Any]) -> list[str]:
    """Layers whose rate moved in the first phase: part of what changed there is homeostasis."""
    moved = []
    for layer, v in _layers(arm).items():
        before, after = _number(v.get("rate_start")), _number(v.get("rate_digits"))
        if before and after is not None and abs(after / before - 1) > MOVED:
            moved.append(f"{_title_of(layer)} ({before:.1f} to {after:.1f} Hz)")
    return [f"Rates still moved in the first phase in {', '.join(moved)}: some of the change is homeostasis."] if moved else []


def _weights(arm: Mapping[str, Any]) -> list[str]:
    """By how much each layer's own synapses changed: its tuning also changes with what it gets from others."""
    found = {_title_of(layer): _number(v.get("weights_changed")) for layer, v in _layers(arm).items()}
    said = [f"{v:.0%} in {layer}" for layer, v in found.items() if v is not None]
    if not said:
        return []
    return [f"A layer's own excitatory synapses changed by {', '.join(said)}; tuning also follows the layers below."]


def _learning(arm: Mapping[str, Any]) -> list[str]:
    """Whether classes can be read better after the first phase than before, beyond the interval."""
    better: list[str] = []
    worse: list[str] = []
    same: list[str] = []
    for layer, v in _layers(arm).items():
        after, interval = _number(v.get("decode_digits")), v.get("intervals", {}).get("decode_start")
        if after is None or not interval:
            continue
        (better if after > interval[1] else worse if after < interval[0] else same).append(_title_of(layer))
    said = [f"{word} in {', '.join(w)}" for word, w in (("better", better), ("worse", worse)) if w]
    said += [f"as well as before, within the 95 % interval, in {', '.join(same)}"] if same else []
    return [f"After the first phase the class is read {'; '.join(said)}."] if said else []


def _title_of(layer: str) -> str:
    return layer.replace("L23", "L2/3")


def _control(name: str, control: Mapping[str, Claim], claims: Mapping[str, Claim]) -> str:
    """Whether a control arm shows what the sheet shows; if it does, the layers' rules are not the cause."""
    shown = [k for k, c in claims.items() if c.holds]
    same = [k for k in shown if k in control and control[k].holds]
    words = {"faster": "faster superficial learning", "kept": "better deep retention", "held": "less given back by deep layers"}
    if not shown:
        held = [words[k] for k, c in control.items() if c.holds]
        return f"The {name} arm shows {' and '.join(held) or 'none of it either'}."
    if same:
        return (
            f"The {name} arm shows {' and '.join(words[k] for k in same)} as well: that is not owed to the layers' own rules."
        )
    return f"The {name} arm does not show it."


def _decoding(summary: Mapping[str, Any], name: str) -> list[str]:
    """How the best layer compares with guessing and with the raw pixels."""
    decoded = {k: v.get("decode_ridge") for k, v in summary["arms"][name]["layers"].items()}
    decoded = {k: v for k, v in decoded.items() if v is not None and not math.isnan(v)}
    baselines = summary.get("baselines") or {}
    if not decoded:
        return []
    best = max(decoded, key=lambda k: decoded[k])
    said = [f"Best decoded layer: {best.replace('L23', 'L2/3')} with {decoded[best]:.1%}"]
    if baselines.get("pixels_ridge") is not None:
        pixels = baselines["pixels_ridge"]
        relation = "above" if decoded[best] > pixels else "not above"
        said.append(f"{relation} the same classifier on the raw pixels ({pixels:.1%})")
    if baselines.get("chance") is not None:
        said.append(f"guessing gives {baselines['chance']:.1%}")
    return ["; ".join(said) + "."]
