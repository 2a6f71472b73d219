"""The sentence on top of the report: what this run measured, said so that it cannot flatter."""

from __future__ import annotations

import dataclasses
import math
import pathlib
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from isocortex.experiments.controls import CONTROLS
from isocortex.measure.learned import DEEP, SUPERFICIAL, by_layer, learned, noise_of, number

LEAST_SHARE, LEAST_RATIO = 0.05, 0.8  # what a single run must show: shares 0.05 apart, a tau90 at most 0.8 of the other
MOVED = 0.25  # a rate that changes by more than this share was not at rest
YES, NO, UNCLEAR = "yes", "no", "cannot tell"


@dataclasses.dataclass(frozen=True)
class Claim:
    """One comparison of superficial with deep layers: its words, its two numbers (mean of the layers), and its verdict.

    layers : which superficial and which deep ones learned, and so are in it.
    difference : the 95 % interval of their difference, above zero where it speaks for the claim; None without intervals.
    """

    text: str
    unit: str
    superficial: float
    deep: float
    layers: tuple[str, str]
    difference: tuple[float, float] | None
    verdict: str

    @property
    def holds(self) -> bool:
        """Whether this run shows it."""
        return self.verdict == YES


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
    claims = claims_of(arms[name], noise_of(arms))
    return Headline(_title(sheet, claims), tuple(claims.values()), tuple(_remarks(summary, name, claims)))


def claims_of(arm: Mapping[str, Any], noise: float = 0.0) -> dict[str, Claim]:
    """The claims that the layers of an arm that learned can decide, each by a margin and by the interval of the difference.

    ``faster`` (tau90), ``kept`` (retained) and ``held`` (reverted: the share given back of what was learned).

    Parameters
    ----------
    noise : a layer whose tuning changed by no more has not learned (see `noise_of`).
    """
    layers = {k: v for k, v in by_layer(arm).items() if learned(v, noise)}
    made = {}
    for key, measure, text, unit in (
        ("faster", "tau90", "Superficial layers learn faster than deep ones", "presentations to 90 %"),
        ("kept", "retained", "Deep layers keep more than superficial ones", "correlation with the tuning learned"),
        ("held", "reverted", "Deep layers give back less of what they learned", "share of the change undone"),
    ):
        superficial, deep = (_Mean.of(layers, measure, group) for group in (SUPERFICIAL, DEEP))
        if superficial is None or deep is None:
            continue
        more, less = (superficial, deep) if key == "held" else (deep, superficial)
        least = (1 - LEAST_RATIO) * deep.value if key == "faster" else LEAST_SHARE
        between = more.less(less)
        verdict = _verdict(more.value - less.value, between, least)
        made[key] = Claim(text, unit, superficial.value, deep.value, (superficial.layers, deep.layers), between, verdict)
    return made


def _verdict(difference: float, interval: tuple[float, float] | None, least: float) -> str:
    """Yes: as large as is asked, and the interval clear of zero; no: the interval ends below what is asked."""
    if interval is None:
        return UNCLEAR
    if difference >= least and interval[0] > 0:
        return YES
    return NO if interval[1] < least else UNCLEAR


@dataclasses.dataclass(frozen=True)
class _Mean:
    """The mean of a measure over layers, and how far its 95 % interval reaches down and up; NaN where a layer has none."""

    layers: str
    value: float
    down: float
    up: float

    @classmethod
    def of(cls, layers: Mapping[str, Mapping[str, Any]], key: str, group: Sequence[str]) -> _Mean | None:
        names = [layer for layer in group if number(layers.get(layer, {}).get(key)) is not None]
        if not names:
            return None
        known = [layers[layer] for layer in names]
        ends = [v.get("intervals", {}).get(key) or (math.nan, math.nan) for v in known]
        down = math.hypot(*(v[key] - low for v, (low, _) in zip(known, ends, strict=True))) / len(known)
        up = math.hypot(*(high - v[key] for v, (_, high) in zip(known, ends, strict=True))) / len(known)
        return cls(", ".join(map(_title_of, names)), statistics.fmean(v[key] for v in known), down, up)

    def less(self, other: _Mean) -> tuple[float, float] | None:
        """The interval of the difference of two independent means (Zou & Donner 2008, https://doi.org/10.1002/sim.3095)."""
        between = self.value - other.value
        low, high = between - math.hypot(self.down, other.up), between + math.hypot(self.up, other.down)
        return (low, high) if math.isfinite(low) and math.isfinite(high) else None


SAID = {
    "faster": {
        YES: "superficial layers learned faster",
        NO: "superficial layers did not learn faster",
        UNCLEAR: "whether superficial layers learned faster cannot be told",
    },
    "kept": {
        YES: "deep layers kept more",
        NO: "deep layers did not keep more",
        UNCLEAR: "whether deep layers kept more cannot be told",
    },
}


def _title(sheet: str, claims: Mapping[str, Claim]) -> str:
    claims = {k: c for k, c in claims.items() if k in SAID}  # what the title speaks of
    if not claims:
        return "This run did not measure the gradient from superficial to deep layers"
    if len(claims) == 1:
        (claim,) = claims.values()
        said = {YES: "so it was in this run", NO: "not in this run", UNCLEAR: "this run cannot tell"}
        return f"{claim.text}: {said[claim.verdict]}"
    order = sorted(claims, key=lambda k: not claims[k].holds)  # what holds is said first
    verdicts = {claims[k].verdict for k in order}
    shows = "does not clearly show the gradient"
    if YES in verdicts:
        shows = "shows the gradient" if verdicts == {YES} else "shows half of the gradient"
    elif verdicts == {NO}:
        shows = "does not show the gradient"
    return f"{sheet} {shows}: {'; '.join(SAID[k][claims[k].verdict] for k in order)}"


def _remarks(summary: Mapping[str, Any], name: str, claims: Mapping[str, Claim]) -> list[str]:
    arms = summary["arms"]
    noise = noise_of(arms)
    remarks = [f"One seed ({summary.get('seed')}): a description of this run, not a statistic."]
    remarks += [_control(c, claims_of(arms[c], noise), claims) for c in CONTROLS if c in arms and claims]
    if not any(control in arms for control in CONTROLS):
        remarks.append("No control arm was run, so nothing here can be put down to the rules of the layers.")
    if "kept" in claims and claims["kept"].holds and "held" in claims and not claims["held"].holds:
        remarks.append("Deep layers keep more because they changed less: that they gave back less of it is not shown.")
    return [
        *remarks,
        *_noise(noise),
        *_unmoved(arms[name], noise),
        *_rates(arms[name]),
        *_weights(arms[name]),
        *_learning(arms[name]),
        *_decoding(summary, name),
    ]


def _noise(noise: float) -> list[str]:
    """What the measure of change gives where nothing can have changed."""
    if not noise:
        return []
    return [
        f"Without plasticity tuning seemed to change by up to {noise:.2f} (the largest of all looks and layers): that is the "
        "noise of the measure, and a layer that changed no more counts as one that did not learn."
    ]


def _unmoved(arm: Mapping[str, Any], noise: float) -> list[str]:
    """Layers that did not learn: what they kept and how fast they were is not asked."""
    moved = [_title_of(layer) for layer, v in by_layer(arm).items() if learned(v, noise)]
    still = [_title_of(layer) for layer, v in by_layer(arm).items() if not learned(v, noise)]
    if not still:
        return []
    where = f"in {', '.join(moved)} and not in {', '.join(still)}, which no claim is about" if moved else "in no layer"
    return [f"Tuning changed beyond noise {where}."]


def _rates(arm: Mapping[str, Any]) -> list[str]:
    """Layers whose rate moved in the first phase: part of what changed there is homeostasis."""
    moved = []
    for layer, v in by_layer(arm).items():
        before, after = number(v.get("rate_start")), number(v.get("rate_digits"))
        if before and after is not None and abs(after / before - 1) > MOVED:
            moved.append(f"{_title_of(layer)} ({before:.1f} to {after:.1f} Hz)")
    return [f"Rates still moved in the first phase in {', '.join(moved)}: some of the change is homeostasis."] if moved else []


def _weights(arm: Mapping[str, Any]) -> list[str]:
    """By how much each layer's own synapses changed: its tuning also changes with what it gets from others."""
    found = {_title_of(layer): number(v.get("weights_changed")) for layer, v in by_layer(arm).items()}
    said = [f"{v:.0%} in {layer}" for layer, v in found.items() if v is not None]
    if not said:
        return []
    return [f"A layer's own excitatory synapses changed by {', '.join(said)}; tuning also follows the layers below."]


def _learning(arm: Mapping[str, Any], level: float = 0.05) -> list[str]:
    """Whether classes are read better after the first phase than before: a paired test, its level shared among the layers."""
    found = {k: v for k, v in by_layer(arm).items() if number(v.get("decode_p")) is not None}
    better: list[str] = []
    worse: list[str] = []
    same: list[str] = []
    for layer, v in found.items():
        sure = v["decode_p"] * len(found) < level
        group = same if not sure else better if v["decode_digits"] > v["decode_start"] else worse
        group.append(_title_of(layer))
    said = [f"{word} in {', '.join(w)}" for word, w in (("better", better), ("worse", worse)) if w]
    said += [f"with no clear difference in {', '.join(same)}"] if same else []
    test = "exact McNemar test on the same images, 5 % over all layers"
    return [f"After the first phase the class is read, compared with before, {'; '.join(said)} ({test})."] if said else []


def _title_of(layer: str) -> str:
    return layer.replace("L23", "L2/3")


def _control(name: str, control: Mapping[str, Claim], claims: Mapping[str, Claim]) -> str:
    """Whether a control arm shows what the sheet shows; if it does, the layers' rules are not the cause."""
    words = {"faster": "faster superficial learning", "kept": "better deep retention", "held": "less given back by deep layers"}
    asked = [k for k, c in claims.items() if c.holds] or list(words)
    verdicts = {k: control[k].verdict if k in control else UNCLEAR for k in asked}
    shown, unclear = ([words[k] for k, v in verdicts.items() if v == which] for which in (YES, UNCLEAR))
    said = []
    if shown:
        also = " as well: that is not owed to the layers' own rules" if any(c.holds for c in claims.values()) else ""
        said.append(f"The {name} arm shows {_listed(shown)}{also}.")
    if unclear:
        said.append(f"Whether the {name} arm shows {_listed(unclear)} cannot be told.")
    return " ".join(said) or f"The {name} arm does not show it."


def _listed(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else words[0]


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
