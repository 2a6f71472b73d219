"""From the command to its first result, with compiled programs on disk and without."""

from __future__ import annotations

import tempfile
import time
from typing import Any

from isocortex.bench.process import isocortex

SPEC: dict[str, Any] = dict(neurons=4000, dt=0.1, warm_up=0.0, duration=100.0, seed=0)
CACHES = ("ISOCORTEX_CACHE", "JAX_COMPILATION_CACHE_DIR", "NUMBA_CACHE_DIR")


def run(p: dict[str, Any]) -> dict[str, Any]:
    """Build the canonical area and run its first 100 ms; called in a process of its own."""
    from isocortex.bench import area  # noqa: PLC0415

    return area.run(p)


def cold_and_warm(p: dict[str, Any]) -> dict[str, float]:
    """Seconds from starting Python to the first tick of the area: with empty caches, then with what that left behind."""
    with tempfile.TemporaryDirectory(prefix="isocortex-cold-") as folder:
        caches = {name: f"{folder}/{name.lower()}" for name in CACHES if name != "JAX_COMPILATION_CACHE_DIR"}
        out = {}
        for name in ("cold", "warm"):
            began = time.perf_counter()
            isocortex("startup", p, one_core=False, more=caches)
            out[name] = time.perf_counter() - began
        return out
