"""Reading from a terminal: on the event loop where nothing can wait, else on a thread."""

import asyncio
import errno
import gc
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from textual.events import Key, MouseMove
from textual.message import Message

from tests.helpers.waiting import until_true
from tui.terminal.input_parser import InputParser
from tui.terminal.input_reader import InputReader
from tui.terminal.nonblocking import reopen_without_waiting
from tui.terminal.switch_interval import (
    ANSWER_SECONDS,
    SWITCH_SECONDS,
    short_switch_interval,
)
from tui.terminal.textual_private import terminal_parser

on_linux = pytest.mark.skipif(
    reopen_without_waiting(os.open(os.devnull, os.O_RDONLY), os.O_RDONLY) is None,
    reason="elsewhere a thread reads",
)


class Line:
    """A reader of one end of a line, which the test writes to; keeps what it passes on."""

    def __init__(self) -> None:
        self.reading, self.writing = os.pipe()
        self.received: list[tuple[Message, int]] = []
        self.hang_ups: list[None] = []
        self.errors: list[None] = []
        self.after_read: Callable[[], object] = lambda: None
        self.reader = InputReader(
            InputParser(terminal_parser()),
            self.process,
            lambda: self.hang_ups.append(None),
            lambda: self.errors.append(None),
            lambda: self.after_read(),  # noqa: PLW0108 - tests replace it
        )

    def process(self, message: Message) -> None:
        if isinstance(message, Key) and message.key == "x":
            raise ValueError("nobody expects x")
        self.received.append((message, threading.get_ident()))

    @property
    def keys(self) -> list[str]:
        return [message.key for message, _ in self.received if isinstance(message, Key)]

    def send(self, text: str) -> None:
        os.write(self.writing, text.encode())


@pytest.fixture
def line() -> Iterator[Line]:
    line = Line()
    yield line
    line.reader.stop()
    for end in (line.reading, line.writing):
        os.close(end)


@on_linux
async def test_the_loop_reads_all_that_is_sent_on_its_own_thread(line: Line) -> None:
    line.reader.start(line.reading)
    line.send("ä" + "\x1b[<32;5;8M" * 3)
    await until_true(lambda: len(line.received) == 4)
    assert {thread for _, thread in line.received} == {threading.get_ident()}
    assert line.keys == ["ä"]
    assert isinstance(line.received[-1][0], MouseMove)


@on_linux
async def test_a_sequence_that_comes_in_pieces_is_one_event(line: Line) -> None:
    line.reader.start(line.reading)
    line.send("\x1b[<32;5")
    line.reader.read_until(lambda: False, 0.01)
    assert line.received == []
    line.send(";8M")
    await until_true(lambda: line.received)
    assert isinstance(line.received[0][0], MouseMove)


@on_linux
async def test_an_escape_that_nothing_follows_is_a_key(line: Line) -> None:
    line.reader.start(line.reading)
    line.send("\x1b")
    await until_true(lambda: line.keys == ["escape"])


@on_linux
async def test_nothing_is_read_after_the_end(line: Line) -> None:
    line.reader.start(line.reading)
    line.reader.stop()
    line.send("a")
    assert not line.reader.is_on_loop
    line.reader.read_until(lambda: False, 0.01)
    assert line.received == []
    assert os.read(line.reading, 10) == b"a"


@on_linux
async def test_what_comes_while_the_loop_does_not_run_is_read_on_request(line: Line) -> None:
    line.reader.start(line.reading)
    line.send("ab")
    line.reader.read_until(lambda: "b" in line.keys, 5.0)
    assert line.keys == ["a", "b"]
    line.reader.read_until(lambda: False, 0.01)


@on_linux
async def test_the_file_that_the_shell_has_as_well_still_waits(line: Line) -> None:
    line.reader.start(line.reading)
    assert os.get_blocking(line.reading)


@on_linux
async def test_a_terminal_that_is_gone_is_read_no_more() -> None:
    line = Line()
    os.close(line.writing)
    os.close(line.reading)
    line.writing, line.reading = os.openpty()
    line.reader.start(line.reading)
    os.close(line.writing)
    await until_true(lambda: not line.reader.is_on_loop)
    os.close(line.reading)


@on_linux
async def test_a_terminal_that_cannot_be_read_is_reported_once(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: int) -> bytes:
        raise OSError(errno.EIO, "as in a background job that nobody can bring back")

    line.reader.start(line.reading)
    monkeypatch.setattr("tui.terminal.input_reader.os.read", fail)
    line.send("a")
    await until_true(lambda: line.hang_ups)
    assert not line.reader.is_on_loop
    await asyncio.sleep(0)
    assert len(line.hang_ups) == 1


@on_linux
async def test_an_error_of_the_app_is_passed_on(line: Line) -> None:
    line.reader.start(line.reading)
    line.send("x")
    await until_true(lambda: line.errors)
    line.send("y")
    await until_true(lambda: line.keys == ["y"])


@on_linux
async def test_an_error_of_what_follows_a_read_is_passed_on(line: Line) -> None:
    def fail() -> None:
        raise ValueError("the ink cannot be shown")

    line.reader.start(line.reading)
    line.after_read = fail
    line.send("a")
    await until_true(lambda: line.errors)
    line.send("b")
    await until_true(lambda: line.keys == ["a", "b"])


async def test_a_file_is_not_read_on_the_loop(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text("abc")
    line = Line()
    with path.open() as file:
        line.reader.start(file.fileno())
        assert not line.reader.is_on_loop
        line.reader.run(file.fileno(), threading.Event())  # a file ends
    assert line.keys == ["a", "b", "c"]


def test_a_thread_reads_until_it_is_over(line: Line) -> None:
    is_over = threading.Event()
    thread = threading.Thread(target=line.reader.run, args=(line.reading, is_over))
    thread.start()
    line.send("q")
    is_over.set()
    thread.join(10)
    assert not thread.is_alive()


@on_linux
async def test_threads_wait_until_what_was_read_is_answered_or_needs_no_answer(line: Line) -> None:
    with short_switch_interval():
        line.reader.start(line.reading)
        line.send("a")
        line.reader.read_until(lambda: line.keys, 10.0)
        assert sys.getswitchinterval() == pytest.approx(ANSWER_SECONDS)
        await until_true(lambda: sys.getswitchinterval() == pytest.approx(SWITCH_SECONDS))


@on_linux
async def test_threads_and_garbage_wait_no_longer_when_the_input_ends(line: Line) -> None:
    with short_switch_interval():
        line.reader.start(line.reading)
        os.close(line.writing)
        line.writing = os.open(os.devnull, os.O_WRONLY)
        await until_true(lambda: not line.reader.is_on_loop)
        assert sys.getswitchinterval() == pytest.approx(SWITCH_SECONDS)
        assert gc.isenabled()
