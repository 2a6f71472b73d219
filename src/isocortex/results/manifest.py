"""What a run says about itself: versions, host, seed, configuration, status. No names of users or machines, no paths."""

from __future__ import annotations

import datetime
import json
import os
import platform
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from isocortex.checks import is_whole
from isocortex.errors import DataError
from isocortex.results.atomic import write_text

FORMAT = "isocortex-run"
VERSION = 1
STATUSES = ("running", "finished", "interrupted")
_PACKAGES = ("isocortex", "jax", "jaxlib", "numba", "numpy", "xarray", "zarr")


def manifest(*, seed: int, config: Mapping[str, Any], threads: int = 1, **facts: Any) -> dict[str, Any]:
    """Describe a run that starts now.

    Parameters
    ----------
    seed : of the run.
    config : all that was chosen, as JSON values.
    threads : used by the run.
    facts : whatever else is known (model hash, dt, kernel), as JSON values.
    """
    return {
        "format": FORMAT,
        "version": VERSION,
        "status": "running",
        "started": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "seed": seed,
        "config": dict(config),
        "versions": versions(),
        "host": host(threads),
        **facts,
    }


def versions() -> dict[str, str]:
    """Versions of Python, isocortex and what it computes with; "not installed" where there is none."""
    out = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            out[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            out[name] = _own_version() if name == "isocortex" else "not installed"
    return out


def host(threads: int = 1) -> dict[str, Any]:
    """The processor, its cores, the threads used and the system. Nothing that names a person or a machine."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return {
        "cpu": _cpu(),
        "cores": usable,
        "threads": threads,
        "system": platform.system(),
        "machine": platform.machine(),
        "byteorder": sys.byteorder,
    }


def dumps(values: Mapping[str, Any]) -> str:
    """JSON text of a manifest; a value that JSON does not know is an error here, not when somebody reads it."""
    return json.dumps(values, indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def write(path: Path, values: Mapping[str, Any]) -> None:
    """Write ``run.json``, whole or not at all."""
    write_text(path, dumps(values), "the recordings and the previous run.json")


def read(path: Path) -> dict[str, Any]:
    """Read a ``run.json``.

    Raises
    ------
    DataError : it is not there, not JSON, of another format or of a newer version.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"{path}: is missing; a run folder has one") from None
    except (OSError, ValueError) as e:
        raise DataError(f"{path}: cannot be read as JSON ({e}); restore it from a copy") from None
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise DataError(f"{path}: is not the run.json of a run; its format must be {FORMAT!r}")
    version = values.get("version")
    if not is_whole(version, 1) or version > VERSION:
        raise DataError(f"{path}: has the version {version!r}; this isocortex reads 1 to {VERSION}")
    return values


def _cpu() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as f:
            for line in f:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass  # not Linux
    return platform.processor() or platform.machine()


def _own_version() -> str:
    import isocortex  # noqa: PLC0415  (not above: the package may be loading this module)

    return str(getattr(isocortex, "__version__", "unknown"))
