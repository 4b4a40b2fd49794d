"""The pad alone: up at once, with nothing of the dashboard but the screen itself.

It imports neither the trainer nor the other screens, so that the first paint comes within half a
second; and it is an app for the Pad screen in all that the screen asks of one.
"""

import sys
from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.driver import Driver

from core.network.classifier import Classifier
from core.run.state import Run
from core.rundir.rundir import default_log_dir
from data.ink_export import check_export, export_drawing
from tui.pad.models import ModelSwitcher, check_compatible
from tui.pad.screen import PadScreen
from tui.terminal.alone import run_standalone
from tui.terminal.driver import Pace, driver_class
from tui.terminal.telling import ToastApp
from tui.widgets.help import ASCII_CLASS
from tui.widgets.screens import SCREENS
from tui.widgets.text_widget import Span, TextWidget, fit


class PadTitle(TextWidget):
    """What stands in place of the dashboard's header."""

    DEFAULT_CSS = "PadTitle { height: 2; }"

    def lines(self, width: int, height: int) -> list[list[Span]]:  # noqa: ARG002 - two rows
        """The program's name, and what this is."""
        return [[(" trainpad", "title"), (fit("  the sketch pad", max(0, width - 9)), "dim")]]


class StandalonePadScreen(PadScreen):
    """The Pad screen where there is no run to show."""

    def header(self) -> PadTitle:  # type: ignore[override]  # there is no run for a header to tell of
        """A title."""
        return PadTitle()

    @property
    def disabled_actions(self) -> frozenset[str]:
        """What belongs to the dashboard."""
        goes = {f"app.go('{place.name}')" for place in SCREENS}
        return super().disabled_actions | goes | {"app.detach", "app.ask_stop"}

    def update_run(self, run: Run) -> None:
        """There is no run."""


class PadApp(ToastApp[None]):
    """The sketch pad with the built-in weights, or those of a reader that is given."""

    CSS_PATH = "../trainpad.tcss"
    TITLE = "trainpad"
    read_only = False
    """Whether nothing is kept or taught from here: of one's own pad, never."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c,ctrl+q", "ask_quit", "Quit", show=False, priority=True, id="app.interrupt"),
    ]

    def __init__(
        self,
        classifier: Classifier | None = None,
        *,
        ascii_only: bool = False,
        log_dir: Path | None = None,
    ) -> None:
        super().__init__()
        self.ascii = ascii_only
        self.set_class(ascii_only, ASCII_CLASS)
        self.log_dir = log_dir or default_log_dir()
        self.run_shown, self.activity = Run(), ""  # the pad shows no run
        self.pad_screen = StandalonePadScreen(models=ModelSwitcher(classifier))

    def get_driver_class(self) -> type[Driver]:
        """A driver that outlives its terminal."""
        return driver_class(super().get_driver_class(), Pace.resolve(), None)

    def on_mount(self) -> None:
        """Straight to the pad."""
        self.push_screen(self.pad_screen)

    def refresh_now(self) -> None:
        """Do nothing: there is no run to show."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave out what belongs to the dashboard."""
        if action in ("go", "detach", "ask_stop"):
            return False
        return super().check_action(action, parameters)

    def action_help(self) -> None:
        """Every key of the pad."""
        from tui.widgets.help import HelpScreen

        self.push_screen(HelpScreen(self.pad_screen))

    def action_ask_quit(self) -> None:
        """Leave; a drawing is no work to lose."""
        self.exit()


def run_pad(
    classifier: Classifier | None, log_dir: Path, export: Path | None, *, ascii_only: bool
) -> int:
    """The pad until it is left; then write the drawing to ``export``, if there is one.

    Raises:
        UserError: the file cannot be written, or the reader is not for drawn digits.
    """
    if classifier is not None:
        check_compatible(classifier)
    if export is not None:
        check_export(export)
    app = PadApp(classifier, ascii_only=ascii_only, log_dir=log_dir)
    status = run_standalone(app)
    lines = app.pad_screen.drawing.strokes
    if export is not None and lines:
        export_drawing(export, [line.points for line in lines], [line.width for line in lines])
    elif export is not None:
        sys.stderr.write(f"nothing is drawn, so {export} is not written\n")
    return status
