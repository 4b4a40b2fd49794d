"""What every screen is: a view of the app's one `Run`, with a header and a row of keys."""

from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.binding import Binding, BindingType
from textual.events import Mount, ScreenResume
from textual.message import Message
from textual.screen import Screen

from core.run.events import Event
from core.run.state import Run
from tui.dashboard.header import Header, Identity
from tui.dashboard.selection import Subject
from tui.widgets.footer import KeyRow
from tui.widgets.screens import PLACES
from tui.widgets.text_widget import Lines

if TYPE_CHECKING:
    from tui.app import TrainpadApp


class View(Screen[None]):
    """Base of the five screens."""

    # A terminal of a few rows has none for a scroll bar, which would come up by itself.
    DEFAULT_CSS = "View { overflow: hidden; }"

    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - Textual declares it
        (0, "-narrow"), (110, "-medium"), (180, "-wide"),
    ]  # fmt: skip
    VERTICAL_BREAKPOINTS = [(0, "-low"), (34, "-high"), (45, "-tall")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(
                place.key,
                f"app.go('{place.name}')",
                place.title,
                show=False,
                id=f"app.{place.name}",
                tooltip=place.purpose,
            )
            for place in PLACES
        ),
        Binding("question_mark", "app.help", "Help", id="app.help", key_display="?",
                tooltip="Every key of this screen"),
        Binding("d", "app.detach", "Detach", id="app.detach",
                tooltip="Give the terminal back; training goes on"),
        Binding("q", "app.ask_quit", "Quit", id="app.quit", tooltip="Leave trainpad"),
        Binding("Q", "app.ask_stop", "Stop", show=False, id="app.stop", key_display="Q",
                tooltip="Stop the run, wherever it trains; it is saved"),
        Binding("ctrl+z", "app.suspend_process", "Shell", show=False, id="app.suspend",
                tooltip="Back to the shell; `fg` comes back, and what trains goes on"),
    ]  # fmt: skip

    NAME: ClassVar[str] = ""
    CHANGES: ClassVar[frozenset[str]] = frozenset()
    """The actions that a window which only looks on refuses: its row of keys leaves them out."""
    AUTO_FOCUS = ""  # keys belong to the screen until something is entered
    _up = False
    """Whether the widgets exist."""
    _styled_for = ""
    """The theme that the styles are of."""

    @property
    def trainpad(self) -> "TrainpadApp":
        """The app, by its own type."""
        return cast("TrainpadApp", self.app)

    @property
    def refused(self) -> frozenset[str]:
        """The actions that are no good in this window."""
        return self.CHANGES if self.trainpad.read_only else frozenset()

    @property
    def ready(self) -> bool:
        """Whether the widgets exist, and are not about to go."""
        return self._up and self.app.is_running and not self._pruning

    async def _dispatch_message(self, message: Message) -> None:
        """Leave out `Mount` on a screen that goes before it is up: some of its widgets are not."""
        going = self._closing or self._pruning or not self.app.is_running
        if not (going and isinstance(message, Mount)):
            await super()._dispatch_message(message)

    def header(self) -> Header:
        """The two rows at the top."""
        return Header(self.NAME)

    def footer(self) -> KeyRow:
        """The row of keys at the bottom."""
        return KeyRow()

    def on_mount(self) -> None:
        """From here on there is something to show a run on."""
        for lines in self.query(Lines):
            lines.ascii_only = self.trainpad.ascii
        self._up = True

    def _on_screen_resume(self, event: ScreenResume) -> None:
        """Come back as the run is now, and otherwise as it was.

        Textual would work out all styles anew, which only a theme changes.
        """
        event.refresh_styles = self._styled_for != self.app.theme
        self._styled_for = self.app.theme
        self.catch_up()

    def catch_up(self) -> None:
        """Show the run as it is now, and not only at the next frame."""
        if self.is_current:  # screens that are mounted ahead resume as well
            self.trainpad.catch_up()

    def show(self, run: Run) -> None:
        """Show this run, as it is now."""
        self.query_one(Header).show(run)

    def take(self, event: Event) -> None:
        """Look at an event that was just folded; most screens need not."""

    @property
    def subject(self) -> Subject | None:
        """The picture that is picked here, which the Weights screen then explains."""
        return None

    @on(Identity.Chosen)
    def _go(self, message: Identity.Chosen) -> None:
        self.trainpad.action_go(message.screen_name)
