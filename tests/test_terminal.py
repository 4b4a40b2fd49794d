"""The way to a terminal that is slow, stalls or vanishes; without a terminal."""

import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.run.events import Event, Finished, Opened, Started, Steps, Tick
from core.run.status import Outcome
from core.session.headless import DONE, FAILED
from tests.helpers.terminal import Terminal
from tests.helpers.waiting import LONG, wait_until
from tui.dashboard.worker import EventWorker
from tui.terminal.driver import REMOTE_BYTES_PER_SECOND, REMOTE_FPS, Pace, watch_hangup
from tui.terminal.writer import (
    MAX_DEBT,
    MAX_PENDING_BYTES,
    PROBE_INTERVAL,
    PROBE_TIMEOUT,
    SLOW_REPLY,
    FlowControl,
    TerminalWriter,
)

# -- outlet --------------------------------------------------------------------------------------


class Pipe:
    """An outlet into a pipe, whose other end is read by hand."""

    def __init__(self) -> None:
        self.reading, writing = os.pipe()
        self.lost = threading.Event()
        self.redraws = threading.Semaphore(0)
        self.outlet = TerminalWriter(writing, self.lost.set, self.redraws.release)

    def read_all(self, stop: int) -> bytes:
        found = b""
        while len(found) < stop:
            found += os.read(self.reading, 65536)
        return found


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    pipe = Pipe()
    yield pipe
    pipe.outlet.close(0)
    os.close(pipe.reading)


def test_everything_arrives_in_order(pipe: Pipe) -> None:
    texts = [f"frame {number} … " * 50 for number in range(100)]
    for text in texts:
        pipe.outlet.write(text)
    whole = "".join(texts).encode()
    assert pipe.read_all(len(whole)) == whole
    wait_until(lambda: pipe.outlet.bytes_sent == len(whole))


def test_a_terminal_that_stalls_holds_nobody_up(pipe: Pipe) -> None:
    frame = "x" * 10_000
    taken = sum(pipe.outlet.write(frame) for _ in range(200))
    assert taken <= MAX_PENDING_BYTES + 10_000
    # What switches a mode of the terminal gets through all the same, and in its place.
    assert pipe.outlet.write("\x1b[?25h")
    assert pipe.read_all(taken + 6).endswith(b"\x1b[?25h")
    assert pipe.redraws.acquire(timeout=10)


def test_without_a_dropped_frame_nothing_is_redrawn(pipe: Pipe) -> None:
    pipe.outlet.write("frame")
    pipe.read_all(5)
    wait_until(lambda: pipe.outlet.bytes_pending == 0)
    assert not pipe.redraws.acquire(blocking=False)


def test_closing_waits_for_what_the_terminal_takes(pipe: Pipe) -> None:
    pipe.outlet.write("x" * 100)
    pipe.outlet.close(10)
    assert pipe.outlet.bytes_sent == 100
    assert pipe.outlet.write("late") == 0
    assert os.read(pipe.reading, 1000) == b"x" * 100
    wait_until(lambda: os.read(pipe.reading, 1) == b"")


def test_closing_gives_a_stalled_terminal_up(pipe: Pipe) -> None:
    pipe.outlet.write("x" * MAX_PENDING_BYTES)
    pipe.outlet.close(0.05)
    assert pipe.outlet.bytes_pending > 0
    assert not pipe.lost.is_set()


def test_a_terminal_that_is_gone_is_told() -> None:
    pipe = Pipe()
    os.close(pipe.reading)
    pipe.outlet.write("anybody there?")
    assert pipe.lost.wait(10)
    assert pipe.outlet.write("hello?") == 0


# -- flow ----------------------------------------------------------------------------------------


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_rate_holds_on_the_average() -> None:
    clock = Clock()
    flow = FlowControl(1000.0, clock)
    sent = 0
    for _ in range(600):
        if not flow.over_budget:
            flow.charge(700)
            sent += 700
        clock.now += 0.1
    assert 58_000 <= sent <= 62_000


def test_a_large_frame_holds_the_next_back_for_a_while_only() -> None:
    clock = Clock()
    flow = FlowControl(1000.0, clock)
    flow.charge(1_000_000)
    clock.now += MAX_DEBT - 0.1
    assert flow.over_budget
    clock.now += 0.2
    assert not flow.over_budget


def test_without_a_rate_nothing_is_held_back() -> None:
    flow = FlowControl(None, Clock())
    flow.charge(10**9)
    assert not flow.over_budget


def test_a_terminal_that_never_answers_is_not_waited_for() -> None:
    clock = Clock()
    flow = FlowControl(None, clock)
    assert flow.should_probe()
    assert not flow.over_budget
    assert not flow.should_probe()
    clock.now += PROBE_TIMEOUT
    assert flow.should_probe()


def test_on_a_fast_line_it_asks_now_and_then() -> None:
    clock = Clock()
    flow = FlowControl(None, clock)
    assert flow.should_probe()
    clock.now += 0.01
    flow.on_reply()
    assert not flow.should_probe()
    clock.now += PROBE_INTERVAL
    assert flow.should_probe()
    assert flow.over_budget
    flow.on_reply()
    assert not flow.over_budget


def test_on_a_slow_line_each_frame_waits_for_the_one_before() -> None:
    clock = Clock()
    flow = FlowControl(None, clock)
    flow.should_probe()
    clock.now += SLOW_REPLY * 2
    flow.on_reply()
    for _ in range(3):
        assert flow.should_probe()
        assert flow.over_budget
        assert not flow.no_probe_pending.is_set()
        clock.now += SLOW_REPLY * 2
        flow.on_reply()
        assert not flow.over_budget
        assert flow.no_probe_pending.is_set()


def test_an_answer_that_got_lost_is_given_up() -> None:
    clock = Clock()
    flow = FlowControl(None, clock)
    flow.should_probe()
    flow.on_reply()
    clock.now += PROBE_INTERVAL
    flow.should_probe()
    clock.now += PROBE_TIMEOUT - 0.1
    assert flow.over_budget
    clock.now += 0.2
    assert not flow.over_budget


def test_over_ssh_less_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    assert Pace.resolve().bytes_per_second is None
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.1 1 10.0.0.2 22")
    assert Pace.resolve() == Pace(REMOTE_FPS, REMOTE_BYTES_PER_SECOND)
    assert Pace.resolve(2.0, 500.0) == Pace(2.0, 500.0)
    assert Pace.resolve(fps=30.0) == Pace(30.0, REMOTE_BYTES_PER_SECOND)


# -- watch ---------------------------------------------------------------------------------------


def test_a_pipe_that_nobody_reads_any_more_is_told() -> None:
    reading, writing = os.pipe()
    gone = threading.Event()
    end = watch_hangup([writing], gone.set)
    assert not gone.wait(0.05)
    os.close(reading)
    assert gone.wait(10)
    end()
    os.close(writing)


def test_a_terminal_that_hangs_up_is_told() -> None:
    master, slave = os.openpty()
    gone = threading.Event()
    end = watch_hangup([slave], gone.set)
    os.write(master, b"keys that nobody reads are no hang-up")
    assert not gone.wait(0.05)
    os.close(master)
    assert gone.wait(10)
    end()
    os.close(slave)


# -- pump ----------------------------------------------------------------------------------------


def steps() -> Iterator[Event]:
    yield Opened("/runs/a", {})
    yield Started(0, {}, "CPU:0", 1)
    for _ in range(100):
        yield Tick()
        time.sleep(0.001)
    yield Finished(0, Outcome.DONE, 1.0)


def test_a_source_left_in_the_middle_is_pulled_to_its_end() -> None:
    posted: list[object] = []
    pump = EventWorker(steps(), posted.append)
    pump.start()
    wait_until(lambda: pump.started)
    assert pump.stop(None)
    assert not pump.ended
    assert pump.status == FAILED
    pump.drain()
    assert pump.status == DONE
    assert pump.opened is not None
    assert pump.opened.directory == "/runs/a"


def test_what_was_posted_to_nobody_still_counts() -> None:
    def source() -> Iterator[Event]:
        yield Finished(0, Outcome.DONE, 1.0)

    pump = EventWorker(source(), lambda _message: None)
    pump.start()
    pump.join(10)
    assert pump.ended
    assert pump.status == DONE


def test_what_breaks_is_kept() -> None:
    def source() -> Iterator[Event]:
        yield Tick()
        raise OSError("the disk is gone")

    pump = EventWorker(source(), lambda _message: None)
    pump.start()
    pump.join(10)
    assert isinstance(pump.error, OSError)


def test_a_source_that_was_never_pulled_can_be_left() -> None:
    pump = EventWorker(iter([Steps(0, None, 0.0)]), lambda _message: None)  # type: ignore[arg-type]
    assert pump.stop(None)


GONE = """
import signal, sys, time
from pathlib import Path
from tui.terminal.driver import duplicated_terminal
inside, gone, after = map(Path, sys.argv[1:])
signal.signal(signal.SIGHUP, signal.SIG_IGN)
with duplicated_terminal():
    inside.touch()
    while not gone.exists():
        time.sleep(0.02)
print("what nobody reads", flush=True)
print("nor this", file=sys.stderr, flush=True)
after.touch()
"""


@pytest.mark.terminal
def test_what_is_printed_when_the_terminal_is_gone_hurts_nobody(tmp_path: Path) -> None:
    inside, gone, after = (tmp_path / name for name in ("inside", "gone", "after"))
    terminal = Terminal([sys.executable, "-c", GONE, inside, gone, after])
    try:
        wait_until(inside.exists)
        terminal.hang_up()
        gone.touch()
        terminal.process.wait(LONG)
        assert after.exists()
    finally:
        terminal.end()
