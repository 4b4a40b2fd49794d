"""Why a program failed, by what it printed: the exception of its last traceback, or the last line.

What an exception says may have many lines, and others may follow: notes, what a launcher or a
shell adds, exceptions that are ignored at exit.
"""

import re
from typing import Final

from trainpad.failure import headline

LIMIT: Final = 200
"""A traceback that so many lines follow is not why the program ended."""
WEIGHT: Final = 20
"""A line with numbers of the training counts as so many: the program went on."""
_TRACEBACK: Final = "Traceback (most recent call last)"
_HEADER: Final = re.compile(r"(?P<margin>.*?)(?P<group>\+ Exception Group |Original )?$")
_EXCEPTION: Final = re.compile(r"[A-Za-z_][\w.]*(?:\([\w.]*\))?(?::|$)")
_FRAME: Final = (" ", "\t", "│", "╭", "╰", "┃", "┏", "┗", "|", "+")
"""How the lines of a traceback's frames begin, those of Rich as well."""
_AFTERWARDS: Final = ("Exception ignored", "Error in atexit", "Error in sys.")
"""How the line begins before a traceback that is not why a program ends."""
_LAUNCHERS: Final = ("ChildFailedError", "CalledProcessError")
"""What launchers raise because the program that they started has failed."""


class PrintedFailure:
    """Reads the lines of a program, one after the other."""

    def __init__(self) -> None:
        self.last_line = ""
        """The last line; it may be any."""
        self._said: list[str] = []
        """The exception of the last traceback: its first line, and the next one in case."""
        self._earlier: list[str] = []
        """What the one before said, unless the program went on after it."""
        self._margin = ""
        """What is printed before each line, such as ``[rank0]: ``."""
        self._is_in_frames = self._is_group = self._is_afterwards = False
        self._since = 0

    @property
    def headline(self) -> str:
        """The exception of the last traceback in one line; empty where there is none."""
        return headline(self._said) if self._since <= LIMIT else ""

    def feed(self, line: str) -> None:
        """Read the next line, without a line end."""
        before, self.last_line = self.last_line, line
        self._since += 1
        at = line.find(_TRACEBACK)
        if at >= 0 and (header := _HEADER.match(line[:at])):
            self._begin(header, before)
        elif self._said or self._is_in_frames:
            self._read(line.removeprefix(self._margin))

    def goes_on(self) -> None:
        """The last line had numbers of the training."""
        self._since += WEIGHT

    def _begin(self, header: re.Match[str], before: str) -> None:
        """Begin a traceback; one within a group of exceptions is a part of what that says."""
        group, margin = header["group"] or "", header["margin"]
        if self._is_group and self._said and margin.lstrip().startswith("|"):
            return
        self._is_group = group.startswith("+")
        self._margin = f"{margin}| " if self._is_group else "" if margin[:1] in _FRAME else margin
        self._is_afterwards = before.removeprefix(margin).startswith(_AFTERWARDS)
        if self._said:
            self._earlier = self._said if self._since <= LIMIT else []
        self._said, self._is_in_frames = [], True

    def _read(self, line: str) -> None:
        if self._is_in_frames:
            if not line.startswith(_FRAME) and (found := _EXCEPTION.match(line)):
                self._is_in_frames, self._since, self._said = False, 0, [line]
                is_launcher = found[0].rstrip(":").endswith(_LAUNCHERS)
                if self._earlier and (is_launcher or self._is_afterwards):
                    self._said = self._earlier
        elif len(self._said) == 1 and line.strip():
            self._said = [*self._said, line]
