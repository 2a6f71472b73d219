"""The functions as XLA sees them, and the calls that JAX code makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numba as nb
import numpy as np
from numba import carray

from isocortex.engine.kernel import fire as firing
from isocortex.engine.kernel.arrays import Synapses, Tables
from isocortex.engine.kernel.deliver import deliver
from isocortex.engine.kernel.ffi import ARGS, RETS, api_version, asked_for_version, buffer, extent, pointer, register
from isocortex.engine.kernel.inflow import inflow
from isocortex.engine.kernel.keep import keep
from isocortex.engine.kernel.settle import settle

_I32, _U32, _F32, _U64, _U8 = np.int32, np.uint32, np.float32, np.uint64, np.uint8
State = dict[str, Any]


@nb.njit(inline="always")
def vector(frame: Any, block: int, k: int, kind: Any) -> Any:
    """Argument (ARGS) or result (RETS) number k as an array of one axis."""
    return carray(buffer(frame, block, k), (extent(frame, block, k, 0),), kind)


@nb.njit(inline="always")
def matrix(frame: Any, block: int, k: int, kind: Any) -> Any:
    """The same, of two axes."""
    return carray(buffer(frame, block, k), (extent(frame, block, k, 0), extent(frame, block, k, 1)), kind)


@nb.njit(inline="always")
def tables_in(frame: Any, first: int, index: Any) -> Tables:
    """The tables, from argument number `first` on."""
    return Tables(
        delays=vector(frame, ARGS, first, _I32),
        pointer=vector(frame, ARGS, first + 1, _I32),
        segments=matrix(frame, ARGS, first + 2, _I32),
        settling=matrix(frame, ARGS, first + 3, _I32),
        classes=matrix(frame, ARGS, first + 4, _I32),
        scales=matrix(frame, ARGS, first + 5, _F32),
        traces=matrix(frame, ARGS, first + 6, _F32),
        decay=matrix(frame, ARGS, first + 7, _F32),
        dendritic_decay=matrix(frame, ARGS, first + 8, _F32),
        target=vector(frame, ARGS, first + 9, index),
    )


@nb.njit(inline="always")
def synapses_in(frame: Any) -> Synapses:
    """The synaptic state: all results."""
    return Synapses(
        w=vector(frame, RETS, 0, _F32),
        last=vector(frame, RETS, 1, _F32),
        slow=vector(frame, RETS, 2, _F32),
        xhat=matrix(frame, RETS, 3, _F32),
        seen=vector(frame, RETS, 4, _I32),
        stp=matrix(frame, RETS, 5, _F32),
        drive=matrix(frame, RETS, 6, _F32),
        ids=matrix(frame, RETS, 7, _I32),
        counts=vector(frame, RETS, 8, _I32),
        sums=vector(frame, RETS, 9, _F32),
        sig=matrix(frame, RETS, 10, _F32),
        held=matrix(frame, RETS, 11, _F32),
    )


def _cfunc(body: Any) -> Any:
    return nb.cfunc(nb.types.voidptr(nb.types.intp), cache=True)(body)


def _inflow_handler() -> Any:
    version = api_version()

    def isocortex_inflow(frame: Any) -> Any:
        if asked_for_version(frame, version):
            return pointer(0)
        scalars, keys = vector(frame, ARGS, 0, _I32), vector(frame, ARGS, 1, _U32)
        noise, weights, limits = matrix(frame, ARGS, 2, _I32), vector(frame, ARGS, 3, _F32), vector(frame, ARGS, 4, _I32)
        drive, out = matrix(frame, RETS, 0, _F32), vector(frame, RETS, 1, _F32)
        inflow(scalars[0] % drive.shape[0], keys[0], keys[1], noise, weights, limits, drive, out)
        return pointer(0)

    return _cfunc(isocortex_inflow)


def _fire_handler() -> Any:
    version = api_version()

    def isocortex_fire(frame: Any) -> Any:
        if asked_for_version(frame, version):
            return pointer(0)
        scalars, groups = vector(frame, ARGS, 0, _I32), vector(frame, ARGS, 1, _I32)
        ids, counts = matrix(frame, RETS, 0, _I32), vector(frame, RETS, 1, _I32)
        bits = carray(buffer(frame, RETS, 2), (extent(frame, RETS, 2, 0), extent(frame, RETS, 2, 1) // 2), _U64)
        slot, count, row = scalars[0] % ids.shape[0], 0, bits[scalars[1]]
        row[:] = 0
        for g in range(groups.shape[0]):
            count = firing.fire(vector(frame, RETS, 3 + g, _U8), groups[g], count, ids[slot], row)
        counts[slot] = count
        return pointer(0)

    return _cfunc(isocortex_fire)


def _deliver_handler(wide: bool) -> Any:
    version = api_version()
    index = np.int32 if wide else np.uint16

    def isocortex_deliver(frame: Any) -> Any:
        if asked_for_version(frame, version):
            return pointer(0)
        scalars, rows, row = vector(frame, ARGS, 0, _I32), matrix(frame, ARGS, 1, _I32), vector(frame, ARGS, 2, _F32)
        tables, syn = tables_in(frame, 3, index), synapses_in(frame)
        keep(row, rows, syn.sums, syn.sig[scalars[0] % syn.sig.shape[0]])
        deliver(scalars[0], scalars[1], tables, syn)
        return pointer(0)

    return _cfunc(isocortex_deliver)


def _settle_handler(wide: bool) -> Any:
    version = api_version()
    index = np.int32 if wide else np.uint16

    def isocortex_settle(frame: Any) -> Any:
        if asked_for_version(frame, version):
            return pointer(0)
        scalars, signals = vector(frame, ARGS, 0, _I32), matrix(frame, ARGS, 1, _I32)
        settle(scalars[0], scalars[1], signals, tables_in(frame, 2, index), synapses_in(frame))
        return pointer(0)

    return _cfunc(isocortex_settle)


_DELIVER = {wide: (lambda wide=wide: _deliver_handler(wide)) for wide in (False, True)}
_SETTLE = {wide: (lambda wide=wide: _settle_handler(wide)) for wide in (False, True)}


def _in_place(name: str, given: list[Any], state: list[Any], fresh: tuple[Any, ...] = ()) -> Any:
    """Call a handler that changes `state`, which comes back, followed by the `fresh` results."""
    shapes = tuple(jax.ShapeDtypeStruct(a.shape, a.dtype) for a in state)
    aliases = {len(given) + i: i for i in range(len(state))}
    return jax.ffi.ffi_call(name, (*shapes, *fresh), input_output_aliases=aliases)(*given, *state)


def call_inflow(t: Any, keys: Any, tables: State, drive: Any) -> tuple[Any, Any]:
    """(drive ring, what reaches each port at step t + 1)."""
    name = register("isocortex_inflow", _inflow_handler)
    ports = jax.ShapeDtypeStruct((drive.shape[1],), jnp.float32)
    given = [t[None], jnp.stack(keys), tables["noise"], tables["noise_weights"], tables["limits"]]
    return _in_place(name, given, [drive], (ports,))


def call_fire(
    t: Any, at: Any, spiked: list[Any], others: Any, tables: State, bits: Any, syn: State
) -> tuple[list[Any], Any, Any, State]:
    """(spiked, others, bits with row `at` filled, synaptic state); what passes through is computed once for all who read it."""
    name = register("isocortex_fire", _fire_handler)
    flat, form = jax.tree.flatten((spiked, others))
    given = [jnp.stack([t, at]), tables["groups"]]
    ids, counts, bits, *flat = _in_place(name, given, [syn["ids"], syn["counts"], bits, *flat])
    return *jax.tree.unflatten(form, flat), bits, syn | dict(ids=ids, counts=counts)


def call_deliver(t: Any, k: Any, tables: State, row: Any, syn: State) -> State:
    """The synaptic state after step t."""
    wide = tables["target"].dtype != jnp.uint16
    name = register(f"isocortex_deliver_{'wide' if wide else 'narrow'}", _DELIVER[wide])
    given = [jnp.stack([t, k]), tables["rows"], row, *_ordered(Tables, tables)]
    return dict(zip(Synapses._fields, _in_place(name, given, _ordered(Synapses, syn)), strict=True))


def call_settle(t: Any, k: Any, tables: State, syn: State) -> State:
    """The synaptic state after settling at step t."""
    wide = tables["target"].dtype != jnp.uint16
    name = register(f"isocortex_settle_{'wide' if wide else 'narrow'}", _SETTLE[wide])
    given = [jnp.stack([t, k]), tables["signals"], *_ordered(Tables, tables)]
    return dict(zip(Synapses._fields, _in_place(name, given, _ordered(Synapses, syn)), strict=True))


def _ordered(kind: Any, arrays: Mapping[str, Any]) -> list[Any]:
    return [arrays[name] for name in kind._fields]
