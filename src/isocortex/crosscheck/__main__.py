"""``python -m isocortex.crosscheck [NAME ...]``: exit code 0 when all checks pass, 1 when one fails, 2 for a wrong name."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from isocortex.bench.process import Say
from isocortex.crosscheck import adex, pair, potjans, static
from isocortex.crosscheck.result import Check
from isocortex.errors import DescriptionError, IsocortexError, nearest

PARTS: dict[str, Callable[[Say], list[Check]]] = {
    "static": static.run, "adex": adex.run, "pair": pair.run, "potjans": potjans.run,
}  # fmt: skip


def main(names: Sequence[str]) -> int:
    """Run the named parts (all without a name) and print a line for every check."""
    wrong = [n for n in names if n not in PARTS]
    if wrong:
        print(DescriptionError(f"crosscheck: no part {wrong[0]!r}; {nearest(wrong[0], PARTS)}"), file=sys.stderr)
        return 2
    fine = True
    for name in names or PARTS:
        try:
            checks = PARTS[name](lambda line: print(line, file=sys.stderr, flush=True))
        except IsocortexError as e:
            print(f"FAIL  {name}: {e}", flush=True)
            fine = False
            continue
        for check in checks:
            print(check.line(), flush=True)
        fine = fine and all(c.passed for c in checks)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
