"""What the hyperparameters do: a slice for each, their importance, parallel coordinates."""

import math
from collections.abc import Sequence
from typing import Final

from core.sweep.overview import StudyOverview
from core.sweep.results import Row
from core.sweep.space import Range
from trainpad.text import sanitize
from tui.chart.frame import bars, scatter
from tui.widgets.text_widget import Span, TextWidget, fit

MIN_WIDTH, MIN_HEIGHT = 26, 8
"""Cells of a slice, at least."""
GAP: Final = 2


class StudyPanel(TextWidget):
    """A picture of a study, drawn from its overview."""

    DEFAULT_CSS = "StudyPanel { height: 1fr; width: 1fr; }"

    def __init__(self, id: str) -> None:  # noqa: A002  Textual's own parameter name
        super().__init__(id=id)
        self.overview: StudyOverview | None = None
        self.selected = -1
        """The number of the selected trial."""

    def show(self, overview: StudyOverview, selected: int) -> None:
        """Show this study, with this trial selected."""
        self.overview, self.selected = overview, selected
        self.redraw()

    def complete(self) -> list[Row]:
        """The trials that ran to their end."""
        rows = self.overview.rows if self.overview else ()
        return [row for row in rows if row.value is not None and row.state == "complete"]


class Slices(StudyPanel):
    """Value against goal, one plot for each hyperparameter, the most important first."""

    def lines(self, width: int, height: int) -> list[list[Span]]:
        """As many slices as fit, in columns."""
        if self.overview is None or not self.complete():
            return [[("no trial is complete yet", "dim")]]
        names = self._names()
        across = max(1, min(len(names), width // (MIN_WIDTH + GAP)))
        down = max(1, min(math.ceil(len(names) / across), height // MIN_HEIGHT))
        size = (width - GAP * (across - 1)) // across, height // down
        shown = names[: across * down]
        grid = [shown[row * across : (row + 1) * across] for row in range(down)]
        found: list[list[Span]] = []
        for row in grid:
            plots = [self._slice(name, *size) for name in row]
            for cells in zip(*plots, strict=True):
                spans: list[Span] = []
                for cell in cells:
                    spans += [cell, (" " * GAP, "text")]
                found.append(spans)
        return found[:height]

    def _names(self) -> list[str]:
        overview = self.overview
        if overview is None:
            return []
        order = {name: -share for name, share in overview.importance.items()}
        return sorted(overview.description.space.dimensions, key=lambda name: order.get(name, 0))

    def _slice(self, name: str, width: int, height: int) -> list[Span]:
        if self.overview is None:
            return []
        dimension = self.overview.description.space.dimensions[name]
        rows = [row for row in self.complete() if name in row.params]
        ys = [row.value or 0.0 for row in rows]
        share = self.overview.importance.get(name)
        title = name if share is None else f"{name}  {share:.0%}"
        if isinstance(dimension, Range):
            xs = [float(row.params[name]) for row in rows]
            low, high, ticks = dimension.low, dimension.high, None
        else:
            xs = [float(dimension.values.index(str(row.params[name]))) for row in rows
                  if str(row.params[name]) in dimension.values]  # fmt: skip
            low, high = -0.5, len(dimension.values) - 0.5
            ticks = [sanitize(value, limit=40) for value in dimension.values]
        is_log = isinstance(dimension, Range) and dimension.is_log
        plot = scatter(width, height - 1, xs, ys, (low, high), log=is_log, ticks=ticks,
                       plain=self.ascii_only)  # fmt: skip
        return [(fit(title, width), "title"), *((row, "text") for row in plot)]


class Importance(StudyPanel):
    """How much of the goal's variance each hyperparameter explains."""

    def lines(self, width: int, height: int) -> list[list[Span]]:
        """A bar for each, or why there are none."""
        overview = self.overview
        if overview is None or not overview.importance:
            return [[(fit(overview.why_no_importance if overview else "", width), "dim")]]
        names = list(overview.importance)[: max(0, height - 1)]
        shares = [overview.importance[name] for name in names]
        rows = bars(width, names, shares, plain=self.ascii_only)
        return [[("share of the goal's variance", "dim")],
                *([(row, "text")] for row in rows)]  # fmt: skip


class Parallel(StudyPanel):
    """Parallel coordinates: an axis for each hyperparameter, a line for each trial."""

    LINES: Final = 12
    """How many trials are drawn: the best ones."""

    def lines(self, width: int, height: int) -> list[list[Span]]:
        """The axes with their ends, and the best trials as letters, joined by dots."""
        overview = self.overview
        if overview is None or not self.complete() or height < 6:
            return [[("no trial is complete yet", "dim")]]
        names = [*overview.description.space.dimensions, overview.description.goal.metric]
        room = width // len(names)
        if room < 10:
            return [[(fit("the window is too narrow for parallel coordinates", width), "dim")]]
        best = self._best_rows()
        cells = [[" "] * width for _ in range(height - 3)]
        roles = [["dim"] * width for _ in range(height - 3)]
        for place, row in reversed(list(enumerate(best))):
            self._draw_line(cells, roles, names, room, row, chr(ord("a") + place))
        for column in range(len(names)):
            for line in cells:
                if line[column * room] == " ":
                    line[column * room] = "|" if self.ascii_only else "│"
        head: list[Span] = [(fit(name, room), "title") for name in names]
        top: list[Span] = [(fit(self._end(name, 1), room), "dim") for name in names]
        bottom: list[Span] = [(fit(self._end(name, 0), room), "dim") for name in names]
        body = [self._spans(line, role) for line, role in zip(cells, roles, strict=True)]
        return [head, top, *body, bottom]

    def _best_rows(self) -> list[Row]:
        overview = self.overview
        maximize = overview.description.goal.maximize if overview else True
        return sorted(self.complete(), key=lambda row: row.value or 0.0, reverse=maximize)[
            : self.LINES
        ]

    def _draw_line(
        self,
        cells: list[list[str]],
        roles: list[list[str]],
        names: Sequence[str],
        room: int,
        row: Row,
        letter: str,
    ) -> None:
        height = len(cells)
        ys = [round((1 - self._position(name, row)) * (height - 1)) for name in names]
        role = "live" if letter == "a" else "selected" if row.number == self.selected else "text"
        for column in range(len(names) - 1):
            for x in range(room):
                y = round(ys[column] + (ys[column + 1] - ys[column]) * x / room)
                cells[y][column * room + x] = "." if self.ascii_only else "·"
                roles[y][column * room + x] = role if role != "text" else "dim"
        for column, y in enumerate(ys):
            cells[y][column * room], roles[y][column * room] = letter, role

    def _position(self, name: str, row: Row) -> float:
        """Where a trial is on an axis, from 0 at its lower end to 1."""
        overview = self.overview
        dimension = overview.description.space.dimensions.get(name) if overview else None
        if dimension is None:
            values = [one.value or 0.0 for one in self.complete()]
            low, high = min(values), max(values)
            return ((row.value or 0.0) - low) / (high - low or 1.0)
        if isinstance(dimension, Range):
            value, low, high = float(row.params[name]), dimension.low, dimension.high
            if dimension.is_log:
                value, low, high = math.log(value), math.log(low), math.log(high)
            return min(1.0, max(0.0, (value - low) / (high - low)))
        place = dimension.values.index(str(row.params[name]))
        return place / max(1, len(dimension.values) - 1)

    def _end(self, name: str, which: int) -> str:
        overview = self.overview
        dimension = overview.description.space.dimensions.get(name) if overview else None
        if dimension is None:
            values = [one.value or 0.0 for one in self.complete()]
            return f"{(max if which else min)(values):.4g}"
        if isinstance(dimension, Range):
            return f"{(dimension.high if which else dimension.low):.4g}"
        return sanitize(dimension.values[-1 if which else 0], limit=40)

    @staticmethod
    def _spans(cells: Sequence[str], roles: Sequence[str]) -> list[Span]:
        spans: list[Span] = []
        for cell, role in zip(cells, roles, strict=True):
            if spans and spans[-1][1] == role:
                spans[-1] = (spans[-1][0] + cell, role)
            else:
                spans.append((cell, role))
        return spans
