"""A dashboard that is killed leaves the shell a usable terminal."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.rundir.rundir import RunDir
from core.rundir.status import read_status
from tests.helpers.terminal import Terminal, only_run, slow_training
from tests.helpers.waiting import LONG, wait_until

pytestmark = [pytest.mark.terminal, pytest.mark.timeout(300)]
MODES = (1049, 1000, 1003, 1006, 1004, 2004)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(slow_training(tmp_path / "runs"), forked=True)
    terminal.wait_for(r"[1-9][\d,]* / 100,000,000")
    yield terminal
    terminal.end()


def assert_usable(terminal: Terminal) -> None:
    sent = terminal.sent
    wait_until(lambda: sent.rfind(b"\x1b[?25h") > sent.rfind(b"\x1b[?25l"), 10)
    assert terminal.attributes() == terminal.before
    for mode in MODES:
        assert sent.rfind(b"\x1b[?%dl" % mode) > sent.rfind(b"\x1b[?%dh" % mode) >= 0, mode


def test_killed_by_sigkill(terminal: Terminal, tmp_path: Path) -> None:
    os.kill(read_status(RunDir(only_run(tmp_path / "runs"))).pid, signal.SIGKILL)
    assert terminal.process.wait(LONG) == 128 + signal.SIGKILL
    assert_usable(terminal)


def test_killed_by_a_second_signal(terminal: Terminal, tmp_path: Path) -> None:
    process = read_status(RunDir(only_run(tmp_path / "runs"))).pid
    os.kill(process, signal.SIGTERM)
    os.kill(process, signal.SIGINT)
    assert terminal.process.wait(LONG) in (128 + signal.SIGTERM, 128 + signal.SIGINT)
    assert_usable(terminal)
