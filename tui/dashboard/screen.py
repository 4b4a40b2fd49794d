"""The base of the five screens: a header, the app's `RunState`, and a row of keys."""

from collections.abc import Mapping
from typing import ClassVar, cast

from textual.binding import Binding, BindingType
from textual.events import Resize, ScreenResume

from core.run.events import Event
from core.run.state import RunState
from tui.dashboard.header import Header
from tui.dashboard.host import DashboardHost, Host
from tui.dashboard.selection import PickedImage
from tui.widgets.capture import CapturingScreen
from tui.widgets.footer import KeyFooter
from tui.widgets.screens import SCREENS
from tui.widgets.text_widget import TextWidget

SLIM_WIDTH = 72
"""Columns; a screen with fewer is ``-slim`` besides ``-narrow``."""


class RunScreen(CapturingScreen):
    """A screen that shows the app's run, also where there is no dashboard."""

    # A scroll bar, which would appear by itself, has no room in a terminal of a few rows.
    DEFAULT_CSS = "RunScreen { overflow: hidden; }"

    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - Textual declares it
        (0, "-narrow"), (110, "-medium"), (180, "-wide"),
    ]  # fmt: skip
    VERTICAL_BREAKPOINTS = [(0, "-low"), (34, "-high"), (45, "-tall")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(
                screen.key,
                f"app.go('{screen.name}')",
                f"Go to {screen.title}",
                show=False,
                id=f"app.{screen.name}",
                tooltip=screen.purpose,
            )
            for screen in SCREENS
        ),
        Binding("question_mark", "app.help", "Help", id="app.help", key_display="?",
                tooltip="Every key of this screen"),
        Binding("d", "app.detach", "Detach", id="app.detach",
                tooltip="Give the terminal back; training continues"),
        Binding("q", "app.ask_quit", "Quit", id="app.quit",
                tooltip="Quit trainpad, as ctrl+c does"),
        Binding("Q", "app.ask_stop", "Stop", show=False, id="app.stop", key_display="Q",
                tooltip="Stop the run, in whichever process it trains, after a question"),
        Binding("ctrl+z", "app.suspend_process", "Shell", show=False, id="app.suspend",
                tooltip="Back to the shell, until `fg`; runs continue"),
    ]  # fmt: skip

    NAME: ClassVar[str] = ""
    WRITE_ACTIONS: ClassVar[frozenset[str]] = frozenset()
    """The actions that a read-only window refuses, and leaves out of its row of keys."""
    AUTO_FOCUS = ""  # keys belong to the screen until something is entered
    _is_composed = False
    """Whether the widgets exist."""
    _shown_keys: tuple[frozenset[str], frozenset[str], Mapping[str, str]] = (
        frozenset(), frozenset(), {},
    )  # fmt: skip
    """What the row of keys was drawn from."""
    _styled_theme = ""
    """The theme that the styles were computed for."""

    @property
    def host(self) -> Host:
        """The app, as far as screens use it."""
        return cast("Host", self.app)

    def on_resize(self, event: Resize) -> None:
        """Mark a screen with even fewer columns than a narrow one."""
        self.set_class(event.size.width < SLIM_WIDTH, "-slim")

    @property
    def disabled_actions(self) -> frozenset[str]:
        """The actions that cannot be used in this window."""
        return self.WRITE_ACTIONS if self.host.read_only else frozenset()

    @property
    def dimmed_actions(self) -> frozenset[str]:
        """The actions that can do nothing now; those of the focused widget are its own."""
        return self.host.dimmed_actions

    @property
    def key_names(self) -> Mapping[str, str]:
        """Descriptions of actions that do something else in the run's present state."""
        return {}

    @property
    def is_ready(self) -> bool:
        """Whether the widgets exist, and the app is not exiting."""
        return self._is_composed and self.app.is_running

    def header(self) -> Header:
        """The two rows at the top."""
        return Header(self.NAME)

    def footer(self) -> KeyFooter:
        """The row of keys at the bottom."""
        return KeyFooter()

    def on_mount(self) -> None:
        """Set the widgets up; from here on there is something to show a run on."""
        for widget in self.query(TextWidget):
            widget.ascii_only = self.host.ascii
        self._is_composed = True

    def _on_screen_resume(self, event: ScreenResume) -> None:
        """Show the run as it is now; compute styles again only if the theme has changed."""
        event.refresh_styles = self._styled_theme != self.app.theme
        self._styled_theme = self.app.theme
        self.refresh_now()

    def refresh_now(self) -> None:
        """Show the run as it is now, without waiting for the next frame."""
        if self.is_current:  # screens that are mounted ahead resume as well
            self.host.refresh_now()

    def update_run(self, run: RunState) -> None:
        """Show this run as it is now."""
        self.update_controls(run)

    def update_controls(self, run: RunState) -> None:
        """Show what a request changes: what the run does, its values, the row of keys."""
        self.query_one(Header).update_run(run, self.host.activity)
        self.update_keys()

    def update_keys(self) -> None:
        """Redraw the row of keys if others than before can do something."""
        keys = self.dimmed_actions, self.disabled_actions, self.key_names
        if keys != self._shown_keys:
            self._shown_keys = keys
            self.refresh_bindings()

    def on_run_event(self, event: Event) -> None:
        """Handle an event that was just folded into the run; most screens do nothing."""

    @property
    def picked_image(self) -> PickedImage | None:
        """The image that is picked here, for the Weights screen to explain."""
        return None


class DashboardScreen(RunScreen):
    """A screen that exists in the dashboard only."""

    @property
    def host(self) -> DashboardHost:
        """The dashboard's app, as far as screens use it."""
        return cast("DashboardHost", self.app)
