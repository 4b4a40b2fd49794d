"""The app that shows a study alone."""

from collections.abc import Callable
from typing import Unpack

from core.rundir.rundir import RunDir
from core.sweep.folder import StudyFolder
from tui.study.dialogs import LeaveDialog
from tui.study.screen import Closed, StudyScreen
from tui.terminal.base_app import AppOptions, BaseApp
from tui.terminal.exit_result import ExitResult


class StudyApp(BaseApp[ExitResult]):
    """Show a study while its trials run, and steer it."""

    CSS_PATH = "app.tcss"
    TITLE = "trainpad study"

    def __init__(
        self,
        folder: StudyFolder,
        *,
        is_running: Callable[[], bool] = lambda: False,
        **options: Unpack[AppOptions],
    ) -> None:
        """Show the study in a folder; where a sweep `is_running`, ask how to leave it."""
        super().__init__(**options)
        self.error: Exception | None = None
        self.chosen: RunDir | None = None
        """The run to show in place of the study."""
        self.stops = False
        """Whether all trials shall be stopped."""
        self._is_running = is_running
        self._study_screen = StudyScreen(folder, is_alone=True)

    def on_mount(self) -> None:
        """Show the study."""
        self.push_screen(self._study_screen, self._handle_result)

    def _handle_result(self, result: Closed) -> None:
        if isinstance(result, Exception):
            self.error = result
            self.exit(ExitResult.ERROR)
        elif isinstance(result, RunDir):
            self.chosen = result
            self.exit(ExitResult.QUIT)
        else:
            self.exit(ExitResult.QUIT)

    def action_ask_quit(self) -> None:
        """Quit; from a sweep that runs here, ask how."""
        if isinstance(self.screen, LeaveDialog) or not self._is_running():
            self.exit(ExitResult.QUIT)
        else:
            self.push_screen(LeaveDialog(), self._leave)

    def _leave(self, choice: str | None) -> None:
        self.stops = choice == "stop"
        if choice in ("stop", "keep"):
            self.exit(ExitResult.QUIT)
