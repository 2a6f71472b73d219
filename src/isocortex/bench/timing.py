"""Timing a simulation, in the process that runs it."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib import metadata
from typing import Any

import numpy as np

from isocortex.engine.simulation import Simulation


def timed(describe: Callable[[], tuple[Any, Any]], p: dict[str, Any]) -> dict[str, Any]:
    """Build a network, warm up and time it.

    Parameters
    ----------
    describe : gives the area or cortex, and its sheet or stacks.
    p : ``dt``, ``warm_up``, ``duration`` (ms) and ``seed``.

    Returns
    -------
    dict : version, wall and cpu (s), build_s (with compiling and warming up), spikes and synaptic events within the time taken,
        synapses, rate of all E and all I cells (Hz), bytes_per_synapse (of a plastic synapse at rest), checksum.
    """
    began = time.perf_counter()
    cortex, sheet = describe()
    sim = Simulation(cortex, sheet, dt=p["dt"], seed=p["seed"])
    sim.run(p["warm_up"])
    build = time.perf_counter() - began
    before = dict(sim.counts)
    began, used = time.perf_counter(), time.process_time()
    sim.run(p["duration"])
    wall, cpu = time.perf_counter() - began, time.process_time() - used
    fired = {name: n - before[name] for name, n in sim.counts.items()}
    seconds = p["duration"] / 1e3
    rates = {c: _rate(sim, fired, c == "E", seconds) for c in "EI"}
    events = sum(fired[w.pre.name] * w.m / w.pre.n for w in sim.net.wired.values())
    return dict(version=installed_version(), wall=wall, cpu=cpu, build_s=build, spikes=sum(fired.values()), events=events,
                synapses=sum(w.m for w in sim.net.wired.values()), rate_E=rates["E"], rate_I=rates["I"],
                bytes_per_synapse=bytes_per_plastic_synapse(sim), checksum=sim.checksum(),
                rates={name: n / sim.net.spans[name].n / seconds for name, n in fired.items()})  # fmt: skip


def bytes_per_plastic_synapse(sim: Simulation) -> float | None:
    """Bytes of a plastic synapse, on average: target, weight, what it last saw, slow variables, its share of the rows."""
    plastic = sum(w.m for w in sim.net.wired.values() if w.stack.plastic)
    every = sum(w.m for w in sim.net.wired.values())
    if not plastic:
        return None
    tables, synapses = sim.net.tables, sim.state["syn"]
    shared = sum(tables[k].nbytes for k in ("target", "segments", "pointer")) + synapses["w"].nbytes
    own = sum(synapses[k].nbytes for k in ("last", "slow"))
    return float(shared / every + own / plastic)


def _rate(sim: Simulation, fired: dict[str, int], excitatory: bool, seconds: float) -> float | None:
    chosen = [s for s in sim.net.spans.values() if s.population.excitatory == excitatory]
    n = sum(s.n for s in chosen)
    return float(np.sum([fired[s.name] for s in chosen]) / n / seconds) if n else None


def installed_version() -> str:
    """The version of isocortex, "source" where it is not installed."""
    try:
        return metadata.version("isocortex")
    except metadata.PackageNotFoundError:
        return "source"
