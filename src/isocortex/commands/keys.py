"""The keys that `--set` and `--config` take: those of the description behind a command."""

from __future__ import annotations

from isocortex.commands.output import Output
from isocortex.commands.rules import parameters
from isocortex.describe import Description


def show_keys(output: Output, cls: type[Description]) -> None:
    """Print a row a key: default, unit, what is allowed, meaning."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    rows = parameters(cls)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("key", "default", "unit", "allowed", "meaning"):
        table.add_column(heading, no_wrap=heading == "key", overflow="fold")
    for row in rows:
        table.add_row(row["name"], _text(row["default"]), *(escape(str(row[k])) for k in ("unit", "allowed", "doc")))
    output.result({"keys": rows}, table)


def _text(default: object) -> str:
    """A default as `--set` takes it."""
    if isinstance(default, tuple):
        return ",".join(map(str, default))
    return f"{default:g}" if isinstance(default, float) else str(default)
