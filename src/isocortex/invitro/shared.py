"""One parameter set for all excitatory pathways, against one each: the record of the fit."""

from __future__ import annotations

from typing import Any

from isocortex.invitro.files import tables
from isocortex.invitro.sources import sources


def known() -> dict[str, Any]:
    """chi2 of the shared set, and by how much its AIC is higher than that of a set each; None where it was not fitted."""
    file = sources().files("shared.toml")[-1]
    read = tables(file).get("shared_set", {}) if file.is_file() else {}
    return dict(chi2=read.get("chi2"), delta_aic=read.get("delta_aic"))
