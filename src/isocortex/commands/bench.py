"""`isocortex bench`: how fast it is here, beside its peers."""

from __future__ import annotations

from typing import Annotated

import typer

from isocortex.commands.options import Json, Quiet
from isocortex.commands.output import Output


def bench(
    name: Annotated[str, typer.Argument(help="plastic, sparse, area, scale or startup.")] = "plastic",
    rounds: Annotated[int, typer.Option("--rounds", help="Turns of each system; the table holds medians.")] = 3,
    no_peers: Annotated[bool, typer.Option("--no-peers", help="Leave NEST and Brian2 out.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run a benchmark, print a row a system and the checks with their bounds; exit code 1 where a check fails."""
    from isocortex.bench.run import run_bench
    from isocortex.bench.table import tables

    output = Output(as_json, quiet)
    with output.stdout_kept_clean():
        found = run_bench(name, rounds=rounds, peers=not no_peers, progress=output.note)
    output.result(found, *tables(found))
    if not all(check["passed"] for check in found["checks"]):
        raise typer.Exit(1)
