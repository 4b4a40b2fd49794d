"""Show a study in the terminal, for the commands that do."""

from collections.abc import Callable
from typing import NamedTuple

from core.process.launcher import Launcher
from core.sweep.folder import StudyFolder
from tui.launch import run_viewer
from tui.study.app import StudyApp
from tui.terminal.base_app import run_standalone
from tui.terminal.environment import Pace


class Left(NamedTuple):
    """How a study's screen was left."""

    status: int
    """The exit status."""
    stops: bool
    """Whether all trials shall be stopped."""


def show_study(
    folder: StudyFolder,
    launcher: Launcher,
    pace: Pace,
    *,
    ascii_only: bool,
    is_running: Callable[[], bool] = lambda: False,
) -> Left:
    """Show a study until the user quits, and in between the runs that are opened from it.

    Where a sweep `is_running`, how to leave it is asked.

    Raises:
        UserError: the study cannot be read.
    """
    while True:
        app = StudyApp(
            folder, is_running=is_running, ascii_only=ascii_only, pace=pace, launcher=launcher
        )
        status = run_standalone(app)
        if app.error is not None:
            raise app.error
        if app.chosen is None:
            return Left(status, app.stops)
        run_viewer(app.chosen, launcher, pace, read_only=False, ascii_only=ascii_only)
