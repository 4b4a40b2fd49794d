"""The table of evaluations: accuracy on each split and the loss, the newest at the bottom."""

from functools import lru_cache

from core.run.events import Evaluated
from core.run.state import RunState
from data.dataset import SPLITS
from tui.widgets.text_widget import Span, TextWidget, align_right

STEP_WIDTH, COLUMN_WIDTH, MIN_COLUMN_WIDTH, MARK_WIDTH = 9, 12, 7, 2
MIN_LOSS_WIDTH = 10
"""Cells of the column of losses; without them it is left out."""
LOSS_SPLIT = "validation"
SHORT_NAMES = {"train": "train", "validation": "val.", "test": "test"}
"""In columns that are too narrow for the names, as in ``val. loss``."""
ROWS_PER_MOVE = 4
"""How many rows a full table of a run that trains moves up at a time: rows that move with each
evaluation cannot be read, and each of them is sent again."""


class EvaluationTable(TextWidget):
    """Step, accuracy and loss of the newest evaluations; the best on validation has a star."""

    def __init__(self) -> None:
        super().__init__()
        self._run = RunState()
        self._cursor_step: float | None = None
        self._drawn: object = None
        """What the table was drawn from."""

    def update_run(self, run: RunState) -> None:
        """Show this run's evaluations."""
        if run is not self._run:
            self._cursor_step = None
        self._run = run
        drawn = run, len(run.evaluations), run.evaluations[-1:], run.is_live
        if drawn != self._drawn:
            self._drawn = drawn
            self.redraw()

    def show_cursor(self, step: float | None) -> None:
        """Highlight the evaluation that is nearest to a step, and show those around it."""
        if step != self._cursor_step:
            self._cursor_step = step
            self.redraw()

    def lines(self, width: int, height: int) -> list[list[Span]]:
        """The column names, and as many evaluations as fit: the newest, or those at the cursor."""
        evaluations = self._run.evaluations
        has_loss = any(LOSS_SPLIT in entry.loss for entry in evaluations)
        room = width - STEP_WIDTH - MARK_WIDTH - MIN_LOSS_WIDTH
        loss_width = MIN_LOSS_WIDTH if has_loss and room >= MIN_COLUMN_WIDTH * len(SPLITS) else 0
        room = width - STEP_WIDTH - MARK_WIDTH - loss_width
        column = min(COLUMN_WIDTH, max(MIN_COLUMN_WIDTH, room // len(SPLITS)))
        names = [split if len(split) < column else SHORT_NAMES[split] for split in SPLITS]
        head = align_right("step", STEP_WIDTH) + "".join(
            align_right(name, column) for name in names
        )
        if loss_width:
            head += align_right("val. loss", loss_width)
        at, best = self._at_cursor(), self._run.best_step
        return [
            [(head, "dim")],
            *(
                _row(evaluations[i], column, loss_width, best, is_at_cursor=i == at)
                for i in self._visible(max(1, height - 1), at)
            ),
        ]

    def _visible(self, rows: int, at: int | None) -> range:
        """The indices of the evaluations in this many rows: the newest, or those at the cursor."""
        count = len(self._run.evaluations)
        if at is not None:
            stop = max(min(count, at + 1 + rows // 2), min(rows, count))
            return range(max(0, stop - rows), stop)
        first = max(0, count - rows)
        if self._run.is_live and rows > 2 * ROWS_PER_MOVE:
            first = -(-first // ROWS_PER_MOVE) * ROWS_PER_MOVE
        return range(first, count)

    def _at_cursor(self) -> int | None:
        """The index of the evaluation nearest to the cursor; None without one."""
        step, evaluations = self._cursor_step, self._run.evaluations
        if step is None or not evaluations:
            return None
        return min(range(len(evaluations)), key=lambda i: abs(evaluations[i].step - step))


@lru_cache(maxsize=100)
def _accuracies(entry: Evaluated) -> tuple[float, ...]:
    """The accuracy on each split; of the rows that are drawn, all but one were drawn before."""
    return tuple(entry.accuracy(split) for split in SPLITS) if entry.confusion else ()


def _row(
    entry: Evaluated, column: int, loss_width: int, best: int, *, is_at_cursor: bool
) -> list[Span]:
    accuracies = [f"{accuracy:.4f}" for accuracy in _accuracies(entry)] or ["-"] * len(SPLITS)
    text = "".join(align_right(accuracy, column) for accuracy in accuracies)
    if loss_width:
        loss = entry.loss.get(LOSS_SPLIT)
        text += align_right("-" if loss is None else f"{loss:.4f}", loss_width)
    mark = " *" if entry.step == best else ""
    step = align_right(f"{entry.step:,}", STEP_WIDTH)
    if is_at_cursor:
        return [(step + text + mark.ljust(MARK_WIDTH), "selected")]
    return [(step, "dim"), (text, "text"), (mark, "live")]
