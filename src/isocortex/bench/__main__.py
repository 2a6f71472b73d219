"""``python -m isocortex.bench NAME [--json] [--rounds N] [--no-peers]``: the benchmark without the rest of the command line."""

from __future__ import annotations

import argparse
import json
import sys

from rich.console import Console

from isocortex.bench.run import BENCHES, run_bench
from isocortex.bench.table import tables


def main() -> int:
    """Exit code 0 when all checks pass."""
    parser = argparse.ArgumentParser(prog="python -m isocortex.bench")
    parser.add_argument("name", choices=sorted(BENCHES))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-peers", action="store_true")
    given = parser.parse_args()
    document = run_bench(given.name, rounds=given.rounds, peers=not given.no_peers,
                         progress=lambda line: print(line, file=sys.stderr, flush=True))  # fmt: skip
    if given.json:
        print(json.dumps(document))
    else:
        Console().print(*tables(document))
    return 0 if all(c["passed"] for c in document["checks"]) else 1


if __name__ == "__main__":
    sys.exit(main())
