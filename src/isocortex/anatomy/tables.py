"""The tables of published numbers beside the code: `data/*.toml`, each number with its source."""

from __future__ import annotations

import functools
import tomllib
from importlib import resources
from typing import Any


@functools.cache
def table(name: str) -> dict[str, Any]:
    """Read ``data/<name>.toml``; treat what comes back as read-only."""
    return tomllib.loads(resources.files("isocortex.anatomy").joinpath("data", f"{name}.toml").read_text(encoding="utf-8"))
