"""The terminal writer and its flow control, without a terminal."""

import os
import sys
import threading
from collections.abc import Iterator

import pytest
from conftest import FakeClock

from tests.helpers.waiting import wait_until
from tui.terminal.writer import (
    MAX_DEBT,
    MAX_PENDING_BYTES,
    PROBE_INTERVAL,
    PROBE_TIMEOUT,
    SLOW_REPLY,
    FlowControl,
    TerminalWriter,
)

# -- writer ---------------------------------------------------------------------------------------


class Pipe:
    """A writer into a pipe, read by the test."""

    def __init__(self) -> None:
        self.reading, writing = os.pipe()
        self.hung_up = threading.Event()
        self.redraws = threading.Semaphore(0)
        self.writer = TerminalWriter(writing, self.hung_up.set, self.redraws.release)

    def read_all(self, stop: int) -> bytes:
        found = b""
        while len(found) < stop:
            found += os.read(self.reading, 65536)
        return found


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    pipe = Pipe()
    yield pipe
    pipe.writer.close(0)
    os.close(pipe.reading)


def test_everything_arrives_in_order(pipe: Pipe) -> None:
    texts = [f"frame {number} … " * 50 for number in range(100)]
    for text in texts:
        pipe.writer.write(text)
    whole = "".join(texts).encode()
    assert pipe.read_all(len(whole)) == whole
    wait_until(lambda: pipe.writer.bytes_sent == len(whole))


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the thread writes everything")
def test_what_the_terminal_accepts_is_written_without_the_thread(pipe: Pipe) -> None:
    pipe.writer.write("ink")
    assert (pipe.writer.bytes_sent, pipe.writer.bytes_pending) == (3, 0)
    assert os.read(pipe.reading, 10) == b"ink"


def test_the_file_that_the_terminal_shares_with_the_shell_still_waits() -> None:
    reading, writing = os.pipe()
    shared = os.dup(writing)
    writer = TerminalWriter(writing, lambda: None, lambda: None)
    writer.write("x" * MAX_PENDING_BYTES)
    assert os.get_blocking(shared)
    writer.close(0)
    os.close(reading)
    os.close(shared)


def test_what_a_signal_writes_in_the_middle_of_a_frame_follows_the_frame(
    pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, interrupted = os.write, list[int]()

    def write_a_part(descriptor: int, content: bytes) -> int:
        if not interrupted and threading.current_thread() is threading.main_thread():
            interrupted.append(descriptor)
            pipe.writer.write("leave")
            return write(descriptor, content[:3])
        return write(descriptor, content)

    monkeypatch.setattr("tui.terminal.writer.os.write", write_a_part)
    pipe.writer.write("a frame ")
    assert pipe.read_all(13) == b"a frame leave"


def test_a_stalled_terminal_does_not_block(pipe: Pipe) -> None:
    frame = "x" * 10_000
    accepted = sum(pipe.writer.write(frame) for _ in range(200))
    assert accepted < 200 * len(frame)
    assert pipe.writer.bytes_pending <= MAX_PENDING_BYTES
    # Control sequences are never dropped and stay in order.
    assert pipe.writer.write("\x1b[?25h")
    assert pipe.read_all(accepted + 6).endswith(b"\x1b[?25h")
    assert pipe.redraws.acquire(timeout=10)


def test_without_a_dropped_frame_nothing_is_redrawn(pipe: Pipe) -> None:
    pipe.writer.write("frame")
    pipe.read_all(5)
    wait_until(lambda: pipe.writer.bytes_pending == 0)
    assert not pipe.redraws.acquire(blocking=False)


def test_close_waits_for_pending_output(pipe: Pipe) -> None:
    pipe.writer.write("x" * 100)
    pipe.writer.close(10)
    assert pipe.writer.bytes_sent == 100
    assert pipe.writer.write("late") == 0
    assert os.read(pipe.reading, 1000) == b"x" * 100
    wait_until(lambda: os.read(pipe.reading, 1) == b"")


def test_close_abandons_a_stalled_terminal(pipe: Pipe) -> None:
    pipe.writer.write("x" * MAX_PENDING_BYTES)
    pipe.writer.close(0.05)
    assert pipe.writer.bytes_pending > 0
    assert not pipe.hung_up.is_set()


def test_a_hangup_is_reported() -> None:
    pipe = Pipe()
    os.close(pipe.reading)
    pipe.writer.write("anybody there?")
    assert pipe.hung_up.wait(10)
    assert pipe.writer.write("hello?") == 0


# -- flow control ---------------------------------------------------------------------------------


def test_the_average_rate_is_kept(clock: FakeClock) -> None:
    flow = FlowControl(1000.0, clock)
    sent = 0
    for _ in range(600):
        if not flow.over_budget:
            flow.charge(700)
            sent += 700
        clock.now += 0.1
    assert 58_000 <= sent <= 62_000


def test_a_large_frame_delays_the_next_by_a_limited_time(clock: FakeClock) -> None:
    flow = FlowControl(1000.0, clock)
    flow.charge(1_000_000)
    clock.now += MAX_DEBT - 0.1
    assert flow.over_budget
    clock.now += 0.2
    assert not flow.over_budget


def test_without_a_rate_nothing_is_delayed() -> None:
    flow = FlowControl(None, FakeClock())
    flow.charge(10**9)
    assert not flow.over_budget


def test_a_terminal_that_never_replies_is_not_waited_for(clock: FakeClock) -> None:
    flow = FlowControl(None, clock)
    assert flow.should_probe()
    assert not flow.over_budget
    assert not flow.should_probe()
    clock.now += PROBE_TIMEOUT
    assert flow.should_probe()


def test_a_fast_line_is_probed_at_an_interval(clock: FakeClock) -> None:
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


def test_on_a_slow_line_each_frame_waits_for_the_one_before(clock: FakeClock) -> None:
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


def test_a_lost_reply_times_out(clock: FakeClock) -> None:
    flow = FlowControl(None, clock)
    flow.should_probe()
    flow.on_reply()
    clock.now += PROBE_INTERVAL
    flow.should_probe()
    clock.now += PROBE_TIMEOUT - 0.1
    assert flow.over_budget
    clock.now += 0.2
    assert not flow.over_budget
