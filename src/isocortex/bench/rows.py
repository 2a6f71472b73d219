"""What a benchmark prints: one row a system, medians over rounds, ratios of medians, checks against stated bounds."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

Row = dict[str, Any]


def one_round(answer: Mapping[str, Any], duration: float) -> Row:
    """The numbers of one turn of one system.

    Parameters
    ----------
    answer : of a child: wall (s), spikes, synapses, events where known, rate_E, build_s, bytes_per_synapse.
    duration : biological time that `wall` covers (ms).
    """
    per_s = answer["wall"] / duration * 1e3
    n_events = answer.get("events")
    if n_events is None:  # every cell has the same expected out-degree here
        n_events = answer["spikes"] * answer["synapses"] / answer["cells"]
    return dict(version=answer["version"], wall_per_bio_s=per_s, rate_hz=answer["rate_E"], build_s=answer["build_s"],
                ns_per_event=1e9 * answer["wall"] / n_events if n_events else None,
                bytes_per_synapse=answer.get("bytes_per_synapse"),
                core_share=answer["cpu"] / answer["wall"] if answer.get("cpu") else None)  # fmt: skip


def summary(system: str, rounds: Sequence[Row], threads: int = 1) -> Row:
    """Medians over rounds; `spread` is the least and the most wall_per_bio_s.

    `core_share`: processor time over wall time where the system tells it; clearly below 1, the machine was busy.
    """
    walls = [r["wall_per_bio_s"] for r in rounds]
    row: Row = dict(system=system, version=rounds[-1]["version"], threads=threads)
    for key in ("wall_per_bio_s", "rate_hz", "ns_per_event", "bytes_per_synapse"):
        row[key] = median([r[key] for r in rounds])
    # what the first round compiled is kept, so later ones say what building costs
    row["build_s"] = median([r["build_s"] for r in rounds])
    row["core_share"] = median([r.get("core_share") for r in rounds])
    return row | dict(spread=[min(walls), max(walls)], rounds=len(rounds))


def failed(system: str, problem: str) -> Row:
    """The row of a system that could not be measured."""
    empty = dict.fromkeys(("version", "threads", "wall_per_bio_s", "rate_hz", "ns_per_event", "bytes_per_synapse", "build_s"))
    return dict(system=system) | empty | dict(error=problem)


def median(values: Sequence[float | None]) -> float | None:
    """The median of what is known."""
    known = [v for v in values if v is not None]
    return statistics.median(known) if known else None


def ratios(rows: Sequence[Row], base: str = "isocortex", key: str = "wall_per_bio_s") -> dict[str, float]:
    """How many times longer each other system takes than `base`; systems without a number are left out."""
    times = {r["system"]: r[key] for r in rows if r.get(key)}
    if base not in times:
        return {}
    return {f"{name} / {base}": t / times[base] for name, t in times.items() if name != base}


def check(name: str, value: float | None, *, least: float | None = None, most: float | None = None) -> dict[str, Any]:
    """A number against its bounds; one that is not known passes nothing."""
    low, high = value is not None and (least is None or value >= least), value is not None and (most is None or value <= most)
    return dict(name=name, value=value, least=least, most=most, passed=bool(low and high))
