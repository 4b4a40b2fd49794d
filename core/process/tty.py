"""The terminal as it was, for the time after a process that could not tidy up behind itself.

Who is killed in the middle of a dashboard leaves the shell a terminal that echoes nothing, shows
the other screen, and reports every move of the mouse.
"""

import os
import termios
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

RESET_MODES = (
    b"\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l"  # no reports of the mouse
    b"\x1b[?1004l\x1b[?2004l\x1b[?2048l\x1b[<u"  # nor of focus, pastes, sizes and single keys
    # Who shows the first screen already keeps the cursor where it is.
    b"\x1b7\x1b[?1049l\x1b[?25h\x1b[0m"
)


@dataclass(frozen=True, slots=True)
class Tty:
    """A terminal's settings at some moment."""

    descriptor: int
    settings: list[Any]

    @classmethod
    def capture(cls) -> "Tty | None":
        """The terminal of standard input as it is now, or None where that is none."""
        try:
            return cls(0, termios.tcgetattr(0))
        except (OSError, termios.error):
            return None

    def restore(self) -> None:
        """Set it as it was, and switch off what a dashboard switches on."""
        with suppress(OSError, termios.error):
            termios.tcsetattr(self.descriptor, termios.TCSANOW, self.settings)
            os.write(self.descriptor, RESET_MODES)
