"""The compiled programs of a network: a stretch of steps, a tick, a look at the settled state."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from isocortex.engine import record as records
from isocortex.engine import step as steps
from isocortex.engine.kernel.fire import read_bits
from isocortex.engine.kernel.tables import WORD
from isocortex.engine.layout import Network

# XLA otherwise copies most of the cells' state at every step, before it writes the new one.
FEW_COPIES = {"xla_cpu_copy_insertion_use_region_analysis": True}


@cache
def compiler_options() -> dict[str, bool] | None:
    """`FEW_COPIES` where the installed JAX takes it; results are the same without."""
    try:
        jax.jit(lambda x: x + 1, compiler_options=FEW_COPIES)(jnp.float32(0))
    except Exception:  # JAX names no error of its own for an option that it does not know
        return None
    return dict(FEW_COPIES)


class Program:
    """Functions of (parameters, state), compiled when first called.

    `advance` runs n steps (n may vary without compiling anew) and fills `room`: spikes (a bit a cell, a row of uint32 for each
    step of a tick) and the probes' buffers. `tick` settles and runs the slow clock. `peek` settles a copy. State and room
    are given up.
    """

    def __init__(self, net: Network, kernel: Any, probes: Sequence[records.Probe]) -> None:
        def advance(params: Any, state: Any, room: Any, n: Any, given: Any) -> tuple[Any, Any]:
            start = state["t"]

            def body(i: Any, carry: tuple[Any, Any]) -> tuple[Any, Any]:
                state, room = carry
                now = {name: grid[i].astype(jnp.float32) for name, grid in given.items()}
                state, signals, spikes = steps.step(net, kernel, params, state, now, room["spikes"], i)
                seen = records.write(probes, room["probes"], state["t"], start, state["cells"], signals)
                return state, dict(spikes=spikes, probes=seen)

            return jax.lax.fori_loop(0, n, body, (state, room))

        def tick(params: Any, state: Any) -> tuple[Any, Any]:
            state = steps.tick(net, kernel, params, state)
            return state, steps.finite(state)

        self.advance = jax.jit(advance, donate_argnums=(1, 2), compiler_options=compiler_options())
        self.tick = jax.jit(tick, donate_argnums=(1,))
        self.peek = jax.jit(partial(steps.settled, net, kernel))


def room_for(net: Network, probes: Sequence[records.Probe]) -> dict[str, Any]:
    """What `Program.advance` fills."""
    spikes = np.zeros((net.steps, -(-net.n // WORD) * WORD // 32), np.uint32)
    return jax.tree.map(jnp.asarray, dict(spikes=spikes, probes=records.buffers(probes, net.steps)))


def spikes_in(room: np.ndarray, start: int) -> tuple[np.ndarray, np.ndarray]:
    """(steps int64, cells int32) of the spikes in a stretch that began after step `start`."""
    words, n = np.ascontiguousarray(room).view(np.uint64), 1024
    while True:
        steps, cells = np.empty(n, np.int64), np.empty(n, np.int32)
        if (n := read_bits(words, steps, cells)) <= len(steps):
            return start + 1 + steps[:n], cells[:n]


def recordable(net: Network, params: Any, state: Any) -> dict[str, list[str]]:
    """What can be recorded of each group of cells: its state and its signals."""
    given = {g.name: jnp.zeros(g.n) for g in net.cells if "given" in g.cell.inputs}
    arrived = jnp.zeros(max(net.ports, 1))
    shapes = jax.eval_shape(lambda p, s: steps.cells_step(net, p, s, arrived, given), params, state)
    return {g.name: sorted({*shapes[0][g.name], *shapes[1][g.name]} - {"spike"}) for g in net.cells}
