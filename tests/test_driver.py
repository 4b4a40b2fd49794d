"""The driver's parts that need no app: hang-up detection, duplicated descriptors."""

import os
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
from textual.geometry import Size

from tests.helpers.terminal import Terminal, trainpad
from tests.helpers.waiting import LONG, wait_until
from tui.terminal.driver import MAX_SIZE, ResilientDriver, watch_hangup


def test_a_pipe_without_a_reader_is_reported() -> None:
    reading, writing = os.pipe()
    hung_up = threading.Event()
    stop = watch_hangup([writing], hung_up.set)
    assert not hung_up.wait(0.05)
    os.close(reading)
    assert hung_up.wait(10)
    stop()
    os.close(writing)


def test_a_terminal_that_hangs_up_is_reported() -> None:
    master, slave = os.openpty()
    hung_up = threading.Event()
    stop = watch_hangup([slave], hung_up.set)
    os.write(master, b"keys that nobody reads are no hang-up")
    assert not hung_up.wait(0.05)
    os.close(master)
    assert hung_up.wait(10)
    stop()
    os.close(slave)


GONE = """
import signal, sys, time
import time
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
def test_printing_after_the_terminal_is_gone_does_not_raise(tmp_path: Path) -> None:
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


@pytest.mark.parametrize("size", [(65535, 65535), (65535, 1), (0, 0), (10**30, 24), (80, 24)])
def test_the_size_of_a_terminal_is_limited(size: tuple[int, int]) -> None:
    driver = object.__new__(ResilientDriver)
    width, height = driver.limited(Size(*size))
    assert 1 <= width <= MAX_SIZE.width
    assert 1 <= height <= MAX_SIZE.height
    if size == (80, 24):
        assert (width, height) == size


@pytest.mark.terminal
def test_absurd_sizes_are_survived(tmp_path: Path) -> None:
    terminal = Terminal(trainpad("pad", "--log_dir", tmp_path))
    try:
        terminal.wait_for("built-in weights")
        process = psutil.Process(terminal.process.pid)
        terminal.resize(65535, 65535)
        terminal.type("\x1b[48;65535;65535;0;0t\x1b[48;0;0;0;0t\x1b[48;65535;65535;0;0t")
        time.sleep(3)
        processes = [process, *process.children(recursive=True)]
        assert sum(each.memory_info().rss for each in processes) < 1 << 30
        terminal.resize(110, 34)
        terminal.type("\x1b[48;34;110;0;0tq")
        assert terminal.process.wait(LONG) == 0
    finally:
        terminal.end()
