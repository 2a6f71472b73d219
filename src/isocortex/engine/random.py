"""Counter-based random numbers: a number depends on (seed, stream, step, index) alone, so never on threads or chunking.

The mixer is the 32-bit hash "triple32" (three rounds of multiply and shift) with a 64-bit key put in at two places. It is
written twice, for NumPy/JAX arrays here and for Numba in `isocortex.engine.kernel.inflow`; a test holds them together.
"""

from __future__ import annotations

import zlib
from typing import Any

import jax.numpy as jnp
import numpy as np

GOLDEN = 0x9E3779B9
M1, M2, M3 = 0xED5AD4BB, 0xAC4C1B51, 0x31848BAB


def stream_id(name: str) -> int:
    """A 32-bit number for a stream's name, the same in every process."""
    return zlib.crc32(name.encode())


def generator(seed: int, name: str) -> np.random.Generator:
    """NumPy's generator for what is drawn once, when a network is built."""
    return np.random.Generator(np.random.Philox(key=np.array([seed & (2**64 - 1), stream_id(name)], np.uint64)))


def uniform_numbers(seed: int, name: str, n: int) -> np.ndarray:
    """n float64 numbers in [0, 1) for the stream `name`."""
    return generator(seed, name).random(n)


def _u32(x: int) -> Any:
    return jnp.uint32(x)


def mix(x: Any, key: Any) -> Any:
    """Hash uint32 arrays; `key` enters between the first two rounds."""
    x = x ^ (x >> 17)
    x = x * _u32(M1) + key
    x = x ^ (x >> 11)
    x = x * _u32(M2)
    x = x ^ (x >> 15)
    x = x * _u32(M3)
    return x ^ (x >> 14)


def step_keys(seed: Any, step: Any) -> tuple[Any, Any]:
    """The two key words of a step; `seed` is a uint32 array of shape (2,), `step` an int32 scalar."""
    t = jnp.asarray(step).astype(jnp.uint32)
    first = mix(t ^ seed[0], seed[1])
    return first, mix(first + _u32(GOLDEN), t ^ seed[1])


def draw(keys: tuple[Any, Any], stream: int, n: int) -> Any:
    """n uint32 numbers of a stream (a 32-bit id) at a step with these keys."""
    index = jnp.arange(n, dtype=jnp.uint32) * _u32(GOLDEN)
    return mix(index ^ (keys[0] ^ _u32(stream)), keys[1])


def to_unit(bits: Any) -> Any:
    """uint32 to float32 in [0, 1), 24 bits."""
    return (bits >> 8).astype(jnp.float32) * jnp.float32(2.0**-24)
