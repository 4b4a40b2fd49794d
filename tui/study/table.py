"""The table of trials: state, value, a small curve, and what was varied."""

from collections.abc import Mapping, Sequence
from typing import Final

from textual.events import Click
from textual.message import Message

from core.run.metric_names import SPLITS
from core.sweep.goal import Goal
from core.sweep.results import Row
from trainpad.text import sanitize
from tui.study.rows import cell_text
from tui.widgets.text_widget import Span, TextWidget, align_right, fit

BARS: Final = "▁▂▃▄▅▆▇█"
ASCII_BARS: Final = "_.-~=^*#"
CURVE_WIDTH: Final = 8
VALUE_WIDTH: Final = 9
STATE_ROLES: Final[Mapping[str, str]] = {
    "training": "live", "complete": "text", "failed": "alert", "diverged": "alert",
}  # fmt: skip
"""The role of each state; the others are dim."""
SYMBOLS: Final[Mapping[str, str]] = {
    "training": "▶", "complete": "■", "pruned": "·", "failed": "✗", "diverged": "✗", "queued": "○",
    "stopped": "·", "lost": "·",
}  # fmt: skip


class TrialTable(TextWidget):
    """One row for each trial, and a pointer to the selected one."""

    DEFAULT_CSS = "TrialTable { height: 1fr; width: 1fr; }"

    class RowClicked(Message):
        """A row was clicked."""

        def __init__(self, index: int, *, is_double: bool) -> None:
            super().__init__()
            self.index, self.is_double = index, is_double

    class HeaderClicked(Message):
        """The header of a column was clicked."""

        def __init__(self, column: str) -> None:
            super().__init__()
            self.column = column

    def __init__(self) -> None:
        super().__init__()
        self._rows: Sequence[Row] = ()
        self._names: Sequence[str] = ()
        self._goal = Goal()
        self._sort_by, self._pointer, self._top, self._best = "", 0, 0, -1
        self._columns: list[tuple[str, int, int]] = []
        """Name, first cell and width of each column that is shown."""

    def show(
        self,
        rows: Sequence[Row],
        names: Sequence[str],
        goal: Goal,
        pointer: int,
        sort_by: str,
        best: int,
    ) -> None:
        """Show these trials with the pointer at this index; `best` is the best one's number."""
        self._rows, self._names, self._goal = rows, names, goal
        self._pointer, self._sort_by, self._best = pointer, sort_by, best
        self.redraw()

    @property
    def page(self) -> int:
        """How many trials are visible."""
        return max(1, self.size.height - 1)

    def lines(self, width: int, height: int) -> list[list[Span]]:
        """The header, and the trials around the pointer."""
        room = max(1, height - 1)
        self._top = max(min(self._top, self._pointer), self._pointer - room + 1)
        self._top = max(0, min(self._top, len(self._rows) - room))
        columns = self._columns = self._columns_for(width)
        header = [self._header(name, size) for name, _, size in columns]
        if missing := len(set(self._names) - {name for name, _, _ in columns}):
            used = sum(size for _, _, size in columns)
            header.append((fit(f"+{missing}", max(0, width - used)), "dim"))
        visible = enumerate(self._rows[self._top : self._top + room], self._top)
        scale = self._scale()
        body = [self._row(row, index == self._pointer, width, scale) for index, row in visible]
        return [header, *body] if body else [header, [(fit("  no trials yet", width), "dim")]]

    def _columns_for(self, width: int) -> list[tuple[str, int, int]]:
        """The columns that fit: whole ones, in the order of their importance.

        The curve is left out where a value of a trial would have no room.
        """
        sizes = [("trial", 9), ("state", 11), ("value", VALUE_WIDTH + 2)]
        varied = [(name, self._width_of(name)) for name in self._names]
        if sum(size for _, size in (*sizes, *varied)) + CURVE_WIDTH + 2 <= width:
            sizes.append(("curve", CURVE_WIDTH + 2))
        sizes += varied
        if sum(size for _, size in sizes) > width:
            width -= 3  # for how many columns are left out
        found, left = [], 0
        for name, size in sizes:
            if left + size > width:
                break
            found.append((name, left, size))
            left += size
        return found

    def _width_of(self, name: str) -> int:
        longest = max((len(cell_text(row.params.get(name))) for row in self._rows), default=0)
        return min(24, max(len(name) + 1, longest)) + 2

    def _header(self, name: str, size: int) -> Span:
        title = _short_metric(self._goal.metric) if name == "value" else name
        is_descending = name == "value" and self._goal.maximize
        arrows = ("^v" if self.ascii_only else "▲▼")[is_descending]
        arrow = arrows if name == self._sort_by else ""
        if name == "value":
            return align_right(
                f"{fit(title, min(len(title), VALUE_WIDTH - 1))}{arrow}", size - 2
            ) + "  ", "dim"
        return fit(f"{'  ' if name == 'trial' else ''}{title}{arrow}", size), "dim"

    def _row(
        self, row: Row, is_selected: bool, width: int, scale: tuple[float, float]
    ) -> list[Span]:
        role = STATE_ROLES.get(row.state, "dim")
        spans: list[Span] = []
        for name, _, size in self._columns:
            text, own = self._cell(row, name, scale)
            spans.append((fit(text, size), own or role))
        used = sum(size for _, _, size in self._columns)
        spans.append((" " * max(0, width - used), role))
        return [(text, "selected") for text, _ in spans] if is_selected else spans

    def _cell(self, row: Row, name: str, scale: tuple[float, float]) -> tuple[str, str]:
        """A cell's text, and its role where that is not the row's."""
        if name == "trial":
            mark = "*" if row.number == self._best else " "
            return f"{mark}{align_right(str(row.number), 4)}", "live" if mark == "*" else ""
        if name == "state":
            return f"{SYMBOLS.get(row.state, ' ')} {row.state}", ""
        if name == "value":
            text = "" if row.value is None else f"{row.value:.5g}"
            return f"{align_right(text, VALUE_WIDTH)}  ", "live" if row.number == self._best else ""
        if name == "curve":
            return self._curve(row, scale), "live" if row.state == "training" else "dim"
        return cell_text(row.params.get(name)), ""

    def _scale(self) -> tuple[float, float]:
        """The least and the greatest value of all curves."""
        values = [value for row in self._rows for _, value in row.curve]
        return min(values, default=0.0), max(values, default=1.0)

    def _curve(self, row: Row, scale: tuple[float, float]) -> str:
        """The values of a trial as bars, on the same scale in all rows."""
        low, high = scale
        values = [value for _, value in row.curve]
        if len(values) > CURVE_WIDTH:
            step = len(values) / CURVE_WIDTH
            values = [
                values[min(len(values) - 1, int((i + 1) * step) - 1)] for i in range(CURVE_WIDTH)
            ]
        span = high - low or 1.0
        bars = ASCII_BARS if self.ascii_only else BARS
        return "".join(bars[round((value - low) / span * 7)] for value in values)

    def on_click(self, event: Click) -> None:
        """Post what was clicked."""
        if event.y == 0:
            for name, left, size in self._columns:
                if left <= event.x < left + size:
                    self.post_message(self.HeaderClicked(name))
        elif self._top + event.y - 1 < len(self._rows):
            index = self._top + event.y - 1
            self.post_message(self.RowClicked(index, is_double=event.chain > 1))


def _short_metric(metric: str) -> str:
    """The part of a metric's name that is not a split: ``accuracy`` of ``accuracy/validation``."""
    parts = [part for part in metric.split("/") if part.lower() not in SPLITS]
    return sanitize(parts[-1] if parts else metric, limit=40)
