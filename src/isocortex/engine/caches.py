"""Where compiled programs are kept between processes."""

from __future__ import annotations

import os
from pathlib import Path

import jax


def folder() -> Path:
    """The cache folder: ``ISOCORTEX_CACHE``, or ``isocortex`` in the user's cache folder."""
    return Path(
        os.environ.get("ISOCORTEX_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "isocortex"
    )


def enable() -> None:
    """Let JAX keep compiled programs on disk, unless the user has chosen a place or switched it off."""
    if getattr(jax.config, "jax_compilation_cache_dir", None) is None and "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        jax.config.update("jax_compilation_cache_dir", str(folder() / "jax"))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.3)
