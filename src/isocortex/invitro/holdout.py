"""Which points are held out of the fits: one in five of each study with five or more, drawn before anything is fitted."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from isocortex.invitro.pathway import pathways
from isocortex.invitro.profile import Profile, known_profiles
from isocortex.invitro.sources import Kept
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


@Kept
def drawn() -> frozenset[str]:
    """The draw that counts: of the table, by `SEED`."""
    return held_out(points())


def put_aside(profiles: Mapping[str, Profile] | None = None) -> frozenset[str]:
    """The points that count as held out: drawn, and not fitted, as the record of their pathway's fit says.

    profiles : by pathway, by default `known_profiles`.
    """
    known = known_profiles() if profiles is None else profiles
    return frozenset(p.name for p in points() if p.name in drawn() & _recorded(known, p.pathway))


def fit_again(names: Iterable[str], profiles: Mapping[str, Profile] | None = None) -> list[str]:
    """Those of these pathways that were fitted with other points held out than are drawn: by another seed, or another table."""
    known = known_profiles() if profiles is None else profiles
    own = [(p.pathway, p.name) for p in points() if p.name in drawn()]
    return [name for name in names if {point for pathway, point in own if pathway == name} != _recorded(known, name)]


def _recorded(profiles: Mapping[str, Profile], pathway: str) -> frozenset[str]:
    """The points that a pathway's fit has not seen, by its record."""
    return frozenset(profiles[pathway].fit.get("held_out", ())) if pathway in profiles else frozenset()
