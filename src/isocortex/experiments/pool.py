"""Arms side by side: one process an arm, each on one thread, as many at a time as there are processors to use."""

from __future__ import annotations

import multiprocessing as mp
import os
import queue
import signal
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from isocortex.errors import RunError
from isocortex.progress import graceful_interrupt

Tell = Callable[[float, Mapping[str, float]], bool]
"""What a job calls now and then with its biological time (ms) and rates; True asks it to stop and save."""

STOPPING = "stopping: saving a checkpoint; Ctrl-C again to leave without"

_SINGLE = "--xla_cpu_multi_thread_eigen=false"
_mail: Any = None
_stop: Any = None


def _prepare(mail: Any, stop: Any) -> None:
    """In a new process: one thread for XLA; the parent alone answers Ctrl-C."""
    global _mail, _stop
    _mail, _stop = mail, stop
    os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {_SINGLE}".strip()
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _work(job: Callable[..., Any], name: str, arguments: tuple[Any, ...]) -> Any:
    if _stop.is_set():
        return None  # nothing to save

    def tell(done_ms: float, rates: Mapping[str, float]) -> bool:
        _mail.put((name, done_ms, dict(rates)))
        return bool(_stop.is_set())

    return job(name, *arguments, tell)


def processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def side_by_side(
    job: Callable[..., Any],
    names: Sequence[str],
    arguments: tuple[Any, ...],
    total_ms: float,
    progress: Callable[..., Any],
    stopping: str = STOPPING,
) -> dict[str, Any]:
    """Run ``job(name, *arguments, tell)`` for each name; returns the results by name.

    total_ms : biological time of each. stopping : what is said after the first Ctrl-C.

    Raises
    ------
    KeyboardInterrupt : after Ctrl-C, when every job has stopped and saved; at once after a second one.
    RunError : the process of a job has ended without a word.
    """
    context = mp.get_context("spawn")
    with context.Manager() as manager, graceful_interrupt() as asked:
        mail, stop = manager.Queue(), manager.Event()
        workers = min(len(names), processors())
        others = mp.active_children()
        with ProcessPoolExecutor(workers, mp_context=context, initializer=_prepare, initargs=(mail, stop)) as pool:
            futures = {name: pool.submit(_work, job, name, arguments) for name in names}
            try:
                with progress(total_ms * len(names), title=f"{len(names)} arms") as shown:
                    _watch(futures, mail, shown, asked, stop, stopping)
                results = {name: future.result() for name, future in futures.items()}
            except BrokenProcessPool:
                raise RunError(f"arms {', '.join(names)}: a process was ended from outside (too little memory?)") from None
            except KeyboardInterrupt:  # the second one: what has been saved stands, whole
                for worker in mp.active_children():
                    if worker not in others:
                        worker.kill()
                raise
        if asked:
            raise KeyboardInterrupt
    return results


def _watch(futures: Mapping[str, Future[Any]], mail: Any, shown: Any, asked: Any, stop: Any, stopping: str) -> None:
    """Show progress until every job is done, or one has failed."""
    done: dict[str, float] = {}
    while not all(f.done() for f in futures.values()):
        if asked and not stop.is_set():
            stop.set()
            shown.say(stopping)
        if any(f.done() and f.exception() is not None for f in futures.values()):
            stop.set()
        try:
            name, at, rates = mail.get(timeout=0.2)
        except queue.Empty:
            continue
        done[name] = at
        shown.update(sum(done.values()), rates)
