"""The app of `trainpad watch`: one thread reads files, this one shows them."""

from collections.abc import Sequence
from typing import Unpack

from textual import on

from trainpad.text import sanitize
from tui.terminal.base_app import AppOptions, BaseApp, run_standalone
from tui.terminal.environment import Pace
from tui.terminal.exit_result import ExitResult
from tui.watch.model import WatchModel
from tui.watch.reader import LogdirWorker, ReadFailed, UpdateReceived
from tui.watch.screen import WatchScreen
from tui.widgets.help import HelpScreen


class WatchApp(BaseApp[ExitResult]):
    """Show files of numbers while they grow; never write to them."""

    CSS_PATH = "watch.tcss"
    TITLE = "trainpad watch"

    def __init__(
        self,
        paths: Sequence[str],
        *,
        pattern: str = "",
        group: str | None = None,
        **options: Unpack[AppOptions],
    ) -> None:
        super().__init__(**options)
        self.model = WatchModel(pattern, group)
        self.model.first = self.user_options.charts_first
        self.error: Exception | None = None
        self._title = sanitize(", ".join(map(str, paths)), limit=200)
        self._worker = LogdirWorker(paths, self.post_message)
        self._shown_version = -1

    def get_default_screen(self) -> WatchScreen:
        """The only screen."""
        return WatchScreen(self.model, self._title, self.glyphs)

    def on_mount(self) -> None:
        """Start reading and refreshing."""
        self._worker.start()
        self.set_interval(1 / self.pace.fps, self._refresh_screen)

    def on_unmount(self) -> None:
        """Stop reading."""
        self._worker.stop()

    @on(UpdateReceived)
    def _fold_update(self, message: UpdateReceived) -> None:
        first = not self.model.scalar_tags()
        self.model.fold(message.update)
        if first:
            self._refresh_screen()

    @on(ReadFailed)
    def _stop_on_failure(self, message: ReadFailed) -> None:
        self.error = message.error
        self.exit(ExitResult.ERROR)

    def _refresh_screen(self) -> None:
        """Refresh the screen, also behind a dialog, unless nothing changed or output waits."""
        screen = self.screen_stack[0]
        if not isinstance(screen, WatchScreen) or self.model.version == self._shown_version:
            return
        if self.terminal is not None and self.terminal.is_behind:
            return
        self._shown_version = self.model.version
        screen.show_model()

    def action_help(self) -> None:
        """Show all keys."""
        if isinstance(self.screen, WatchScreen):
            self.push_screen(HelpScreen(self.screen))


def run_watch(
    paths: Sequence[str], pattern: str, group: str | None, pace: Pace, *, ascii_only: bool
) -> int:
    """Run the app until the user quits; return the exit status."""
    app = WatchApp(paths, pattern=pattern, group=group, ascii_only=ascii_only, pace=pace)
    status = run_standalone(app)
    if app.error is not None:
        raise app.error
    return status
