"""The run's log, one line for each entry, the newest first."""

from itertools import islice

from core.run.log import collapsed
from core.run.state import RunState
from tui.widgets.text_widget import Span, TextWidget, align_right, fit

STEP_WIDTH = 11


class MessageLog(TextWidget):
    """The log entries of a run; urgent ones are highlighted, checkpoints are collapsed."""

    def __init__(self) -> None:
        super().__init__()
        self._run = RunState()

    def update_run(self, run: RunState) -> None:
        """Show this run's log."""
        self._run = run
        self.redraw()

    def lines(self, width: int, height: int) -> list[list[Span]]:
        """As many of the newest entries as fit."""
        newest = islice(collapsed(reversed(self._run.log_entries)), height)
        return [
            [
                (align_right(f"{entry.step:,}", STEP_WIDTH) + "  ", "dim"),
                (
                    fit(entry.text, max(0, width - STEP_WIDTH - 2)),
                    "alert" if entry.urgent else "text",
                ),
            ]
            for entry in newest
        ]
