"""Counter-based random draws: a draw depends on the seed and its name alone, never on what was drawn before."""

from __future__ import annotations

import zlib

import numpy as np


def generator(seed: int, name: str) -> np.random.Generator:
    """NumPy's Philox generator for one named draw."""
    return np.random.Generator(np.random.Philox(key=np.array([seed & (2**64 - 1), zlib.crc32(name.encode())], np.uint64)))


def shuffled(items: np.ndarray, seed: int, name: str) -> np.ndarray:
    """The items in a random order."""
    return np.asarray(items)[generator(seed, name).permutation(len(items))]
