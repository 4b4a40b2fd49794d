"""Table of hyperparameters: a row for each run, sorted by any column, scrolling both ways."""

from collections.abc import Sequence
from itertools import accumulate

from rich.cells import cell_len
from textual.events import Click, MouseScrollDown, MouseScrollUp

from tui.chart.coloured import LineColoured, line_role
from tui.watch.hparam_columns import Column, columns_of
from tui.watch.model import RunView, WatchModel
from tui.widgets.text_widget import Span, align_right, fit

NAME_WIDTH = 28
"""Most cells of a run's name."""
MAX_WIDTH = 20
"""Most cells of a column."""
GAP = 2


class HParamTable(LineColoured):
    """Metrics and hyperparameters of all runs that have hyperparameters."""

    DEFAULT_CSS = "HParamTable { width: 1fr; height: 1fr; }"

    def __init__(self) -> None:
        super().__init__(id="hparams")
        self._run_views: list[RunView] = []
        self._columns: list[Column] = []
        self._widths: list[int] = []
        """Cells of each column, with the gap before it and the arrow in its header."""
        self._order: list[int] = []
        self._row = self._top = self._column = self._left = 0
        self._sort_by: str | None = None
        """Name of the column that the runs are sorted by."""
        self._is_descending = False

    def collect(self, model: WatchModel) -> int:
        """Collect the runs with hyperparameters, hidden ones too; return their number."""
        self._run_views = [run_view for run_view in model.runs.values() if run_view.run.hparams]
        return len(self._run_views)

    @property
    def position_text(self) -> str:
        """Which run is selected, and what the runs are sorted by."""
        place = f"run {self._row + 1:,} of {len(self._order):,}"
        return f"{place}  by {self._sort_by}" if self._sort_by else place

    def show(self, model: WatchModel) -> None:
        """Show the current runs."""
        self.collect(model)
        self._columns = columns_of([run_view.run for run_view in self._run_views])
        self._widths = [min(MAX_WIDTH, column.width) + GAP for column in self._columns]
        self._sort()

    # -- keys and mouse -----------------------------------------------------------------------

    def turn(self, by: int) -> None:
        """Go to the next or previous page of runs."""
        self.move(by * max(1, self.size.height - 1))

    def move(self, by: int) -> None:
        """Select another run."""
        self._row = max(0, min(self._row + by, len(self._order) - 1))
        self.redraw()

    def move_column(self, by: int) -> None:
        """Select another column."""
        self._column = max(0, min(self._column + by, len(self._columns) - 1))
        self.redraw()

    def sort(self) -> None:
        """Sort by the selected column; again, in the other direction."""
        if not self._columns:
            return
        name = self._columns[self._column].name
        self._is_descending = name == self._sort_by and not self._is_descending
        self._sort_by = name
        self._sort()

    def on_click(self, event: Click) -> None:
        """Select the run that was clicked, or sort by the column."""
        column = self._column_at(event.x)
        if event.y and self._top + event.y - 1 < len(self._order):
            self._row = self._top + event.y - 1
        elif not event.y and column is not None:
            self._column = column
            self.sort()
        self.redraw()

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Select a run further down."""
        event.stop()
        self.move(3)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Select a run further up."""
        event.stop()
        self.move(-3)

    def _sort(self) -> None:
        column = next((c for c in self._columns if c.name == self._sort_by), None)
        rows = list(range(len(self._run_views)))
        self._order = rows if column is None else column.order(descending=self._is_descending)
        self._row = max(0, min(self._row, len(rows) - 1))
        self._column = max(0, min(self._column, len(self._columns) - 1))
        self.redraw()

    # -- drawing ------------------------------------------------------------------------------

    def lines(self, width: int, height: int) -> Sequence[Sequence[Span]]:
        """A header, and the runs and columns around the selected ones."""
        room = max(1, height - 1)
        self._top = max(min(self._top, self._row), self._row - room + 1)
        self._top = max(0, min(self._top, len(self._order) - room))
        shown = self._order[self._top : self._top + room]
        name_width = self._name_width(width)
        columns = self._columns_in(width - name_width)
        return [
            self._header(columns, name_width),
            *(
                self._line(row, columns, name_width, is_selected=place == self._row)
                for place, row in enumerate(shown, self._top)
            ),
        ]

    def _name_width(self, width: int) -> int:
        names = (cell_len(run_view.name) + 3 for run_view in self._run_views)
        return min(max(names, default=0), NAME_WIDTH, width // 2)

    def _columns_in(self, width: int) -> list[tuple[int, int]]:
        """Return index and width of the columns that fit, the selected one among them."""
        self._left = min(self._left, self._column)
        while (
            self._left < self._column and sum(self._widths[self._left : self._column + 1]) > width
        ):
            self._left += 1
        ends = accumulate(self._widths[self._left :])
        fitting = max(1, sum(end <= width for end in ends))
        return list(enumerate(self._widths))[self._left : self._left + fitting]

    def _column_at(self, x: int) -> int | None:
        end = self._name_width(self.size.width)
        for index, width in self._columns_in(self.size.width - end):
            if end <= x < end + width:
                return index
            end += width
        return None

    def _header(self, columns: Sequence[tuple[int, int]], name_width: int) -> list[Span]:
        left = "‹" if self._left else " "
        spans: list[Span] = [(fit(f"{left} runs", name_width), "dim")]
        for index, width in columns:
            column = self._columns[index]
            arrow = ("▼" if self._is_descending else "▲") if column.name == self._sort_by else ""
            text = fit(f"{column.name} {arrow}".rstrip(), width - GAP).strip()
            role = "selected" if index == self._column else "title"
            spans += [(" " * (width - cell_len(text)), "dim"), (text, role)]
        is_last = not columns or columns[-1][0] == len(self._columns) - 1
        return [*spans, ("" if is_last else " ›", "dim")]

    def _line(
        self, row: int, columns: Sequence[tuple[int, int]], name_width: int, *, is_selected: bool
    ) -> list[Span]:
        run_view = self._run_views[row]
        letter = f"{run_view.letter} "
        spans = [
            (letter, line_role(run_view.style)),
            (fit(run_view.name, name_width - len(letter)), "text"),
        ] + [
            (" " * GAP + align_right(self._columns[index].text(row), width - GAP),
             self._columns[index].role)
            for index, width in columns
        ]  # fmt: skip
        return [("".join(text for text, _ in spans), "selected")] if is_selected else spans
