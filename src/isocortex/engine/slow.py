"""The slow clock: what the slow parts of the stacks make of weights and slow variables at a tick."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np

from isocortex.engine.layout import Network, Wired
from isocortex.plasticity.rule import SlowPart

Array = jax.Array
Synapses = dict[str, Array]
"""Weights and slow variables of a projection by name, shape (m,)."""


def advanced(
    net: Network, target: Array, syn: Mapping[str, Array], learning: Array, modulators: Mapping[str, Array]
) -> dict[str, Array]:
    """The synaptic state after the slow parts of every stack have acted, in their order.

    target : postsynaptic cell of every synapse within its population. modulators : their means over the tick, in each area.
    """
    new: dict[str, dict[int, Array]] = dict(w={}, slow={})
    pooled = _pooled(net, target, syn)
    for w in net.wired.values():
        if w.stack.slow and w.m:
            here = {name: levels[net.area_of(w.post)] for name, levels in modulators.items()}
            for array, first, values in _ticked(net, w, syn, pooled.get(w.projection.name, {}), learning, here):
                new[array][first] = values
    return {array: _replaced(values, new.get(array, {})) for array, values in syn.items()}


def _places(w: Wired) -> dict[str, tuple[str, int]]:
    """Where the weights and the slow variables of a projection are: flat array and first place."""
    return {"w": ("w", w.first)} | {name: ("slow", first) for name, first in w.slow.items()}


def _before(w: Wired, syn: Mapping[str, Array]) -> Synapses:
    return {name: syn[array][first : first + w.m] for name, (array, first) in _places(w).items()}


def _constants(net: Network, part: SlowPart) -> SimpleNamespace:
    return SimpleNamespace(**{key: jnp.float32(v) for key, v in part.constants(net.dt * net.steps).items()})


def _ticked(
    net: Network, w: Wired, syn: Mapping[str, Array], pooled: Synapses, learning: Array, modulators: Mapping[str, Array]
) -> list[tuple[str, int, Array]]:
    """The slow parts of one projection: each variable's flat array, place and new values.

    Changes are added to the old values, so that what does not change stays the same to the last bit.
    """
    before, unit = _before(w, syn), {name: jnp.float32(w.unit(name)) for name in _places(w)}
    now = {name: a / unit[name] for name, a in before.items()}
    start, rest = dict(now), dict(now)
    now |= pooled
    for part in w.stack.slow:
        c = _constants(net, part)
        now, rest = now | part.tick(c, now, dict(modulators)), rest | part.idle(c, rest)
    after = {name: a + learning * (now[name] - start[name]) * unit[name] for name, a in before.items()}
    for name in (v for v in w.slow if rest[v] is not start[v]):  # what goes on while nothing learns
        after[name] = after[name] + (1 - learning) * (rest[name] - start[name]) * unit[name]
    after["w"] = jnp.clip(after["w"], w.stack.weight.w_min * w.projection.weight, w.stack.weight.w_max * w.projection.weight)
    return [(*place, after[name]) for name, place in _places(w).items()]


def _replaced(array: Array, parts: Mapping[int, Array]) -> Array:
    """The array with some stretches replaced, put together in one pass."""
    if not parts:
        return array
    pieces, at = [], 0
    for first in sorted(parts):
        pieces += [array[at:first], parts[first]]
        at = first + parts[first].shape[0]
    return jnp.concatenate([*pieces, array[at:]])


@dataclasses.dataclass(frozen=True)
class Pool:
    """The synapses that a part looks at together: those of one population's cells, on all projections that have the part."""

    part: type[SlowPart]
    members: tuple[tuple[Wired, SlowPart], ...]


def pools(net: Network) -> Iterator[Pool]:
    """What is pooled at a tick."""
    found: dict[tuple[type[SlowPart], str], list[tuple[Wired, SlowPart]]] = {}
    for w in net.wired.values():
        for part in (p for p in w.stack.slow if p.pooled and w.m):
            found.setdefault((type(part), w.post.name), []).append((w, part))
    return (Pool(cls, tuple(members)) for (cls, _), members in found.items())


def _pooled(net: Network, target: Array, syn: Mapping[str, Array]) -> dict[str, Synapses]:
    """By projection: what its parts pool, as each synapse's cell has it, in the state that the tick begins with."""
    out: dict[str, Synapses] = {}
    for pool in pools(net):
        ends = [target[w.first : w.first + w.m] for w, _ in pool.members]
        given = [part.pool(_constants(net, part), _in_units(w, syn)) for w, part in pool.members]
        n = pool.members[0][0].post.n
        count = sum(np.bincount(net.tables["target"][w.first : w.first + w.m], minlength=n) for w, _ in pool.members)
        for name in pool.part.pooled:
            total = jnp.zeros(n, jnp.float32)
            for cells, values in zip(ends, given, strict=True):
                total = total.at[cells].add(values[name])
            mean = total / np.maximum(count, 1).astype(np.float32)
            for cells, (w, _) in zip(ends, pool.members, strict=True):
                out.setdefault(w.projection.name, {})[name] = mean[cells]
    return out


def _in_units(w: Wired, syn: Mapping[str, Array]) -> Synapses:
    """Weights and slow variables of a projection in its units."""
    return {name: a / jnp.float32(w.unit(name)) for name, a in _before(w, syn).items()}
