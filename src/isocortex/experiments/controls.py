"""The arms that others are compared with; apart from what makes them, so that a report need not load that."""

from __future__ import annotations

FULL, CONTROLS = "full", ("uniform", "swapped")
"""The sheet as it is, and those that an effect of layers must not be there with."""
