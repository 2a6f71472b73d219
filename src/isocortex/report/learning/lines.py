"""Which learners a figure names, and how their lines look."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from isocortex.learn.protocol_differences import short
from isocortex.report.theme import FAINT, INK, LAYER_COLOURS, OTHER_COLOURS

_COLOURS = (*(LAYER_COLOURS[k] for k in ("L5", "L4", "L6", "L1")), *OTHER_COLOURS[:1], OTHER_COLOURS[2])
_OWN = LAYER_COLOURS["L23"]
NAMED = len(_COLOURS)
_STYLES = ("-", "--", "-.", ":")


@dataclasses.dataclass(frozen=True)
class Line:
    """label "" : not named in the legend."""

    colour: str
    label: str
    width: float
    style: str
    front: int


def lines(learners: Mapping[str, Mapping[str, Any]]) -> dict[str, Line]:
    """A line for each learner: the library's own in blue, the best baselines in colours, others grey, ceilings dotted."""
    ranked = sorted((k for k, v in learners.items() if v["baseline"] and not v["ceiling"]), key=lambda k: -learners[k]["final"])
    made: dict[str, Line] = {}
    own = [k for k, v in learners.items() if not v["baseline"]]
    for key, style in zip(own, _STYLES, strict=False):
        made[key] = Line(_OWN, name(key, learners), 2.6, style, 4)
    for i, key in enumerate(own[len(_STYLES) :]):
        made[key] = Line(OTHER_COLOURS[0], "" if i else "other arms", 1.0, "-", 1)
    for key, colour in zip(ranked, _COLOURS, strict=False):
        made[key] = Line(colour, key, 1.8, "-", 3)
    for i, key in enumerate(ranked[NAMED:]):
        made[key] = Line(FAINT, "" if i else "other baselines", 1.3, "-", 1)
    for key in learners:
        if learners[key]["ceiling"]:
            made[key] = Line(INK, f"{key} (ceiling)", 1.2, ":", 2)
    return {key: made[key] for key in learners}


def name(key: str, learners: Mapping[str, Mapping[str, Any]]) -> str:
    """What a figure calls a learner: its key; of the library's own the arm, or the plain title where that is one learner's."""
    learner = learners[key]
    if learner["baseline"]:
        return key
    before, slash, arm = key.partition("/")
    if slash:
        return short(arm)
    alike = [k for k, v in learners.items() if v["title"] == learner["title"]]
    return before if len(alike) > 1 else str(learner["title"])


def options(line: Line) -> dict[str, Any]:
    """What matplotlib's `plot` takes."""
    return dict(
        color=line.colour, linewidth=line.width, linestyle=line.style, zorder=line.front, label=line.label or "_",
        solid_capstyle="round",
    )  # fmt: skip
