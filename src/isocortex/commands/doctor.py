"""`isocortex doctor`: what is installed here, and does it work."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import time
from typing import Any

import typer

from isocortex.commands.options import Json
from isocortex.commands.output import Output

PACKAGES = ("jax", "jaxlib", "numba", "llvmlite", "numpy", "scipy", "scikit-learn", "xarray", "zarr", "matplotlib")

TOLD = {
    "difference": "weights, kernel and its twin apart by (of the mean)",
    "first_s": "first result, with compiling (s)",
    "second_s": "a biological second after that (s)",
    "seconds": "all of it (s)",
}
"""What the table calls the findings of the self-test."""


def doctor(as_json: Json = False) -> None:
    """Say versions, threads, cache folder and the state of the kernel, and run a self-test: seconds, at first a minute."""
    document: dict[str, Any] = {
        "isocortex": installed_version(),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "packages": {name: _version(name) for name in PACKAGES},
        "threads": threads(),
        "cache": cache_folder(),
    }
    output = Output(as_json)
    with output.stdout_kept_clean():
        document["self_test"] = self_test()
    failed = [name for name, part in (("cache", document["cache"]), ("self-test", document["self_test"])) if not part["ok"]]
    document["ok"] = not failed
    output.result(document, _table(document), f"failed: {', '.join(failed)}" if failed else "all is well")
    if failed:
        raise typer.Exit(1)


def installed_version() -> str:
    """The installed version, or a word that says that the package is run from its sources."""
    found = _version("isocortex")
    return "not installed (run from its sources)" if found == "not installed" else found


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def threads() -> dict[str, Any]:
    """Cores of the machine, cores this process may use, and limits set by the environment."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    names = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "XLA_FLAGS", "JAX_PLATFORMS")
    return {"cores": os.cpu_count(), "usable": usable, "environment": {n: os.environ[n] for n in names if n in os.environ}}


def cache_folder() -> dict[str, Any]:
    """Where compiled kernels are kept between runs, and whether it can be written."""
    from isocortex.engine import caches

    folder = caches.folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe-{os.getpid()}"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as e:
        return {
            "ok": False,
            "folder": str(folder),
            "error": f"cannot be written ({e.strerror}); set ISOCORTEX_CACHE to one that can",
        }
    return {"ok": True, "folder": str(folder)}


def self_test() -> dict[str, Any]:
    """Run the engine's self-test; whatever it raises becomes a failed test with the reason."""
    started = time.perf_counter()
    try:
        from isocortex.engine.doctor import self_test as test

        found = {"ok": True} | test()
    except Exception as e:  # a diagnosis must not die of what it is to find
        found = {"ok": False, "error": f"{type(e).__name__}: {e}"}
    return found | {"seconds": round(time.perf_counter() - started, 2)}


def _table(document: dict[str, Any]) -> Any:
    from rich.markup import escape
    from rich.table import Table

    table = Table(show_header=False, box=None, pad_edge=False)
    for key in ("isocortex", "python", "platform"):
        table.add_row(key, escape(str(document[key])))
    for name, version in document["packages"].items():
        table.add_row(name, version)
    limits = document["threads"]
    set_here = "".join(f", {k}={v}" for k, v in limits["environment"].items())
    table.add_row("threads", escape(f"{limits['usable']} usable of {limits['cores']}{set_here}"))
    table.add_row("cache", escape(" ".join(str(v) for k, v in document["cache"].items() if k != "ok")))
    for key, value in document["self_test"].items():
        shown = f"{value:.3g}" if isinstance(value, float) else str(value)
        table.add_row(f"self-test: {TOLD.get(key, key)}", escape(shown))
    return table
