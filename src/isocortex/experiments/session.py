"""One arm: a simulation that is shown a schedule, and the counts of spikes that come of it."""

from __future__ import annotations

import dataclasses
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from isocortex.engine.simulation import Simulation
from isocortex.errors import DataError
from isocortex.experiments.schedule import LEARN, Schedule
from isocortex.results.atomic import replacing

Watch = Callable[[Simulation, int], bool]
"""Called after every presentation with its number; True stops the session there."""


@dataclasses.dataclass(frozen=True)
class Timing:
    """Times of a presentation (ms), and the relay's rate between images (Hz)."""

    shown: float
    pause: float
    rest: float


@dataclasses.dataclass(eq=False)
class Session:
    """Counts (presentations, cells) uint8 by excitatory population; weights by pathway and checkpoint; how far it came."""

    sim: Simulation
    schedule: Schedule
    rates: tuple[np.ndarray, np.ndarray]
    noise: np.ndarray
    timing: Timing
    counts: dict[str, np.ndarray]
    weights: dict[str, np.ndarray]
    done: int = 0
    spent: float = 0.0
    """Seconds of running so far, those before a stop among them."""

    @classmethod
    def start(
        cls, sim: Simulation, schedule: Schedule, rates: tuple[np.ndarray, np.ndarray], noise: np.ndarray, timing: Timing
    ) -> Session:
        """A session at its beginning.

        rates : for ON and OFF cells, (images, cells) in Hz. noise : what the area settles with, (2, patterns, cells) in Hz.
        """
        seen = [name for name, s in sim.net.spans.items() if s.population.excitatory]
        counts = {name: np.zeros((len(schedule), sim.net.spans[name].n), np.uint8) for name in seen}
        return cls(sim, schedule, rates, noise, timing, counts, {})

    def run(self, watch: Watch, keep: Callable[[], None] | None = None) -> bool:
        """Show what has not been shown yet; `keep` is called at the end of every phase. False where `watch` stopped it."""
        began, before = time.perf_counter(), self.spent
        watched = self._timed(watch, began, before)
        if self.done == 0 and not self.weights:
            if not self._settle(watched):
                return False
            self.keep_weights("start")
        phases, total = self.schedule.phase, len(self.schedule)
        while self.done < total:
            self._present(self.done)
            self.done += 1
            stopped = watched(self.sim, self.done)
            if self.done == total or phases[self.done] != phases[self.done - 1]:
                self.keep_weights(str(phases[self.done - 1]))
                if keep is not None:
                    keep()
            if stopped:
                return self.done == total
        return True

    def _timed(self, watch: Watch, began: float, before: float) -> Watch:
        """`watch`, and the time that has passed written down before it."""

        def watched(sim: Simulation, number: int) -> bool:
            self.spent = before + time.perf_counter() - began
            return watch(sim, number)

        return watched

    def _settle(self, watch: Watch) -> bool:
        """Patterns without structure, while everything learns, until the balance of the cells has settled."""
        each = self.timing.shown + self.timing.pause
        for pattern in range(round(self.sim.time / each), self.noise.shape[1]):
            self._show(self.noise[0, pattern], self.noise[1, pattern])
            self._rest()
            if watch(self.sim, 0):
                return False
        return True

    def _show(self, on: np.ndarray, off: np.ndarray) -> None:
        self.sim.set_input("LGN.on", on)
        self.sim.set_input("LGN.off", off)
        self.sim.run(self.timing.shown)

    def _present(self, number: int) -> None:
        image = self.schedule.image[number]
        learning = bool(self.schedule.kind[number] == LEARN)
        if learning != self.sim.learning:
            self.sim.learning = learning
        before = {name: self.sim.spike_counts(name) for name in self.counts}
        self._show(self.rates[0][image], self.rates[1][image])
        for name, count in self.counts.items():
            count[number] = np.minimum(self.sim.spike_counts(name) - before[name], 255)
        self._rest()

    def _rest(self) -> None:
        for channel in ("LGN.on", "LGN.off"):
            self.sim.set_input(channel, self.timing.rest)
        self.sim.run(self.timing.pause)

    def keep_weights(self, when: str) -> None:
        """Keep the plastic weights as fractions of their projection's reference, (synapses,) float32."""
        for name, w in self.sim.net.wired.items():
            if w.stack.plastic and w.m:
                self.weights[f"{name}|{when}"] = self.sim.weights(name).w / np.float32(w.projection.weight)

    def save(self, folder: Path, arm: str) -> None:
        """Write the simulation and what was counted.

        The second file names the first and takes its place at once; until then the former two stand. So a full disk or the
        end of the process leaves two files that belong together.
        """
        checkpoint = folder / f"{slug(arm)}.{round(self.sim.time)}.checkpoint.npz"
        self.sim.save(checkpoint)
        head = dict(done=np.array(self.done), spent=np.array(self.spent), checkpoint=np.array(checkpoint.name))
        data: Mapping[str, Any] = {f"count|{k}": v[: self.done] for k, v in self.counts.items()}
        weights = {f"weight|{k}": v for k, v in self.weights.items()}
        with replacing(_counted(folder, arm), "what was saved of this arm before, if anything") as file:
            np.savez(file, **head, **data, **weights)  # type: ignore[arg-type]
        for former in _checkpoints(folder, arm):
            if former != checkpoint:
                former.unlink(missing_ok=True)

    def load(self, folder: Path, arm: str) -> None:
        """Go on from `save`; without files, from the start.

        Raises
        ------
        DataError : a file is damaged, or does not fit this arm.
        """
        path = _counted(folder, arm)
        if not path.exists():
            return
        try:
            with np.load(path, allow_pickle=False) as file:
                kept = {key: file[key] for key in file.files}
            done, checkpoint = int(kept["done"]), folder / Path(str(kept["checkpoint"])).name
            counts = {k: kept[f"count|{k}"] for k in self.counts}
            if any(v.shape != (done, self.counts[k].shape[1]) for k, v in counts.items()) or done > len(self.schedule):
                raise ValueError("its counts are not of this schedule")
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as e:
            raise DataError(f"{path}: is damaged ({e}); delete it to begin this arm again") from None
        self.sim.load(checkpoint)
        for name, count in counts.items():
            self.counts[name][:done] = count
        self.weights = {key.partition("|")[2]: v for key, v in kept.items() if key.startswith("weight|")}
        self.done, self.spent = done, float(kept["spent"])


def discard(folder: Path, arm: str) -> None:
    """Remove what `Session.save` wrote, once the whole run is done."""
    for path in (_counted(folder, arm), *_checkpoints(folder, arm)):
        path.unlink(missing_ok=True)


def _counted(folder: Path, arm: str) -> Path:
    return folder / f"{slug(arm)}.session.npz"


def _checkpoints(folder: Path, arm: str) -> list[Path]:
    return sorted(folder.glob(f"{slug(arm)}.*.checkpoint.npz"))


def slug(arm: str) -> str:
    """An arm's name as part of a file name; of a selector it has characters that not every disk takes."""
    return quote(arm.replace(":", "-", 1), safe="=,")
