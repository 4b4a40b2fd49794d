"""Parse what the terminal sends, so that no pasted text arrives as keys.

A line may deliver a paste or a sequence in pieces, and Textual takes what follows a pause for keys:
a pasted `q` would quit. It also parses sequences inside a paste, and waits for the end of a paste
without a limit, ignoring all keys. So pastes are parsed here, and the rest by Textual.
"""

import re
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final, Protocol

from textual import constants
from textual.events import Key, Paste
from textual.message import Message

from trainpad.text import sanitize
from tui.terminal.pixel_mouse import REPLY, reply_in

PASTE_START: Final = "\x1b[200~"
PASTE_END: Final = "\x1b[201~"
PASTE_TIMEOUT: Final = 1.0
"""Seconds after which a paste is over although its end did not arrive."""
SEQUENCE_TIMEOUT: Final = 1.0
"""Seconds after which the rest of a sequence does not arrive any more."""
TYPING_INTERVAL: Final = 0.15
"""Seconds; a single character that arrives later than this after the last is rather a key."""
MAX_PASTE: Final = 100_000
"""Characters of a paste that are kept."""
CTRL_C: Final = "\x03"
_INCOMPLETE = re.compile(r"(?:\x1b(?:\[[<?]?[\d;:]*\$?)?)?\Z")
_REST_OF_SEQUENCE = re.compile(r"\[[<?]?\d")
_REPORT = r"(?<![\x1b\[O<?;:$\d-])\x1b\[<\d{1,4};-?\d{1,5};-?\d{1,5}[Mm]"
"""A report of the mouse, other than one that interrupts another sequence."""
_PARSED_HERE = re.compile(rf"{REPLY.pattern}|(?P<mouse>{_REPORT})")
_KEYS = re.compile(r"(?:\x1b\[[<?]?[\d;:]*[A-Za-z~])+|\x1bO.|\x1b?.", re.DOTALL)


class Parser(Protocol):
    """Textual's parser."""

    def feed(self, data: str) -> Iterable[Message]:
        """Parse more; without any, the parser is closed."""

    def tick(self) -> Iterable[Message]:
        """Check for timeouts."""

    def parse_mouse_code(self, code: str) -> Message | None:
        """Parse one report of the mouse; return None for one that is outside of the terminal."""


class InputParser:
    """Parses pastes, and passes everything else to Textual's parser in whole sequences."""

    def __init__(self, parser: Parser, clock: Callable[[], float] = time.monotonic) -> None:
        self._parser, self._clock = parser, clock
        self._held = ""
        """The start of a sequence that has not arrived completely."""
        self._paste: str | None = None
        """What has arrived of a paste; None outside of pastes."""
        self._is_overdue = False
        """Whether the end of a paste may still arrive."""
        self._was_escape = False
        """Whether the last read was an escape that was reported as a key."""
        self._read_at = self._active_at = clock()

    def feed(self, data: str) -> Iterator[Message]:
        """Parse what was read at once."""
        now = self._clock()
        is_typed = len(data) == 1 and now - self._read_at >= TYPING_INTERVAL
        self._read_at = now
        if self._paste is None or not is_typed:
            self._active_at = now
        elif data == CTRL_C:
            self._paste = None
        if self._was_escape and _REST_OF_SEQUENCE.match(data):
            data = "\x1b" + data
        self._was_escape = False
        yield from self._parse(self._held + self._resume_paste(data))

    def tick(self) -> Iterator[Message]:
        """Give up what was expected and did not arrive."""
        idle = self._clock() - self._active_at
        if self._paste is not None and idle >= PASTE_TIMEOUT:
            self._is_overdue = True
            yield from self._end_paste()
        elif self._held == "\x1b" and idle >= constants.ESCAPE_DELAY:
            self._held, self._was_escape = "", True
            yield Key("escape", "\x1b")
        elif self._held == "\x1b[" and idle >= constants.ESCAPE_DELAY:
            self._held = ""
            yield from self._parser.feed("\x1b[")  # alt and a bracket
        elif idle >= SEQUENCE_TIMEOUT:
            self._held = ""
        yield from self._parser.tick()

    def _resume_paste(self, data: str) -> str:
        """Go on with a paste that was given up too early; return what is not part of it."""
        if not self._is_overdue:
            return data
        self._is_overdue = False
        _, end, rest = data.rpartition(PASTE_END)
        if end:
            return rest
        if not _KEYS.fullmatch(data):
            self._paste = ""
        return data

    def _parse(self, text: str) -> Iterator[Message]:
        self._held = ""
        while text:
            if self._paste is not None:
                text = self._collect(text)
                if self._paste.endswith(PASTE_END):
                    self._paste = self._paste.removesuffix(PASTE_END)
                    yield from self._end_paste()
                continue
            before, start, text = text.partition(PASTE_START)
            if start:
                self._paste = ""
            elif match := _INCOMPLETE.search(before):
                before, self._held = before[: match.start()], match[0]
            yield from self._parse_sequences(before)

    def _parse_sequences(self, text: str) -> Iterator[Message]:
        """Parse whole sequences.

        Textual would take a reply about pixels for keys, and takes ten times as long for a report
        of the mouse, which it parses a character at a time.
        """
        start = 0
        for match in _PARSED_HERE.finditer(text):
            if match.start() > start:
                yield from self._parser.feed(text[start : match.start()])
            if not match["mouse"]:
                yield reply_in(match)
            elif (report := self._parser.parse_mouse_code(match[0])) is not None:
                yield report
            start = match.end()
        if start < len(text):
            yield from self._parser.feed(text[start:])

    def _collect(self, text: str) -> str:
        """Add `text` to the paste, up to its end; return the rest."""
        inside, end, rest = ((self._paste or "") + text).partition(PASTE_END)
        if not end and len(inside) > MAX_PASTE:
            inside = inside[:MAX_PASTE] + inside[-len(PASTE_END) :]
        self._paste = inside + end
        return rest

    def _end_paste(self) -> Iterator[Message]:
        text = sanitize(self._paste or "", keep="\n", limit=MAX_PASTE)
        self._paste = None
        if text:
            yield Paste(text)
