"""`trainpad watch` on a screen: one thread reads event files, and everything else happens here."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.driver import Driver

from trainpad.text import sanitize
from tui.terminal.alone import run_alone
from tui.terminal.driver import Pace, driver_class
from tui.watch.model import Watched
from tui.watch.reader import Arrived, Broke, Feed
from tui.watch.screen import WatchScreen
from tui.widgets.canvas import Glyphs
from tui.widgets.command_palette import PaletteApp
from tui.widgets.help import PLAIN, Help
from tui.widgets.settings import Settings


class WatchApp(PaletteApp[str]):
    """Shows event files as they grow; changes none of them."""

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
        self._pace = pace or Pace.chosen()
        super().__init__()  # asks for the driver's class
        self.watched = Watched()
        self.watched.pattern = pattern
        self._settings = settings or Settings()
        self.error: Exception | None = None
        self._title = sanitize(", ".join(map(str, paths)), limit=200)
        self._glyphs = Glyphs.ASCII if ascii_only else Glyphs.BRAILLE
        self.set_class(ascii_only, PLAIN)
        self._feed = Feed(paths, self.post_message)
        self._shown_version = -1

    def get_driver_class(self) -> type[Driver]:
        """A driver that outlives its terminal."""
        return driver_class(super().get_driver_class(), self._pace, None)

    def get_default_screen(self) -> WatchScreen:
        """The one screen."""
        return WatchScreen(self.watched, self._title, self._glyphs)

    def on_mount(self) -> None:
        """Start reading, and following."""
        chosen = self._settings.get("theme", self.theme)
        self.theme = chosen if chosen in self.available_themes else self.theme
        self.theme_changed_signal.subscribe(self, lambda t: self._settings.set("theme", t.name))
        self._feed.start()
        self.set_interval(1 / self._pace.fps, self._follow)

    def on_unmount(self) -> None:
        """Stop reading."""
        self._feed.leave()

    @on(Arrived)
    def _take(self, message: Arrived) -> None:
        first = not self.watched.scalars()
        self.watched.take(message.update)
        if first:
            self._follow()

    @on(Broke)
    def _broke(self, message: Broke) -> None:
        self.error = message.error
        self.exit("error")

    def _follow(self) -> None:
        """Bring the screen up to date, unless nothing is new or the terminal is behind."""
        screen = self.screen
        if not isinstance(screen, WatchScreen) or self.watched.version == self._shown_version:
            return
        if getattr(self._driver, "is_behind", False):
            return
        self._shown_version = self.watched.version
        screen.follow()

    def action_help(self) -> None:
        """Every key."""
        if isinstance(self.screen, WatchScreen):
            self.push_screen(Help(self.screen))


def run_watch(paths: Sequence[str], pattern: str, pace: Pace, *, ascii_only: bool) -> int:
    """Watch until somebody leaves; returns the exit status."""
    app = WatchApp(paths, pattern=pattern, ascii_only=ascii_only, pace=pace)
    status = run_alone(app)
    if app.error is not None:
        raise app.error
    return status
