"""One arm: a simulation that is shown a schedule, and the counts of spikes that come of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

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

    def run(self, watch: Watch) -> bool:
        """Show what has not been shown yet. Returns False where `watch` stopped it."""
        if "start" not in {key.partition("|")[2] for key in self.weights} and self.done == 0:
            if not self._settle(watch):
                return False
            self.keep_weights("start")
        while self.done < len(self.schedule):
            self._present(self.done)
            self.done += 1
            if self.done == len(self.schedule) or self.schedule.phase[self.done] != self.schedule.phase[self.done - 1]:
                self.keep_weights(str(self.schedule.phase[self.done - 1]))
            if watch(self.sim, self.done):
                return self.done == len(self.schedule)
        return True

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
        """Write the simulation and what was counted, each file whole or not at all."""
        self.sim.save(folder / f"{slug(arm)}.checkpoint.npz")
        data: Mapping[str, Any] = {f"count|{k}": v[: self.done] for k, v in self.counts.items()}
        weights = {f"weight|{k}": v for k, v in self.weights.items()}
        with replacing(folder / f"{slug(arm)}.session.npz") as file:
            np.savez(file, **{"done": np.array(self.done)}, **data, **weights)  # type: ignore[arg-type]

    def discard(self, folder: Path, arm: str) -> None:
        """Remove what `save` wrote, once the arm is done."""
        for kind in ("checkpoint", "session"):
            (folder / f"{slug(arm)}.{kind}.npz").unlink(missing_ok=True)

    def load(self, folder: Path, arm: str) -> None:
        """Go on from `save`; without files, from the start."""
        path = folder / f"{slug(arm)}.session.npz"
        if not path.exists():
            return
        self.sim.load(folder / f"{slug(arm)}.checkpoint.npz")
        try:
            with np.load(path, allow_pickle=False) as file:
                self.done = int(file["done"])
                for key in file.files:
                    kind, _, name = key.partition("|")
                    if kind == "count":
                        self.counts[name][: self.done] = file[key]
                    elif kind == "weight":
                        self.weights[name] = file[key]
        except (OSError, ValueError, KeyError) as e:
            raise DataError(f"{path}: is damaged ({e}); delete it to begin this arm again") from None


def slug(arm: str) -> str:
    """An arm's name as part of a file name."""
    return arm.replace(":", "-")
