"""The confusion matrix with a cursor in it, and beside each row the figures of its class.

Errors are what one looks for: so the diagonal is dim, nothing is a dot, and an error is the
brighter the more of its class it takes. Where not all classes fit, the cursor takes the view along.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

import numpy as np
from rich.cells import cell_len
from rich.segment import Segment
from textual.events import Click
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from core.run.metrics import Int64s, normalized_by_predicted, normalized_by_true
from tui.evaluate.columns import MetricColumns
from tui.evaluate.report import EvaluationSlice
from tui.widgets.text_widget import Span, TextWidget, align_right

ERROR_RATE_LEVELS = (0.0, 0.01, 0.03, 0.10)
"""From which share of its class on an error is how bright."""
MAX_NAME_WIDTH = 14


class CellFormat(StrEnum):
    """What a cell of the matrix tells."""

    COUNTS = "counts"
    NORMALIZED_BY_TRUE = "percent of what is shown"
    NORMALIZED_BY_PREDICTED = "percent of what was read"

    @property
    def next(self) -> "CellFormat":
        """The one after this, in a circle."""
        every = list(CellFormat)
        return every[(every.index(self) + 1) % len(every)]


class ConfusionTable(TextWidget):
    """A row for each class: how its images were read, then precision, recall, F1 and support."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"confusion--heat-{i}" for i in range(len(ERROR_RATE_LEVELS))
    }
    DEFAULT_CSS = """
    ConfusionTable {
        & > .confusion--heat-0 { color: $foreground; }
        & > .confusion--heat-1 { color: $warning; }
        &:light > .confusion--heat-1 { color: $warning-darken-3; }
        & > .confusion--heat-2 { color: $foreground; background: $warning 25%; text-style: bold; }
        & > .confusion--heat-3 { color: $foreground; background: $error 55%; text-style: bold; }
    }
    """

    class CellClicked(Message):
        """Somebody clicked on a cell."""

        def __init__(self, cell: tuple[int, int]) -> None:
            super().__init__()
            self.cell = cell

    def __init__(self) -> None:
        super().__init__()
        self._slice: EvaluationSlice | None = None
        self._cell_format = CellFormat.COUNTS
        self._cursor = (0, 0)
        self._matrix_layout = EMPTY_LAYOUT

    def show(self, look: EvaluationSlice, numbers: CellFormat, cursor: tuple[int, int]) -> None:
        """Show this evaluation, with the cursor on a cell (shown, read)."""
        grown = self._slice is None or len(self._slice.matrix) != len(look.matrix)
        self._slice, self._cell_format, self._cursor = look, numbers, cursor
        if grown:
            self.refresh(layout=True)
        self.redraw()

    def clear(self) -> None:
        """Show no evaluation."""
        if self._slice is not None:
            self._slice, self._matrix_layout = None, EMPTY_LAYOUT
            self.refresh(layout=True)
            self.redraw()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """A row for each class, a head, and what the columns add up to."""
        return len(self._slice.matrix) + 2 if self._slice else 0

    def rows(self, width: int, height: int) -> list[Strip]:
        """As `Lines` does, with the colours of errors besides."""
        styles = dict(self.role_styles)
        for i in range(len(ERROR_RATE_LEVELS)):
            styles[f"heat-{i}"] = self.get_component_rich_style(f"confusion--heat-{i}")
        return [
            Strip([Segment(self._displayable(text), styles[role]) for text, role in parts if text])
            for parts in self.lines(width, height)
        ]

    def lines(self, width: int, height: int) -> list[list[Span]]:
        """A head, the classes that fit, and what the columns add up to."""
        if self._slice is None:
            return []
        look, texts = self._slice, _cell_texts(self._slice, self._cell_format)
        grid = self._matrix_layout = _layout(texts, look, self._cursor, width, height)
        figures = MetricColumns(look, width - grid.width, ascii_only=self.ascii_only)
        heat = _heat_levels(look)
        return [
            [*self._header(grid, look), *figures.header()],
            *(
                [
                    (
                        _pad_label(grid.row_label(look, row), grid.label_width),
                        self._label_role(row, 0),
                    ),
                    *(self._cell(texts[row][j], heat[row, j], (row, j)) for j in grid.columns),
                    *figures.row(row),
                ]
                for row in grid.rows
            ),
            [(_predicted_counts(look, grid), "dim"), *figures.averages()],
        ]

    def _label_role(self, number: int, axis: int) -> str:
        return "live" if number == self._cursor[axis] else "dim"

    def _header(self, grid: "MatrixLayout", look: EvaluationSlice) -> list[Span]:
        corner = _pad_label("", grid.label_width)
        names = look.names if grid.has_name_headers else [str(j) for j in range(len(look.names))]
        heads = (
            (_pad_label(names[j], grid.cell_width - 1), self._label_role(j, 1))
            for j in grid.columns
        )
        return [(corner, "dim"), *heads]

    def _cell(self, text: str, heat: int, cell: tuple[int, int]) -> Span:
        width = self._matrix_layout.cell_width - 1
        if cell == self._cursor:
            opened = f"[{text}" if len(text) < width else text
            return align_right(opened, width) + "]", "selected"
        return align_right(text, width) + " ", "dim" if heat < 0 else f"heat-{heat}"

    def on_click(self, event: Click) -> None:
        """Point at the cell that was clicked."""
        cell = self._matrix_layout.cell_at(event.x, event.y)
        if cell is not None:
            self.post_message(self.CellClicked(cell))


@dataclass(frozen=True, slots=True)
class MatrixLayout:
    """Where the cells of the matrix are, and which of them fit."""

    label_width: int
    """The width of the classes' names."""
    has_name_headers: bool
    """Whether columns can be headed by names; if not, classes have numbers."""
    cell_width: int
    """The width of a cell, with the blank after it."""
    rows: range
    columns: range

    def row_label(self, look: EvaluationSlice, row: int) -> str:
        """What a row is called."""
        return look.names[row] if self.has_name_headers else f"{row} {look.names[row]}"

    @property
    def width(self) -> int:
        """What names and matrix take, in cells of the terminal."""
        return self.label_width + 1 + self.cell_width * len(self.columns)

    def cell_at(self, x: int, y: int) -> tuple[int, int] | None:
        """The matrix's cell at a place in the widget; the head is row 0."""
        row, column = y - 1, (x - self.label_width - 1) // self.cell_width
        if 0 <= row < len(self.rows) and 0 <= column < len(self.columns):
            return self.rows[row], self.columns[column]
        return None


EMPTY_LAYOUT = MatrixLayout(0, True, 1, range(0), range(0))
"""No cell at all."""


def _pad_label(name: str, width: int) -> str:
    """A name at the right end of its column, cut where it is longer; and a blank."""
    return align_right(name, width) + " "


def _predicted_counts(look: EvaluationSlice, grid: MatrixLayout) -> str:
    """How many were read as each class."""
    counts = (
        align_right(str(look.report.predicted[j]), grid.cell_width - 1) + " " for j in grid.columns
    )
    return _pad_label("", grid.label_width) + "".join(counts)


def _cell_texts(look: EvaluationSlice, numbers: CellFormat) -> list[list[str]]:
    """What each cell says."""
    if numbers is CellFormat.COUNTS:
        return [[str(n) if n else "·" for n in row] for row in look.matrix.tolist()]
    share = (
        normalized_by_true if numbers is CellFormat.NORMALIZED_BY_TRUE else normalized_by_predicted
    )
    values = 100 * np.nan_to_num(share(look.matrix))
    return [[f"{value:.1f}" if value else "·" for value in row] for row in values.tolist()]


def _heat_levels(look: EvaluationSlice) -> Int64s:
    """How bright each cell is: -1 for the diagonal and for nothing, else the place in `HEAT`."""
    shares = np.nan_to_num(normalized_by_true(look.matrix))
    levels = np.digitize(shares, ERROR_RATE_LEVELS) - 1
    levels[(look.matrix == 0) | np.eye(len(look.matrix), dtype=bool)] = -1
    return levels.astype(np.int64)


def _layout(
    texts: list[list[str]], look: EvaluationSlice, cursor: tuple[int, int], width: int, height: int
) -> MatrixLayout:
    """Names and cells as wide as they must be, and as many of them as fit, the cursor's among."""
    longest = max(cell_len(name) for name in look.names)
    numbers = max(len(text) for row in texts for text in row)
    cell = max(2, numbers, len(str(look.report.predicted.max()))) + 1
    fit = longest < cell
    label = min(MAX_NAME_WIDTH, max(2, longest)) if fit else MAX_NAME_WIDTH
    columns = max(1, (width - label - 1) // cell)
    count = len(look.matrix)
    rows = _visible_range(count, max(1, height - 2), cursor[0])
    return MatrixLayout(label, fit, cell, rows, _visible_range(count, columns, cursor[1]))


def _visible_range(count: int, room: int, cursor: int) -> range:
    """The part of ``count`` things around the cursor that there is room for."""
    start = min(max(0, cursor - room // 2), max(0, count - room))
    return range(start, min(count, start + room))
