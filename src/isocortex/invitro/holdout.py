"""Which points are held out of the fits: one in five of each study with five or more, drawn before anything is fitted."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from functools import cache

import numpy as np

from isocortex.invitro.pathway import pathways
from isocortex.invitro.table import Point, points

SEED = 2026
SHARE, LEAST = 5, 5


def held_out(every: Sequence[Point], seed: int = SEED) -> frozenset[str]:
    """Names of the points that no fit may see; they depend on the table's names and the seed alone.

    Points on the cell with a trunk are never drawn: all that counts there is fitted.
    """
    out: set[str] = set()
    for study in sorted({p.study for p in every}):
        names = sorted(p.name for p in every if p.study == study and p.gates and pathways()[p.pathway].cell != "trunk")
        if len(names) >= LEAST:
            rng = np.random.default_rng([seed, zlib.crc32(study.encode())])
            out |= set(rng.choice(names, max(1, len(names) // SHARE), replace=False).tolist())
    return frozenset(out)


@cache
def put_aside() -> frozenset[str]:
    """The draw that counts: of the package's table, by `SEED`."""
    return held_out(points())
