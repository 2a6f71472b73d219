"""The arrays that the kernel's functions share, by name."""

from __future__ import annotations

from typing import Any, NamedTuple


class Tables(NamedTuple):
    """What does not change while a network runs; see `isocortex.engine.kernel.tables` for the columns."""

    delays: Any
    """Axonal delays that occur (steps)."""
    pointer: Any
    """Row (cell, axonal delay) -> its first segment."""
    segments: Any
    settling: Any
    """The plastic segments in the order of memory, each with its row."""
    classes: Any
    scales: Any
    traces: Any
    decay: Any
    """(steps of a tick + 1, traces): decay since the tick's beginning."""
    dendritic_decay: Any
    target: Any
    """(synapses): the postsynaptic cell, within its population."""


class Synapses(NamedTuple):
    """What the kernel changes."""

    w: Any
    last: Any
    """What each synapse saw of its integrals and leaks at its last visit."""
    slow: Any
    xhat: Any
    """(rows, traces): presynaptic traces, in units of the tick's beginning."""
    seen: Any
    """(rows): the step of the last spike that arrived."""
    stp: Any
    drive: Any
    """(ring, ports): what is on its way to the cells."""
    ids: Any
    """(ring, cells): who spiked at the last steps; `counts` of them."""
    counts: Any
    sums: Any
    """(integrated columns x cells): what the rules gave since the tick's beginning, column by column."""
    sig: Any
    """(ring, columns): what the rules gave at the last steps."""
    held: Any
    """(dendritic delays, columns): what stood there at the end of the last tick, as it counts in this one."""
