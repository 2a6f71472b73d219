"""What the terminal shows of a run, and what Ctrl-C does to it."""

from __future__ import annotations

import collections
import contextlib
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self, TextIO

_RECENT = 10.0  # s: the speed that the ETA goes by
_REDRAW = 0.1  # s


class Progress:
    """Progress of a run: share done, biological time, real-time factor, ETA, rates by layer.

    On a terminal it is one live line, otherwise a line for every tenth of the run.

    Parameters
    ----------
    total_ms : biological time to run (ms).
    title : first word of the line, such as the area.
    enabled : False for silence; None and True show it.
    stream : where to (standard error).
    clock : seconds, for tests.

    The speed is measured between updates, and the first update only starts the clock; so what passes before it, such as
    compiling, does not count. Call `update` with the time already done before the first tick if compiling is over by then.
    """

    def __init__(
        self,
        total_ms: float,
        *,
        title: str = "",
        enabled: bool | None = None,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.total_ms = float(total_ms)
        self.title = title
        self._enabled = enabled is not False
        self._stream = sys.stderr if stream is None else stream
        self._clock = clock
        self._first: tuple[float, float] | None = None
        self._marks: collections.deque[tuple[float, float]] = collections.deque()
        self._paused = 0.0
        self._tenths = 0
        self._drawn = float("-inf")
        self._line = ""
        self._live: Any = None

    def __enter__(self) -> Self:
        if self._enabled and self._stream.isatty():
            # not above: rich is only needed where there is a terminal
            from rich.console import Console  # noqa: PLC0415
            from rich.live import Live  # noqa: PLC0415

            self._live = Live(console=Console(file=self._stream), auto_refresh=False)
            self._live.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._live is not None:
            self._draw()
            self._live.stop()
            self._live = None

    def update(self, done_ms: float, rates: Mapping[str, float] | None = None) -> None:
        """Say how far the run is.

        Parameters
        ----------
        done_ms : biological time done (ms), of `total_ms`.
        rates : mean rate (Hz) by layer or population, shown in this order.
        """
        now = self._clock() - self._paused
        if self._first is None:
            self._first = (now, done_ms)
            self._tenths = int(10 * self._share(done_ms))
        self._marks.append((now, done_ms))
        while len(self._marks) > 2 and now - self._marks[1][0] >= _RECENT:
            self._marks.popleft()
        if not self._enabled:
            return
        tenths, finished = int(10 * self._share(done_ms) + 1e-9), done_ms >= self.total_ms
        if self._live is not None:
            if now - self._drawn >= _REDRAW or finished:
                self._line, self._drawn = self.line(done_ms, rates), now
                self._draw()
        elif tenths > self._tenths:
            self._tenths = tenths
            print(self.line(done_ms, rates), file=self._stream, flush=True)

    def say(self, text: str) -> None:
        """Print a line of its own above the progress, also where that is silent."""
        if self._live is not None:
            self._live.console.print(text, markup=False, highlight=False)
        else:
            print(text, file=self._stream, flush=True)

    @contextlib.contextmanager
    def excluded(self) -> Iterator[None]:
        """Leave what happens inside out of the speed (compiling again, writing a checkpoint)."""
        started = self._clock()
        try:
            yield
        finally:
            self._paused += self._clock() - started

    @property
    def real_time_factor(self) -> float | None:
        """Seconds of computing per biological second since the first update; None as long as it is not known."""
        return None if self._first is None else _factor(self._first, self._marks[-1])

    @property
    def eta_s(self) -> float | None:
        """Seconds to go at the recent speed; None as long as it is not known."""
        if not self._marks:
            return None
        left = max(0.0, self.total_ms - self._marks[-1][1])
        factor = _factor(self._marks[0], self._marks[-1])
        return 0.0 if not left else None if factor is None else factor * left / 1e3

    def line(self, done_ms: float, rates: Mapping[str, float] | None = None) -> str:
        """The text for one point: ``V1  42 %  4.2/10 s bio  RTF 0.31  ETA 00:02  L23E 1.2 L4E 4.4 Hz``."""
        factor = _factor(self._marks[0], self._marks[-1]) if self._marks else None
        parts = [self.title] if self.title else []
        parts.append(f"{100 * self._share(done_ms):3.0f} %")
        parts.append(f"{done_ms / 1e3:.4g}/{self.total_ms / 1e3:.4g} s bio")
        parts.append("RTF --" if factor is None else f"RTF {factor:.3g}")
        parts.append(f"ETA {clock_text(self.eta_s)}")
        if rates:
            parts.append(" ".join(f"{name} {rate:.1f}" for name, rate in rates.items()) + " Hz")
        return "  ".join(parts)

    def _share(self, done_ms: float) -> float:
        return min(1.0, done_ms / self.total_ms) if self.total_ms > 0 else 1.0

    def _draw(self) -> None:
        from rich.text import Text  # noqa: PLC0415

        self._live.update(Text(self._line, no_wrap=True, overflow="ellipsis"), refresh=True)


class Interrupt:
    """Whether the user has asked to stop."""

    def __init__(self) -> None:
        self.requested = False

    def __bool__(self) -> bool:
        return self.requested


@contextlib.contextmanager
def graceful_interrupt(on_first: Callable[[], None] | None = None) -> Iterator[Interrupt]:
    """Turn the first Ctrl-C into a flag, to be looked at between ticks; the second raises KeyboardInterrupt at once.

    Outside the main thread, and where the process was started to ignore the signal (``nohup``), nothing is changed and the
    flag stays down.

    Parameters
    ----------
    on_first : called inside the signal handler at the first one; it must be short.
    """
    flag = Interrupt()

    def handler(number: int, frame: object) -> None:
        if flag.requested:
            raise KeyboardInterrupt
        flag.requested = True
        if on_first is not None:
            on_first()

    former = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or former is signal.SIG_IGN:
        yield flag
        return
    signal.signal(signal.SIGINT, handler)
    try:
        yield flag
    finally:
        signal.signal(signal.SIGINT, former)


def _factor(start: tuple[float, float], end: tuple[float, float]) -> float | None:
    """Seconds of computing per biological second between two (seconds, ms)."""
    biological = (end[1] - start[1]) / 1e3
    return (end[0] - start[0]) / biological if biological > 0 else None


def clock_text(seconds: float | None) -> str:
    """Seconds as minutes and seconds, with hours where there are some; dashes where not known."""
    if seconds is None:
        return "--:--"
    whole = round(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes:02d}:{whole % 60:02d}"
