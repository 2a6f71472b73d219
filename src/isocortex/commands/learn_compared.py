"""The tables of paired differences: against random local filters, and what each part of the learner earned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.table import Table

WITHOUT = "without:"
RIVALS = ("local", "local-bytes")
"""The same readout on filters that learn nothing, with as many features and with as many bytes."""
EARNED = (("final", "accuracy"), ("anytime", "anytime_accuracy"), ("few shots", "shots"))


def short(arm: str) -> str:
    """An arm as tables name it."""
    return f"no {arm.removeprefix(WITHOUT)}" if arm.startswith(WITHOUT) else arm


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


def rivals_of(own: Mapping[str, Any], best: str | None) -> list[str]:
    """Random local filters where they are there, and the best baseline."""
    return [k for k in dict.fromkeys((*RIVALS, best)) if k in own["differences"]]


def earned(row: Mapping[str, Any]) -> dict[str, dict[str, Any] | None]:
    """What the full learner has more than an arm, by heading: what was taken away earned so much."""
    (differences,) = row["differences"].values()
    return {heading: _turned(differences[key]) for heading, key in EARNED}


def difference_text(d: Mapping[str, Any] | None) -> str:
    """Points with the interval's half width; a star where it is clear of zero."""
    if d is None:
        return "-"
    half = 50 * (d["high"] - d["low"])
    return f"{100 * d['mean']:+.1f}" + ("" if half != half else f" ±{half:.1f}") + ("*" if d["clear"] else " ")


def _turned(d: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if d is None else {**d, "mean": -d["mean"], "low": -d["high"], "high": -d["low"]}


def _rivals(own: Mapping[str, Any], rivals: Sequence[str]) -> Table:
    table = _table(f"{own['title']} less each, in points (* interval clear of zero)", ["accuracy", *rivals])
    found = [own["differences"][k] for k in rivals]
    table.add_row("after the stream", *(difference_text(d["accuracy"]) for d in found))
    table.add_row("along the stream", *(difference_text(d["anytime_accuracy"]) for d in found))
    for n in own["n_shot"]:
        table.add_row(f"{n} a class", *(difference_text(d["n_shot"].get(n)) for d in found))
    return table


def _arms(arms: Mapping[str, Mapping[str, Any]]) -> Table:
    rows = {arm: earned(row) for arm, row in arms.items()}
    headings = [h for h, _ in EARNED if any(row[h] for row in rows.values())]
    table = _table("what was earned over each arm: full less arm, in points (* interval clear of zero)", ["arm", *headings])
    for arm, row in rows.items():
        table.add_row(short(arm), *(difference_text(row[h]) for h in headings))
    return table


def _table(title: str, headings: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for i, heading in enumerate(headings):
        table.add_column(heading, justify="right" if i else "left", no_wrap=True)
    return table
