"""Restore the terminal after the dashboard was killed.

A process that is killed in the middle of a dashboard leaves the shell a terminal that echoes
nothing, shows the alternate screen, and reports every move of the mouse.
"""

import os
import termios
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

RESET_MODES = (
    b"\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l"  # no reports of the mouse
    b"\x1b[?1004l\x1b[?2004l\x1b[?2048l\x1b[<u"  # nor of focus, pastes, sizes and single keys
    # The cursor is saved first: a terminal that shows the main screen already keeps it in place.
    b"\x1b7\x1b[?1049l\x1b[?25h\x1b[0m"
)


@dataclass(frozen=True, slots=True)
class Tty:
    """The settings of a terminal at one moment."""

    descriptor: int
    settings: list[Any]

    @classmethod
    def capture(cls) -> "Tty | None":
        """Return the settings of standard input's terminal; None where it is no terminal."""
        try:
            return cls(0, termios.tcgetattr(0))
        except (OSError, termios.error):
            return None

    def restore(self) -> None:
        """Restore the settings, and switch off the modes that a dashboard switches on."""
        with suppress(OSError, termios.error):
            termios.tcsetattr(self.descriptor, termios.TCSANOW, self.settings)
            os.write(self.descriptor, RESET_MODES)
