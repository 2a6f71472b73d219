"""The laminar profile as a sheet of the library."""

from __future__ import annotations

from pathlib import Path

from isocortex.invitro.laminar import laminar_sheet, write_sheet
from isocortex.invitro.pathway import pathways
from isocortex.invitro.profile import known_profiles
from isocortex.plasticity import sheet_toml
from isocortex.plasticity.sheet import Sheet


def test_the_sheet_of_the_library_is_that_of_the_profiles(tmp_path: Path) -> None:
    packaged = sheet_toml.folder() / "slices.toml"
    assert write_sheet(tmp_path).read_text("utf-8") == packaged.read_text("utf-8"), "stale: run isocortex invitro sheet"
    assert Sheet.load("slices") == laminar_sheet()


def test_one_entry_a_fitted_pathway_with_its_provenance() -> None:
    known = known_profiles()
    placed = [p for p in pathways().values() if p.select and not known[p.name].fit["from_memory"]]
    assert len(placed) >= 6
    sheet = laminar_sheet()
    assert [e.select for e in sheet.entries] == [p.select for p in placed]
    assert all(f"{len(p.free)} parameters fitted" in e.doc for e, p in zip(sheet.entries, placed, strict=True))
    fitted = {name: p for name, p in known.items() if name != "l5-l5"}
    assert len(laminar_sheet(fitted).entries) == len(placed) - 1
