"""The pairs of classes that are confused most, as a table: shown where the matrix does not fit."""

from rich.cells import cell_len
from textual.events import Click
from textual.message import Message

from core.run.metrics import top_confusions
from tui.evaluate.report import EvaluationSlice
from tui.widgets.text_widget import Span, TextWidget, align_right, fit

MAX_PAIRS = 200
COUNT_WIDTH, OF_WIDTH, SHARE_WIDTH = 7, 10, 7
NONE = "no errors"


class WorstPairs(TextWidget):
    """A row for each pair of a true and a predicted class, the most frequent error first."""

    class PairClicked(Message):
        """A pair was clicked."""

        def __init__(self, cell: tuple[int, int]) -> None:
            super().__init__()
            self.cell = cell

    def __init__(self) -> None:
        super().__init__()
        self._slice: EvaluationSlice | None = None
        self._pairs: list[tuple[int, int, int]] = []
        self._cursor = (0, 0)
        self._first = 0

    def show(self, evaluation: EvaluationSlice, cursor: tuple[int, int]) -> None:
        """Show the pairs of this evaluation; that of the cursor is marked."""
        if evaluation is not self._slice:
            self._slice = evaluation
            self._pairs = top_confusions(evaluation.matrix, MAX_PAIRS)
        self._cursor = cursor
        self.redraw()

    def pair_after(self, cursor: tuple[int, int], by: int) -> tuple[int, int] | None:
        """The pair `by` places from the cursor's, or the worst one; None without errors."""
        cells = [pair[:2] for pair in self._pairs]
        if not cells:
            return None
        if cursor not in cells:
            return cells[0]
        return cells[min(max(cells.index(cursor) + by, 0), len(cells) - 1)]

    def lines(self, width: int, height: int) -> list[list[Span]]:
        """A header, and the pairs around the cursor's that fit."""
        evaluation = self._slice
        if evaluation is None:
            return []
        names = max(8, width - COUNT_WIDTH - OF_WIDTH - SHARE_WIDTH - 2)
        head = fit("  confused most", names + 2)
        head += align_right("images", COUNT_WIDTH) + align_right("of", OF_WIDTH)
        lines: list[list[Span]] = [[(head + align_right("share", SHARE_WIDTH), "dim")]]
        if not self._pairs:
            return [*lines, [(f"  {NONE}", "dim")]]
        room = max(1, height - 1)
        at = next((i for i, pair in enumerate(self._pairs) if pair[:2] == self._cursor), 0)
        self._first = min(max(0, at - room // 2), max(0, len(self._pairs) - room))
        for true, predicted, count in self._pairs[self._first : self._first + room]:
            selected = (true, predicted) == self._cursor
            support = int(evaluation.report.support[true])
            text = _pair(evaluation.names[true], evaluation.names[predicted], names)
            numbers = align_right(f"{count:,}", COUNT_WIDTH) + align_right(f"{support:,}", OF_WIDTH)
            numbers += align_right(f"{count / support:.1%}", SHARE_WIDTH)
            role = "live" if selected else "text"
            lines.append([("› " if selected else "  ", "live"), (text, role), (numbers, role)])
        return lines

    def on_click(self, event: Click) -> None:
        """Post the pair that was clicked."""
        place = self._first + event.y - 1
        if event.y and place < len(self._pairs):
            self.post_message(self.PairClicked(self._pairs[place][:2]))


def _pair(true: str, predicted: str, width: int) -> str:
    """Both names in `width` cells; of long ones the beginnings."""
    arrow = " → "
    room = width - len(arrow)
    if cell_len(true) + cell_len(predicted) <= room:
        return fit(f"{true}{arrow}{predicted}", width)
    left = min(cell_len(true), max(room // 2, room - cell_len(predicted)))
    return fit(true, left) + arrow + fit(predicted, room - left)
