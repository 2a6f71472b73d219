"""The table of a run: a row for each layer of each arm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich import box
from rich.table import Table

from isocortex.commands.output import fixed

# key in the summary -> (heading, decimals)
COLUMNS: dict[str, tuple[str, int]] = {
    "rate_hz": ("rate (Hz)", 1),
    "decode_start": ("ridge before", 2),
    "decode_digits": ("ridge after", 2),
    "decode_ridge": ("ridge end", 2),
    "tau90": ("tau90", 0),
    "changed": ("changed", 2),
    "reverted": ("reverted", 2),
    "retained": ("retained", 2),
}
ARM_WIDTH = 16
"""Longer names of arms are folded, so that numbers keep their room."""
WITH_INTERVAL = ("changed", "reverted", "retained")


def summary_table(summary: Mapping[str, Any]) -> Table:
    """Rates, decoding, speed of learning and retention by layer and arm; columns that no layer has are left out."""
    layers = [values for arm in summary["arms"].values() for values in arm["layers"].values()]
    present = [k for k in COLUMNS if any(k in values for values in layers)]
    title = f"{summary.get('experiment', 'run')}, seed {summary.get('seed')}"
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, padding=0)
    table.add_column(
        "arm", no_wrap=max(map(len, summary["arms"]), default=0) <= ARM_WIDTH, overflow="fold", max_width=ARM_WIDTH
    )
    table.add_column("layer", no_wrap=True)
    for key in present:
        table.add_column(COLUMNS[key][0], justify="right", no_wrap=key in WITH_INTERVAL)
    for arm, measured in summary["arms"].items():
        rows = list(measured["layers"].items())
        for i, (layer, values) in enumerate(rows):
            cells = [_cell(values, k) for k in present]
            table.add_row(arm if i == 0 else "", layer, *cells, end_section=i == len(rows) - 1)
    return table


def _cell(values: Mapping[str, Any], key: str) -> str:
    """A number, with half of its 95 % interval where the table has room for it."""
    number, interval = fixed(values.get(key), COLUMNS[key][1]), values.get("intervals", {}).get(key)
    return f"{number}±{(interval[1] - interval[0]) / 2:.2f}" if key in WITH_INTERVAL and interval and number != "-" else number


def summary_lines(summary: Mapping[str, Any]) -> list[str]:
    """Baselines, time and checksum, and where the report is: a line each."""
    lines = []
    if any("decode_digits" in v for arm in summary["arms"].values() for v in arm["layers"].values()):
        lines.append(
            "ridge: share of held-out images read right; before: before learning; after: after the first phase; end: last look"
        )
        lines.append(
            "tau90: presentations to 90 % of the change; changed, reverted, retained: of the tuning; a dash: too noisy to tell"
        )
    if any("intervals" in v for arm in summary["arms"].values() for v in arm["layers"].values()):
        lines.append("±: half of the 95 % interval over cells; shares lie beyond 0 or 1 by noise")
    baselines = summary.get("baselines") or {}
    if baselines:
        lines.append("baselines: " + ", ".join(f"{k} {fixed(v, 3)}" for k, v in baselines.items()))
    biological, wall = summary.get("bio_s"), summary.get("wall_s")
    if wall is not None:
        each = f": {fixed(wall / biological)} s a biological second" if biological else ""
        lines.append(f"{fixed(biological, 1)} s biological, all arms together, in {fixed(wall, 1)} s{each}")
        lines.append(f"checksum {summary.get('checksum', '-')}")
    if summary.get("report"):
        lines.append(f"report: {summary['report']}")
    return lines
