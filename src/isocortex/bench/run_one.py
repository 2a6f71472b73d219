"""One measurement in a process of its own: ``python -m isocortex.bench.run_one``, JSON on standard input and output."""

from __future__ import annotations

import importlib
import json
import os
import sys

from isocortex.fusion import share_work

TASKS = ("plastic", "area", "scale", "startup")


def main() -> None:
    """Read a spec, run the task that it names, print the answer as one line."""
    share_work()
    spec = json.loads(sys.stdin.read())
    task = spec.pop("task")
    if "core" in spec:
        os.sched_setaffinity(0, {spec.pop("core")})
    if task not in TASKS:
        raise SystemExit(f"run_one: no task {task!r}; allowed: {', '.join(TASKS)}")
    print(json.dumps(importlib.import_module(f"isocortex.bench.{task}").run(spec)), flush=True)


if __name__ == "__main__":
    main()
