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

from core.run.metrics import Matrix, shares_of_read, shares_of_shown
from tui.evaluate.columns import FigureColumns
from tui.evaluate.report import Look
from tui.widgets.text_widget import Lines, Part, right

HEAT = (0.0, 0.01, 0.03, 0.10)
"""From which share of its class on an error is how bright."""
LONGEST_NAME = 14


class Numbers(StrEnum):
    """What a cell of the matrix tells."""

    COUNTS = "counts"
    OF_SHOWN = "percent of what is shown"
    OF_READ = "percent of what was read"

    @property
    def next(self) -> "Numbers":
        """The one after this, in a circle."""
        every = list(Numbers)
        return every[(every.index(self) + 1) % len(every)]


class ConfusionTable(Lines):
    """A row for each class: how its images were read, then precision, recall, F1 and support."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"confusion--heat-{i}" for i in range(len(HEAT))}
    DEFAULT_CSS = """
    ConfusionTable {
        & > .confusion--heat-0 { color: $foreground; }
        & > .confusion--heat-1 { color: $warning; }
        &:light > .confusion--heat-1 { color: $warning-darken-3; }
        & > .confusion--heat-2 { color: $foreground; background: $warning 25%; text-style: bold; }
        & > .confusion--heat-3 { color: $foreground; background: $error 55%; text-style: bold; }
    }
    """

    class Pointed(Message):
        """Somebody clicked on a cell."""

        def __init__(self, cell: tuple[int, int]) -> None:
            super().__init__()
            self.cell = cell

    def __init__(self) -> None:
        super().__init__()
        self._look: Look | None = None
        self._numbers = Numbers.COUNTS
        self._cursor = (0, 0)
        self._grid = NOWHERE

    def show(self, look: Look, numbers: Numbers, cursor: tuple[int, int]) -> None:
        """Show this evaluation, with the cursor on a cell (shown, read)."""
        grown = self._look is None or len(self._look.matrix) != len(look.matrix)
        self._look, self._numbers, self._cursor = look, numbers, cursor
        if grown:
            self.refresh(layout=True)
        self.update_rows()

    def clear(self) -> None:
        """Show no evaluation."""
        if self._look is not None:
            self._look, self._grid = None, NOWHERE
            self.refresh(layout=True)
            self.update_rows()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """A row for each class, a head, and what the columns add up to."""
        return len(self._look.matrix) + 2 if self._look else 0

    def rows(self, width: int, height: int) -> list[Strip]:
        """As `Lines` does, with the colours of errors besides."""
        styles = dict(self.styles_of_roles)
        for i in range(len(HEAT)):
            styles[f"heat-{i}"] = self.get_component_rich_style(f"confusion--heat-{i}")
        return [
            Strip([Segment(self._spelled(text), styles[role]) for text, role in parts if text])
            for parts in self.lines(width, height)
        ]

    def lines(self, width: int, height: int) -> list[list[Part]]:
        """A head, the classes that fit, and what the columns add up to."""
        if self._look is None:
            return []
        look, texts = self._look, _texts(self._look, self._numbers)
        grid = self._grid = _grid(texts, look, self._cursor, width, height)
        figures = FigureColumns(look, width - grid.width, ascii_only=self.ascii_only)
        heat = _heat(look)
        return [
            [*self._head(grid, look), *figures.head()],
            *(
                [
                    (_label(grid.name(look, row), grid.label), self._role(row, 0)),
                    *(self._cell(texts[row][j], heat[row, j], (row, j)) for j in grid.columns),
                    *figures.row(row),
                ]
                for row in grid.rows
            ),
            [(_totals(look, grid), "dim"), *figures.means()],
        ]

    def _role(self, number: int, axis: int) -> str:
        return "live" if number == self._cursor[axis] else "dim"

    def _head(self, grid: "Grid", look: Look) -> list[Part]:
        corner = _label("", grid.label)
        names = look.names if grid.names_fit else [str(j) for j in range(len(look.names))]
        heads = ((_label(names[j], grid.cell - 1), self._role(j, 1)) for j in grid.columns)
        return [(corner, "dim"), *heads]

    def _cell(self, text: str, heat: int, cell: tuple[int, int]) -> Part:
        width = self._grid.cell - 1
        if cell == self._cursor:
            opened = f"[{text}" if len(text) < width else text
            return right(opened, width) + "]", "chosen"
        return right(text, width) + " ", "dim" if heat < 0 else f"heat-{heat}"

    def on_click(self, event: Click) -> None:
        """Point at the cell that was clicked."""
        cell = self._grid.at(event.x, event.y)
        if cell is not None:
            self.post_message(self.Pointed(cell))


@dataclass(frozen=True, slots=True)
class Grid:
    """Where the cells of the matrix are, and which of them fit."""

    label: int
    """The width of the classes' names."""
    names_fit: bool
    """Whether columns can be headed by names; if not, classes have numbers."""
    cell: int
    """The width of a cell, with the blank after it."""
    rows: range
    columns: range

    def name(self, look: Look, row: int) -> str:
        """What a row is called."""
        return look.names[row] if self.names_fit else f"{row} {look.names[row]}"

    @property
    def width(self) -> int:
        """What names and matrix take, in cells of the terminal."""
        return self.label + 1 + self.cell * len(self.columns)

    def at(self, x: int, y: int) -> tuple[int, int] | None:
        """The matrix's cell at a place in the widget; the head is row 0."""
        row, column = y - 1, (x - self.label - 1) // self.cell
        if 0 <= row < len(self.rows) and 0 <= column < len(self.columns):
            return self.rows[row], self.columns[column]
        return None


NOWHERE = Grid(0, True, 1, range(0), range(0))
"""No cell at all."""


def _label(name: str, width: int) -> str:
    """A name at the right end of its column, cut where it is longer; and a blank."""
    return right(name, width) + " "


def _totals(look: Look, grid: Grid) -> str:
    """How many were read as each class."""
    counts = (right(str(look.figures.read[j]), grid.cell - 1) + " " for j in grid.columns)
    return _label("", grid.label) + "".join(counts)


def _texts(look: Look, numbers: Numbers) -> list[list[str]]:
    """What each cell says."""
    if numbers is Numbers.COUNTS:
        return [[str(n) if n else "·" for n in row] for row in look.matrix.tolist()]
    share = shares_of_shown if numbers is Numbers.OF_SHOWN else shares_of_read
    values = 100 * np.nan_to_num(share(look.matrix))
    return [[f"{value:.1f}" if value else "·" for value in row] for row in values.tolist()]


def _heat(look: Look) -> Matrix:
    """How bright each cell is: -1 for the diagonal and for nothing, else the place in `HEAT`."""
    shares = np.nan_to_num(shares_of_shown(look.matrix))
    levels = np.digitize(shares, HEAT) - 1
    levels[(look.matrix == 0) | np.eye(len(look.matrix), dtype=bool)] = -1
    return levels.astype(np.int64)


def _grid(
    texts: list[list[str]], look: Look, cursor: tuple[int, int], width: int, height: int
) -> Grid:
    """Names and cells as wide as they must be, and as many of them as fit, the cursor's among."""
    longest = max(cell_len(name) for name in look.names)
    numbers = max(len(text) for row in texts for text in row)
    cell = max(2, numbers, len(str(look.figures.read.max()))) + 1
    fit = longest < cell
    label = min(LONGEST_NAME, max(2, longest)) if fit else LONGEST_NAME
    columns = max(1, (width - label - 1) // cell)
    count = len(look.matrix)
    rows = _window(count, max(1, height - 2), cursor[0])
    return Grid(label, fit, cell, rows, _window(count, columns, cursor[1]))


def _window(count: int, room: int, cursor: int) -> range:
    """The part of ``count`` things around the cursor that there is room for."""
    start = min(max(0, cursor - room // 2), max(0, count - room))
    return range(start, min(count, start + room))
