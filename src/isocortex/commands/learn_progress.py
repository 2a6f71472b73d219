"""The line that tells how far a comparison of learners is."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TextIO

from isocortex.progress import Progress, clock_text


class LearnProgress(Progress):
    """Share done and time to go, in samples; learners differ in speed, so the time goes by the mean since the beginning.

    Runs that were done before (`found`, in samples) count as done and say nothing of the speed.
    """

    def __init__(
        self,
        total: float,
        *,
        enabled: bool | None = None,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        super().__init__(total, enabled=enabled, stream=stream, clock=clock)
        self.doing = ""
        self.found = 0.0

    def line(self, done_ms: float, rates: Mapping[str, float] | None = None) -> str:
        """``  42 %  1,234/5,678 samples  ETA 00:12  seed 1, lda``."""
        left = None
        if self._first is not None:
            worked = self._marks[-1][1] - self._first[1] - self.found
            taken = self._marks[-1][0] - self._first[0]
            left = taken / worked * max(0.0, self.total_ms - done_ms) if worked > 0 else None
        share = min(1.0, done_ms / self.total_ms) if self.total_ms else 1.0
        text = f"{100 * share:3.0f} %  {done_ms:,.0f}/{self.total_ms:,.0f} samples  ETA {clock_text(left)}"
        return f"{text}  {self.doing}".rstrip()
