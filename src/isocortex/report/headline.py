"""The sentence on top of the report: what this run measured, said so that it cannot flatter."""

from __future__ import annotations

import dataclasses
import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

SUPERFICIAL, DEEP = ("L23",), ("L5", "L6")
CONTROLS = ("uniform", "swapped")
LEAST_SHARE, LEAST_RATIO = 0.05, 0.8  # what a single run must show: retention 0.05 apart, a tau90 at most 0.8 of the other


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
    sheet = "The default sheet" if name == "full" else f"The arm '{name}'"
    claims = claims_of(arms[name])
    return Headline(_title(sheet, claims), tuple(claims.values()), tuple(_remarks(summary, name, claims)))


def claims_of(arm: Mapping[str, Any]) -> dict[str, Claim]:
    """The claims that an arm's measures can decide: ``faster`` (tau90) and ``kept`` (retained), each by a margin."""
    made = {}
    fast = _pair(arm, "tau90")
    if fast:
        made["faster"] = Claim(
            "Superficial layers learn faster than deep ones", "presentations to 90 %", *fast, fast[0] <= LEAST_RATIO * fast[1]
        )
    kept = _pair(arm, "retained")
    if kept:
        more = kept[1] - kept[0] >= LEAST_SHARE
        made["kept"] = Claim("Deep layers keep more than superficial ones", "share retained", *kept, more)
    return made


def _pair(arm: Mapping[str, Any], key: str) -> tuple[float, float] | None:
    """The mean of a measure over the superficial and over the deep layers, where both were measured."""
    means = [_mean(arm, key, group) for group in (SUPERFICIAL, DEEP)]
    return None if means[0] is None or means[1] is None else (means[0], means[1])


def _mean(arm: Mapping[str, Any], key: str, layers: Sequence[str]) -> float | None:
    found = {str(k).rpartition(".")[2].removesuffix("E"): v for k, v in arm["layers"].items()}
    values = [found[layer][key] for layer in layers if layer in found and found[layer].get(key) is not None]
    values = [float(v) for v in values if not math.isnan(v)]
    return statistics.fmean(values) if values else None


def _title(sheet: str, claims: Mapping[str, Claim]) -> str:
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
    return [*remarks, *_unmoved(arms[name]), *_decoding(summary, name)]


def _unmoved(arm: Mapping[str, Any]) -> list[str]:
    """Layers without a tau90: their tuning did not change beyond the noise of the probes."""
    still = [layer.replace("L23", "L2/3") for layer, v in arm["layers"].items() if v.get("tau90") is None]
    moved = [layer.replace("L23", "L2/3") for layer, v in arm["layers"].items() if v.get("tau90") is not None]
    if not still or not moved:
        return []
    return [f"Tuning changed beyond the noise of the probes in {', '.join(moved)} and not in {', '.join(still)}."]


def _control(name: str, control: Mapping[str, Claim], claims: Mapping[str, Claim]) -> str:
    """Whether a control arm shows what the sheet shows; if it does, the layers' rules are not the cause."""
    shown = [k for k, c in claims.items() if c.holds]
    same = [k for k in shown if k in control and control[k].holds]
    words = {"faster": "faster superficial learning", "kept": "better deep retention"}
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
