"""Child processes that answer one JSON document with another, held to one core where asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from isocortex.errors import IsocortexError

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
}
Json = dict[str, Any]


class ChildError(IsocortexError):
    """A child process failed or said something that is no JSON document."""


def ask(
    command: Sequence[str],
    spec: Mapping[str, Any],
    *,
    one_core: bool = True,
    timeout: float = 1800.0,
    more: Mapping[str, str] | None = None,
) -> Json:
    """Run `command`, give it `spec` as JSON on standard input, return the JSON document on the last line of its output.

    Parameters
    ----------
    one_core : one thread in every known pool, and ``core`` in the spec, to which the child binds itself.
    timeout : seconds. more : further environment variables.

    Raises
    ------
    ChildError : it failed, took too long, or answered no JSON; the message ends with what it said last.
    """
    name = os.path.basename(command[-1])
    if one_core and hasattr(os, "sched_getaffinity"):
        spec = {**spec, "core": max(os.sched_getaffinity(0))}
    environment = os.environ | dict(more or {}) | (ONE_THREAD if one_core else {})
    try:
        done = subprocess.run(
            command, input=json.dumps(spec), capture_output=True, text=True, timeout=timeout, check=False, env=environment
        )
    except subprocess.TimeoutExpired:
        raise ChildError(f"{name}: no answer within {timeout:g} s") from None
    except OSError as e:
        raise ChildError(f"{name}: cannot be started: {e}") from None
    return answer(name, done.returncode, done.stdout, done.stderr)


def answer(name: str, code: int, out: str, err: str) -> Json:
    """Read a child's answer: the last line of its output that is a JSON object."""
    if code == 0:
        for line in reversed(out.splitlines()):
            if line.startswith("{"):
                try:
                    return json.loads(line)
                except json.JSONDecodeError:
                    break
    said = " | ".join((err.strip() or out.strip() or "nothing").splitlines()[-3:])
    problem = f"ended with code {code}" if code else "gave no JSON document"
    raise ChildError(f"{name}: {problem}; it said: {said}")


def isocortex(
    task: str,
    spec: Mapping[str, Any],
    *,
    one_core: bool = True,
    timeout: float = 3600.0,
    more: Mapping[str, str] | None = None,
) -> Json:
    """Run one measurement of isocortex in a fresh Python process."""
    path = os.pathsep.join(filter(None, [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH")]))
    command = [sys.executable, "-m", "isocortex.bench.run_one"]
    return ask(command, {"task": task, **spec}, one_core=one_core, timeout=timeout, more={"PYTHONPATH": path, **(more or {})})


Say = Callable[[str], None]
