import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import DataError
from trainpad.errors import UserError
from trainpad.text import sanitize

HOSTILE = [
    "\x1b]0;title\x07",
    "\x1b]52;c;aGk=\x07",
    "\x1b[2J",
    "\x9b2J",
    "\u202egnp.exe",
    "\udc80",
    "\u200d",
    "\x7f",
    "\ufeff",
    "\U000e0001",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_steers_a_terminal_passes(text: str) -> None:
    assert sanitize(text).isprintable()
    assert len(sanitize(text)) == len(text)


def test_ordinary_text_stays_as_it_is() -> None:
    assert sanitize("loss/train épsilon ∆ 損失 [b]") == "loss/train épsilon ∆ 損失 [b]"


def test_controls_are_seen_and_white_space_is_space() -> None:
    assert sanitize("a\x1b[b\tc\nd\xa0e\u2028f\x7f") == "a␛[b c d e f␡"


def test_newlines_stay_where_they_are_wanted() -> None:
    assert sanitize("a\r\nb\nc\x07", keep="\n") == "a\nb\nc␇"


def test_a_long_text_ends_in_an_ellipsis() -> None:
    assert sanitize("x" * 20, limit=5) == "xxxx…"
    assert sanitize(b"x" * 20, limit=5) == "xxxx…"
    assert sanitize("x" * 5, limit=5) == "xxxxx"


def test_bytes_are_utf8_and_what_is_not_is_replaced() -> None:
    assert sanitize("é".encode() + b"\xff") == "é\ufffd"


@given(st.one_of(st.binary(), st.text(st.characters())), st.integers(1, 50))
def test_any_input_becomes_printable_and_short(text: str | bytes, limit: int) -> None:
    cleaned = sanitize(text, limit=limit)
    assert cleaned.isprintable()
    assert len(cleaned) <= limit
    assert sanitize(cleaned, limit=limit) == cleaned


@pytest.mark.parametrize("text", HOSTILE)
def test_an_error_is_harmless_wherever_it_is_shown(text: str) -> None:
    assert str(DataError(f"{text}.png: no such file")).isprintable()
    assert str(UserError(f"{text}{text}: no such run")).isprintable()
