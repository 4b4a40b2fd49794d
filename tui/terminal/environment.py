"""What the environment says about the terminal. Imports nothing of Textual.

Textual reads its own settings when it is imported, so `configure_textual` must run before.
"""

import os
import sys
from dataclasses import dataclass
from typing import Final

from core.process.threads import relax_gc

LOCAL_FPS, REMOTE_FPS = 8.0, 4.0
"""Screen updates per second: fewer over SSH, where bandwidth is scarce."""
MAX_SHARE: Final = 0.02
"""How much of a core the thread of the screen takes from training, unless a number of updates per
second is requested: it draws as often as that allows, and at least twice a second."""
REMOTE_BYTES_PER_SECOND: Final = 3600.0
"""Average budget for screen updates over SSH."""


def has_screen() -> bool:
    """Whether there is a terminal to draw on, or a replacement such as textual-serve."""
    if os.environ.get("TEXTUAL_DRIVER"):
        return True
    return sys.stdout.isatty() and sys.stdin.isatty() and os.environ.get("TERM") != "dumb"


def configure_textual() -> None:
    """Set the environment variables that Textual reads at import, and tune garbage collection."""
    # Textual turns pixels on where they are not confirmed; see `tui.terminal.pixel_mouse`.
    os.environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    # Changes are sent after 1 ms instead of 17: ink follows the pen, keys answer sooner. How often
    # the numbers are redrawn is set by `Pace`, and does not depend on this.
    os.environ.setdefault("TEXTUAL_FPS", "1000")  # `BaseApp` turns off what else it would speed up
    relax_gc()


@dataclass(frozen=True, slots=True)
class Pace:
    """Limits of the screen updates."""

    fps: float
    bytes_per_second: float | None
    cpu_share: float | None = None
    """How much of a core updates may take; None for any."""

    @classmethod
    def resolve(cls, fps: float | None = None, bytes_per_second: float | None = None) -> "Pace":
        """The given limits, completed by the defaults for a local or an SSH session."""
        remote = bool(os.environ.get("SSH_CONNECTION"))
        default = cls(REMOTE_FPS, REMOTE_BYTES_PER_SECOND) if remote else cls(LOCAL_FPS, None)
        share = None if fps else MAX_SHARE
        return cls(fps or default.fps, bytes_per_second or default.bytes_per_second, share)


def knows_private_modes() -> bool:
    """Whether the terminal may be asked for its modes, and the user does not forbid it.

    Apple's Terminal and the Linux console print a part of such a question.
    """
    if os.environ.get("TRAINPAD_MOUSE") == "cells":
        return False
    return os.environ.get("TERM_PROGRAM") != "Apple_Terminal" and os.environ.get("TERM") != "linux"


def needs_ascii() -> bool:
    """Whether the terminal may show nothing but ASCII: the Linux console, or no UTF-8 locale."""
    if os.environ.get("TERM") == "linux":
        return True
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_CTYPE") or os.environ.get("LANG") or ""
    return bool(locale) and "utf" not in locale.lower()
