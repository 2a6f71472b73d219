"""Layered cortical circuits whose synapses learn by layer-specific rules."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_PLACES = {
    "isocortex.anatomy.circuit": ("Area", "Background", "Cortex", "Delay", "Population", "Projection"),
    "isocortex.anatomy.laminar": ("laminar_area",),
    "isocortex.anatomy.potjans": ("potjans_area",),
    "isocortex.anatomy.hierarchy": ("hierarchy", "thalamus"),
    "isocortex.anatomy.toml": ("read_cortex", "write_cortex"),
    "isocortex.cells.adex": ("AdEx",),
    "isocortex.cells.conductance": ("ConductanceLIF",),
    "isocortex.cells.forced": ("Forced",),
    "isocortex.cells.lif": ("LIF",),
    "isocortex.cells.pyramidal": ("Pyramidal",),
    "isocortex.cells.sources": ("PoissonSource", "SpikeTrain"),
    "isocortex.engine.record": ("Record",),
    "isocortex.engine.simulation": ("Simulation",),
    "isocortex.errors": ("DataError", "DescriptionError", "IsocortexError", "RunError"),
    "isocortex.plasticity.registry": ("register",),
    "isocortex.plasticity.rule": ("Integral", "Jump", "Leak", "Rule", "ShortTerm", "SlowPart", "Trace"),
    "isocortex.plasticity.sheet": ("Entry", "Sheet"),
    "isocortex.plasticity.stack": ("Stack",),
    "isocortex.describe": ("quantity",),
}
_MODULE = {name: module for module, names in _PLACES.items() for name in names}
__all__ = sorted(_MODULE)


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used, so that ``import isocortex`` costs nothing."""
    if name not in _MODULE:
        raise AttributeError(f"module 'isocortex' has no attribute {name!r}")
    return getattr(importlib.import_module(_MODULE[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


if TYPE_CHECKING:
    from isocortex.anatomy.circuit import Area, Background, Cortex, Delay, Population, Projection
    from isocortex.engine.record import Record
    from isocortex.engine.simulation import Simulation
    from isocortex.plasticity.sheet import Entry, Sheet
