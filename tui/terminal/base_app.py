"""The base of the three apps: terminal, theme, characters, command palette, toasts, quitting."""

import signal
import time
from collections.abc import Iterable, Sequence
from types import FrameType
from typing import TYPE_CHECKING, Any, ClassVar, TypedDict, TypeVar, Unpack

from textual import constants
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.command import CommandPalette
from textual.driver import Driver
from textual.filter import LineFilter
from textual.screen import Screen
from textual.scrollbar import ScrollBar, ScrollBarRender

from core.options.options import NAME, Options, load_options
from core.process.hooks import Hooks
from core.process.launcher import Launcher
from core.process.signals import exit_by_signal, install_handlers
from core.session.headless import DONE, INTERRUPTED
from tui.terminal.characters import ASCII_CLASS, Glyphs, to_ascii
from tui.terminal.command_palette import BUILTIN_COMMANDS, SafeCommandPalette, palette_commands
from tui.terminal.contrast import SixteenColours
from tui.terminal.driver import ResilientDriver, TerminalHost, duplicated_terminal
from tui.terminal.environment import Pace
from tui.terminal.exit_result import ExitResult
from tui.terminal.ordered_input import OrderedInputApp
from tui.terminal.settings import Settings

Result = TypeVar("Result")
TOAST_SECONDS = 4.0
"""How long a toast is visible."""
MODE_SWITCH_DELAY = 0.005
"""Seconds without drawing while another mode takes over; Textual's default is 0.05."""

SIXTEEN_COLOURS = SixteenColours()
STYLES = """
/* Dialogs dim what is below them; the help hides it, as drawing that would delay the help. */
ModalScreen, CommandPalette { background: $background 60%; }
HelpScreen { align: center middle; background: $background; }
#help {
    width: auto; max-width: 100%; height: auto; max-height: 100%; padding: 0 2;
    background: $surface; border: round $accent;
}
#help Static { width: auto; }
.-ascii #help { border: ascii $accent; }
CommandPalette CommandList > .option-list--option-highlighted,
CommandPalette CommandList:focus > .option-list--option-highlighted {
    color: $foreground; background: $accent 30%; text-style: bold;
}
CommandPalette > Vertical, CommandPalette > Vertical:dark { background: $surface; }
HelpScreen VerticalScroll, CommandList, OptionList {
    scrollbar-color: $accent 50%; scrollbar-color-hover: $accent; scrollbar-color-active: $accent;
    scrollbar-background: $surface; scrollbar-background-hover: $surface;
    scrollbar-background-active: $surface;
}
CommandPalette #--input { border: hkey $accent 50%; }
CommandPalette CommandList { border-bottom: hkey $accent 50%; }
CommandPalette CommandList:focus { border-bottom: hkey $accent 50%; }
/* Toasts are above the row of keys, as high as their text: no chart is there. */
ToastRack { margin-bottom: 1; overflow-y: hidden; } /* room for a bar hid a last row */
Toast, Toast.-information {
    width: auto; max-width: 100%; margin-top: 0; padding: 0 1; border-left: outer $accent;
}
"""
"""The styles that all three apps share."""


class AsciiScrollBar(ScrollBarRender):
    """A bar for scrolling that ends with a cell, not with a part of one."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "] * len(ScrollBarRender.VERTICAL_BARS)
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "] * len(ScrollBarRender.HORIZONTAL_BARS)


class AppOptions(TypedDict, total=False):
    """What every app can be given: facts on the terminal, and the user's settings."""

    ascii_only: bool
    """Use ASCII characters only."""
    pace: Pace | None
    """How often and how fast to write to the terminal; by default what suits it."""
    launcher: Launcher | None
    """The process that the shell waits for."""
    settings: Settings | None
    """By default those in the user's configuration directory."""
    user_options: Options | None
    """By default those of the files `trainpad.toml`."""


class BaseApp(OrderedInputApp[Result]):
    """An app on a terminal that may be slow, small, ASCII only, or vanish."""

    CSS = STYLES
    ENABLE_SELECT_AUTO_SCROLL = False  # it would scroll at TEXTUAL_FPS, which is set to 1000
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c,ctrl+q", "ask_quit", "Quit", show=False, priority=True, id="app.interrupt"),
        Binding("ctrl+backslash", "quit_signal", "Save and stop", show=False, priority=True,
                id="app.quit_signal", tooltip="Save and stop what trains here, and leave, at once"),
    ]  # fmt: skip

    terminal: ResilientDriver | None = None
    """The driver; None before it starts, and with any other driver."""

    def __init__(self, **options: Unpack[AppOptions]) -> None:
        super().__init__()
        self.pace = options.get("pace") or Pace.resolve()
        self.launcher = options.get("launcher")
        self.settings = options.get("settings") or Settings()
        given = options.get("user_options")
        self.user_options = load_options() if given is None else given
        self.ascii = options.get("ascii_only", False)
        """Whether to use ASCII characters only."""
        self.glyphs = Glyphs.ASCII if self.ascii else Glyphs.BRAILLE
        self.set_class(self.ascii, ASCII_CLASS)
        ScrollBar.renderer = AsciiScrollBar if self.ascii else ScrollBarRender
        self._last_toast = "", float("-inf")  # the text, and when it was shown

    def get_driver_class(self) -> type[Driver]:
        """`ResilientDriver`, unless the environment names another driver."""
        return super().get_driver_class() if constants.DRIVER is not None else ResilientDriver

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's, and one for terminals of 16 colours."""
        filters = list(super().get_line_filters())
        if self.console.color_system == "standard":
            filters.append(SIXTEEN_COLOURS)
        return filters

    def on_mount(self) -> None:
        """Apply keys and theme of the options, or the theme of the settings; save a new choice."""
        self.set_keymap(dict(self.user_options.keys))
        theme = self.user_options.theme or self.settings.get("theme", self.theme)
        self.theme = theme if theme in self.available_themes else self.theme
        if self.user_options.theme and theme not in self.available_themes:
            self.toast(f"{NAME}: there is no theme {theme}; ctrl+p lists them")
        self.theme_changed_signal.subscribe(self, lambda t: self.settings.set("theme", t.name))

    def delay_update(self, delay: float = MODE_SWITCH_DELAY) -> None:
        """Hide a mode that is being mounted only briefly: modes are mounted ahead."""
        super().delay_update(min(delay, MODE_SWITCH_DELAY))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The commands of this screen's keys, then Textual's own."""
        titles = set()
        for command in palette_commands(screen):
            titles.add(command.title.partition(" (")[0])
            yield command
        for command in super().get_system_commands(screen):
            if command.title in BUILTIN_COMMANDS and command.title not in titles:
                yield command

    def action_command_palette(self) -> None:
        """Show the palette, with a placeholder in ASCII, unlike Textual's own.

        It has no id, as Textual's does: one that was just closed still exists for a moment.
        """
        if getattr(self.screen, "LISTS_KEYS", False):
            self.pop_screen()  # the palette is about the screen below, as the list of its keys is
        if not isinstance(self.screen, CommandPalette):
            self.push_screen(SafeCommandPalette(placeholder="Search for commands"))

    async def action_quit(self) -> None:
        """Do as the `q` key does; the command palette calls this."""
        self.action_ask_quit()

    def action_ask_quit(self) -> None:
        """Quit; a subclass may ask first."""
        self.exit()

    def action_quit_signal(self) -> None:
        """Do what the signal does that a terminal sends for this key, while it reads lines."""
        if signal.getsignal(signal.SIGQUIT) in (signal.SIG_DFL, signal.SIG_IGN):
            self.exit()
        else:
            signal.raise_signal(signal.SIGQUIT)

    def request_pixels(self, pixels: bool) -> None:
        """Ask for mouse reports in pixels, or in cells again, where the terminal has both."""
        if self.terminal is not None:
            self.terminal.request_pixels(pixels)

    @property
    def is_input_waiting(self) -> bool:
        """Whether the terminal has sent something that is not read yet."""
        return self.terminal is not None and self.terminal.is_input_waiting

    def toast(self, message: str) -> None:
        """Show a message for `TOAST_SECONDS`, unless it is empty or already on the screen."""
        text, shown_at = self._last_toast
        now = time.monotonic()
        if message and (message != text or now - shown_at > TOAST_SECONDS):
            self._last_toast = message, now
            shown = to_ascii(message) if self.ascii else message
            self.notify(shown, markup=False, timeout=TOAST_SECONDS)

    def clear_notifications(self) -> None:
        """Remove all toasts, so that each may be shown again."""
        self._last_toast = "", float("-inf")
        super().clear_notifications()


def notify_through(app: BaseApp[Any], hooks: Hooks) -> None:
    """Let hooks ring the terminal of an app, from any thread, and toast their warnings."""
    warn = hooks.warn

    def ring(characters: str) -> None:
        if app.terminal is not None:
            app.terminal.write(characters)

    def toast(text: str) -> None:
        if app.is_running:
            app.call_later(app.toast, text)
        else:
            warn(text)

    if hooks:
        hooks.ring, hooks.warn = ring, toast


def run_standalone(app: BaseApp[Any]) -> int:
    """Run an app that has nothing to save; returns the exit status.

    The first signal restores the terminal and exits, a second one exits at once. Without this, the
    first one would leave the shell a terminal that still reports mouse moves.
    """
    caught: list[int] = []

    def leave(number: int, _frame: FrameType | None) -> None:
        if caught or app.terminal is None:
            exit_by_signal(number)
        else:
            caught.append(number)
            app.terminal.exit_app(ExitResult.SIGNAL)

    install_handlers(leave)
    with duplicated_terminal():
        app.run()
    return INTERRUPTED if signal.SIGINT in caught else app.return_code or DONE


if TYPE_CHECKING:

    def _check_terminal_host(app: BaseApp[Any]) -> TerminalHost:
        return app
