"""Sampled variables of cells and synapses, in memory or on disk."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from isocortex.errors import DataError, DescriptionError, nearest
from isocortex.results import checksum
from isocortex.results.log import Column, Logs, MemoryLog, Spec

_DIMS = ("cell", "synapse")


@dataclasses.dataclass(frozen=True)
class Sampled:
    """What is sampled.

    Attributes
    ----------
    target : population or projection (``V1.L23E``, ``V1.L4E->V1.L23E``).
    variable : name of the variable (``v``, ``w``, ``tag``).
    dim : ``cell`` or ``synapse``.
    size : how many of them.
    units : of the variable ("1" where it has none).
    coords : facts about each (an array of `size` numbers: neuron, pre, post) or about all (a text: population, layer).
    dtype : of the values.
    """

    target: str
    variable: str
    dim: str
    size: int
    units: str
    coords: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    dtype: str = "float32"

    def __post_init__(self) -> None:
        if self.dim not in _DIMS:
            raise DescriptionError(f"Sampled({self.target}).dim: {self.dim!r} is not known; {nearest(self.dim, _DIMS)}")
        taken = {"time", self.variable, self.dim}
        for name, values in self.coords.items():
            where = f"Sampled({self.target}).coords: {name}"
            if name in taken:
                raise DescriptionError(f"{where} is the name of the variable or of an axis; choose another")
            if not isinstance(values, str) and (
                np.shape(values) != (self.size,) or np.asarray(values).dtype.kind not in "biuf"
            ):
                raise DescriptionError(f"{where} has the shape {np.shape(values)}; a text or {self.size} numbers are needed")

    @property
    def labels(self) -> dict[str, str]:
        """Coordinates that hold for all."""
        return {k: v for k, v in self.coords.items() if isinstance(v, str)}

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """Coordinates of each."""
        return {k: np.asarray(v) for k, v in self.coords.items() if not isinstance(v, str)}


class SampleStore:
    """Samples of one variable.

    Parameters
    ----------
    sampled : what is sampled.
    logs : `MemoryLog`, or the `log` method of a `RunFolder`.
    """

    def __init__(self, sampled: Sampled, logs: Logs = MemoryLog) -> None:
        self.sampled = sampled
        self._log = logs(_spec(sampled))

    def append(self, times: Any, block: Any) -> None:
        """Add samples: `times` (n,) in ms, `block` (n, size). Both are copied."""
        self._log.append(**{"time": np.asarray(times, np.float64), self.sampled.variable: np.asarray(block)})
        self._log.flush_due()

    def __len__(self) -> int:
        """Number of points in time."""
        return len(self._log)

    def read(self, start: int = 0, stop: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return (times (n,) in ms, values (n, size)) of the samples from `start` to `stop`."""
        found = self._log.read(start, stop)
        return found["time"], found[self.sampled.variable]

    def dataset(self) -> xr.Dataset:
        """Return the variable over (time, cell or synapse), with its units and coordinates."""
        s, (times, values) = self.sampled, self.read()
        coords: dict[str, Any] = {"time": ("time", times, {"units": "ms"})}
        coords |= {k: (s.dim, v) for k, v in s.arrays.items()} | s.labels
        attrs = {"kind": "samples", "target": s.target}
        return xr.Dataset({s.variable: (("time", s.dim), values, {"units": s.units})}, coords=coords, attrs=attrs)

    def flush(self) -> None:
        """Write what waits in memory."""
        self._log.flush()

    def state(self) -> dict[str, Any]:
        """What a checkpoint needs: the samples themselves, or how many of them are on disk."""
        return self._log.state()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Come back to the point where `state` was taken; later samples are forgotten."""
        held = state.get("data")
        if held is not None and self.sampled.variable not in held:
            raise DataError(f"samples: the checkpoint has sampled {sorted(held)}, this run samples {self.sampled.variable}")
        self._log.restore(state)

    def checksum(self) -> str:
        """One text for all samples, the same in memory and on disk, and for any chunking of the run."""
        return checksum.combine(self._log.leaves())


def _spec(s: Sampled) -> Spec:
    value = Column(s.variable, s.dtype, (s.size,), (s.dim,), {"units": s.units})
    return Spec(
        path=("samples", s.target, s.variable),
        columns=(Column("time", "float64", attrs={"units": "ms"}), value),
        row_dim="time",
        attrs={"kind": "samples", "target": s.target, "labels": s.labels},
        fixed={name: (s.dim, values, {}) for name, values in s.arrays.items()},
    )
