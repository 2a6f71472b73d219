"""Run a benchmark by name: `run_bench`. Systems take turns, so that a busy moment of the machine hits all alike."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from typing import Any

from isocortex.bench import area, plastic, scale, startup
from isocortex.bench.peers import ask_peer
from isocortex.bench.process import Json, Say, isocortex
from isocortex.bench.rows import Row, check, failed, one_round, ratios, summary
from isocortex.errors import DescriptionError, IsocortexError, nearest

Ask = Callable[[dict[str, Any], Say], Json]
PEER_ROWS: dict[str, tuple[str, dict[str, Any]]] = {
    "NEST": ("nest", {}),
    "Brian2": ("brian2", {"traces": "synapse"}),
    "Brian2, traces on neurons": ("brian2", {"traces": "neuron"}),
}
"""Row name -> peer and what its script gets besides the network. The second form of Brian2 is our hand-made best."""


def run_bench(name: str, *, rounds: int = 3, peers: bool = True, progress: Say = lambda _: None) -> dict[str, Any]:
    """Run one benchmark.

    Parameters
    ----------
    name : plastic, sparse, area, scale or startup.
    rounds : turns of each system; rows hold medians.
    peers : whether NEST and Brian2 run as well (`plastic`, `sparse`); they are installed at first use.
    progress : is told a line now and then, each result as it comes.

    Returns
    -------
    dict : ``bench``, ``rows`` (see `isocortex.bench.rows.summary`), ``ratios`` (of median wall_per_bio_s), ``checks`` (number,
        bounds, passed), ``host``. A peer that cannot be had is a row with ``error``.
    """
    if name not in BENCHES:
        raise DescriptionError(f"bench.name: no benchmark {name!r}; {nearest(name, BENCHES)}")
    if rounds < 1:
        raise DescriptionError(f"bench.rounds: is {rounds}; at least 1 is needed")
    rows, found, checks = BENCHES[name](rounds, peers, progress)
    return dict(bench=name, rows=rows, ratios=found, checks=checks, host=host())


def host() -> dict[str, Any]:
    """What the numbers were measured on, and how busy it was at the end."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return dict(machine=platform.machine(), system=platform.system(), python=platform.python_version(), cores=os.cpu_count(),
                processor=_processor(), load=load)  # fmt: skip


def bench_plastic(rounds: int, peers: bool, say: Say) -> tuple[list[Row], Any, Any]:
    """Isocortex against NEST and Brian2 at about 20 Hz, one thread each, turn by turn."""
    rows, found = beside_peers(plastic.NETWORK, rounds, peers, say)
    return rows, found, (plastic_checks(found) if peers else []) + rate_checks(rows)


def bench_sparse(rounds: int, peers: bool, say: Say) -> tuple[list[Row], Any, Any]:
    """The same at about 10 Hz, to be run in real time."""
    rows, found = beside_peers(plastic.SPARSE, rounds, peers, say)
    return rows, found, [check("s of computing a biological s", rows[0]["wall_per_bio_s"], most=1.0), *rate_checks(rows)]


def beside_peers(p: dict[str, Any], rounds: int, peers: bool, say: Say) -> tuple[list[Row], dict[str, float]]:
    """Rows of all systems on one network; ratios of whole times and, since rates differ a little, of times an event."""
    systems: dict[str, Ask] = {"isocortex": lambda spec, _: isocortex("plastic", spec)}
    for row, (peer, more) in PEER_ROWS.items() if peers else ():
        systems[row] = lambda spec, say, peer=peer, more=more: ask_peer(peer, "plastic", spec | more, say=say)  # type: ignore[misc]
    rows = take_turns(systems, p, rounds, say)
    an_event = {f"{name}, an event": ratio for name, ratio in ratios(rows, key="ns_per_event").items()}
    return rows, ratios(rows) | an_event


def plastic_checks(found: dict[str, float]) -> list[dict[str, Any]]:
    """The bounds on the ratios."""
    bounds = {"NEST / isocortex": 60.0, "Brian2 / isocortex": 10.0}
    return [
        check(f"{name}{more}", found.get(name + more), least=least)
        for name, least in bounds.items()
        for more in ("", ", an event")
    ]


def rate_checks(rows: list[Row]) -> list[dict[str, Any]]:
    """The bounds on the rates of all systems that ran."""
    low, high = plastic.EXPECTED_RATE
    return [check(f"rate of {r['system']} (Hz)", r["rate_hz"], least=low, most=high) for r in rows if "error" not in r]


def bench_area(rounds: int, peers: bool, say: Say) -> tuple[list[Row], Any, Any]:
    """The canonical area with all classes and the default sheet: real-time factor."""
    rows = take_turns({"isocortex": lambda spec, _: isocortex("area", spec)}, area.SPEC, rounds, say)
    return rows, {}, [check("real-time factor", rows[0]["wall_per_bio_s"], most=0.7)]


def bench_scale(rounds: int, peers: bool, say: Say) -> tuple[list[Row], Any, Any]:
    """Sizes from 1 M to 100 M plastic synapses; those that do not fit into memory are left out and said so."""
    systems: dict[str, Ask] = {}
    skipped = []
    for size in scale.SIZES:
        name, free = f"isocortex, {size // 1_000_000} M synapses", scale.free_memory()
        if free is not None and size * scale.BYTES_TO_BUILD > free:
            skipped.append(failed(name, f"needs {size * scale.BYTES_TO_BUILD / 1e9:.1f} GB, {free / 1e9:.1f} GB are free"))
        else:
            systems[name] = lambda spec, _, size=size: isocortex("scale", spec | dict(synapses=size))  # type: ignore[misc]
    rows = take_turns(systems, scale.SPEC, rounds, say)
    times = [r["ns_per_event"] for r in rows if r["ns_per_event"]]
    spread = max(times) / min(times) if len(times) > 1 else None
    most = max((r["bytes_per_synapse"] for r in rows if r["bytes_per_synapse"]), default=None)
    checks = [check("ns an event, most / least", spread, most=2.0), check("bytes a plastic synapse", most, most=16.0)]
    return rows + skipped, dict() if spread is None else {"ns_per_event, most / least": spread}, checks


def bench_startup(rounds: int, peers: bool, say: Say) -> tuple[list[Row], Any, Any]:
    """Seconds to the first result, compiled programs on disk (warm) and not (cold)."""
    answers = []
    for number in range(rounds):
        answers.append(startup.cold_and_warm(startup.SPEC))
        say(f"round {number + 1}: first result after {answers[-1]['cold']:.1f} s cold, {answers[-1]['warm']:.1f} s warm")
    rows = []
    for kind in ("cold", "warm"):
        times = sorted(a[kind] for a in answers)
        empty = failed(f"isocortex, {kind}", "")
        del empty["error"]
        rows.append(empty | dict(first_result_s=times[len(times) // 2], spread=[times[0], times[-1]], rounds=rounds))
    return rows, {}, [check("first result, warm (s)", rows[1]["first_result_s"], most=15.0)]


BENCHES: dict[str, Callable[..., tuple[list[Row], Any, Any]]] = {
    "plastic": bench_plastic, "sparse": bench_sparse, "area": bench_area, "scale": bench_scale, "startup": bench_startup,
}  # fmt: skip


def take_turns(systems: dict[str, Ask], spec: dict[str, Any], rounds: int, say: Say) -> list[Row]:
    """Let each system run once a round, each round with its own seed; one that fails is not asked again."""
    got: dict[str, list[Row]] = {name: [] for name in systems}
    problems: dict[str, str] = {}
    for number in range(rounds):
        for name, ask in systems.items():
            if name in problems:
                continue
            try:
                answer = ask(spec | dict(seed=spec["seed"] + number), say)
            except IsocortexError as e:
                problems[name] = str(e)
                say(f"{name}: {e}")
                continue
            cells = spec.get("n_E", 0) + spec.get("n_I", 0)
            row = one_round(dict(cells=cells) | answer, spec["duration"])
            got[name].append(row)
            say(f"round {number + 1}: {name}: {row['wall_per_bio_s']:.2f} s a biological s at {row['rate_hz']:.1f} Hz")
    return [failed(name, problems[name]) if name in problems else summary(name, got[name]) for name in systems]


def _processor() -> str:
    try:
        with open("/proc/cpuinfo") as f:
            return next((line.split(":", 1)[1].strip() for line in f if line.startswith("model name")), platform.processor())
    except OSError:
        return platform.processor()
