"""Ten bars: how likely a network thinks each digit, the best one bright.

The answer changes several times a second while somebody draws, and mostly in two or three digits,
so a row is sent again only when its own text or colour changed.
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
UNSURE = 0.8
"""A best probability below this is shown as a choice of two."""
_LABEL, _PERCENT = 2, 6


class ProbabilityBars(Widget):
    """A row for each class: its name, a bar, and its percentage; blank until there is an answer."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"bars--best", "bars--other", "bars--quiet"}
    DEFAULT_CSS = """
    ProbabilityBars { width: 1fr; height: auto; }
    ProbabilityBars > .bars--best { color: $accent; text-style: bold; }
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
        before = [self._cells(row) for row in range(len(self._names))]
        self._probabilities = None if probabilities is None else np.array(probabilities)
        changed = [
            Region(0, row, self.size.width, 1)
            for row, cells in enumerate(before)
            if cells != self._cells(row)
        ]
        if changed:
            self.refresh(*changed)

    def render_line(self, y: int) -> Strip:
        """One class."""
        if y >= len(self._names):
            return Strip.blank(self.size.width, self.rich_style)
        kind, text = self._cells(y)
        style = self.get_component_rich_style(f"bars--{kind}")
        return Strip([Segment(text, style)], self.size.width)

    def _cells(self, row: int) -> tuple[str, str]:
        """How a row is shown: best, other or quiet, and its text."""
        name = self._names[row].rjust(1)
        width = self.size.width
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


def verdict(
    probabilities: npt.NDArray[np.floating], classes: Sequence[str] = tuple("0123456789")
) -> str:
    """The answer in a word: ``7``, or ``4 or 9?`` where the best is not likely enough."""
    second, best = np.argsort(probabilities)[-2:].tolist()
    if probabilities[best] >= UNSURE:
        return str(classes[best])
    return f"{classes[best]} or {classes[second]}?"
