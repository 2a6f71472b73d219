"""The progress line of a run, on standard error."""

from __future__ import annotations

import time
from collections.abc import Mapping

from rich.console import Console
from rich.live import Live
from rich.text import Text


class ProgressLine:
    """Draws done, biological time, real-time factor, time left and rates by layer, a few times a second.

    On a terminal one line is redrawn; elsewhere a line is written every `every` seconds.
    """

    def __init__(self, console: Console, every: float = 10.0) -> None:
        self.console = console
        self.started = time.perf_counter()
        self.terminal = console.is_terminal
        self.every = 0.2 if self.terminal else every
        self.last = self.started
        self.live = Live(console=console, auto_refresh=False, transient=True) if self.terminal else None

    def __enter__(self) -> ProgressLine:
        if self.live is not None:
            self.live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.live is not None:
            self.live.stop()

    def __call__(
        self, done: float, total: float, *, label: str = "", bio_s: float = 0.0, rates: Mapping[str, float] | None = None
    ) -> None:
        now = time.perf_counter()
        if now - self.last < self.every:
            return
        self.last = now
        line = progress_text(done, total, now - self.started, label, bio_s, rates or {})
        if self.live is not None:
            self.live.update(Text(line, no_wrap=True, overflow="ellipsis"), refresh=True)
        else:
            self.console.print(line, markup=False, soft_wrap=True)


def progress_text(done: float, total: float, wall_s: float, label: str, bio_s: float, rates: Mapping[str, float]) -> str:
    """One line: share done, label, biological time, real-time factor (wall over biological time), time left, rates."""
    share = min(max(done / total, 0.0), 1.0) if total > 0 else 0.0
    parts = [f"{share:6.1%}", *([label] if label else []), f"{bio_s:.1f} s biological"]
    if bio_s > 0:
        parts.append(f"rtf {wall_s / bio_s:.2f}")
    if share > 0:
        parts.append(f"{clock(wall_s * (1 - share) / share)} left")
    if rates:
        parts.append(" ".join(f"{layer} {rate:.1f}" for layer, rate in rates.items()) + " Hz")
    return "  ".join(parts)


def clock(seconds: float) -> str:
    """Seconds as m:ss or h:mm:ss."""
    minutes, s = divmod(round(seconds), 60)
    hours, m = divmod(minutes, 60)
    return f"{hours}:{m:02d}:{s:02d}" if hours else f"{m}:{s:02d}"
