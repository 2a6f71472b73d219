"""Whoever is shown stimuli: what protocols ask of it, and a stand-in that only counts the time."""

from __future__ import annotations

import abc

import numpy as np

STIMULI, CONTEXTS = ("A", "B"), ("C", "D")
"""Sources: the stimuli reach the basal dendrites of L2/3 and L5, the contexts the apical ones of L5, as feedback does."""
RATE = 30.0
"""Of a source while it is shown (Hz)."""
CELLS = {"L23E": 40, "L23PV": 10, "L5E": 40, "L5PV": 10, "L5SST": 10}
"""Cells of a column, by population."""
GAP = 100.0
"""Before every look at a response (ms)."""


class Subject(abc.ABC):
    """Columns that are shown stimuli and contexts, and asked how they respond."""

    @abc.abstractmethod
    def show(self, sources: str, ms: float) -> None:
        """Show what is named, such as ``"AC"``, for so long (ms); nothing where the text is empty."""

    @abc.abstractmethod
    def counts(self, population: str) -> np.ndarray:
        """Spikes of each cell since the start, (columns, cells)."""

    @abc.abstractmethod
    def modulator(self, name: str, level: float) -> None:
        """Set a neuromodulator in all columns, from now on; 1 is the baseline."""

    @abc.abstractmethod
    def excite(self, pA: float) -> None:
        """Put a current into the somata of all excitatory cells, from now on."""

    @abc.abstractmethod
    def learns(self, on: bool) -> None:
        """Whether synapses change, from now on."""

    def responses(self, population: str, *stimuli: str, times: int, ms: float = 500.0) -> list[np.ndarray]:
        """Rate (Hz) of each cell while each of the stimuli is shown, (columns, cells); nothing is learned meanwhile."""
        self.learns(False)
        found = []
        for stimulus in stimuli:
            spikes: np.ndarray | float = 0.0
            for _ in range(times):
                self.show("", GAP)
                before = self.counts(population)
                self.show(stimulus, ms)
                spikes = spikes + self.counts(population) - before
            found.append(np.asarray(spikes) / (ms * times) * 1e3)
        self.learns(True)
        return found


class Clock(Subject):
    """A silent column that adds up for how long it was shown something (ms)."""

    def __init__(self) -> None:
        self.ms = 0.0

    def show(self, sources: str, ms: float) -> None:
        self.ms += ms

    def counts(self, population: str) -> np.ndarray:
        return np.zeros((1, CELLS[population]))

    def modulator(self, name: str, level: float) -> None:
        pass

    def excite(self, pA: float) -> None:
        pass

    def learns(self, on: bool) -> None:
        pass
