"""The laminar profile as a sheet: the fitted pathways on the synapses of an area.

The library keeps that of its own profiles as the sheet ``slices``, so that simulations need not know of the laboratory.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from isocortex.invitro.pathway import Pathway, pathways
from isocortex.invitro.profile import Profile, known_profiles, stack_of, values_of
from isocortex.invitro.sources import sources
from isocortex.invitro.table import studies
from isocortex.plasticity import sheet_toml
from isocortex.plasticity.sheet import Entry, Sheet
from isocortex.results.atomic import write_text

NAME = "slices"
HEADER = "# Written by `isocortex invitro fit`: the windows of the laminar profile, at the amplitudes of slices.\n\n"


def laminar_sheet(profiles: Mapping[str, Profile] | None = None) -> Sheet:
    """A sheet with an entry for each pathway that has a place in cortex (`select`) and was fitted to points that gate.

    All entries are optional. What rests on numbers from memory has no entry.

    The amplitudes are those of slices at some 2 mM calcium, several per cent a pairing: `Sheet.paced` slows them down.
    """
    known = known_profiles() if profiles is None else profiles
    fitted = {name for name, profile in known.items() if not profile.fit.get("from_memory")}
    chosen = [p for p in pathways().values() if p.select and p.name in fitted]
    entries = tuple(
        Entry(p.select, stack_of(p, values_of(p, known)).parts, _provenance(p, known[p.name]), optional=True) for p in chosen
    )
    return Sheet(entries, NAME, "the laminar profile: fitted to slice data, see docs/invitro.md")


def write_sheet(folder: Path | None = None, profiles: Mapping[str, Profile] | None = None) -> Path:
    """Write `laminar_sheet` to a folder (by default one's own, or where the library keeps its sheets); returns the file.

    Raises
    ------
    RunError : it cannot be written; a former one is untouched.
    """
    path = (folder or sources().own or sheet_toml.folder()) / f"{NAME}.toml"
    write_text(path, HEADER + laminar_sheet(profiles).to_toml())
    return path


def _provenance(pathway: Pathway, profile: Profile) -> str:
    """What the entry rests on, in a line."""
    known = studies()
    cited = [known[name].citation if name in known else name for name in profile.fit.get("studies", [])]
    fit = f"{profile.fit['free']} parameters fitted to {profile.fit['points']} points, chi2 {profile.fit['chi2']:.1f}"
    return f"{pathway.area} slices: {'; '.join(cited)} ({fit})"
