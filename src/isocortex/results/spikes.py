"""Spikes by population, in memory or on disk."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from isocortex.errors import DataError, DescriptionError, nearest
from isocortex.results import checksum
from isocortex.results.log import Column, Log, Logs, MemoryLog, Spec


@dataclasses.dataclass(frozen=True)
class Cells:
    """A population as recordings name it: its neurons have the ids `first` to `first + n - 1`."""

    name: str
    first: int
    n: int
    layer: str | None = None
    cell_class: str | None = None

    @property
    def coords(self) -> dict[str, str]:
        """Population, area, layer and cell class, where there is one."""
        area = self.name.partition(".")[0] if "." in self.name else None
        named = {"population": self.name, "area": area, "layer": self.layer, "cell_class": self.cell_class}
        return {k: v for k, v in named.items() if v is not None}


class SpikeStore:
    """Spikes of some populations.

    Parameters
    ----------
    cells : the populations to keep, their ids apart from each other. Spikes of other ids are passed over.
    dt : time step (ms).
    logs : `MemoryLog`, or the `log` method of a `RunFolder`.
    """

    def __init__(self, cells: Sequence[Cells], dt: float, logs: Logs = MemoryLog) -> None:
        self.cells = tuple(sorted(cells, key=lambda c: c.first))
        self.dt = float(dt)
        for a, b in zip(self.cells, self.cells[1:], strict=False):
            if a.first + a.n > b.first:
                raise DescriptionError(f"SpikeStore.cells: {a.name} and {b.name} share neurons; each id belongs to one")
        self._bounds = np.array([x for c in self.cells for x in (c.first, c.first + c.n)], np.int64)
        self._logs: dict[str, Log] = {c.name: logs(_spec(c, self.dt)) for c in self.cells}

    def append(self, steps: Any, ids: Any) -> None:
        """Add spikes in the order of time.

        Parameters
        ----------
        steps : (n,) int64, the time step of each spike, counted from the start of the run.
        ids : (n,) int32, the global id of the neuron. Within a step, the order is kept as given.

        Raises
        ------
        RunError : the disk is full; the spikes are kept in memory, and `flush` tries again.
        """
        steps, ids = np.asarray(steps, np.int64), np.asarray(ids)
        if steps.shape != ids.shape or steps.ndim != 1:
            raise ValueError(f"SpikeStore.append: steps {steps.shape} and ids {ids.shape}; two lists of one length are needed")
        slot = np.searchsorted(self._bounds, ids, side="right")  # 2 k + 1 inside population k, even between populations
        if len(slot) > 1 and np.any(slot[1:] < slot[:-1]):
            order = np.argsort(slot, kind="stable")
            slot, steps, ids = slot[order], steps[order], ids[order]
        edges = np.searchsorted(slot, np.arange(2 * len(self.cells) + 1), side="left")
        for k, c in enumerate(self.cells):
            mine = slice(edges[2 * k + 1], edges[2 * k + 2])
            self._logs[c.name].append(time=steps[mine], neuron=(ids[mine] - c.first).astype(np.int32))
        for log in self._logs.values():  # only now: if a disk is full, no population is without its spikes
            log.flush_due()

    def __len__(self) -> int:
        """Number of spikes kept."""
        return sum(len(log) for log in self._logs.values())

    def spikes(self, population: str) -> tuple[np.ndarray, np.ndarray]:
        """Return (steps int64, neurons int32) of a population; neurons count from 0 within it."""
        found = self._log(population).read()
        return found["time"], found["neuron"]

    def dataset(self, population: str) -> xr.Dataset:
        """Return `time` (ms) and `neuron` (index within the population) over the dimension `spike`."""
        steps, neurons = self.spikes(population)
        spec = self._log(population).spec
        times = ("spike", steps * self.dt, {"units": "ms", "long_name": "spike time"})
        neuron = ("spike", neurons, dict(spec.columns[1].attrs))
        attrs = {k: v for k, v in spec.attrs.items() if k != "labels"}
        return xr.Dataset({"time": times, "neuron": neuron}, coords=spec.attrs["labels"], attrs=attrs)

    def flush(self) -> None:
        """Write what waits in memory."""
        for log in self._logs.values():
            log.flush()

    def state(self) -> dict[str, Any]:
        """What a checkpoint needs: the spikes themselves, or how many of them are on disk."""
        return {name: log.state() for name, log in self._logs.items()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Come back to the point where `state` was taken; later spikes are forgotten."""
        if sorted(state) != sorted(self._logs):
            raise DataError(f"spikes: the checkpoint has recorded {sorted(state)}, this run records {sorted(self._logs)}; "
                            "both must record the same populations")  # fmt: skip
        for name, log in self._logs.items():
            log.restore(state[name])

    def checksum(self) -> str:
        """One text for all spikes, the same in memory and on disk, and for any chunking of the run."""
        return checksum.combine(leaf for log in self._logs.values() for leaf in log.leaves())

    def _log(self, population: str) -> Log:
        if population not in self._logs:
            raise DescriptionError(f"spikes: {population!r} is not recorded; {nearest(population, self._logs)}")
        return self._logs[population]


def _spec(cells: Cells, dt: float) -> Spec:
    # `time` is kept as whole steps; by the CF convention, `scale_factor` makes ms of them when xarray reads
    time = {"units": "ms", "long_name": "spike time", "scale_factor": dt}
    neuron = {"long_name": "index of the neuron within the population"}
    return Spec(
        path=("spikes", cells.name),
        columns=(Column("time", "int64", attrs=time), Column("neuron", "int32", attrs=neuron)),
        row_dim="spike",
        attrs={"kind": "spikes", "dt": dt, "n": cells.n, "first": cells.first, "labels": cells.coords},
    )
