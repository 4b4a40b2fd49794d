"""Ten bars: how likely a network thinks each digit, the best one bright.

The answer changes several times a second while somebody draws, and mostly in two or three digits,
so a bar is sent again only when its own text or colour changed. Where there are fewer rows than
classes, the bars stand in two columns or more.
"""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from rich.segment import Segment
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

EIGHTHS = " ▏▎▍▌▋▊▉█"
_LABEL, _PERCENT, _GAP = 2, 6, 2


class ProbabilityBars(Widget):
    """A row for each class: its name, a bar, and its percentage; blank until there is an answer."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"bars--best", "bars--other", "bars--quiet"}
    DEFAULT_CSS = """
    ProbabilityBars { width: 1fr; height: auto; }
    ProbabilityBars > .bars--best { color: $accent; text-style: bold; }
    ProbabilityBars:light > .bars--best { color: $accent-darken-3; }
    ProbabilityBars > .bars--other { color: $foreground; }
    ProbabilityBars > .bars--quiet { color: $text-muted; }
    """

    ascii = reactive(False)
    """Whether to draw bars with ``#``."""

    def __init__(
        self,
        classes: Sequence[str] = tuple("0123456789"),
        *,
        ascii_only: bool = False,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(id=id)
        self._names = tuple(classes)
        self.set_reactive(ProbabilityBars.ascii, ascii_only)
        self._probabilities: npt.NDArray[np.floating] | None = None

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """A row for each class."""
        return len(self._names)

    def show(self, probabilities: npt.NDArray[np.floating] | None) -> None:
        """Show ``[classes]`` probabilities, or nothing; only the rows that differ are repainted."""
        before = [self._cells(number) for number in range(len(self._names))]
        self._probabilities = None if probabilities is None else np.array(probabilities)
        down, width = self._rows_per_column, self._bar_width
        changed = [
            Region(number // down * (width + _GAP), number % down, width, 1)
            for number, cells in enumerate(before)
            if cells != self._cells(number)
        ]
        if changed:
            self.refresh(*changed)

    def render_line(self, y: int) -> Strip:
        """One class, or one in each column."""
        segments = []
        for number in (
            range(y, len(self._names), self._rows_per_column) if y < self._rows_per_column else ()
        ):
            kind, text = self._cells(number)
            segments.append(Segment(text, self.get_component_rich_style(f"bars--{kind}")))
            segments.append(Segment(" " * _GAP, self.rich_style))
        strip = Strip(segments) if segments else Strip.blank(self.size.width, self.rich_style)
        return strip.adjust_cell_length(self.size.width, self.rich_style)

    @property
    def _rows_per_column(self) -> int:
        """How many bars stand in a column."""
        columns = -(-len(self._names) // max(1, min(self.size.height, len(self._names))))
        return -(-len(self._names) // columns)

    @property
    def _bar_width(self) -> int:
        """Cells of one bar, name and percentage included."""
        columns = -(-len(self._names) // self._rows_per_column)
        return max(0, (self.size.width + _GAP) // columns - _GAP)

    def _cells(self, row: int) -> tuple[str, str]:
        """How a class is shown: best, other or quiet, and its text."""
        name = self._names[row].rjust(1)
        width = self._bar_width
        if self._probabilities is None:
            return "quiet", f"{name} ".ljust(width)[:width]
        value = float(self._probabilities[row])
        kind = "best" if row == int(self._probabilities.argmax()) else "other"
        room = max(0, width - _LABEL - _PERCENT)
        percent = f"{100 * value:.0f} %".rjust(_PERCENT)
        text = f"{name} {self._bar(value, room)}{percent}".ljust(width)[:width]
        return (kind if value >= 0.005 else "quiet"), text

    def _bar(self, value: float, room: int) -> str:
        if self.ascii:
            return ("#" * round(value * room)).ljust(room)
        eighths = round(value * room * 8)
        full, part = divmod(eighths, 8)
        return (EIGHTHS[8] * full + (EIGHTHS[part] if part else "")).ljust(room)
