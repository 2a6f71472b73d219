"""A running network: `Simulation`."""

from __future__ import annotations

import dataclasses
import hashlib
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from isocortex import units
from isocortex.anatomy.circuit import Area, Cortex, as_cortex
from isocortex.checks import is_whole
from isocortex.engine import caches, inputs
from isocortex.engine import record as records
from isocortex.engine import step as steps
from isocortex.engine.contract import check_rules, check_slow_parts, warn_of_what_misleads
from isocortex.engine.kernel.compiled import Compiled
from isocortex.engine.kernel.twin import Twin
from isocortex.engine.layout import Wired, build
from isocortex.engine.program import Program, recordable, room_for, spikes_in
from isocortex.engine.record import Record
from isocortex.engine.restored import folder_of, restored_state
from isocortex.engine.stacks import HasStacks, heard, stacks_of
from isocortex.errors import DataError, DescriptionError, RunError, nearest
from isocortex.plasticity.stack import Stack
from isocortex.progress import Progress, graceful_interrupt
from isocortex.results import checksum as sums
from isocortex.results.checkpoint import read_checkpoint, write_checkpoint
from isocortex.results.folder import MANIFEST, RunFolder
from isocortex.results.log import Logs, MemoryLog
from isocortex.results.manifest import manifest
from isocortex.results.spikes import Cells, SpikeStore

LAST_STEP = 2**31 - 2**20
TOLD = 12
"""Of so many populations at most the progress line tells the rates."""
KERNELS = {"numba": Compiled, "jax": Twin}


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
    sheet : how it changes: a `Sheet`, the name or file of one, a mapping from projection names to stacks, or None (nothing
        is plastic).
    dt : step (ms). tick : slow clock (ms); by default the longest of 100, 80, ... within 7 of the shortest trace constant.
    seed : of everything random. The same seed gives the same run, however it is cut into pieces.
    kernel : "numba", or "jax", its slow twin.
    record : what to record besides spikes. spikes : the populations whose spikes are kept; by default all.
    currents : where ``set_input(place, pA, "current")`` injects: a population (into the soma), or a compartment of its cells,
        such as ``V1.L5E:apical``.
    out : a new folder for the recordings, which are then kept on disk and not in memory; or a `RunFolder` to go on with.
    """

    def __init__(
        self,
        cortex: Cortex | Area,
        sheet: HasStacks | Mapping[str, Stack] | str | Path | None = None,
        *,
        dt: float | str = 0.1,
        tick: float | str | None = None,
        seed: int = 0,
        kernel: str = "numba",
        record: Sequence[Record] = (),
        spikes: Sequence[str] | None = None,
        currents: Sequence[str] = (),
        out: str | Path | RunFolder | None = None,
    ) -> None:
        if kernel not in KERNELS:
            raise DescriptionError(f"Simulation.kernel: {kernel!r} is not known; {nearest(kernel, KERNELS)}")
        caches.enable()
        self.cortex = as_cortex(cortex, "Simulation.cortex")
        self.dt = units.finite(dt, "ms", "Simulation.dt:")
        if not self.dt > 0:
            raise DescriptionError(f"Simulation.dt: is {self.dt:g} ms; must be more than 0 ms")
        self.stacks = stacks_of(self.cortex, sheet)
        currents = (currents,) if isinstance(currents, str) else currents
        spikes = (spikes,) if isinstance(spikes, str) else spikes
        record = (record,) if isinstance(record, Record) else record
        for name in spikes or ():
            self.cortex.population(name)
        for place in currents:
            inputs.injected(self.cortex, place)
        clock = None if tick is None else units.finite(tick, "ms", "Simulation.tick:")
        self.net, synapses = build(self.cortex, self.stacks, dt=self.dt, tick=clock, seed=_seed(seed))
        kernels = KERNELS[kernel](self.net.tables)
        self._params = steps.parameters(self.net)
        self._currents = sorted({*currents})
        self.state = inputs.with_currents(self.net, steps.initial_state(self.net, synapses), currents)
        check_rules(self.net, self._params["rules"], self.state["rules"])
        check_slow_parts(self.net)
        warn_of_what_misleads(self.net)
        self.state = jax.jit(partial(steps.with_past, self.net))(self._params, self.state)
        self._given: inputs.Given = {}
        self._joint: inputs.Given | None = None  # the same by group; None: not up to date
        self.folder = self._opened(out)
        logs: Logs = MemoryLog if self.folder is None else self.folder.log
        self._probes, self._taps = records.resolve(self.net, record, recordable(self.net, self._params, self.state), logs)
        self._program = Program(self.net, kernels, self._probes)
        self._room = room_for(self.net, self._probes)
        kept = [self.net.spans[n] for n in (spikes if spikes is not None else self.net.spans)]
        cells = [Cells(s.name, s.first, s.n, s.population.layer, s.population.cell_class) for s in kept]
        self._spikes = SpikeStore(cells, self.dt, logs)
        self.wall_s = 0.0
        self._counts = np.zeros(self.net.n, np.int64)

    def _opened(self, out: str | Path | RunFolder | None) -> RunFolder | None:
        if out is None or isinstance(out, RunFolder):
            return out
        config = dict(cortex=self.cortex.name, dt=self.dt, tick=self.dt * self.net.steps, cells=self.net.n)
        return RunFolder.create(out, manifest(seed=self.net.seed, config=config, model=self.model))

    # ------------------------------------------------------------------ running

    def run(
        self, duration: float | str, *, progress: bool = False, on_tick: Callable[[Simulation], bool | None] | None = None
    ) -> None:
        """Advance by `duration` (ms or text such as "2 s"), rounded to whole steps.

        With `progress`, a line on standard error. `on_tick(simulation)` is called after every tick; when it returns True the
        run stops there. Ctrl-C stops between two ticks; with an `out` folder a checkpoint is left there.

        Raises
        ------
        RunError : the state or weights are no longer finite (names the population, the projection and the time).
        KeyboardInterrupt : after Ctrl-C.
        """
        if on_tick is not None and not callable(on_tick):
            raise DescriptionError(f"Simulation.run: on_tick is {on_tick!r}; a function of the simulation is needed")
        number = units.finite(duration, "ms", "Simulation.run: duration")
        if not number >= 0:
            raise DescriptionError(f"Simulation.run: duration is {number:g} ms; must be at least 0 ms")
        left = round(number / self.dt)
        if int(self.state["t"]) + left > LAST_STEP:
            raise DescriptionError(f"Simulation.run: {number:g} ms leads beyond step {LAST_STEP}; take a larger dt")
        began, title = time.perf_counter(), self.cortex.name
        with graceful_interrupt() as asked, Progress(left * self.dt, title=title, enabled=progress) as shown:
            try:
                total = left
                while left > 0 and not asked:
                    n = min(left, self.net.steps - int(self.state["k"]))
                    self._chunk(n)
                    left -= n
                    if progress:
                        shown.update((total - left) * self.dt, self._told_rates())
                    if int(self.state["k"]) == 0 and on_tick is not None and on_tick(self):
                        break
                if not self._weights_finite():
                    raise self._broken([])
            finally:
                self.wall_s += time.perf_counter() - began
                self._written("interrupted" if asked else "running")
        if asked:
            raise KeyboardInterrupt(f"stopped at {self.time:g} ms")

    def _told_rates(self) -> dict[str, float]:
        """What the progress line shows: the excitatory cells of each layer; without layers, every population; of many, none."""
        rates, spans = self.rates(), self.net.spans.values()
        layered = [s for s in spans if s.population.layer and s.population.excitatory] or list(spans)
        if len(layered) > TOLD:
            return {}
        many = len({s.name.partition(".")[0] for s in layered}) > 1
        return {s.name if many else s.name.partition(".")[2]: rates[s.name] for s in layered}

    def _written(self, status: str) -> None:
        """Bring the run folder up to date."""
        if self.folder is not None:
            if status == "interrupted":
                self.save(self.folder.checkpoint)
            self.folder.flush()
            wall = round(self.wall_s, 3)
            self.folder.update(status=status, bio_ms=self.time, wall_s=wall, real_time_factor=self.real_time_factor)

    def finish(self) -> None:
        """Say in the run folder that this run is complete, with its checksum."""
        if self.folder is not None:
            self.folder.finish("finished", bio_ms=self.time, real_time_factor=self.real_time_factor, checksum=self.checksum())

    @property
    def real_time_factor(self) -> float:
        """Seconds of running per biological second so far, compiling included."""
        return round(self.wall_s / max(self.time * 1e-3, 1e-9), 4)

    def _chunk(self, n: int) -> None:
        start = int(self.state["t"])
        if self._joint is None:
            self._joint = inputs.joined(self.net, self._given)
        given = inputs.given_grids(self.net, self._joint, start, n)
        self.state, self._room = self._program.advance(self._params, self.state, self._room, jnp.int32(n), given)
        ends_tick = int(self.state["k"]) == self.net.steps
        if ends_tick:
            self.state, fine = self._program.tick(self._params, self.state)
        at, ids = spikes_in(np.asarray(self._room["spikes"])[:n], start)
        self._counts += np.bincount(ids, minlength=self.net.n)
        self._spikes.append(at, ids)
        records.collect(self._probes, self._room["probes"], start, start + n, self.dt)
        if ends_tick:
            self._check(fine)
            self._keep_taps()

    def _keep_taps(self) -> None:
        ticks = int(self.state["t"]) // self.net.steps
        for tap in self._taps:
            if ticks % tap.every == 0:
                values = self.state["syn"][tap.array][tap.index]
                tap.store.append(np.array([self.time]), np.asarray(values)[None])

    def _check(self, fine: Mapping[str, Any]) -> None:
        """Stop where cells are no longer finite. fine : by cell group, whether its state is."""
        groups = [g for g, ok in fine.items() if not bool(ok)]
        if groups:
            raise self._broken(groups)

    def _broken(self, groups: Sequence[str]) -> RunError:
        """The error that names the cells of these groups, and the projections, which are no longer finite."""
        cells = [s.name for s in self.net.spans.values() if s.group in groups and not self._finite(s)] or groups
        weights = [] if self._weights_finite() else self._broken_weights()
        what = [f"{', '.join(cells)}: state"] if cells else []
        what += [f"{', '.join(weights)}: weights"] if weights else []
        cause = "look for a rule that gives values which are not finite, " if weights else "look for "
        return RunError(
            f"{'; '.join(what)} {'is' if what[-1].endswith('state') else 'are'} not finite at {self.time:g} ms; {cause}"
            f"weights that are too large, or a dt that is too long (now {self.dt:g} ms)"
        )

    def _weights_finite(self) -> bool:
        """Whether the weights are finite: asked once a run, since it reads them all. A sum is finite when its terms are."""
        return all(np.isfinite(np.asarray(self.state["syn"][name]).sum()) for name in ("w", "sums"))

    def _broken_weights(self) -> list[str]:
        """The projections whose weights are not finite, with everything pending taken in."""
        w = np.asarray(self._current()["w"])
        return [name for name, p in self.net.wired.items() if not np.isfinite(w[p.first : p.first + p.m]).all()]

    def _finite(self, span: Any) -> bool:
        cells = self.state["cells"][span.group]
        return all(np.isfinite(np.asarray(v[span.local : span.local + span.n])).all() for v in cells.values())

    # ------------------------------------------------------------------ what the host sets

    def set_input(self, population: str, values: Any, name: str = "rate") -> None:
        """Set an input of a population: a number or one a cell (shape (n,)); "rate" (Hz) of sources, "current" (pA), ...

        A current goes into the soma, or where the population is given with a compartment into that (``V1.L5E:apical``).
        """
        self.state = inputs.with_input(self.net, self.state, population, values, name)

    def set_spikes(self, population: str, times: Any, ids: Any) -> None:
        """Give the spikes of a population of `SpikeTrain` or `Forced` cells: times (ms) and indices; replaces earlier ones."""
        self.cortex.population(population)
        span, now = self.net.spans[population], int(self.state["t"])
        self._given[population] = inputs.checked_spikes(span, times, ids, self.dt, now)
        self._joint = None

    def set_modulator(self, name: str, level: float, area: str | None = None) -> None:
        """Set a neuromodulator, from now on, in an area or in all; 1 is the baseline.

        It acts on synapses onto the cells of the area. Gates follow it at every step, slow parts its mean over each tick.
        Where nothing in the sheet listens to it a warning says so.
        """
        self.state = inputs.with_modulator(self.net, self.state, name, level, area)
        if level != 1 and name not in heard(self.stacks):
            warnings.warn(f"Simulation.set_modulator: no part of the sheet listens to {name}; a Gate or an Eligibility would",
                          UserWarning, stacklevel=2)  # fmt: skip

    @property
    def learning(self) -> bool:
        """Whether synapses change. Traces, running averages and eligibility go on while they do not; other slow parts wait."""
        return bool(self.state["learning"] > 0)

    @learning.setter
    def learning(self, on: bool) -> None:
        if not isinstance(on, bool | np.bool_ | int) or on not in (0, 1):
            raise DescriptionError(f"Simulation.learning: is {on!r}; True or False is needed")
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
        """The synapses of a projection as they are now, with everything pending taken in; the run is not disturbed.

        Slow variables are as the last tick left them, with what was induced since.
        """
        w = self._wired(projection, "weights")
        now = self._current()
        pre, post = records.ends(self.net, w)
        slow = {name: np.array(now["slow"][at : at + w.m]) for name, at in w.slow.items()}
        return Synapses(pre, post, np.array(now["w"][w.first : w.first + w.m]), slow)

    def rule_state(self, projection: str) -> dict[str, dict[str, np.ndarray]]:
        """What the rules of a projection know of its target cells, by name of rule and variable, such as BCM's ``theta``.

        Arrays of shape (n,) or (n, ...), n cells of the target population. A rule that stands twice has a second name.
        """
        return records.rule_state(self.net, self.state["rules"], self._wired(projection, "rule_state"))

    @property
    def modulators(self) -> dict[str, dict[str, float]]:
        """The neuromodulators as they are now, in every area; 1 is the baseline."""
        levels = self.state["modulators"].items()
        return {name: dict(zip(self.net.areas, map(float, of), strict=True)) for name, of in levels}

    def _wired(self, projection: str, asked: str) -> Wired:
        if projection not in self.net.wired:
            raise DescriptionError(f"Simulation.{asked}: no projection {projection!r}; {nearest(projection, self.net.wired)}")
        return self.net.wired[projection]

    def _current(self) -> Mapping[str, Any]:
        state = self.state if int(self.state["k"]) == 0 else self._program.peek(self._params, self.state)
        return state["syn"]

    def results(self) -> xr.DataTree:
        """All recordings as an xarray tree: ``spikes/POPULATION`` and ``samples/TARGET/VARIABLE``."""
        nodes = {f"spikes/{c.name}": self._spikes.dataset(c.name) for c in self._spikes.cells}
        nodes |= {f"samples/{p.record.target}/{p.record.variable}": p.store.dataset() for p in self._recorders()}
        return xr.DataTree.from_dict(nodes)

    def checksum(self) -> str:
        """A short text that two runs share exactly if all of their state and spikes are the same."""
        # a dose of nothing is left out, and a level that all areas share is one number: such a state is what it is without them
        kept = {k: v for k, v in self.state.items() if k != "dose" or any(np.any(d) for d in v.values())}
        kept |= {k: {name: _alike(v) for name, v in kept[k].items()} for k in ("modulators", "dose") if k in kept}
        state = sums.checksum(jax.tree.map(np.asarray, kept))
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
        self._spikes.flush()
        for p in self._recorders():
            p.store.flush()
        stores: dict[str, Any] = {"spikes": self._spikes.state()}
        for p in self._recorders():
            stores[f"{p.record.target}|{p.record.variable}"] = p.store.state()
        given = {name: dict(t=t, i=i) for name, (t, i) in self._given.items()}
        arrays = dict(state=jax.tree.map(np.asarray, self.state), stores=stores, given=given, counts=self._counts)
        header = dict(model=self.model, dt=self.dt, steps=self.net.steps, seed=self.net.seed, wall_s=self.wall_s,
                      currents=self._currents, records=self._asked())  # fmt: skip
        write_checkpoint(path, arrays, header)

    def load(self, path: str | Path) -> None:
        """Continue from a checkpoint of the same description, with the same currents and recordings.

        Raises
        ------
        DataError : the file is damaged, or of another description.
        """
        arrays, header = read_checkpoint(path, model=self.model)
        if (currents := header.get("currents", self._currents)) != self._currents:
            raise DataError(f"{path}: was written with currents={currents!r}; here they are {self._currents!r}")
        recorded = {f"{p.record.target}|{p.record.variable}" for p in self._recorders()}
        missing = recorded - set(arrays.get("stores", {}))
        if missing:
            names = ", ".join(sorted(missing)).replace("|", " ")
            raise DataError(f"{path}: was written without the recordings of {names}; record what it did")
        for name, mine in self._asked().items():
            if (theirs := header.get("records", {}).get(name, mine)) != mine:
                raise DataError(f"{path}: recorded {name.replace('|', ' ')} with every, sample = {theirs!r}; here {mine!r}")
        self.state = jax.tree.map(jnp.asarray, restored_state(self.state, arrays["state"], len(self.net.areas)))
        self._spikes.restore(arrays["stores"]["spikes"])
        for p in self._recorders():
            p.store.restore(arrays["stores"][f"{p.record.target}|{p.record.variable}"])
        self._given = {name: (g["t"], g["i"]) for name, g in arrays.get("given", {}).items()}
        self._joint = None
        self._counts, self.wall_s = arrays["counts"], float(header["wall_s"])

    @classmethod
    def restore(
        cls,
        path: str | Path,
        cortex: Cortex | Area,
        sheet: HasStacks | Mapping[str, Stack] | str | Path | None = None,
        **options: Any,
    ) -> Simulation:
        """Build a simulation with the dt, tick, seed and currents of a checkpoint and continue from it.

        options : others of `Simulation`, such as `record`. out : the folder of the run that the checkpoint was written in,
            where its recordings are and are gone on with; or a new one, where none were kept in a folder.
        """
        arrays, header = read_checkpoint(path)
        dt = float(header["dt"])
        own: dict[str, Any] = dict(dt=dt, tick=dt * int(header["steps"]), seed=int(header["seed"]))
        for name in own:
            if name in options:
                raise DescriptionError(f"Simulation.restore: {name} is that of the checkpoint; leave it out")
        out = options.get("out")
        if isinstance(out, str | Path) and (Path(out) / MANIFEST).exists():
            options = options | dict(out=folder_of(path, out, arrays.get("stores", {}), header))
        sim = cls(cortex, sheet, **own, **dict(currents=header.get("currents", ())) | options)
        sim.load(path)
        return sim

    def _recorders(self) -> list[records.Probe | records.Tap]:
        return [*self._probes, *self._taps]

    def _asked(self) -> dict[str, list[Any]]:
        """How often, and of how many, each recording is taken."""
        each = [p.record for p in self._recorders()]
        return {f"{r.target}|{r.variable}": [r.every, r.sample] for r in each}


def _seed(seed: Any) -> int:
    if not is_whole(seed, 0):
        raise DescriptionError(f"Simulation.seed: is {seed!r}; a whole number of at least 0 is needed")
    return int(seed)


def _alike(values: Any) -> Any:
    """One number where all are the same."""
    array = np.asarray(values)
    return array[0] if array.size and (array == array[0]).all() else array
