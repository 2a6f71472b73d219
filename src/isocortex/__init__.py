"""Layered cortical circuits whose synapses learn by layer-specific rules."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_PLACES = {
    "isocortex.anatomy.circuit": ("Area", "Background", "Cortex", "Delay", "Population", "Projection"),
    "isocortex.anatomy.laminar": ("laminar_area",),
    "isocortex.anatomy.potjans": ("potjans_area",),
    "isocortex.anatomy.hierarchy": ("feedback", "feedforward", "hierarchy", "relay_projections", "thalamus"),
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
    "isocortex.results.reading": ("open_run",),
}
_MODULE = {name: module for module, names in _PLACES.items() for name in names}
__all__ = [
    "LIF",
    "AdEx",
    "Area",
    "Background",
    "ConductanceLIF",
    "Cortex",
    "DataError",
    "Delay",
    "DescriptionError",
    "Entry",
    "Forced",
    "Integral",
    "IsocortexError",
    "Jump",
    "Leak",
    "PoissonSource",
    "Population",
    "Projection",
    "Pyramidal",
    "Record",
    "Rule",
    "RunError",
    "Sheet",
    "ShortTerm",
    "Simulation",
    "SlowPart",
    "SpikeTrain",
    "Stack",
    "Trace",
    "feedback",
    "feedforward",
    "hierarchy",
    "laminar_area",
    "open_run",
    "potjans_area",
    "quantity",
    "read_cortex",
    "register",
    "relay_projections",
    "thalamus",
    "write_cortex",
]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used, so that ``import isocortex`` costs nothing."""
    if name not in _MODULE:
        raise AttributeError(f"module 'isocortex' has no attribute {name!r}")
    return getattr(importlib.import_module(_MODULE[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


if TYPE_CHECKING:
    from isocortex.anatomy.circuit import (
        Area as Area,
    )
    from isocortex.anatomy.circuit import (
        Background as Background,
    )
    from isocortex.anatomy.circuit import (
        Cortex as Cortex,
    )
    from isocortex.anatomy.circuit import (
        Delay as Delay,
    )
    from isocortex.anatomy.circuit import (
        Population as Population,
    )
    from isocortex.anatomy.circuit import (
        Projection as Projection,
    )
    from isocortex.anatomy.hierarchy import feedback as feedback
    from isocortex.anatomy.hierarchy import feedforward as feedforward
    from isocortex.anatomy.hierarchy import hierarchy as hierarchy
    from isocortex.anatomy.hierarchy import relay_projections as relay_projections
    from isocortex.anatomy.hierarchy import thalamus as thalamus
    from isocortex.anatomy.laminar import laminar_area as laminar_area
    from isocortex.anatomy.potjans import potjans_area as potjans_area
    from isocortex.anatomy.toml import read_cortex as read_cortex
    from isocortex.anatomy.toml import write_cortex as write_cortex
    from isocortex.cells.adex import AdEx as AdEx
    from isocortex.cells.conductance import ConductanceLIF as ConductanceLIF
    from isocortex.cells.forced import Forced as Forced
    from isocortex.cells.lif import LIF as LIF
    from isocortex.cells.pyramidal import Pyramidal as Pyramidal
    from isocortex.cells.sources import PoissonSource as PoissonSource
    from isocortex.cells.sources import SpikeTrain as SpikeTrain
    from isocortex.describe import quantity as quantity
    from isocortex.engine.record import Record as Record
    from isocortex.engine.simulation import Simulation as Simulation
    from isocortex.errors import (
        DataError as DataError,
    )
    from isocortex.errors import (
        DescriptionError as DescriptionError,
    )
    from isocortex.errors import (
        IsocortexError as IsocortexError,
    )
    from isocortex.errors import (
        RunError as RunError,
    )
    from isocortex.plasticity.registry import register as register
    from isocortex.plasticity.rule import (
        Integral as Integral,
    )
    from isocortex.plasticity.rule import (
        Jump as Jump,
    )
    from isocortex.plasticity.rule import (
        Leak as Leak,
    )
    from isocortex.plasticity.rule import (
        Rule as Rule,
    )
    from isocortex.plasticity.rule import (
        ShortTerm as ShortTerm,
    )
    from isocortex.plasticity.rule import (
        SlowPart as SlowPart,
    )
    from isocortex.plasticity.rule import (
        Trace as Trace,
    )
    from isocortex.plasticity.sheet import Entry as Entry
    from isocortex.plasticity.sheet import Sheet as Sheet
    from isocortex.plasticity.stack import Stack as Stack
    from isocortex.results.reading import open_run as open_run
