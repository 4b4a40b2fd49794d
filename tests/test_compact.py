"""Frames without the escape sequences that change nothing."""

import pyte
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tui.terminal.compact import RESET, compact

colours = st.sampled_from(["38;5;74", "38;5;253", "38;2;1;2;3"])
backgrounds = st.sampled_from(["48;5;233", "48;5;23", "48;2;9;9;9"])
styles = st.one_of(
    st.builds("{};{}".format, colours, backgrounds),
    st.builds("1;{};{}".format, colours, backgrounds),
    colours,
    st.sampled_from(["31;40", "7", "1"]),
)
TINTED = "\x1b[38;5;74;48;5;233ma\x1b[0m"
texts = st.text("ab ⡀", min_size=1, max_size=4)
pieces = st.one_of(
    st.builds("\x1b[{}m{}\x1b[0m".format, styles, texts),
    st.builds("\x1b[{};{}H".format, st.integers(1, 4), st.integers(1, 12)),
    st.sampled_from(
        ["\x1b[K", "\x1b[2J", "\x1b[?25l", "plain", "\x1b[0m", "\x1b[38;5;74;48;5;23m"]
    ),
)


def cells(text: str) -> list[object]:
    screen = pyte.Screen(12, 4)
    pyte.Stream(screen).feed(text)
    buffer = [screen.buffer[y][x] for y in range(4) for x in range(12)]
    return [*buffer, screen.cursor.x, screen.cursor.y, screen.cursor.attrs._replace(data=" ")]


@given(st.lists(pieces, max_size=12))
@example([TINTED, "plain", TINTED])  # the reset is written before what has no style
@example(["\x1b[1m", TINTED, TINTED])  # what was set besides the two colours is reset
@settings(max_examples=300)
def test_the_terminal_shows_the_same(found: list[str]) -> None:
    frame = "".join(found)
    short = compact(frame)
    assert len(short) <= len(frame)
    assert cells(short) == cells(frame)


def test_a_style_is_written_once() -> None:
    style, other = "\x1b[38;5;74;48;5;233m", "\x1b[38;5;23;48;5;233m"
    frame = f"{style}a{RESET}\x1b[2;3H{style}b{RESET}{other}c{RESET}"
    assert compact(frame) == f"{style}a\x1b[2;3Hb\x1b[38;5;23mc{RESET}"
