"""A setting of XLA's compiler for processes that are isocortex's own: the command line and the benchmarks."""

from __future__ import annotations

import os

OPTION = "xla_backend_extra_options"
FLAG = f"--{OPTION}=xla_cpu_use_multi_output_fusion"


def share_work() -> None:
    """Let XLA compute once what several results of a step share, where it otherwise computes it for each of them.

    Worth a tenth to a sixth of a step. It holds for all programs of the process and only before JAX has compiled the first
    one, so a library must not set it: a script of one's own may call this first. Leaves a user's own setting alone. Sums
    may round otherwise, so checksums are to be compared among runs with or among runs without it.
    """
    flags = os.environ.get("XLA_FLAGS", "")
    if OPTION not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {FLAG}".strip()
