"""Numba, with a cache that outlives the process; import it from here."""

from __future__ import annotations

import os

from isocortex.engine import caches

os.environ.setdefault("NUMBA_CACHE_DIR", str(caches.folder() / "numba"))  # before numba is first imported

import numba as nb
from threadpoolctl import threadpool_limits

__all__ = ["nb", "one_blas_thread"]


def one_blas_thread() -> threadpool_limits:
    """A context in which each thread of a compiled kernel calls BLAS alone: no oversubscription, one order of sums."""
    return threadpool_limits(1, user_api="blas")
