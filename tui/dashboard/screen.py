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
from tui.dashboard.selection import PickedImage
from tui.widgets.footer import KeyFooter
from tui.widgets.screens import SCREENS
from tui.widgets.text_widget import TextWidget

if TYPE_CHECKING:
    from tui.app import TrainpadApp


class RunScreen(Screen[None]):
    """Base of the five screens."""

    # A terminal of a few rows has none for a scroll bar, which would come up by itself.
    DEFAULT_CSS = "RunScreen { overflow: hidden; }"

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
            for place in SCREENS
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
    WRITE_ACTIONS: ClassVar[frozenset[str]] = frozenset()
    """The actions that a window which only looks on refuses: its row of keys leaves them out."""
    AUTO_FOCUS = ""  # keys belong to the screen until something is entered
    _is_composed = False
    """Whether the widgets exist."""
    _styled_theme = ""
    """The theme that the styles are of."""

    @property
    def host(self) -> "TrainpadApp":
        """The app, by its own type."""
        return cast("TrainpadApp", self.app)

    @property
    def disabled_actions(self) -> frozenset[str]:
        """The actions that are no good in this window."""
        return self.WRITE_ACTIONS if self.host.read_only else frozenset()

    @property
    def is_ready(self) -> bool:
        """Whether the widgets exist, and are not about to go."""
        return self._is_composed and self.app.is_running and not self._pruning

    async def _dispatch_message(self, message: Message) -> None:
        """Leave out `Mount` on a screen that goes before it is up: some of its widgets are not."""
        going = self._closing or self._pruning or not self.app.is_running
        if not (going and isinstance(message, Mount)):
            await super()._dispatch_message(message)

    def header(self) -> Header:
        """The two rows at the top."""
        return Header(self.NAME)

    def footer(self) -> KeyFooter:
        """The row of keys at the bottom."""
        return KeyFooter()

    def on_mount(self) -> None:
        """From here on there is something to show a run on."""
        for lines in self.query(TextWidget):
            lines.ascii_only = self.host.ascii
        self._is_composed = True

    def _on_screen_resume(self, event: ScreenResume) -> None:
        """Come back as the run is now, and otherwise as it was.

        Textual would work out all styles anew, which only a theme changes.
        """
        event.refresh_styles = self._styled_theme != self.app.theme
        self._styled_theme = self.app.theme
        self.refresh_now()

    def refresh_now(self) -> None:
        """Show the run as it is now, and not only at the next frame."""
        if self.is_current:  # screens that are mounted ahead resume as well
            self.host.refresh_now()

    def update_run(self, run: Run) -> None:
        """Show this run, as it is now."""
        self.query_one(Header).update_run(run)

    def on_run_event(self, event: Event) -> None:
        """Look at an event that was just folded; most screens need not."""

    @property
    def picked_image(self) -> PickedImage | None:
        """The picture that is picked here, which the Weights screen then explains."""
        return None

    @on(Identity.ScreenChosen)
    def _go(self, message: Identity.ScreenChosen) -> None:
        self.host.action_go(message.screen_name)
