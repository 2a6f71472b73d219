"""The tables that `isocortex learn` prints."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.table import Table

from isocortex.commands.learn_compared import compared
from isocortex.learn.metrics.interval import LEAST
from isocortex.learn.protocol_differences import short
from isocortex.report.learning.page import cell

# (title, keys): each table fits 80 columns
TABLES = (
    ("after the stream", ("accuracy", "difference", "learning_accuracy", "forgetting")),
    ("along the stream", ("average_accuracy", "anytime_accuracy", "dip", "recovery", "regained", "worst_class")),
    ("transfer and few samples", ("newest_accuracy", "backward_transfer", "forward_transfer", "shots")),
    ("cost", ("bytes", "seconds", "predict_seconds")),
)
DIFFERENCE = "less best"


def headings(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The columns that have a value in some row: (key, heading)."""
    from isocortex.learn.metrics.measures import MEASURES

    rows = [*document["rows"], *document["arms"].values()]
    keys = [key for _, group in TABLES for key in group if any(_has(row, key) for row in rows)]
    return [(key, DIFFERENCE if key == "difference" else MEASURES[key].heading) for key in keys]


def tables(document: Mapping[str, Any]) -> list[Table]:
    """The tables, with the n-shot curve as the last one."""
    named = dict(headings(document))
    arms = [row | {"learner": f"  {short(arm)}"} for arm, row in document["arms"].items() if arm != "full"]
    rows = _with_arms(_named(document["rows"]), arms)
    made = []
    for title, group in TABLES:
        keys = [key for key in group if key in named]
        if keys:
            where, best = f"{document['data']}, {document['stream']}", document["best_baseline"]
            made.append(_table(f"{where}: {title}", rows, [(k, named[k]) for k in keys], best))
    if any(row["n_shot"] for row in rows):
        made.append(_shots(f"{document['data']}: accuracy by samples a class", rows))
    return [*made, *compared(document)]


def lines(document: Mapping[str, Any]) -> list[str]:
    """What the columns mean, a line each."""
    named = {k: h for k, h in headings(document) if k != "difference"}
    width = max(len(h) for h in named.values())
    said = [f"{heading:{width}}  {document['definitions'][key]}" for key, heading in named.items()]
    seeds = len(document["seeds"])
    how = "95 % interval over the seeds (Student's t), paired by seed in differences" if seeds > 1 else "one seed: no interval"
    star = "* marks differences clear of zero" if seeds >= LEAST else f"no * below {LEAST} seeds"
    said.append(f"{'±':{width}}  {how}; {star}")
    if document["best_baseline"]:
        text = (
            f"final accuracy less that of the best baseline, {document['best_baseline']}; of an arm: less that of the full one"
        )
        said.append(f"{DIFFERENCE:{width}}  {text}")
    return said


def _named(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The library's own learner by its title, without its settings, where there is one; baselines by their keys."""
    own = [row for row in rows if not row["baseline"]]
    return [row if row["baseline"] or len(own) > 1 else row | {"learner": row["title"]} for row in rows]  # type: ignore[operator]


def _with_arms(rows: Sequence[Mapping[str, Any]], arms: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The arms right below the learner that they are arms of."""
    at = next((i + 1 for i, row in enumerate(rows) if not row["baseline"]), 0)
    return [*rows[:at], *arms, *rows[at:]]


def _table(title: str, rows: Sequence[Mapping[str, Any]], columns: list[tuple[str, str]], best: str | None) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("learner", no_wrap=True)
    for _, heading in columns:
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        first = row["learner"] == best or not row["baseline"]
        style = "bold" if first else "dim" if row["ceiling"] else ""
        table.add_row(row["learner"], *[cell(row, key) for key, _ in columns], style=style)
    return table


def _shots(title: str, rows: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("learner", no_wrap=True)
    counts = list(next(row["n_shot"] for row in rows if row["n_shot"]))
    for n in counts:
        table.add_column(str(n), justify="right", no_wrap=True)
    for row in rows:
        if row["n_shot"]:
            table.add_row(row["learner"], *[f"{100 * row['n_shot'][n]:.1f}" for n in counts])
    return table


def _has(row: Mapping[str, Any], key: str) -> bool:
    value = row[key]
    return value is not None and not (isinstance(value, float) and math.isnan(value))
