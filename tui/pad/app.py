"""The app of `trainpad pad`: the Pad screen without the dashboard.

It imports neither the trainer nor the other screens, so that it is painted within half a second.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from core.network.classifier import Classifier
from core.run.state import RunState
from core.rundir.rundir import RunDir, default_log_dir
from core.rundir.validation import sanitized_info
from data.ink_export import check_export, export_drawing
from tui.pad.models import ModelSwitcher, check_compatible
from tui.pad.screen import PadScreen
from tui.terminal.base_app import BaseApp, run_standalone
from tui.widgets.screens import SCREENS
from tui.widgets.text_widget import Span, TextWidget, fit

if TYPE_CHECKING:
    from tui.dashboard.host import Host


class PadTitle(TextWidget):
    """The title in place of the dashboard's header."""

    DEFAULT_CSS = "PadTitle { height: 2; }"

    def lines(self, width: int, height: int) -> list[list[Span]]:  # noqa: ARG002 - two rows
        """The name of the program."""
        return [[(" trainpad", "title"), (fit("  the sketch pad", max(0, width - 9)), "dim")]]


class StandalonePadScreen(PadScreen):
    """The Pad screen without a run that trains."""

    past_run: RunDir | None = None
    """The run; its earlier networks judge the drawing, too."""

    def header(self) -> PadTitle:  # type: ignore[override]  # no run to show in a header
        """The title."""
        return PadTitle()

    @property
    def disabled_actions(self) -> frozenset[str]:
        """The actions that only the dashboard has."""
        go_actions = {f"app.go('{screen.name}')" for screen in SCREENS}
        return super().disabled_actions | go_actions | {"app.detach", "app.ask_stop"}

    def on_mount(self) -> None:
        """Read the checkpoints of the run that was named."""
        if self.past_run is not None:
            self.read_past(self.past_run.path, sanitized_info(self.past_run.info()))

    def update_run(self, run: RunState) -> None:
        """Do nothing: no run trains."""


class PadApp(BaseApp[None]):
    """The sketch pad with the built-in model, or another classifier."""

    CSS_PATH = "../trainpad.tcss"
    TITLE = "trainpad"
    read_only = False
    """Never read-only: digits can be saved and models fine-tuned."""

    def __init__(
        self,
        classifier: Classifier | None = None,
        *,
        ascii_only: bool = False,
        log_dir: Path | None = None,
    ) -> None:
        super().__init__(ascii_only=ascii_only)
        self.log_dir = log_dir or default_log_dir()
        self.run_state, self.activity = RunState(), ""  # the pad shows no run
        self.dimmed_actions: frozenset[str] = frozenset()
        self.pad_screen = StandalonePadScreen(models=ModelSwitcher(classifier))

    def on_mount(self) -> None:
        """Show the pad."""
        self.push_screen(self.pad_screen)

    def refresh_now(self) -> None:
        """Do nothing: there is no run to show."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable the actions that only the dashboard has."""
        if action in ("go", "detach", "ask_stop"):
            return False
        return super().check_action(action, parameters)

    def action_help(self) -> None:
        """Show all keys."""
        from tui.widgets.help import HelpScreen

        self.push_screen(HelpScreen(self.pad_screen))


def run_pad(
    classifier: Classifier | None,
    log_dir: Path,
    export: Path | None,
    *,
    ascii_only: bool,
    run: RunDir | None = None,
) -> int:
    """Run the pad until the user quits, then write the drawing to `export`; return the exit status.

    `run` is the run of the classifier; its checkpoints judge the drawing too.

    Raises:
        UserError: the file cannot be written, or the classifier does not fit the pad.
    """
    if classifier is not None:
        check_compatible(classifier)
    if export is not None:
        check_export(export)
    app = PadApp(classifier, ascii_only=ascii_only, log_dir=log_dir)
    app.pad_screen.past_run = run
    status = run_standalone(app)
    strokes = app.pad_screen.drawing.strokes
    if export is not None and strokes:
        points, widths = [s.points for s in strokes], [s.width for s in strokes]
        export_drawing(export, points, widths)
    elif export is not None:
        sys.stderr.write(f"nothing is drawn, so {export} is not written\n")
    return status


if TYPE_CHECKING:

    def _check_host(app: PadApp) -> Host:
        return app
