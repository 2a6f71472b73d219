"""The line that tells how far a comparison of learners is."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TextIO

from isocortex.progress import Progress, clock_text


class LearnProgress(Progress):
    """Share done and time to go, in samples; learners differ in speed, so the time goes by the mean since the beginning."""

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

    def line(self, done_ms: float, rates: Mapping[str, float] | None = None) -> str:
        """``  42 %  1,234/5,678 samples  ETA 00:12  seed 1, lda``."""
        speed = self.real_time_factor
        left = None if speed is None else speed * max(0.0, self.total_ms - done_ms) / 1e3
        share = min(1.0, done_ms / self.total_ms) if self.total_ms else 1.0
        text = f"{100 * share:3.0f} %  {done_ms:,.0f}/{self.total_ms:,.0f} samples  ETA {clock_text(left)}"
        return f"{text}  {self.doing}".rstrip()
