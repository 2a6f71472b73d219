"""A running network: `Simulation`."""

from __future__ import annotations

import dataclasses
import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from isocortex import units
from isocortex.anatomy.circuit import Area, Cortex
from isocortex.engine import caches
from isocortex.engine import record as records
from isocortex.engine import step as steps
from isocortex.engine.kernel.compiled import Compiled
from isocortex.engine.kernel.twin import Twin
from isocortex.engine.layout import build
from isocortex.engine.record import Record
from isocortex.errors import DescriptionError, RunError, nearest
from isocortex.plasticity.stack import Stack
from isocortex.results import checksum as sums
from isocortex.results.checkpoint import read_checkpoint, write_checkpoint
from isocortex.results.log import Logs, MemoryLog
from isocortex.results.spikes import Cells, SpikeStore

LAST_STEP = 2**31 - 2**20
KERNELS = {"numba": Compiled, "jax": Twin}


class HasStacks(Protocol):
    """Anything that says which projection has which stack, such as a sheet."""

    def resolve(self, cortex: Cortex) -> Mapping[str, Stack]: ...


@dataclasses.dataclass(frozen=True)
class Synapses:
    """Synapses of a projection: indices within their populations (int32, (m,)), weights and slow variables (float32, (m,))."""

    pre: np.ndarray
    post: np.ndarray
    w: np.ndarray
    slow: Mapping[str, np.ndarray]


class Simulation:
    """A network that runs.

    Parameters
    ----------
    cortex : what there is; an `Area` alone will do.
    sheet : how it changes: a `Sheet`, a mapping from projection names to stacks, or None (nothing is plastic).
    dt : step (ms). tick : slow clock (ms); by default the longest of 100, 50, ... ms within five trace constants.
    seed : of everything random. The same seed gives the same run, however it is cut into pieces.
    kernel : "numba", or "jax", its slow twin.
    record : what to record besides spikes. spikes : the populations whose spikes are kept; by default all.
    currents : populations into which ``set_input(name, pA, "current")`` injects a current.
    logs : where recordings go: memory, or the `log` method of a `RunFolder`.
    """

    def __init__(
        self,
        cortex: Cortex | Area,
        sheet: HasStacks | Mapping[str, Stack] | None = None,
        *,
        dt: float | str = 0.1,
        tick: float | str | None = None,
        seed: int = 0,
        kernel: str = "numba",
        record: Sequence[Record] = (),
        spikes: Sequence[str] | None = None,
        currents: Sequence[str] = (),
        logs: Logs = MemoryLog,
    ) -> None:
        if kernel not in KERNELS:
            raise DescriptionError(f"Simulation.kernel: {kernel!r} is not known; {nearest(kernel, KERNELS)}")
        caches.enable()
        self.cortex = Cortex((cortex,)) if isinstance(cortex, Area) else cortex
        self.dt = units.parse(dt, "ms")
        if not self.dt > 0:
            raise DescriptionError(f"Simulation.dt: is {self.dt:g} ms; must be more than 0 ms")
        self.stacks = _stacks(self.cortex, sheet)
        for name in (*currents, *(spikes or ())):
            self.cortex.population(name)
        self.net, synapses = build(
            self.cortex, self.stacks, dt=self.dt, tick=None if tick is None else units.parse(tick, "ms"), seed=seed
        )
        self._kernel = KERNELS[kernel](self.net.tables)
        self._params = steps.parameters(self.net)
        self.state = _with_currents(self.net, steps.initial_state(self.net, synapses), currents)
        self.state = jax.jit(partial(steps.with_past, self.net))(self._params, self.state)
        self._given: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        self._programs()
        self._probes, self._taps = records.resolve(self.net, record, self._variables(), logs)
        wanted = list(spikes) if spikes is not None else list(self.net.spans)
        cells = [self.net.spans[n] for n in wanted]
        self._spikes = SpikeStore(
            [Cells(s.name, s.first, s.n, s.population.layer, s.population.cell_class) for s in cells], self.dt, logs
        )
        self._room = jax.tree.map(
            jnp.asarray,
            dict(
                spikes=np.zeros((self.net.steps, self.net.n + (-self.net.n % 8)), np.uint8),
                probes=records.buffers(self._probes, self.net.steps),
            ),
        )
        self.wall_s = 0.0
        self._counts = np.zeros(self.net.n, np.int64)

    # ------------------------------------------------------------------ running

    def run(self, duration: float | str, *, on_tick: Callable[[Simulation], bool | None] | None = None) -> None:
        """Advance by `duration` (ms or text such as "2 s"), rounded to whole steps.

        `on_tick(simulation)` is called after every tick; when it returns True the run stops there.

        Raises
        ------
        RunError : the state is no longer finite (names the population and the time).
        """
        number = units.parse(duration, "ms")
        if not number >= 0:
            raise DescriptionError(f"Simulation.run: duration is {number:g} ms; must be at least 0 ms")
        left = round(number / self.dt)
        if int(self.state["t"]) + left > LAST_STEP:
            raise DescriptionError(f"Simulation.run: {number:g} ms leads beyond step {LAST_STEP}; take a larger dt")
        began = time.perf_counter()
        try:
            while left > 0:
                n = min(left, self.net.steps - int(self.state["k"]))
                self._chunk(n)
                left -= n
                if int(self.state["k"]) == 0 and on_tick is not None and on_tick(self):
                    break
        finally:
            self.wall_s += time.perf_counter() - began

    def _chunk(self, n: int) -> None:
        start = int(self.state["t"])
        given = self._given_steps(start, n)
        self.state, self._room = self._advance(self._params, self.state, self._room, jnp.int32(n), given)
        ends_tick = int(self.state["k"]) == self.net.steps
        if ends_tick:
            self.state, ok = self._tick(self._params, self.state)
        self._keep_spikes(start, np.asarray(self._room["spikes"])[:n])
        records.collect(self._probes, self._room["probes"], start, start + n, self.dt)
        if ends_tick:
            self._check(ok)
            self._keep_taps()

    def _keep_spikes(self, start: int, room: np.ndarray) -> None:
        words = np.flatnonzero(np.ascontiguousarray(room).view(np.uint64).ravel())
        width = room.shape[1] // 8
        hits = np.flatnonzero(room.reshape(-1, 8)[words].ravel())
        word, bit = words[hits // 8], hits % 8
        step, ids = start + 1 + word // width, (word % width) * 8 + bit
        self._counts += np.bincount(ids, minlength=self.net.n)
        self._spikes.append(step.astype(np.int64), ids.astype(np.int32))

    def _keep_taps(self) -> None:
        ticks = int(self.state["t"]) // self.net.steps
        for tap in self._taps:
            if ticks % tap.every == 0:
                values = self.state["syn"][tap.array][tap.index]
                tap.store.append(np.array([self.time]), np.asarray(values)[None])

    def _check(self, ok: Mapping[str, Any]) -> None:
        for group, fine in ok.items():
            if not bool(fine):
                names = [s.name for s in self.net.spans.values() if s.group == group and not self._finite(s)] or [group]
                raise RunError(
                    f"{', '.join(names)}: state is not finite at {self.time:g} ms; look for weights that are too large, "
                    f"or a dt that is too long (now {self.dt:g} ms)"
                )

    def _finite(self, span: Any) -> bool:
        cells = self.state["cells"][span.group]
        return all(np.isfinite(np.asarray(v[span.local : span.local + span.n])).all() for v in cells.values())

    # ------------------------------------------------------------------ what the host sets

    def set_input(self, population: str, values: Any, name: str = "rate") -> None:
        """Set an input of a population: a number or one a cell (shape (n,)); "rate" (Hz) of sources, "current" (pA), ..."""
        self.cortex.population(population)
        span = self.net.spans[population]
        inputs = self.state["inputs"].get(span.group, {})
        if name not in inputs:
            raise DescriptionError(
                f"{population}.{name}: no such input; {nearest(name, inputs) if inputs else 'it takes none'}"
                + ("; list the population in Simulation(currents=[...])" if name == "current" else "")
            )
        array = np.asarray(values, np.float32)
        if array.shape not in ((), (span.n,)):
            raise DescriptionError(f"{population}.{name}: has the shape {array.shape}; a number or ({span.n},) is needed")
        if not np.isfinite(array).all() or (name == "rate" and (array < 0).any()):
            raise DescriptionError(
                f"{population}.{name}: holds a value that is not finite or is negative; finite numbers are needed"
            )
        fresh = inputs[name].at[span.local : span.local + span.n].set(array)
        self.state = self.state | dict(inputs=self.state["inputs"] | {span.group: inputs | {name: fresh}})

    def set_spikes(self, population: str, times: Any, ids: Any) -> None:
        """Give the spikes of a population of `SpikeTrain` or `Forced` cells: times (ms) and indices; replaces earlier ones."""
        self.cortex.population(population)
        span = self.net.spans[population]
        if "given" not in span.population.cell.inputs:
            raise DescriptionError(
                f"{population}: {type(span.population.cell).__name__} takes no spike times; use SpikeTrain or Forced"
            )
        at = np.round(np.asarray(times, np.float64) / self.dt).astype(np.int64)
        cells = np.broadcast_to(np.asarray(ids, np.int64), at.shape)
        if cells.size and (cells.min() < 0 or cells.max() >= span.n):
            raise DescriptionError(f"{population}: an index is outside 0 to {span.n - 1}")
        late = at <= int(self.state["t"])
        if late.any():
            raise DescriptionError(
                f"{population}: a spike at {np.asarray(times, float)[late].min():g} ms is not after now ({self.time:g} ms)"
            )
        order = np.argsort(at, kind="stable")
        self._given[population] = (at[order], cells[order])

    def _given_steps(self, start: int, n: int) -> dict[str, jax.Array]:
        """Which cells are made to fire at each step of a chunk, by group: uint8 (steps of a tick, cells)."""
        out = {}
        for g in self.net.cells:
            if "given" not in g.cell.inputs:
                continue
            grid = np.zeros((self.net.steps, g.n), np.uint8)
            for span in g.spans:
                if span.name in self._given:
                    at, cells = self._given[span.name]
                    a, b = np.searchsorted(at, [start + 1, start + n + 1])
                    grid[at[a:b] - start - 1, span.local + cells[a:b]] = 1
            out[g.name] = jnp.asarray(grid)
        return out

    def set_modulator(self, name: str, level: float) -> None:
        """Set a neuromodulator; 1 is the baseline."""
        if name not in self.state["modulators"]:
            raise DescriptionError(f"Simulation.modulator: {name!r} is not known; {nearest(name, self.state['modulators'])}")
        self.state = self.state | dict(modulators=self.state["modulators"] | {name: jnp.float32(units.parse(level, "1"))})

    @property
    def learning(self) -> bool:
        """Whether synapses change. Traces and running averages go on while they do not."""
        return bool(self.state["learning"] > 0)

    @learning.setter
    def learning(self, on: bool) -> None:
        self.state = self.state | dict(learning=jnp.float32(bool(on)))

    # ------------------------------------------------------------------ what the host reads

    @property
    def time(self) -> float:
        """Biological time (ms)."""
        return int(self.state["t"]) * self.dt

    def spikes(self, population: str) -> tuple[np.ndarray, np.ndarray]:
        """Spikes so far: times (ms, float64) and indices within the population (int32)."""
        at, cells = self._spikes.spikes(population)
        return at * self.dt, cells

    def rates(self) -> dict[str, float]:
        """Mean rate (Hz) of each population since the start."""
        return {name: float(self._counts[s.ids].mean()) / max(self.time, self.dt) * 1e3 for name, s in self.net.spans.items()}

    @property
    def counts(self) -> dict[str, int]:
        """Number of spikes of each population since the start."""
        return {name: int(self._counts[s.ids].sum()) for name, s in self.net.spans.items()}

    def spike_counts(self, population: str) -> np.ndarray:
        """Number of spikes of each cell since the start, int64 (n,); of all populations, recorded or not."""
        self.cortex.population(population)
        return self._counts[self.net.spans[population].ids].copy()

    def samples(self, target: str, variable: str) -> tuple[np.ndarray, np.ndarray]:
        """What a `Record` has gathered: times (ms, (n,)) and values ((n, size))."""
        every = {(p.record.target, p.record.variable): p.store for p in self._recorders()}
        if (target, variable) not in every:
            raise DescriptionError(
                f"Simulation.samples: {target} {variable} is not recorded; "
                f"{nearest(f'{target} {variable}', [' '.join(k) for k in every])}"
            )
        return every[(target, variable)].read()

    def weights(self, projection: str) -> Synapses:
        """The synapses of a projection as they are now, with everything pending taken in; the run is not disturbed."""
        if projection not in self.net.wired:
            raise DescriptionError(f"Simulation.weights: no projection {projection!r}; {nearest(projection, self.net.wired)}")
        w = self.net.wired[projection]
        now = self._current()
        pre, post = records.ends(self.net, w)
        slow = {name: np.array(now["slow"][at : at + w.m]) for name, at in w.slow.items()}
        return Synapses(pre, post, np.array(now["w"][w.first : w.first + w.m]), slow)

    def _current(self) -> Mapping[str, Any]:
        state = self.state if int(self.state["k"]) == 0 else self._peek(self._params, self.state)
        return state["syn"]

    def checksum(self) -> str:
        """A short text that two runs share exactly if all of their state and spikes are the same."""
        state = sums.checksum(jax.tree.map(np.asarray, self.state))
        return sums.checksum(
            dict(
                state=np.frombuffer(bytes.fromhex(state), np.uint8),
                spikes=np.frombuffer(bytes.fromhex(self._spikes.checksum()), np.uint8),
            )
        )

    # ------------------------------------------------------------------ checkpoints

    @property
    def model(self) -> str:
        """A hash of the description: cortex, stacks, dt, tick, seed."""
        parts = (self.cortex, sorted(self.stacks.items()), self.dt, self.net.steps, self.net.seed)
        return hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()

    def save(self, path: str | Path) -> None:
        """Write everything that the future depends on, and the recordings: `load` continues as if never stopped."""
        stores: dict[str, Any] = {"spikes": self._spikes.state()}
        for p in self._recorders():
            stores[f"{p.record.target}|{p.record.variable}"] = p.store.state()
        given = {name: dict(t=t, i=i) for name, (t, i) in self._given.items()}
        arrays = dict(state=jax.tree.map(np.asarray, self.state), stores=stores, given=given, counts=self._counts)
        header = dict(model=self.model, dt=self.dt, steps=self.net.steps, seed=self.net.seed, wall_s=self.wall_s)
        write_checkpoint(path, arrays, header)

    def load(self, path: str | Path) -> None:
        """Continue from a checkpoint of the same description.

        Raises
        ------
        DataError : the file is damaged, or of another description.
        """
        arrays, header = read_checkpoint(path, model=self.model)
        self.state = jax.tree.map(jnp.asarray, _like(self.state, arrays["state"]))
        self._spikes.restore(arrays["stores"]["spikes"])
        for p in self._recorders():
            p.store.restore(arrays["stores"][f"{p.record.target}|{p.record.variable}"])
        self._given = {name: (g["t"], g["i"]) for name, g in arrays.get("given", {}).items()}
        self._counts, self.wall_s = arrays["counts"], float(header["wall_s"])

    @classmethod
    def restore(
        cls, path: str | Path, cortex: Cortex | Area, sheet: HasStacks | Mapping[str, Stack] | None = None, **options: Any
    ) -> Simulation:
        """Build a simulation with the dt, tick and seed of a checkpoint and continue from it."""
        _, header = read_checkpoint(path)
        dt = float(header["dt"])
        sim = cls(cortex, sheet, dt=dt, tick=dt * int(header["steps"]), seed=int(header["seed"]), **options)
        sim.load(path)
        return sim

    def _recorders(self) -> list[records.Probe | records.Tap]:
        return [*self._probes, *self._taps]

    # ------------------------------------------------------------------ compiled programs

    def _programs(self) -> None:
        net, kernel = self.net, self._kernel

        def advance(params: Any, state: Any, room: Any, n: Any, given: Any) -> tuple[Any, Any]:
            start = state["t"]

            def body(i: Any, carry: tuple[Any, Any]) -> tuple[Any, Any]:
                state, room = carry
                now = {name: grid[i].astype(jnp.float32) for name, grid in given.items()}
                state, signals, spikes = steps.step(net, kernel, params, state, now)
                rows = jax.lax.dynamic_update_index_in_dim(room["spikes"], spikes, i, 0)
                probes = records.write(self._probes, room["probes"], state["t"], start, state["cells"], signals)
                return state, dict(spikes=rows, probes=probes)

            return jax.lax.fori_loop(0, n, body, (state, room))

        def tick(params: Any, state: Any) -> tuple[Any, Any]:
            state = steps.tick(net, kernel, params, state)
            return state, steps.finite(net, state)

        self._advance = jax.jit(advance, donate_argnums=(1, 2))
        self._tick = jax.jit(tick, donate_argnums=(1,))
        self._peek = jax.jit(partial(steps.settled, net, kernel))

    def _variables(self) -> dict[str, list[str]]:
        """What can be recorded of each group: state and signals."""
        given = {g.name: jnp.zeros(g.n) for g in self.net.cells if "given" in g.cell.inputs}
        arrived = jnp.zeros(max(self.net.ports, 1))
        shapes = jax.eval_shape(lambda p, s: steps.cells_step(self.net, p, s, arrived, given), self._params, self.state)
        return {g.name: sorted({*shapes[0][g.name], *shapes[1][g.name]} - {"spike"}) for g in self.net.cells}


def _stacks(cortex: Cortex, sheet: HasStacks | Mapping[str, Stack] | None) -> dict[str, Stack]:
    if sheet is None:
        return {}
    stacks = dict(sheet) if isinstance(sheet, Mapping) else dict(sheet.resolve(cortex))
    names = [p.name for p in cortex.all_projections()]
    for name in stacks:
        if name not in names:
            raise DescriptionError(f"Simulation.sheet: no projection {name!r}; {nearest(name, names)}")
    return stacks


def _with_currents(net: Any, state: dict[str, Any], currents: Sequence[str]) -> dict[str, Any]:
    for g in net.cells:
        if any(s.name in currents for s in g.spans):
            state["inputs"].setdefault(g.name, {})["current"] = jnp.zeros(g.n, jnp.float32)
    return state


def _like(tree: Any, found: Any) -> Any:
    """`found` in the shape of `tree`; branches that hold nothing are not in a file."""
    if isinstance(tree, Mapping):
        return {key: _like(value, found.get(key, {}) if isinstance(found, Mapping) else {}) for key, value in tree.items()}
    return found
