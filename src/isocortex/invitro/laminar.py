"""The laminar profile as a sheet: the fitted pathways on the synapses of an area."""

from __future__ import annotations

from collections.abc import Mapping

from isocortex.invitro.pathway import Pathway, pathways
from isocortex.invitro.profile import Profile, packaged_profiles, stack_of, values_of
from isocortex.invitro.table import points, studies
from isocortex.plasticity.sheet import Entry, Sheet


def laminar_sheet(profiles: Mapping[str, Profile] | None = None) -> Sheet:
    """A sheet with an entry for each pathway that has a place in cortex (`select`); all entries are optional.

    The amplitudes are those of slices at some 2 mM calcium, several per cent a pairing: `Sheet.paced` slows them down.
    """
    known = packaged_profiles() if profiles is None else profiles
    chosen = [p for p in pathways().values() if p.select]
    entries = tuple(
        Entry(p.select, stack_of(p, values_of(p, known)).parts, _provenance(p, known[p.name]), optional=True) for p in chosen
    )
    return Sheet(entries, "laminar profile", "fitted to slice data; see docs/invitro.md")


def _provenance(pathway: Pathway, profile: Profile) -> str:
    """What the entry rests on, in a line."""
    cited = dict.fromkeys(studies()[p.study].citation for p in points() if p.pathway == pathway.name)
    memory = "; from memory" if profile.fit.get("from_memory") else ""
    fit = f"{profile.fit['free']} parameters fitted to {profile.fit['points']} points, chi2 {profile.fit['chi2']:.1f}{memory}"
    return f"{pathway.area} slices: {'; '.join(cited)} ({fit})"
