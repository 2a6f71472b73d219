"""`isocortex bench`: how fast it is here."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from isocortex.commands.options import Json, Quiet
from isocortex.commands.output import Output, fixed


def bench(
    names: Annotated[list[str] | None, typer.Argument(help="Benchmarks to run; without them all.")] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run the benchmarks and print what each took."""
    from isocortex.bench import suite

    output = Output(as_json, quiet)
    with output.stdout_kept_clean():
        found = suite.run(tuple(names or ()), output.note)
    output.result({"results": found}, *_tables(found))


def _tables(found: list[dict[str, Any]]) -> list[Any]:
    from rich.table import Table

    if not found:
        return ["no benchmarks"]
    table = Table()
    columns = list(dict.fromkeys(key for row in found for key in row))
    for column in columns:
        table.add_column(column)
    for row in found:
        table.add_row(*(fixed(row.get(c), 3) if isinstance(row.get(c), float) else str(row.get(c, "")) for c in columns))
    return [table]
