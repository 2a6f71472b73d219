"""From one to a hundred million plastic synapses: nanoseconds an event and bytes a synapse should hardly change.

Cells are driven by their background (their synapses are plastic and weak), so that the rate is about the same at every
size. 1,000 synapses a cell, as many cells as that needs, dt 1 ms: the smallest network must do enough in a step that
synapses and not the step itself are timed.
"""

from __future__ import annotations

from typing import Any

from isocortex.bench.plastic import NETWORK

SIZES = (1_000_000, 10_000_000, 100_000_000)
OUT_DEGREE = 1000
SPEC: dict[str, Any] = NETWORK | dict(dt=1.0, delay=2.0, warm_up=200.0, duration=1000.0)
BYTES_TO_BUILD = 60
"""A synapse takes so much while it is drawn and sorted (about); 10 to 12 later."""


def area(p: dict[str, Any]) -> Any:
    """A single population with `p["synapses"]` synapses among its cells."""
    from isocortex.anatomy.circuit import Area, Background, Delay, Population, Projection  # noqa: PLC0415
    from isocortex.cells.lif import LIF  # noqa: PLC0415

    n = max(p["synapses"] // OUT_DEGREE, 1)
    cell = LIF(tau_AMPA=p["tau_syn"], V_0=-57.5, V_0_sd=4.0)
    weak = p["weight"] / 200
    return Area(
        "V1",
        (Population("E", n, cell),),
        (Projection("E", "E", weak, indegree=OUT_DEGREE, axonal_delay=Delay(p["delay"])),),
        (Background("E", weight=p["weight"], rate=12.0, sources=p["sources"]),),
    )


def run(p: dict[str, Any]) -> dict[str, Any]:
    """Time one size; called in a process of its own."""
    from isocortex.bench.plastic import PLASTIC, stack  # noqa: PLC0415
    from isocortex.bench.timing import timed  # noqa: PLC0415

    return timed(lambda: (area(p), {PLASTIC: stack(p)}), p)


def free_memory() -> int | None:
    """Bytes of memory that are free, None where this cannot be known."""
    try:
        with open("/proc/meminfo") as f:
            lines = dict(line.split(":", 1) for line in f)
        return int(lines["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return None
