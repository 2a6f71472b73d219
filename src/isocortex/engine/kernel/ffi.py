"""Calling a Numba function from inside a compiled JAX program, on the program's own buffers, without Python.

XLA hands a "call frame" to the function; `load` reads its pointers. The layout is that of ``xla/ffi/api/c_api.h``, which
jaxlib ships; the two version numbers are read from the installed header.
"""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import jax
import numpy as np

from isocortex.engine import caches
from isocortex.errors import RunError

# A numba cache that survives the process; must be set before numba is imported.
os.environ.setdefault("NUMBA_CACHE_DIR", str(caches.folder() / "numba"))

import numba as nb
from llvmlite import ir
from numba.extending import intrinsic

_I64, _I32, _VOIDP = ir.IntType(64), ir.IntType(32), ir.IntType(8).as_pointer()

# XLA_FFI_CallFrame: size, extension, api, ctx, stage (+ pad) = 40 bytes; then args {size, extension, n, types, pointers};
# then rets of the same shape. XLA_FFI_Buffer: size, extension, dtype (+ pad), data, rank, dims.
ARGS, RETS = 40, 80
_POINTERS, _DATA, _DIMS = 32, 24, 40
_EXTENSION, _METADATA, _MAJOR, _MINOR = 8, 24, 24, 28


@intrinsic
def load_i64(typingctx: Any, address: Any) -> Any:
    """Read 8 bytes at an address."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load(builder.inttoptr(args[0], _I64.as_pointer()))

    return nb.types.int64(nb.types.intp), codegen


@intrinsic
def store_i32(typingctx: Any, address: Any, value: Any) -> Any:
    """Write 4 bytes at an address."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store(args[1], builder.inttoptr(args[0], _I32.as_pointer()))
        return context.get_dummy_value()

    return nb.types.void(nb.types.intp, nb.types.int32), codegen


@intrinsic
def pointer(typingctx: Any, address: Any) -> Any:
    """An address as a pointer that `carray` takes."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], _VOIDP)

    return nb.types.voidptr(nb.types.intp), codegen


@nb.njit(inline="always")
def buffer(frame: Any, block: int, k: int) -> Any:
    """Pointer to the data of argument (ARGS) or result (RETS) number k."""
    return pointer(load_i64(load_i64(load_i64(frame + block + _POINTERS) + 8 * k) + _DATA))


@nb.njit(inline="always")
def extent(frame: Any, block: int, k: int, axis: int) -> int:
    """Size of one axis of argument or result number k."""
    return load_i64(load_i64(load_i64(load_i64(frame + block + _POINTERS) + 8 * k) + _DIMS) + 8 * axis)


@nb.njit(inline="always")
def asked_for_version(frame: Any, version: tuple[int, int, int]) -> bool:
    """Answer XLA's question for the API version, which it asks once before the first call."""
    extension = load_i64(frame + _EXTENSION)
    if extension == 0:
        return False
    metadata = load_i64(extension + _METADATA)
    store_i32(metadata + _MAJOR, np.int32(version[0]))
    store_i32(metadata + _MINOR, np.int32(version[1]))
    return True


@cache
def api_version() -> tuple[int, int, int]:
    """(major, minor) of XLA's FFI, from the header that jaxlib ships, and a number that changes with the kernel's source.

    Numba keys its cache on the handler alone; the third number, held in the handler's closure, makes a change in what the
    handler calls a new entry.
    """
    import jaxlib  # noqa: PLC0415

    header = Path(jaxlib.__file__).parent / "include" / "xla" / "ffi" / "api" / "c_api.h"
    try:
        text = header.read_text()
        major, minor = (int(re.search(rf"#define XLA_FFI_API_{w} (\d+)", text)[1]) for w in ("MAJOR", "MINOR"))  # type: ignore[index]
    except (OSError, TypeError) as e:
        raise RunError(f"XLA's FFI version cannot be read from {header.name} of jaxlib; use kernel='jax' ({e})") from None
    sources = b"".join(f.read_bytes() for f in sorted(Path(__file__).parent.glob("*.py")))
    return major, minor, zlib.crc32(sources)


@cache
def register(name: str, make: Callable[[], Any]) -> str:
    """Compile the handler that `make` gives and register it with XLA under `name`; once a process."""
    handler = make()
    jax.ffi.register_ffi_target(name, jax.ffi.pycapsule(handler.ctypes), platform="cpu")
    _alive.append(handler)
    return name


_alive: list[Any] = []  # compiled code must outlive the programs that call it
