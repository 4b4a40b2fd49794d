"""The app that shows a study: one thread reads it, this one shows it."""

from typing import Unpack

from textual import on

from core.sweep.folder import StudyFolder
from core.sweep.overview import StudyOverview, StudyReader
from core.sweep.study_requests import StudyRequests
from trainpad.text import sanitize
from tui.study.screen import StudyScreen
from tui.terminal.base_app import AppOptions, BaseApp, run_standalone
from tui.terminal.environment import Pace
from tui.terminal.exit_result import ExitResult
from tui.widgets.background import BackgroundJob, JobFinished
from tui.widgets.help import HelpScreen

POLL_SECONDS = 0.5


class StudyApp(BaseApp[ExitResult]):
    """Show a study while its trials run, and steer it."""

    CSS_PATH = "study.tcss"
    TITLE = "trainpad study"

    def __init__(self, folder: StudyFolder, **options: Unpack[AppOptions]) -> None:
        super().__init__(**options)
        self.error: Exception | None = None
        self._folder = folder
        self._reader = StudyReader(folder)
        self._job: BackgroundJob[StudyOverview | None] = BackgroundJob(self, self._show)
        self._study_screen = StudyScreen(
            sanitize(folder.path.name, limit=80), self.glyphs, StudyRequests(folder)
        )

    def get_default_screen(self) -> StudyScreen:
        """The only screen."""
        return self._study_screen

    def on_mount(self) -> None:
        """Read the study now, and again and again."""
        self._poll()
        self.set_interval(POLL_SECONDS, self._poll)

    def _poll(self) -> None:
        if not self._job.busy:
            self._job.submit(self._reader.poll, now=True)

    @on(JobFinished)
    def _job_finished(self, message: JobFinished) -> None:
        message.deliver()

    def _show(self, result: StudyOverview | Exception | None) -> None:
        if isinstance(result, Exception):
            self.error = result
            self.exit(ExitResult.ERROR)
        elif result is not None:
            self._study_screen.show_overview(result)

    def action_help(self) -> None:
        """Show all keys."""
        if isinstance(self.screen, StudyScreen):
            self.push_screen(HelpScreen(self.screen))


def run_study_app(folder: StudyFolder, pace: Pace, *, ascii_only: bool) -> int:
    """Run the app until the user quits; return the exit status."""
    app = StudyApp(folder, ascii_only=ascii_only, pace=pace)
    status = run_standalone(app)
    if app.error is not None:
        raise app.error
    return status
