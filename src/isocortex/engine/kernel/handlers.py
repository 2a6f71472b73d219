"""The three functions as XLA sees them, and the calls that JAX code makes."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numba as nb
import numpy as np
from numba import carray

from isocortex.engine.kernel.deliver import deliver, keep
from isocortex.engine.kernel.ffi import ARGS, RETS, api_version, asked_for_version, buffer, extent, pointer, register
from isocortex.engine.kernel.inflow import inflow
from isocortex.engine.kernel.settle import settle

_I32, _U32, _F32, _U64 = np.int32, np.uint32, np.float32, np.uint64


def _cfunc(body: Any) -> Any:
    return nb.cfunc(nb.types.voidptr(nb.types.intp), cache=True)(body)


def _inflow_handler() -> Any:
    version = api_version()

    def isocortex_inflow(frame: Any) -> Any:
        if asked_for_version(frame, version):
            return pointer(0)
        scalars = carray(buffer(frame, ARGS, 0), (1,), _I32)
        keys = carray(buffer(frame, ARGS, 1), (2,), _U32)
        noise = carray(buffer(frame, ARGS, 2), (extent(frame, ARGS, 2, 0), extent(frame, ARGS, 2, 1)), _I32)
        weights = carray(buffer(frame, ARGS, 3), (extent(frame, ARGS, 3, 0),), _F32)
        limits = carray(buffer(frame, ARGS, 4), (extent(frame, ARGS, 4, 0),), _I32)
        drive = carray(buffer(frame, RETS, 0), (extent(frame, RETS, 0, 0), extent(frame, RETS, 0, 1)), _F32)
        out = carray(buffer(frame, RETS, 1), (extent(frame, RETS, 1, 0),), _F32)
        inflow(scalars[0] % drive.shape[0], keys[0], keys[1], noise, weights, limits, drive, out)
        return pointer(0)

    return _cfunc(isocortex_inflow)


def _deliver_handler(wide: bool) -> Any:
    version = api_version()
    index = np.int32 if wide else np.uint16

    def isocortex_deliver(frame: Any) -> Any:
        if asked_for_version(frame, version):
            return pointer(0)
        scalars = carray(buffer(frame, ARGS, 0), (2,), _I32)
        spiked = carray(buffer(frame, ARGS, 1), (extent(frame, ARGS, 1, 0) // 8,), _U64)
        delays = carray(buffer(frame, ARGS, 2), (extent(frame, ARGS, 2, 0),), _I32)
        pointers = carray(buffer(frame, ARGS, 3), (extent(frame, ARGS, 3, 0),), _I32)
        segments = carray(buffer(frame, ARGS, 4), (extent(frame, ARGS, 4, 0), extent(frame, ARGS, 4, 1)), _I32)
        classes = carray(buffer(frame, ARGS, 5), (extent(frame, ARGS, 5, 0), extent(frame, ARGS, 5, 1)), _I32)
        scales = carray(buffer(frame, ARGS, 6), (extent(frame, ARGS, 6, 0), extent(frame, ARGS, 6, 1)), _F32)
        traces = carray(buffer(frame, ARGS, 7), (extent(frame, ARGS, 7, 0), extent(frame, ARGS, 7, 1)), _F32)
        decay = carray(buffer(frame, ARGS, 8), (extent(frame, ARGS, 8, 0), extent(frame, ARGS, 8, 1)), _F32)
        dendritic = carray(buffer(frame, ARGS, 9), (extent(frame, ARGS, 9, 0), extent(frame, ARGS, 9, 1)), _F32)
        target = carray(buffer(frame, ARGS, 10), (extent(frame, ARGS, 10, 0),), index)
        rows = carray(buffer(frame, ARGS, 11), (extent(frame, ARGS, 11, 0), extent(frame, ARGS, 11, 1)), _I32)
        row = carray(buffer(frame, ARGS, 12), (extent(frame, ARGS, 12, 0),), _F32)
        w = carray(buffer(frame, RETS, 0), (extent(frame, RETS, 0, 0),), _F32)
        last = carray(buffer(frame, RETS, 1), (extent(frame, RETS, 1, 0),), _F32)
        slow = carray(buffer(frame, RETS, 2), (extent(frame, RETS, 2, 0),), _F32)
        xhat = carray(buffer(frame, RETS, 3), (extent(frame, RETS, 3, 0), extent(frame, RETS, 3, 1)), _F32)
        seen = carray(buffer(frame, RETS, 4), (extent(frame, RETS, 4, 0),), _I32)
        stp = carray(buffer(frame, RETS, 5), (extent(frame, RETS, 5, 0), extent(frame, RETS, 5, 1)), _F32)
        drive = carray(buffer(frame, RETS, 6), (extent(frame, RETS, 6, 0), extent(frame, RETS, 6, 1)), _F32)
        ids = carray(buffer(frame, RETS, 7), (extent(frame, RETS, 7, 0), extent(frame, RETS, 7, 1)), _I32)
        counts = carray(buffer(frame, RETS, 8), (extent(frame, RETS, 8, 0),), _I32)
        sig = carray(buffer(frame, RETS, 9), (extent(frame, RETS, 9, 0), extent(frame, RETS, 9, 1)), _F32)
        keep(row, rows, sig[scalars[0] % sig.shape[0]])
        deliver(
            scalars[0],
            scalars[1],
            spiked,
            delays,
            pointers,
            segments,
            classes,
            scales,
            traces,
            decay,
            dendritic,
            target,
            sig,
            w,
            last,
            slow,
            xhat,
            seen,
            stp,
            drive,
            ids,
            counts,
        )
        return pointer(0)

    return _cfunc(isocortex_deliver)


def _settle_handler(wide: bool) -> Any:
    version = api_version()
    index = np.int32 if wide else np.uint16

    def isocortex_settle(frame: Any) -> Any:
        if asked_for_version(frame, version):
            return pointer(0)
        scalars = carray(buffer(frame, ARGS, 0), (2,), _I32)
        pointers = carray(buffer(frame, ARGS, 1), (extent(frame, ARGS, 1, 0),), _I32)
        segments = carray(buffer(frame, ARGS, 2), (extent(frame, ARGS, 2, 0), extent(frame, ARGS, 2, 1)), _I32)
        classes = carray(buffer(frame, ARGS, 3), (extent(frame, ARGS, 3, 0), extent(frame, ARGS, 3, 1)), _I32)
        scales = carray(buffer(frame, ARGS, 4), (extent(frame, ARGS, 4, 0), extent(frame, ARGS, 4, 1)), _F32)
        signals = carray(buffer(frame, ARGS, 5), (extent(frame, ARGS, 5, 0), extent(frame, ARGS, 5, 1)), _I32)
        decay = carray(buffer(frame, ARGS, 6), (extent(frame, ARGS, 6, 0), extent(frame, ARGS, 6, 1)), _F32)
        dendritic = carray(buffer(frame, ARGS, 7), (extent(frame, ARGS, 7, 0), extent(frame, ARGS, 7, 1)), _F32)
        target = carray(buffer(frame, ARGS, 8), (extent(frame, ARGS, 8, 0),), index)
        sig = carray(buffer(frame, RETS, 0), (extent(frame, RETS, 0, 0), extent(frame, RETS, 0, 1)), _F32)
        w = carray(buffer(frame, RETS, 1), (extent(frame, RETS, 1, 0),), _F32)
        last = carray(buffer(frame, RETS, 2), (extent(frame, RETS, 2, 0),), _F32)
        slow = carray(buffer(frame, RETS, 3), (extent(frame, RETS, 3, 0),), _F32)
        xhat = carray(buffer(frame, RETS, 4), (extent(frame, RETS, 4, 0), extent(frame, RETS, 4, 1)), _F32)
        settle(
            scalars[0],
            scalars[1],
            pointers,
            segments,
            classes,
            scales,
            signals,
            decay,
            dendritic,
            target,
            sig,
            w,
            last,
            slow,
            xhat,
        )
        return pointer(0)

    return _cfunc(isocortex_settle)


_DELIVER = {wide: (lambda wide=wide: _deliver_handler(wide)) for wide in (False, True)}
_SETTLE = {wide: (lambda wide=wide: _settle_handler(wide)) for wide in (False, True)}


def _like(*arrays: Any) -> tuple[jax.ShapeDtypeStruct, ...]:
    return tuple(jax.ShapeDtypeStruct(a.shape, a.dtype) for a in arrays)


def call_inflow(t: Any, keys: Any, tables: dict[str, Any], drive: Any) -> tuple[Any, Any]:
    """(drive ring, what reaches each port at step t + 1)."""
    name = register("isocortex_inflow", _inflow_handler)
    ports = jax.ShapeDtypeStruct((drive.shape[1],), jnp.float32)
    call = jax.ffi.ffi_call(name, (*_like(drive), ports), input_output_aliases={5: 0})
    return call(t[None], jnp.stack(keys), tables["noise"], tables["noise_weights"], tables["limits"], drive)  # type: ignore[return-value]


def call_deliver(t: Any, k: Any, spiked: Any, tables: dict[str, Any], row: Any, syn: dict[str, Any]) -> dict[str, Any]:
    """The synaptic state after step t."""
    wide = tables["target"].dtype != jnp.uint16
    name = register(f"isocortex_deliver_{'wide' if wide else 'narrow'}", _DELIVER[wide])
    keys = ("w", "last", "slow", "xhat", "seen", "stp", "drive", "ids", "counts", "sig")
    state = [syn[key] for key in keys]
    call = jax.ffi.ffi_call(name, _like(*state), input_output_aliases={13 + i: i for i in range(len(keys))})
    names = ("delays", "pointer", "segments", "classes", "scales", "traces", "decay", "dendritic_decay", "target", "rows")
    fixed = [tables[key] for key in names]
    return dict(zip(keys, call(jnp.stack([t, k]), spiked, *fixed, row, *state), strict=True))


def call_settle(t: Any, k: Any, tables: dict[str, Any], sig: Any, syn: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The ring of signals and the synaptic state after settling at step t."""
    wide = tables["target"].dtype != jnp.uint16
    name = register(f"isocortex_settle_{'wide' if wide else 'narrow'}", _SETTLE[wide])
    state = [sig, *(syn[key] for key in ("w", "last", "slow", "xhat"))]
    call = jax.ffi.ffi_call(name, _like(*state), input_output_aliases={9 + i: i for i in range(5)})
    fixed = [
        tables[key] for key in ("pointer", "segments", "classes", "scales", "signals", "decay", "dendritic_decay", "target")
    ]
    sig, w, last, slow, xhat = call(jnp.stack([t, k]), *fixed, *state)
    return sig, syn | dict(w=w, last=last, slow=slow, xhat=xhat)
