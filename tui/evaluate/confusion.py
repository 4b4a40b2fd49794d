"""The confusion matrix with a cursor, and the metrics of each class beside its row.

Rows are true classes, columns predicted ones. The diagonal is dim, zero is a dot, and errors are
brighter the larger their share of the true class. If not all classes fit, the cursor scrolls.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from rich.cells import cell_len
from rich.segment import Segment
from textual.events import Click
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from core.run.metrics import Int64s, normalized_by_predicted, normalized_by_true
from tui.evaluate.columns import MetricColumns, same_columns
from tui.evaluate.report import EvaluationSlice
from tui.widgets.text_widget import Span, TextWidget, align_right

ERROR_RATE_LEVELS = (0.0, 0.01, 0.03, 0.10)
"""Shares of the true class at which an error gets brighter."""
MAX_NAME_WIDTH = 14


class CellFormat(StrEnum):
    """What the cells of the matrix show."""

    COUNTS = "counts"
    NORMALIZED_BY_TRUE = "percent of true class"
    NORMALIZED_BY_PREDICTED = "percent of predicted class"

    @property
    def next(self) -> "CellFormat":
        """The format after this one, cyclically."""
        formats = list(CellFormat)
        return formats[(formats.index(self) + 1) % len(formats)]


class ConfusionMatrix(TextWidget):
    """A row per true class: counts of predictions, then precision, recall, F1 and support."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"confusion--heat-{i}" for i in range(len(ERROR_RATE_LEVELS))
    }
    DEFAULT_CSS = """
    ConfusionMatrix {
        & > .confusion--heat-0 { color: $foreground; }
        & > .confusion--heat-1 { color: $warning; }
        &:light > .confusion--heat-1 { color: $warning-darken-3; }
        & > .confusion--heat-2 { color: $foreground; background: $warning 25%; text-style: bold; }
        & > .confusion--heat-3 { color: $foreground; background: $error 55%; text-style: bold; }
    }
    """

    class CellClicked(Message):
        """A cell was clicked."""

        def __init__(self, cell: tuple[int, int]) -> None:
            super().__init__()
            self.cell = cell

    def __init__(self) -> None:
        super().__init__()
        self._slice: EvaluationSlice | None = None
        self._cell_format = CellFormat.COUNTS
        self._cursor = (0, 0)
        self._matrix_layout = EMPTY_LAYOUT

    def show(
        self, evaluation: EvaluationSlice, cell_format: CellFormat, cursor: tuple[int, int]
    ) -> None:
        """Show this evaluation with the cursor on a cell (true, predicted)."""
        is_resized = self._slice is None or len(self._slice.matrix) != len(evaluation.matrix)
        self._slice, self._cell_format, self._cursor = evaluation, cell_format, cursor
        if is_resized:
            self.refresh(layout=True)
        self.redraw()

    def clear(self) -> None:
        """Show no evaluation."""
        if self._slice is not None:
            self._slice, self._matrix_layout = None, EMPTY_LAYOUT
            self.refresh(layout=True)
            self.redraw()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """A header, a row per class, and the totals."""
        return len(self._slice.matrix) + 2 if self._slice else 0

    def rows(self, width: int, height: int) -> list[Strip]:
        """The lines as strips; errors have colours of their own."""
        styles = dict(self.role_styles)
        for i in range(len(ERROR_RATE_LEVELS)):
            styles[f"heat-{i}"] = self.get_component_rich_style(f"confusion--heat-{i}")
        return [
            Strip([Segment(self._displayable(text), styles[role]) for text, role in parts if text])
            for parts in self.lines(width, height)
        ]

    def lines(self, width: int, height: int) -> list[list[Span]]:
        """The header, the classes that fit, and the totals of the columns."""
        if self._slice is None:
            return []
        evaluation, values = self._slice, _cell_values(self._slice, self._cell_format)
        layout = self._matrix_layout = _layout(
            _longest(values), evaluation, self._cursor, width, height
        )
        shown = np.ix_(layout.rows, layout.columns)
        texts = _cell_texts(values[shown])
        metrics = MetricColumns(evaluation, width - layout.width, ascii_only=self.ascii_only)
        heat = _heat_levels(evaluation)[shown]
        return [
            [*self._header(layout, evaluation), *metrics.header()],
            *(
                [
                    (
                        _pad_label(layout.row_label(evaluation, row), layout.label_width),
                        self._label_role(row, 0),
                    ),
                    *(
                        span
                        for k, column in enumerate(layout.columns)
                        for span in self._cell(texts[i][k], heat[i, k], (row, column))
                    ),
                    *metrics.row(row),
                ]
                for i, row in enumerate(layout.rows)
            ),
            [(_predicted_counts(evaluation, layout), "dim"), *metrics.averages()],
        ]

    def _label_role(self, number: int, axis: int) -> str:
        return "live" if number == self._cursor[axis] else "dim"

    def _header(self, layout: "MatrixLayout", evaluation: EvaluationSlice) -> list[Span]:
        corner = _pad_label("", layout.label_width)
        names = (
            evaluation.names
            if layout.has_name_headers
            else [str(j) for j in range(len(evaluation.names))]
        )
        heads = (
            (_pad_label(names[j], layout.cell_width - 1), self._label_role(j, 1))
            for j in layout.columns
        )
        return [(corner, "dim"), *heads]

    def _cell(self, text: str, heat: int, cell: tuple[int, int]) -> list[Span]:
        """A cell and the blank after it, which has no background: neighbours do not touch."""
        width = self._matrix_layout.cell_width - 1
        if cell == self._cursor:
            bracketed = f"[{text}" if len(text) < width else text
            return [(align_right(bracketed, width) + "]", "selected")]
        return [(align_right(text, width), "dim" if heat < 0 else f"heat-{heat}"), (" ", "text")]

    def on_click(self, event: Click) -> None:
        """Post the cell that was clicked."""
        cell = self._matrix_layout.cell_at(event.x, event.y)
        if cell is not None:
            self.post_message(self.CellClicked(cell))


@dataclass(frozen=True, slots=True)
class MatrixLayout:
    """Which cells of the matrix are visible, and where."""

    label_width: int
    """Cells for the names of the classes."""
    has_name_headers: bool
    """Whether the columns have names as headers; otherwise they have the classes' numbers."""
    cell_width: int
    """Width of a matrix cell, including the blank after it."""
    rows: range
    columns: range

    def row_label(self, evaluation: EvaluationSlice, row: int) -> str:
        """The label of a row."""
        return evaluation.names[row] if self.has_name_headers else f"{row} {evaluation.names[row]}"

    @property
    def width(self) -> int:
        """Width of labels and matrix, in terminal cells."""
        return self.label_width + 1 + self.cell_width * len(self.columns)

    def cell_at(self, x: int, y: int) -> tuple[int, int] | None:
        """The matrix cell at a position in the widget (row 0 is the header); None outside."""
        row, column = y - 1, (x - self.label_width - 1) // self.cell_width
        if 0 <= row < len(self.rows) and 0 <= column < len(self.columns):
            return self.rows[row], self.columns[column]
        return None


EMPTY_LAYOUT = MatrixLayout(0, True, 1, range(0), range(0))
"""No cells."""


def _pad_label(name: str, width: int) -> str:
    """A name, right-aligned and truncated, and a blank."""
    return align_right(name, width) + " "


def _predicted_counts(evaluation: EvaluationSlice, layout: MatrixLayout) -> str:
    """The number of predictions of each class."""
    counts = (
        align_right(str(evaluation.report.predicted[j]), layout.cell_width - 1) + " "
        for j in layout.columns
    )
    return _pad_label("", layout.label_width) + "".join(counts)


def _cell_values(evaluation: EvaluationSlice, cell_format: CellFormat) -> npt.NDArray[np.number]:
    """The number of each cell: a count, or a percentage."""
    if cell_format is CellFormat.COUNTS:
        return evaluation.matrix
    matrix, report = evaluation.matrix, evaluation.report
    if cell_format is CellFormat.NORMALIZED_BY_TRUE:
        shares = normalized_by_true(matrix, report.support)
    else:
        shares = normalized_by_predicted(matrix, report.predicted)
    return np.asarray(100 * np.nan_to_num(shares))


def _cell_texts(values: npt.NDArray[np.number]) -> list[list[str]]:
    """The text of each cell."""
    return [[_cell_text(value) if value else "·" for value in row] for row in values.tolist()]


def _cell_text(value: float) -> str:
    return f"{value:.1f}" if isinstance(value, float) else str(value)


def _longest(values: npt.NDArray[np.number]) -> int:
    """The length of the longest text of all cells."""
    return len(_cell_text(values.max().item())) if values.size else 1


def _heat_levels(evaluation: EvaluationSlice) -> Int64s:
    """Brightness of each cell: an index into `ERROR_RATE_LEVELS`; -1 on the diagonal and for 0."""
    shares = np.nan_to_num(normalized_by_true(evaluation.matrix, evaluation.report.support))
    levels = np.digitize(shares, ERROR_RATE_LEVELS) - 1
    levels[(evaluation.matrix == 0) | np.eye(len(evaluation.matrix), dtype=bool)] = -1
    return levels.astype(np.int64)


def _layout(
    longest_text: int,
    evaluation: EvaluationSlice,
    cursor: tuple[int, int],
    width: int,
    height: int,
) -> MatrixLayout:
    """Labels and cells as wide as needed, and as many as fit, the cursor's among them.

    Cells are one wider, for both brackets of the cursor, where that takes no room from others.
    """
    longest = max(cell_len(name) for name in evaluation.names)
    number = len(str(len(evaluation.names) - 1))
    cell = max(2, number, longest_text, len(str(evaluation.report.predicted.max()))) + 1
    fit = longest < cell
    label = min(MAX_NAME_WIDTH, max(2, longest)) if fit else MAX_NAME_WIDTH
    count = len(evaluation.matrix)
    if same_columns(width - label - 1 - cell * count, width - label - 1 - (cell + 1) * count):
        cell += 1
    columns = max(1, (width - label - 1) // cell)
    rows = _visible_range(count, max(1, height - 2), cursor[0])
    return MatrixLayout(label, fit, cell, rows, _visible_range(count, columns, cursor[1]))


def _visible_range(count: int, room: int, cursor: int) -> range:
    """The ``room`` items of ``count`` around the cursor."""
    start = min(max(0, cursor - room // 2), max(0, count - room))
    return range(start, min(count, start + room))
