"""The table of evaluations: accuracy on each split, the newest at the bottom."""

from core.run.events import Evaluated
from core.run.state import RunState
from data.dataset import SPLITS
from tui.widgets.text_widget import Span, TextWidget, align_right

STEP_WIDTH, COLUMN_WIDTH, MARK_WIDTH = 9, 12, 2


class EvaluationTable(TextWidget):
    """Step and accuracy of the newest evaluations; the best on validation has a star."""

    def __init__(self) -> None:
        super().__init__()
        self._run = RunState()

    def update_run(self, run: RunState) -> None:
        """Show this run's evaluations."""
        self._run = run
        self.redraw()

    def lines(self, width: int, height: int) -> list[list[Span]]:
        """The column names, and as many of the newest evaluations as fit."""
        column = min(COLUMN_WIDTH, max(7, (width - STEP_WIDTH - MARK_WIDTH) // 3))
        names = [split if len(split) <= column else split[: column - 2] + "." for split in SPLITS]
        head = align_right("step", STEP_WIDTH) + "".join(
            align_right(name, column) for name in names
        )
        newest = self._run.evaluations[-max(1, height - 1) :]
        return [[(head, "dim")], *(_row(entry, column, self._run.best_step) for entry in newest)]


def _row(entry: Evaluated, column: int, best: int) -> list[Span]:
    values = [entry.accuracy(split) for split in SPLITS]
    is_best = entry.step == best
    text = "".join(align_right(f"{value:.4f}", column) for value in values)
    mark = " *" if is_best else ""
    return [(align_right(f"{entry.step:,}", STEP_WIDTH), "dim"), (text, "text"), (mark, "live")]
