"""The driver's parts that need no app: hang-up detection, duplicated descriptors."""

import os
import sys
import threading
from pathlib import Path

import pytest

from tests.helpers.terminal import Terminal
from tests.helpers.waiting import LONG, wait_until
from tui.terminal.driver import watch_hangup


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
