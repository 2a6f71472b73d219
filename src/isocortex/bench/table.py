"""A benchmark's document as tables for the terminal."""

from __future__ import annotations

from typing import Any

from rich.table import Table

COLUMNS = {
    "wall_per_bio_s": "s a bio s", "first_result_s": "first result (s)", "spread": "least, most", "rate_hz": "E (Hz)",
    "ns_per_event": "ns an event", "bytes_per_synapse": "bytes a synapse", "build_s": "build (s)",
}  # fmt: skip
"""What the terminal has room for; the document has more."""


def tables(document: dict[str, Any]) -> list[Table]:
    """One table of systems, one of the checks with their bounds."""
    rows = document["rows"]
    shown = [c for c in COLUMNS if any(r.get(c) is not None for r in rows)]
    systems = Table("system", title=f"bench {document['bench']}")
    for c in shown:
        systems.add_column(COLUMNS[c], justify="right")
    for r in rows:
        systems.add_row(" ".join(filter(None, (r["system"], r.get("version")))), *(_text(r.get(c)) for c in shown))
        if r.get("error"):
            systems.add_row(f"  {r['error']}", *[""] * len(shown))
    checks = Table("check", "measured", "bound", "")
    for c in document["checks"]:
        checks.add_row(c["name"], _text(c["value"]), _bound(c), "pass" if c["passed"] else "FAIL")
    return [systems, checks]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(_text(v) for v in value)
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _bound(c: dict[str, Any]) -> str:
    low = "" if c["least"] is None else f"at least {c['least']:g}"
    high = "" if c["most"] is None else f"at most {c['most']:g}"
    return ", ".join(filter(None, (low, high)))
