"""What a program printed, as plain lines; and the load of a program, sampled from outside."""

import os
import time
from pathlib import Path

import pytest
from conftest import FakeClock

from core.process.program_stats import ProgramMonitor, ProgramStats
from core.rundir.output import MAX_LINES, OutputTail


def test_lines_are_read_as_they_are_printed(tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    tail = OutputTail(path)
    assert tail.poll() == []
    path.write_bytes(b"one\r\ntwo\xc3")
    assert tail.poll() == ["one", "two"]
    with path.open("ab") as file:
        file.write(b"\xa9\n")
    assert tail.poll() == ["one", "twoé"]
    path.write_bytes(b"new\n")  # the file was replaced
    assert tail.poll() == ["new"]


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("10%\r50%\r90%", "90%"),
        ("\x08\x08\x08\rstep 3", "step 3"),
        ("\x1b[1mbold\x1b[0m \x1b]0;title\x07text", "bold text"),
        ("\x1b]52;c;aGk=\x1b\\clip", "clip"),
        ("bell\x07 \u202eevil", "bell␇ �evil"),
        ("   \r", ""),
    ],
)
def test_a_line_is_what_a_terminal_shows_in_the_end(
    tmp_path: Path, printed: str, shown: str
) -> None:
    path = tmp_path / "run.log"
    path.write_text(printed + "\n", newline="")
    assert OutputTail(path).poll() == [shown]


def test_of_very_much_output_the_end_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    path.write_text("".join(f"line {number} {'x' * 90}\n" for number in range(20_000)))
    lines = OutputTail(path).poll()
    assert len(lines) == MAX_LINES == 5000
    assert lines[0].startswith("line 15000")
    assert lines[-1].startswith("line 19999")


def test_the_load_of_a_process_is_sampled(clock: FakeClock) -> None:
    monitor = ProgramMonitor(os.getpid(), time.time(), clock)
    assert monitor.read().cpu == 0
    until = time.process_time() + 0.1
    while time.process_time() < until:
        pass
    clock.now += 1
    stats = monitor.read()
    assert stats.processes >= 1 and stats.memory > 1e6
    assert 5 < stats.cpu < 1000


def test_a_process_that_is_gone_or_began_later_is_not_the_program() -> None:
    assert ProgramMonitor(2**22, time.time()).read() == ProgramStats()
    assert ProgramMonitor(os.getpid(), 1e9).read() == ProgramStats()
