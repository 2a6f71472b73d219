"""The tables of paired differences: against random local filters, and what each part of the learner earned."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.table import Table

from isocortex.learn.protocol_differences import EARNED, earned, rivals_of, short


def compared(document: Mapping[str, Any]) -> list[Table]:
    """The tables for which there are rows."""
    own = next((row for row in document["rows"] if row["differences"]), None)
    made = []
    if own is not None:
        rivals = rivals_of(own, document["best_baseline"])
        if rivals:
            made.append(_rivals(own, rivals))
    arms = {arm: row for arm, row in document["arms"].items() if arm != "full" and row["differences"]}
    if arms:
        made.append(_arms(arms))
    return made


def difference_text(d: Mapping[str, Any] | None) -> str:
    """Points with the interval's half width; a star where it is clear of zero."""
    if d is None:
        return "-"
    half = 50 * (d["high"] - d["low"])
    return f"{100 * d['mean']:+.1f}" + ("" if math.isnan(half) else f" ±{half:.1f}") + ("*" if d["clear"] else " ")


def _rivals(own: Mapping[str, Any], rivals: Sequence[str]) -> Table:
    table = _table(f"{own['title']} less each, points", ["accuracy", *rivals])
    found = [own["differences"][k] for k in rivals]
    table.add_row("after the stream", *(difference_text(d["accuracy"]) for d in found))
    table.add_row("along the stream", *(difference_text(d["anytime_accuracy"]) for d in found))
    for n in own["n_shot"]:
        table.add_row(f"{n} a class", *(difference_text(d["n_shot"].get(n)) for d in found))
    return table


def _arms(arms: Mapping[str, Mapping[str, Any]]) -> Table:
    rows = {arm: earned(row) for arm, row in arms.items()}
    headings = [h for h, _ in EARNED if any(row[h] for row in rows.values())]
    table = _table("earned over each arm: full less arm, points", ["arm", *headings])
    for arm, row in rows.items():
        table.add_row(short(arm), *(difference_text(row[h]) for h in headings))
    return table


def _table(title: str, headings: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for i, heading in enumerate(headings):
        table.add_column(heading, justify="right" if i else "left", no_wrap=True)
    return table
