"""What has nothing to save, and is ended by a signal, on a terminal."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.terminal import Terminal, trainpad
from tests.helpers.waiting import LONG

pytestmark = [pytest.mark.terminal, pytest.mark.timeout(300)]


@pytest.fixture(params=["pad", "watch"])
def terminal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Terminal]:
    more = [tmp_path] if request.param == "watch" else []
    terminal = Terminal(trainpad(request.param, *more))
    terminal.wait_for("Quit")
    yield terminal
    terminal.end()


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_gives_the_terminal_back(
    terminal: Terminal, number: signal.Signals, status: int
) -> None:
    os.kill(terminal.process.pid, number)
    assert terminal.process.wait(LONG) == status
    assert terminal.attributes() == terminal.before
    for mode in (1049, 1000, 1003, 2004):
        on, off = (b"\x1b[?%d%c" % (mode, letter) for letter in b"hl")
        assert terminal.sent.rfind(off) > terminal.sent.rfind(on) >= 0


def test_a_line_that_drops_ends_it(terminal: Terminal) -> None:
    terminal.hang_up()
    assert terminal.process.wait(LONG) == 0
