"""What is shown of a run, and what Ctrl-C does."""

import io
import os
import signal
import threading

import pytest

from isocortex.progress import Progress, graceful_interrupt


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Clock:
    """Seconds that pass when told to."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def run(progress, clock, until, *, step=100.0, factor=0.5, start=0.0, rates=None):
    """Ticks of `step` ms, each taking `factor` times its biological time."""
    done = start
    while done < until:
        clock.now += factor * step / 1e3
        done += step
        progress.update(done, rates)


def test_without_a_terminal_there_is_a_line_for_every_tenth():
    out, clock = io.StringIO(), Clock()
    with Progress(10_000, title="V1", stream=out, clock=clock) as p:
        clock.now += 60  # compiling
        p.update(0.0)
        run(p, clock, 10_000, factor=0.4, rates={"L23E": 1.234, "L4E": 4.44})
    lines = out.getvalue().splitlines()
    assert len(lines) == 10
    assert lines[0] == "V1   10 %  1/10 s bio  RTF 0.4  ETA 00:04  L23E 1.2 L4E 4.4 Hz"  # 9 s to go: 3.6 s
    assert lines[4].startswith("V1   50 %  5/10 s bio  RTF 0.4  ETA 00:02")
    assert lines[-1].startswith("V1  100 %  10/10 s bio  RTF 0.4  ETA 00:00")


def test_large_ticks_do_not_repeat_or_lose_the_end():
    out, clock = io.StringIO(), Clock()
    with Progress(1000, stream=out, clock=clock) as p:
        p.update(0.0)
        run(p, clock, 1000, step=350.0)
    assert [line.split("%")[0].strip() for line in out.getvalue().splitlines()] == ["35", "70", "100"]


def test_compiling_before_the_first_tick_is_not_in_the_speed():
    clock = Clock()
    p = Progress(10_000, enabled=False, clock=clock)
    assert (p.eta_s, p.real_time_factor) == (None, None)
    clock.now += 30
    p.update(100.0)  # the tick that was compiled: it starts the clock
    assert (p.eta_s, p.real_time_factor) == (None, None)
    run(p, clock, 1100, start=100.0, factor=2.0)
    assert p.real_time_factor == pytest.approx(2.0)
    assert p.eta_s == pytest.approx(2.0 * 8.9)


def test_what_is_excluded_is_not_in_the_speed():
    clock = Clock()
    p = Progress(10_000, enabled=False, clock=clock)
    p.update(0.0)
    run(p, clock, 1000)
    with p.excluded():
        clock.now += 500  # a checkpoint on a slow disk
    run(p, clock, 2000, start=1000.0)
    assert p.real_time_factor == pytest.approx(0.5)
    assert p.eta_s == pytest.approx(4.0)


def test_the_eta_goes_by_the_recent_speed_and_the_factor_by_the_whole_run():
    clock = Clock()
    p = Progress(100_000, enabled=False, clock=clock)
    p.update(0.0)
    run(p, clock, 20_000, factor=1.0)  # 20 s slow
    run(p, clock, 80_000, start=20_000.0, factor=0.25)  # 15 s fast, more than is looked back on
    assert p.eta_s == pytest.approx(0.25 * 20)
    assert p.real_time_factor == pytest.approx((20 + 15) / 80)


def test_hours_and_an_unknown_eta():
    clock = Clock()
    p = Progress(10_000_000, enabled=False, clock=clock)
    p.update(0.0)
    assert p.line(0.0) == "  0 %  0/1e+04 s bio  RTF --  ETA --:--"
    run(p, clock, 1000, factor=1.0)
    assert "ETA 2:46:39" in p.line(1000.0)  # 9999 s


def test_quiet_says_nothing():
    out, clock = Terminal(), Clock()
    with Progress(1000, enabled=False, stream=out, clock=clock) as p:
        run(p, clock, 1000)
    assert out.getvalue() == ""


def test_what_is_said_has_a_line_of_its_own_also_when_quiet(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    for out, enabled in ((io.StringIO(), True), (io.StringIO(), False), (Terminal(), True)):
        with Progress(1000, enabled=enabled, stream=out) as p:
            p.update(0.0)
            p.say("stopping: [soon]")
        assert sum(line.endswith("stopping: [soon]") for line in out.getvalue().splitlines()) == 1


def test_a_terminal_has_one_live_line(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")
    out, clock = Terminal(), Clock()
    with Progress(1000, title="V1", stream=out, clock=clock) as p:
        p.update(0.0)
        run(p, clock, 1000, factor=2.0, rates={"L23E": 3.0})
    text = out.getvalue()
    assert "V1   50 %" in text
    assert "V1  100 %  1/1 s bio  RTF 2  ETA 00:00  L23E 3.0 Hz" in text
    assert text.count("\n") == 1  # every other state was drawn over
    assert text.rstrip("\x1b[?25h").endswith("\n")


def test_a_terminal_is_not_redrawn_at_every_tick(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    out, clock = Terminal(), Clock()
    with Progress(100_000, stream=out, clock=clock) as p:
        run(p, clock, 100_000, factor=0.01)  # 1000 ticks in 1 s
    assert 5 <= out.getvalue().count("RTF") <= 15


def test_a_run_that_is_continued_starts_where_it_was():
    out, clock = io.StringIO(), Clock()
    with Progress(10_000, stream=out, clock=clock) as p:
        p.update(5000.0)
        run(p, clock, 6000, start=5000.0)
    assert [line.split("%")[0].strip() for line in out.getvalue().splitlines()] == ["60"]


class TestInterrupt:
    """Ctrl-C."""

    def test_the_first_raises_a_flag_and_the_second_stops(self):
        former, told = signal.getsignal(signal.SIGINT), []
        with graceful_interrupt(lambda: told.append(1)) as asked:
            assert not asked
            os.kill(os.getpid(), signal.SIGINT)
            assert asked.requested
            with pytest.raises(KeyboardInterrupt):
                os.kill(os.getpid(), signal.SIGINT)
                threading.Event().wait(1)
        assert told == [1]
        assert signal.getsignal(signal.SIGINT) is former

    def test_the_handler_comes_back_after_an_error(self):
        former = signal.getsignal(signal.SIGINT)
        with pytest.raises(ValueError, match="x"), graceful_interrupt():
            raise ValueError("x")
        assert signal.getsignal(signal.SIGINT) is former

    def test_a_process_that_ignores_it_goes_on_ignoring(self):
        former = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            with graceful_interrupt() as asked:
                os.kill(os.getpid(), signal.SIGINT)
                assert not asked
        finally:
            signal.signal(signal.SIGINT, former)

    def test_another_thread_gets_a_flag_that_stays_down(self):
        seen = []

        def work():
            with graceful_interrupt() as asked:
                seen.append(bool(asked))

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        assert seen == [False]
