"""Asking memory for synapses before they are visited: a row is a short stretch that no hardware foresees."""

from __future__ import annotations

from typing import Any

import numba as nb
from llvmlite import ir
from numba.core import cgutils
from numba.extending import intrinsic

from isocortex.engine.kernel import tables as T

LINE = 16
"""float32 numbers in a cache line of 64 bytes."""
CHUNK = 64
"""Synapses that are visited between two calls of `fetch`."""
PAGE = 1024
"""float32 numbers in a page of 4 KiB."""

_I32 = ir.IntType(32)
_BYTES = ir.IntType(8).as_pointer()
_READ, _SECOND_LEVEL, _DATA = 0, 2, 1


@intrinsic
def prefetch(typingctx: Any, array: Any, index: Any) -> Any:
    """Bring the cache line of ``array[index]`` near; harmless where there is none."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        address = builder.bitcast(builder.gep(data, [args[1]]), _BYTES)
        kind = ir.FunctionType(ir.VoidType(), [_BYTES, _I32, _I32, _I32])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
        builder.call(function, [address, _I32(_READ), _I32(_SECOND_LEVEL), _I32(_DATA)])
        return context.get_dummy_value()

    return nb.types.void(array, nb.types.int64), codegen


@nb.njit(inline="always")
def ahead(segment: int, end: int, length: int, tables: Any) -> Any:
    """What `fetch` needs of a segment before `end` while one of some length is visited: (begin, end, pace, projection)."""
    if segment >= end:
        return 0, 0, 0, 0
    start, n, which = tables.segments[segment, T.START], tables.segments[segment, T.LENGTH], tables.segments[segment, T.CLASS]
    return start, start + n, n // length + 1, which


@nb.njit(inline="always")
def fetch(soon: Any, done: int, tables: Any, syn: Any) -> None:
    """Ask for the part of the next segment that keeps pace with `done` synapses of this one."""
    start, end, pace, which = soon
    a = start + done * pace
    for p in range(a, min(a + CHUNK * pace, end), LINE):
        near(p, tables.classes[which], tables, syn)


@nb.njit(inline="always")
def near(p: int, c: Any, tables: Any, syn: Any) -> None:
    """Ask for all that is known of synapse p, of the class c."""
    prefetch(syn.w, p)
    prefetch(tables.target, p)
    for k in range(c[T.N_INTEGRAL] + c[T.N_LEAK]):
        prefetch(syn.last, c[T.LAST] - c[T.FIRST] + k * c[T.COUNT] + p)


@nb.njit
def announce(cells: Any, d: int, tables: Any, syn: Any) -> None:
    """Ask for what is known of the rows of some cells at axonal delay number d, and for a line of each of their pages.

    The addresses of pages are looked up in memory as well, and several at a time if none waits for another.
    """
    n_da, columns, traces = tables.delays.shape[0], tables.segments.shape[1], syn.xhat.shape[1]
    for cell in cells:
        row = cell * n_da + d
        prefetch(tables.pointer, row)
        prefetch(syn.seen, row)
        prefetch(syn.xhat, row * traces)
    for cell in cells:
        prefetch(tables.segments, tables.pointer[cell * n_da + d] * columns)
    for cell in cells:
        row = cell * n_da + d
        for s in range(tables.pointer[row], tables.pointer[row + 1]):
            a, c = tables.segments[s, T.START], tables.classes[tables.segments[s, T.CLASS]]
            b = a + tables.segments[s, T.LENGTH]
            for p in range(a, b + PAGE - 1, PAGE):
                near(min(p, b - 1), c, tables, syn)
