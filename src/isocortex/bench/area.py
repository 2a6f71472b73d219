"""The canonical laminar area with all cell classes under the default sheet, 4,000 cells, dt 0.1 ms."""

from __future__ import annotations

from typing import Any

SPEC: dict[str, Any] = dict(neurons=4000, dt=0.1, warm_up=200.0, duration=1000.0, seed=0)


def run(p: dict[str, Any]) -> dict[str, Any]:
    """Build, warm up, then time `p["duration"]` ms; called in a process of its own."""
    from isocortex.anatomy.laminar import laminar_area  # noqa: PLC0415
    from isocortex.bench.timing import timed  # noqa: PLC0415
    from isocortex.plasticity.sheet import Sheet  # noqa: PLC0415

    return timed(lambda: (laminar_area("V1", p["neurons"]), Sheet.default()), p)
