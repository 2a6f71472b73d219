"""One hex text for a nest of arrays: names, dtypes, shapes and bits count; order, memory layout and chunking do not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

Nest = Mapping[str, Any]
"""Arrays under names, or further nests of them."""
Leaf = tuple[tuple[str, ...], str, tuple[int, ...], str]
"""Path, dtype, shape, digest of the bytes."""

_KINDS = "biufc"
_SIZE = 16  # bytes: 128 bits


def checksum(arrays: Nest) -> str:
    """Return the checksum of a nest of arrays as 32 hex digits.

    Two nests have the same checksum when the same names lead to arrays of the same dtype, shape and bits (so 0.0 and -0.0
    differ, and so do float32 and float64). Byte order and memory layout do not matter.

    Raises
    ------
    ValueError : a key is no text, or an array holds neither numbers nor booleans.
    """
    return combine(leaf(path, np.shape(a), [a]) for path, a in walk(arrays))


def leaf(path: tuple[str, ...], shape: tuple[int, ...], blocks: Iterable[Any]) -> Leaf:
    """Digest one array given in blocks along its first axis; `shape` is that of the whole."""
    digest, dtype = hashlib.blake2b(digest_size=_SIZE), ""
    for block in blocks:
        a = plain(block, path)
        dtype = dtype or a.dtype.str
        digest.update(np.ascontiguousarray(a).data)
    return path, dtype, tuple(int(n) for n in shape), digest.hexdigest()


def combine(leaves: Iterable[Leaf]) -> str:
    """Join the digests of arrays into one, in the order of their paths."""
    text = json.dumps(sorted(leaves), separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=_SIZE).hexdigest()


def walk(arrays: Nest, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield (path, array) of every array of a nest, in the nest's own order."""
    for key, value in arrays.items():
        if not isinstance(key, str):
            raise ValueError(f"{'/'.join((*above, repr(key)))}: a name must be text")
        if isinstance(value, Mapping):
            yield from walk(value, (*above, key))
        else:
            yield (*above, key), value


def plain(value: Any, path: tuple[str, ...]) -> np.ndarray:
    """Return a little-endian NumPy array of numbers or booleans, or raise ValueError naming the path."""
    a = np.asarray(value)
    if a.dtype.kind not in _KINDS:
        raise ValueError(f"{'/'.join(path)}: has the dtype {a.dtype}; numbers or booleans are needed")
    return a.astype(a.dtype.newbyteorder("<"), copy=False)
