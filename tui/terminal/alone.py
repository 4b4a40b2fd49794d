"""Apps that have nothing to save: a signal gives the terminal back and ends them.

Without this the first SIGTERM would end the process where it stands, and leave the shell a terminal
that reports every move of the mouse.
"""

import signal
from types import FrameType
from typing import Any

from textual.app import App

from core.session.headless import DONE, INTERRUPTED, exit_by_signal
from tui.terminal.driver import duplicated_terminal

EXIT_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run_standalone(app: App[Any]) -> int:
    """Run `app` on the terminal until it is left; the exit status. A second signal ends at once."""
    caught: list[int] = []

    def leave(number: int, _frame: FrameType | None) -> None:
        to_leave = getattr(app._driver, "leave", None)  # noqa: SLF001 - no public way to it
        if caught or to_leave is None:
            exit_by_signal(number)
        else:
            caught.append(number)
            to_leave("signal")

    for number in EXIT_SIGNALS:
        signal.signal(number, leave)
    with duplicated_terminal():
        app.run()
    return INTERRUPTED if signal.SIGINT in caught else app.return_code or DONE
