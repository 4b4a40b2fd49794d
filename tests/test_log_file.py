"""`run.log` of a program that prints without end: its beginning and its end."""

import os
from pathlib import Path

import pytest

from core.program.log_file import LogFile
from core.rundir.output import OutputTail


def lines(first: int, last: int) -> bytes:
    """Lines of ten bytes."""
    return b"".join(b"line %04d\n" % number for number in range(first, last))


def test_of_very_much_the_beginning_and_the_end_stay(tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    log = LogFile(path, limit=1000, kept=200)
    for number in range(500):
        log.write(lines(number, number + 1))
        assert path.stat().st_size <= 1010
    log.close()
    content = path.read_bytes()
    assert content.startswith(lines(0, 20) + b"... ")
    start, _, rest = content[200:].partition(b" bytes of output are left out here ...\n")
    left_out = int(start.removeprefix(b"... ").replace(b",", b"")) // 10
    assert rest == lines(20 + left_out, 500)
    assert len(rest) >= 190
    assert path.stat().st_mode & 0o777 == 0o600


def test_who_follows_the_log_sees_its_end(tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    log, tail = LogFile(path, limit=1000, kept=200), OutputTail(path)
    for number in range(130):
        log.write(lines(number, number + 1))
        assert tail.poll()[-1] == f"line {number:04}"
    log.close()


def test_progress_without_a_line_break_is_shortened_too(tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    log = LogFile(path, limit=1000, kept=200)
    for number in range(300):
        log.write(b"\r%03d %% done" % (number % 100))
    log.close()
    assert path.stat().st_size <= 1010
    assert path.read_bytes().endswith(b"\r099 % done")
    assert path.read_bytes().count(b"are left out here") == 1


@pytest.mark.parametrize("spoil", ["delete", "replace", "fifo"])
def test_a_log_that_cannot_be_shortened_is_written_on(tmp_path: Path, spoil: str) -> None:
    path = tmp_path / "run.log"
    if spoil == "fifo":
        os.mkfifo(path)
    log = LogFile(path, limit=100, kept=20)
    if spoil != "fifo":
        path.unlink()
    if spoil == "replace":
        path.write_bytes(b"another file")
    log.write(lines(0, 50))
    log.close()
    assert spoil != "replace" or path.read_bytes() == b"another file"


def test_what_the_disk_has_no_room_for_is_counted() -> None:
    log = LogFile(Path("/dev/full"))
    log.write(b"abc")
    log.write(b"de")
    assert log.lost == 5
    log.close()
