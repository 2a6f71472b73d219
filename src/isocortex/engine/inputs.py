"""What the host gives a running network: inputs of cells, spikes of forced cells, modulators. Pure functions of the state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from isocortex import units
from isocortex.anatomy.circuit import Cortex
from isocortex.engine.groups import Span
from isocortex.engine.layout import Network
from isocortex.errors import DescriptionError, nearest

State = dict[str, Any]
Given = dict[str, tuple[np.ndarray, np.ndarray]]
"""By population, or by group: steps (ascending) and cells of the spikes that are given."""


INPUT_UNITS = {"rate": "Hz", "current": "pA", "v": "mV"}
"""Units of inputs, for text such as "20 Hz"; others have none."""


def injected(cortex: Cortex, place: str) -> tuple[str, str]:
    """The population of a place of injection, such as ``V1.L5E`` or ``V1.L5E:apical``, and the channel there.

    Raises
    ------
    DescriptionError : no such population, or its cell has no such compartment.
    """
    population, _, compartment = place.partition(":")
    cell = cortex.population(population).cell
    if "v" in cell.inputs or not cell.compartments:  # whose potential is given
        raise DescriptionError(f"{population}: {type(cell).__name__} takes no current; a cell such as LIF does")
    if compartment and compartment not in cell.compartments:
        there = nearest(compartment, cell.compartments)
        raise DescriptionError(f"{population}: {type(cell).__name__} has no compartment {compartment!r}; {there}")
    return population, f"{compartment or 'soma'}:current"


def with_currents(net: Network, state: State, currents: Sequence[str]) -> State:
    """Give the groups of some places (see `injected`) an input of current (pA), 0 until it is set."""
    for population, channel in (injected(net.cortex, place) for place in currents):
        g = next(g for g in net.cells if g.name == net.spans[population].group)
        state["inputs"].setdefault(g.name, {})[channel] = jnp.zeros(g.n, jnp.float32)
    return state


def with_input(net: Network, state: State, place: str, values: Any, name: str) -> State:
    """Set an input of a population, or of a compartment of its cells: a number, or one a cell."""
    population, key = injected(net.cortex, place) if name == "current" else (place, name)
    net.cortex.population(population)
    span = net.spans[population]
    inputs = state["inputs"].get(span.group, {})
    if key not in inputs:
        hint = f"; list it as Simulation(currents=[{place!r}])" if name == "current" else ""
        known = ["current" if k.endswith(":current") else k for k in inputs]
        allowed = nearest(name, dict.fromkeys(known)) if known else "it takes none"
        raise DescriptionError(f"{place}.{name}: no such input; {allowed}{hint}")
    if isinstance(values, str):
        values = units.finite(values, INPUT_UNITS.get(name, "1"), f"{place}.{name}:")
    array = _numbers(values, np.float32, f"{place}.{name}")
    if array.shape not in ((), (span.n,)):
        raise DescriptionError(f"{place}.{name}: has the shape {array.shape}; a number or ({span.n},) is needed")
    if not np.isfinite(array).all() or (name == "rate" and (array < 0).any()):
        raise DescriptionError(f"{place}.{name}: holds a value that is negative or not finite; finite numbers are needed")
    fresh = inputs[key].at[span.local : span.local + span.n].set(array)
    return state | dict(inputs=state["inputs"] | {span.group: inputs | {key: fresh}})


def with_modulator(net: Network, state: State, name: str, level: float, area: str | None = None) -> State:
    """Set a neuromodulator in an area, or in all; 1 is the baseline.

    ``dose`` keeps what its level so far in this tick differed from the new one, times steps, so that ticks know the mean.
    """
    if name not in state["modulators"]:
        raise DescriptionError(f"Simulation.modulator: {name!r} is not known; {nearest(name, state['modulators'])}")
    if area is not None and area not in net.areas:
        raise DescriptionError(f"Simulation.modulator: no area {area!r}; {nearest(str(area), net.areas)}")
    number = jnp.float32(units.finite(level, "1", f"Simulation.modulator: {name}"))
    before = state["modulators"][name]
    after = jnp.full_like(before, number) if area is None else before.at[net.areas.index(area)].set(number)
    so_far = (before - after) * state["k"].astype(jnp.float32)
    levels, doses = state["modulators"] | {name: after}, state["dose"] | {name: state["dose"][name] + so_far}
    return state | dict(modulators=levels, dose=doses)


def checked_spikes(span: Span, times: Any, ids: Any, dt: float, now: int) -> tuple[np.ndarray, np.ndarray]:
    """Steps and cells of given spikes, in order of time; all must lie after step `now`. Times are rounded to whole steps."""
    if "given" not in span.population.cell.inputs:
        model = type(span.population.cell).__name__
        raise DescriptionError(f"{span.name}: {model} takes no spike times; use SpikeTrain or Forced")
    when, which = np.atleast_1d(_numbers(times, np.float64, f"{span.name}: times")), np.asarray(ids)
    if which.shape not in ((), when.shape):
        raise DescriptionError(
            f"{span.name}: times have the shape {when.shape} and ids {which.shape}; equal lengths are needed"
        )
    if which.size and (which.dtype.kind not in "iuf" or not np.all(which == np.round(which))):
        raise DescriptionError(f"{span.name}: ids hold what is no whole number; indices from 0 to {span.n - 1} are needed")
    if not np.isfinite(when).all():
        raise DescriptionError(f"{span.name}: a spike time is not finite; times in ms are needed")
    at = np.round(when / dt).astype(np.int64)
    cells = np.broadcast_to(which.astype(np.int64), at.shape)
    if cells.size and (cells.min() < 0 or cells.max() >= span.n):
        raise DescriptionError(f"{span.name}: an index is outside 0 to {span.n - 1}")
    late = at <= now
    if late.any():
        first = when[late].min()
        raise DescriptionError(f"{span.name}: a spike at {first:g} ms is not after now ({now * dt:g} ms)")
    order = np.argsort(at, kind="stable")
    return at[order], cells[order]


def _numbers(values: Any, dtype: type, where: str) -> np.ndarray:
    """The array of some numbers; what is none is refused by `where`."""
    try:
        return np.asarray(values, dtype)
    except (TypeError, ValueError) as e:
        raise DescriptionError(f"{where}: {values!r} holds what is no number ({e}); numbers are needed") from None


def joined(net: Network, given: Given) -> Given:
    """The given spikes of all populations of a group as one, by group; without any, empty."""
    out = {}
    for g in net.cells:
        if "given" in g.cell.inputs:
            own = [(given[s.name][0], s.local + given[s.name][1]) for s in g.spans if s.name in given]
            at, cells = (np.concatenate([np.zeros(0, np.int64), *(each[i] for each in own)]) for i in (0, 1))
            order = np.argsort(at, kind="stable")
            out[g.name] = at[order], cells[order]
    return out


def given_grids(net: Network, joint: Given, start: int, n: int) -> Mapping[str, Any]:
    """Which cells are made to fire in the n steps after `start`, by group: uint8 (steps of a tick, cells). joint : `joined`."""
    sizes, out = {g.name: g.n for g in net.cells}, {}
    for name, (at, cells) in joint.items():
        grid = np.zeros((net.steps, sizes[name]), np.uint8)
        a, b = np.searchsorted(at, [start + 1, start + n + 1])
        grid[at[a:b] - start - 1, cells[a:b]] = 1
        out[name] = jnp.asarray(grid)
    return out
