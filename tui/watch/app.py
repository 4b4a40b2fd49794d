"""The app of `trainpad watch`: one thread reads event files, this one shows them."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.driver import Driver

from trainpad.text import sanitize
from tui.terminal.alone import run_standalone
from tui.terminal.driver import Pace, driver_class
from tui.watch.model import WatchModel
from tui.watch.reader import LogdirWorker, ReadFailed, UpdateReceived
from tui.watch.screen import WatchScreen
from tui.widgets.canvas import Glyphs
from tui.widgets.command_palette import CommandPaletteApp
from tui.widgets.help import ASCII_CLASS, HelpScreen
from tui.widgets.settings import Settings


class WatchApp(CommandPaletteApp[str]):
    """Show event files while they grow; never write to them."""

    CSS_PATH = "watch.tcss"
    TITLE = "trainpad watch"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c,ctrl+q", "quit", "Quit", show=False, priority=True, id="app.interrupt"),
    ]

    def __init__(
        self,
        paths: Sequence[str],
        *,
        pattern: str = "",
        ascii_only: bool = False,
        pace: Pace | None = None,
        settings: Settings | None = None,
    ) -> None:
        self._pace = pace or Pace.resolve()
        super().__init__()  # asks for the driver's class
        self.model = WatchModel()
        self.model.pattern = pattern
        self._settings = settings or Settings()
        self.error: Exception | None = None
        self._title = sanitize(", ".join(map(str, paths)), limit=200)
        self._glyphs = Glyphs.ASCII if ascii_only else Glyphs.BRAILLE
        self.set_class(ascii_only, ASCII_CLASS)
        self._worker = LogdirWorker(paths, self.post_message)
        self._shown_version = -1

    def get_driver_class(self) -> type[Driver]:
        """A driver that survives losing its terminal."""
        return driver_class(super().get_driver_class(), self._pace, None)

    def get_default_screen(self) -> WatchScreen:
        """The only screen."""
        return WatchScreen(self.model, self._title, self._glyphs)

    def on_mount(self) -> None:
        """Start reading and refreshing."""
        chosen = self._settings.get("theme", self.theme)
        self.theme = chosen if chosen in self.available_themes else self.theme
        self.theme_changed_signal.subscribe(self, lambda t: self._settings.set("theme", t.name))
        self._worker.start()
        self.set_interval(1 / self._pace.fps, self._refresh_screen)

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
        self.exit("error")

    def _refresh_screen(self) -> None:
        """Refresh the screen, unless nothing changed or the terminal is behind."""
        screen = self.screen
        if not isinstance(screen, WatchScreen) or self.model.version == self._shown_version:
            return
        if getattr(self._driver, "is_behind", False):
            return
        self._shown_version = self.model.version
        screen.show_model()

    def action_help(self) -> None:
        """Show all keys."""
        if isinstance(self.screen, WatchScreen):
            self.push_screen(HelpScreen(self.screen))


def run_watch(paths: Sequence[str], pattern: str, pace: Pace, *, ascii_only: bool) -> int:
    """Run the app until the user quits; return the exit status."""
    app = WatchApp(paths, pattern=pattern, ascii_only=ascii_only, pace=pace)
    status = run_standalone(app)
    if app.error is not None:
        raise app.error
    return status
