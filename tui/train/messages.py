"""What happened, a line each, the newest first."""

from core.run.state import Run
from tui.widgets.text_widget import Span, TextWidget, align_right, fit

STEP_WIDTH = 11


class MessageLog(TextWidget):
    """The run's messages; what asks for attention stands out."""

    def __init__(self) -> None:
        super().__init__()
        self._run = Run()

    def update_run(self, run: Run) -> None:
        """Show this run's messages."""
        self._run = run
        self.redraw()

    def lines(self, width: int, height: int) -> list[list[Span]]:
        """As many of the newest as there is room for."""
        newest = list(self._run.log_entries)[-height:][::-1]
        return [
            [
                (align_right(f"{message.step:,}", STEP_WIDTH) + "  ", "dim"),
                (
                    fit(message.text, max(0, width - STEP_WIDTH - 2)),
                    "alert" if message.urgent else "text",
                ),
            ]
            for message in newest
        ]
