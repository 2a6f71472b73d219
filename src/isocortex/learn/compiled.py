"""Numba, with a cache that outlives the process; import it from here."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from isocortex.engine import caches

os.environ.setdefault("NUMBA_CACHE_DIR", str(caches.folder() / "numba"))  # before numba is first imported
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # idle threads sleep: where cores are shared, spinning costs a third

import numba as nb
from threadpoolctl import ThreadpoolController

__all__ = ["nb", "one_blas_thread"]


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()  # looks through all loaded libraries, which takes milliseconds


def one_blas_thread() -> Any:
    """A context in which each thread of a compiled kernel calls BLAS alone: no oversubscription, one order of sums."""
    return _controller().limit(limits=1, user_api="blas")
