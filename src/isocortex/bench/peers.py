"""The peers: NEST and Brian2, each in a virtual environment of its own that is made at first use."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isocortex.bench.process import Json, Say, ask
from isocortex.errors import IsocortexError


class PeerError(IsocortexError):
    """A peer cannot be installed or does not start."""


@dataclass(frozen=True)
class Peer:
    """A simulator to measure against: what pip installs, what must import, the script that drives it."""

    name: str
    packages: tuple[str, ...]
    module: str
    needs: tuple[str, ...] = ()
    """Programs that must be on the path."""

    @property
    def script(self) -> Path:
        """The file that the peer's Python runs; it imports nothing of isocortex."""
        return Path(__file__).with_name(f"peer_{self.name}.py")


PEERS = {
    "nest": Peer("nest", ("nest-simulator==3.10.0",), "nest"),
    # Brian2 2.9.0 uses numpy.ndarray.ptp, which NumPy 2.4 no longer has
    "brian2": Peer("brian2", ("brian2==2.9.0", "numpy<2.4", "cython", "setuptools"), "brian2", needs=("g++", "make")),
}


def cache_folder() -> Path:
    """Where the environments live: ISOCORTEX_PEERS, or the user's cache folder."""
    if given := os.environ.get("ISOCORTEX_PEERS"):
        return Path(given)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "isocortex" / "peers"


def python_of(environment: Path) -> Path:
    """The interpreter of a virtual environment."""
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def ensure(peer: Peer, say: Say = lambda _: None) -> Path:
    """Return the peer's Python; make its environment first where there is none, or one of other versions.

    Raises
    ------
    PeerError : a program is missing, or pip cannot install it; the message says which and what pip said.
    """
    for program in peer.needs:
        if shutil.which(program) is None:
            raise PeerError(f"{peer.name}: needs {program} on the path; install it and try again")
    environment = cache_folder() / peer.name
    mark, wanted = environment / "packages.txt", "\n".join(peer.packages)
    python = python_of(environment)
    if python.exists() and mark.exists() and mark.read_text() == wanted:
        return python
    say(f"{peer.name}: installing {' '.join(peer.packages)} into {environment}")
    shutil.rmtree(environment, ignore_errors=True)
    _call(peer, [sys.executable, "-m", "venv", str(environment)])
    _call(peer, [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-input", *peer.packages])
    _call(peer, [str(python), "-c", f"import {peer.module}"])
    mark.write_text(wanted)
    return python


def ask_peer(name: str, task: str, spec: Mapping[str, Any], *, say: Say = lambda _: None, timeout: float = 1800.0) -> Json:
    """Give a peer a task (see its script) and return its answer; it runs on one core, one thread.

    Raises
    ------
    PeerError, ChildError : it cannot be had, or it failed.
    """
    peer = PEERS[name]
    python = ensure(peer, say)
    work = cache_folder() / "work"
    work.mkdir(parents=True, exist_ok=True)
    return ask([str(python), str(peer.script)], {"task": task, "work": str(work), **spec}, timeout=timeout)


def _call(peer: Peer, command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=1800, check=False)
    except (OSError, subprocess.TimeoutExpired) as e:
        raise PeerError(f"{peer.name}: {e}") from None
    if done.returncode:
        said = [line for line in (done.stderr or done.stdout).splitlines() if line and not line.startswith("WARNING")]
        raise PeerError(f"{peer.name}: cannot be installed here; {' | '.join(said[-3:]) or 'nothing was said'}")
