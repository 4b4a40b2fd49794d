"""Input in pieces: pastes and sequences that are split, hold escapes, or have no end."""

import time
from collections.abc import Iterator

import pytest
from textual import constants
from textual.events import AppFocus, Key, MouseEvent, MouseMove, Paste
from textual.message import Message

from tui.terminal.input_parser import MAX_PASTE, PASTE_END, PASTE_START, InputParser
from tui.terminal.textual_private import terminal_parser


class Line:
    """A line to a terminal, with a clock."""

    def __init__(self) -> None:
        self.now = 0.0
        self.parser = InputParser(terminal_parser(), lambda: self.now)
        self.messages: list[Message] = []

    def read(self, *pieces: str, pause: float = 0.01) -> None:
        for piece in pieces:
            self.messages += self.parser.feed(piece)
            self.wait(pause)

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.messages += self.parser.tick()

    @property
    def keys(self) -> list[str]:
        return [message.key for message in self.messages if isinstance(message, Key)]

    @property
    def pasted(self) -> str:
        return "".join(message.text for message in self.messages if isinstance(message, Paste))


@pytest.fixture
def line() -> Line:
    return Line()


def splits(text: str) -> Iterator[list[str]]:
    yield list(text)
    yield from ([text[:at], text[at:]] for at in range(1, len(text)))


PASTED = PASTE_START + "qq\r\x03 \x1b[31mq\x1b q\x1b[<0;5;5M\x00" + PASTE_END


@pytest.mark.parametrize("pause", [0.0, 0.05, 0.09])
def test_a_paste_that_is_split_anywhere_is_one_paste(pause: float) -> None:
    for pieces in splits(PASTED):
        line = Line()
        line.read(*pieces, "j", pause=pause)
        assert line.keys == ["j"]
        assert line.pasted == "qq ␃ ␛[31mq␛ q␛[<0;5;5M␀"


def test_two_pastes_and_keys_in_one_read(line: Line) -> None:
    line.read(f"a{PASTE_START}q{PASTE_END}b{PASTE_START}{PASTE_END}c{PASTE_START}w\nx{PASTE_END}")
    assert line.keys == ["a", "b", "c"]
    assert line.pasted == "qw\nx"


def test_a_paste_without_an_end_is_over_after_a_second(line: Line) -> None:
    line.read(PASTE_START + "text")
    assert line.pasted == ""
    line.wait(1)
    assert line.pasted == "text"
    line.read("q", "\x1b[A")
    assert line.keys == ["q", "up"]


def test_keys_end_a_paste_without_an_end(line: Line) -> None:
    line.read(PASTE_START + "text")
    line.read("q", "q", "q", "q", "q", "q", pause=0.3)
    assert line.keys[-1] == "q"
    line.read(PASTE_START + "text", pause=0.3)
    line.read("\x03")
    assert line.keys[-1] == "ctrl+c"


@pytest.mark.parametrize("rest", [f"qq{PASTE_END}", f"q{PASTE_END}", PASTE_END, "q w"])
def test_the_rest_of_a_paste_that_stalled_is_no_keys(line: Line, rest: str) -> None:
    line.read(PASTE_START + "text")
    line.wait(5)
    line.read(rest, PASTE_END, "j")
    line.wait(5)
    assert line.keys == ["j"]


def test_a_huge_paste_is_cut(line: Line) -> None:
    line.read(PASTE_START + 3 * MAX_PASTE * "x", 3 * MAX_PASTE * "y" + PASTE_END[:3], PASTE_END[3:])
    assert len(line.pasted) == MAX_PASTE
    line.read("j")
    assert line.keys == ["j"]


def test_a_sequence_that_is_split_is_no_keys() -> None:
    for pieces in splits("\x1b[<35;21;5M"):
        line = Line()
        line.read(*pieces, "j", pause=0.3 if len(pieces[0]) > 2 else 0)
        assert line.keys == ["j"]
        (moved,) = (message for message in line.messages if isinstance(message, MouseMove))
        assert (moved.x, moved.y) == (20, 4)


def test_a_sequence_after_an_escape_that_was_taken_for_a_key(line: Line) -> None:
    line.read("\x1b", "[<35;21;5M", pause=0.5)
    assert line.keys == ["escape"]
    assert isinstance(line.messages[-1], MouseMove)


def test_a_sequence_without_an_end_is_discarded(line: Line) -> None:
    line.read("\x1b[<35;2")
    line.wait(1)
    line.read("q")
    assert line.keys == ["q"]


def test_escape_and_keys_with_alt_are_keys(line: Line) -> None:
    line.read("\x1b", pause=0.2)
    line.read("j", "\x1b[1;3A", "\x1bOP", "\x1b[I", "\x1bx")
    assert isinstance(line.messages[-1], AppFocus)
    time.sleep(1.1 * constants.ESCAPE_DELAY)  # Textual's parser has a clock of its own
    line.wait(1)
    assert line.keys == ["escape", "j", "alt+up", "f1", "alt+x"]


REPORTS = [
    "\x1b[<0;5;6M",
    "\x1b[<32;6;6M",
    "\x1b[<48;60;16M",
    "\x1b[<35;7;6M",
    "\x1b[<2;900;1M",
    "\x1b[<0;7;6m",
    "\x1b[<64;7;6M",
    "\x1b[<0;-3;6M",
    "\x1b[<0;0;6M",
    "\x1b[<32;1;123456M",
]


def described(message: Message) -> tuple[object, ...]:
    """What a message says."""
    if isinstance(message, Key):
        return "key", message.key
    if isinstance(message, MouseEvent):
        pressed = message.button, message.shift, message.meta, message.ctrl
        moved = message.delta_x, message.delta_y
        return type(message), message.x, message.y, message.screen_offset, *moved, *pressed
    return (type(message),)


@pytest.mark.parametrize(
    "between",
    [
        "",
        "c",
        "\x1b[A",
        "\x1b",
        "\x1b[",
        "\x1bO",
        "\x1b[1;",
        "\x1b[1:",
        "\x1b[1$",
        "\x1b[<0;5",
        "]",
    ],
)
def test_reports_of_the_mouse_are_parsed_as_textual_parses_them(between: str) -> None:
    text = between.join(["", *REPORTS, "q"])
    messages, textual = list(InputParser(terminal_parser()).feed(text)), terminal_parser()
    assert [described(message) for message in messages] == [
        described(message) for message in textual.feed(text)
    ]
    assert sum(isinstance(message, MouseEvent) for message in messages) >= len(REPORTS) - 2
