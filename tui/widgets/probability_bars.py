"""A bar for each class: the probabilities of a prediction, the most likely class highlighted.

The prediction changes several times a second while the user draws, mostly in two or three classes,
so a bar is sent again only when its own text or colour has changed. If there are fewer rows than
classes, the bars are arranged in two columns or more; if there are twice as many, every second row
stays empty.
"""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

EIGHTHS = " ▏▎▍▌▋▊▉█"
_LABEL, _PERCENT, _GAP = 2, 6, 2
MAX_LABEL = 16
"""Cells of the longest name that is shown in full, and a blank."""
MAX_BARS = 12
"""Of more classes the most likely ones are shown, the best first."""


class ProbabilityBars(Widget):
    """A row for each class: name, bar and percentage; blank until there is a prediction."""

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
        self._all_names = self._names = tuple(classes)
        self.set_reactive(ProbabilityBars.ascii, ascii_only)
        self._probabilities: npt.NDArray[np.floating] | None = None

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """A row for each class."""
        return len(self._names)

    def show(
        self, probabilities: npt.NDArray[np.floating] | None, classes: Sequence[str] | None = None
    ) -> None:
        """Show ``[classes]`` probabilities, or none; only rows that change are repainted.

        `classes` replaces the names of the classes.
        """
        probabilities = self._choose(probabilities, classes)
        before = [self._bar_content(number) for number in range(len(self._names))]
        self._probabilities = None if probabilities is None else np.array(probabilities)
        rows, width, spacing = self._rows_per_column, self._bar_width, self._spacing
        changed = [
            Region(number // rows * (width + _GAP), number % rows * spacing, width, 1)
            for number, content in enumerate(before)
            if content != self._bar_content(number)
        ]
        if changed:
            self.refresh(*changed)

    def _choose(
        self, probabilities: npt.NDArray[np.floating] | None, classes: Sequence[str] | None
    ) -> npt.NDArray[np.floating] | None:
        """Take the names of the classes, of many only the most likely; return their values."""
        if classes is not None:
            self._all_names = tuple(classes)
        names = self._all_names
        if probabilities is not None and len(probabilities) > len(names):
            names += tuple(map(str, range(len(names), len(probabilities))))
        if len(names) > MAX_BARS and probabilities is not None:
            best = np.argsort(-probabilities, kind="stable")[:MAX_BARS]
            names, probabilities = tuple(names[i] for i in best), probabilities[best]
        elif len(names) > MAX_BARS:
            names = ()
        if names != self._names:
            self._names, self._probabilities = names, None
            self.refresh(layout=True)
        return probabilities

    @property
    def _label_width(self) -> int:
        """Cells of a name and a blank."""
        longest = max((cell_len(name) for name in self._names), default=1)
        return max(_LABEL, min(MAX_LABEL, longest + 1))

    def render_line(self, y: int) -> Strip:
        """The bars of row ``y``, one in each column."""
        rows, segments = self._rows_per_column, []
        y, between = divmod(y, self._spacing)
        for number in range(y, len(self._names), rows) if y < rows and not between else ():
            kind, text = self._bar_content(number)
            segments.append(Segment(text, self.get_component_rich_style(f"bars--{kind}")))
            segments.append(Segment(" " * _GAP, self.rich_style))
        strip = Strip(segments) if segments else Strip.blank(self.size.width, self.rich_style)
        return strip.adjust_cell_length(self.size.width, self.rich_style)

    @property
    def _rows_per_column(self) -> int:
        columns = -(-len(self._names) // max(1, min(self.size.height, len(self._names))))
        return -(-len(self._names) // columns)

    @property
    def _spacing(self) -> int:
        """Rows from one bar to the next: two where there is room, else one."""
        return 2 if self.size.height >= 2 * self._rows_per_column else 1

    @property
    def _bar_width(self) -> int:
        """Cells of one bar, name and percentage included."""
        columns = -(-len(self._names) // self._rows_per_column)
        return max(0, (self.size.width + _GAP) // columns - _GAP)

    def _bar_content(self, number: int) -> tuple[str, str]:
        """The style of a class, ``best``, ``other`` or ``quiet``, and its text."""
        label = self._label_width
        name = set_cell_size(self._names[number], label - 1)
        width = self._bar_width
        if self._probabilities is None:
            return "quiet", f"{name} ".ljust(width)[:width]
        value = float(self._probabilities[number])
        kind = "best" if number == int(self._probabilities.argmax()) else "other"
        bar_width = max(0, width - label - _PERCENT)
        percent = f"{100 * value:.0f} %".rjust(_PERCENT)
        text = f"{name} {self._bar(value, bar_width)}{percent}".ljust(width)[:width]
        return (kind if value >= 0.005 else "quiet"), text

    def _bar(self, value: float, width: int) -> str:
        if self.ascii:
            return ("#" * round(value * width)).ljust(width)
        eighths = round(value * width * 8)
        full, part = divmod(eighths, 8)
        return (EIGHTHS[8] * full + (EIGHTHS[part] if part else "")).ljust(width)
