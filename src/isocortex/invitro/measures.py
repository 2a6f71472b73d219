"""What the named gates measure on cells and rules, by name (see ``gates.toml``)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from isocortex.invitro import capture, dendrite, dominance

MEASURES: dict[str, Callable[[], float]] = {
    "critical_frequency": dendrite.critical_frequency,
    "coincidence": dendrite.coincidence,
    "trunk_critical_frequency": dendrite.trunk_critical_frequency,
    "first_spike": dominance.first_spike,
    **{f"tetanus_{name}": partial(capture.late, name) for name in capture.PROTOCOLS},
}
