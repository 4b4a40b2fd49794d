"""A widget made of whole rows that sends only the cells that changed.

Over SSH the line to the terminal is the bottleneck, and Textual sends everything that a widget
marks as changed. So when the data changes, all rows are built and compared with those on the
screen, and of each row only the changed cells are marked.
"""

from collections.abc import Sequence
from functools import lru_cache

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

CELLS_PER_MOVE = 9
"""About as many bytes as move the cursor."""


class StripWidget(Widget):
    """Base of widgets that return their content from ``rows``; call ``redraw`` on new data.

    The styles of a row need no background: the widget's own is applied below them, so that no
    segment is without a style (Textual's NO_COLOR filter fails on those).
    """

    def __init__(
        self,
        *,
        name: str | None = None,
        id: str | None = None,  # noqa: A002  Textual's own parameter name
        classes: str | None = None,
        disabled: bool = False,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes, disabled=disabled)
        self._content: list[Strip] = []
        self._styled_content: list[Strip] = []  # with the background
        self._background = Style()
        self._is_stale = False
        """Whether colours have changed since the rows were built."""

    def rows(self, width: int, height: int) -> Sequence[Strip]:
        """The content for ``width`` x ``height`` cells; missing rows are blank, extra ones cut."""
        raise NotImplementedError

    @property
    def shown_strips(self) -> list[Strip]:
        """The rows as they are on the screen."""
        return [self.render_line(y) for y in range(self.size.height)]

    def plain_strips(self) -> list[Strip]:
        """The rows as they would be without colours, to be copied as text."""
        return self.shown_strips

    def redraw(self) -> int:
        """Build the rows and send those that changed; returns their number."""
        if self._is_stale:
            self.redraw_all()
            return len(self._content)
        return self._replace_changed(self._build_rows()) if all(self.size) else 0

    def redraw_all(self) -> None:
        """Build and send all rows, changed or not."""
        self._rebuild()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Row ``y``, for Textual."""
        if self._is_stale:
            self._rebuild()
        if y < len(self._styled_content):
            return self._styled_content[y]
        return Strip.blank(self.size.width, self._background)

    def on_resize(self, _event: events.Resize) -> None:
        """Build the rows for the new size."""
        self.redraw_all()

    def notify_style_update(self) -> None:
        """Rebuild all rows when colours change: with the theme, the focus, the classes.

        Textual calls this before it computes the styles of component classes, so the rows are
        built at the next `render_line` or `redraw`.
        """
        super().notify_style_update()
        if self.is_mounted:
            self._is_stale = True
            self.refresh()

    def _build_rows(self) -> list[Strip]:
        """As many rows as the widget has, each as wide as the widget."""
        width, height = self.size
        rows = [*self.rows(width, height)][:height]
        rows += [Strip.blank(width, self._background)] * (height - len(rows))
        return [strip.adjust_cell_length(width, self._background) for strip in rows]

    def _rebuild(self) -> None:
        self._is_stale = False
        self._background = Style(bgcolor=self.rich_style.bgcolor)
        if all(self.size):
            self._content = self._build_rows()
            self._styled_content = [strip.apply_style(self._background) for strip in self._content]

    def _replace_changed(self, rows: list[Strip]) -> int:
        if len(rows) != len(self._content):
            self._content = rows
            self._styled_content = [strip.apply_style(self._background) for strip in rows]
            self.refresh()
            return len(rows)
        changed: list[Region] = []
        count = 0
        for y, strip in enumerate(rows):
            if spans := changed_spans(self._content[y], strip):
                count += 1
                changed += [Region(start, y, stop - start, 1) for start, stop in spans]
                self._styled_content[y] = strip.apply_style(self._background)
            self._content[y] = strip
        if changed:
            self.refresh(*changed)
        return count


def changed_spans(old: Strip, new: Strip) -> list[tuple[int, int]]:
    """Where ``new`` differs: the first cell of each piece, and the one after its last.

    Equal cells between two that differ are part of a piece where a move of the cursor would take
    more bytes than they do.
    """
    if old is new or old == new:
        return []
    was, now, width = list(old), list(new), new.cell_length
    start, stop = _drop_equal(now, was, at=0), width - _drop_equal(now, was, at=-1)
    cells_before, cells_now = _cells_of(was), _cells_of(now)
    if len(cells_before) != stop - start or len(cells_now) != stop - start:
        return [(min(start, width - 1), stop)]
    spans: list[tuple[int, int]] = []
    for x, (before, after) in enumerate(zip(cells_before, cells_now, strict=True), start):
        if before != after:
            first = spans.pop()[0] if spans and x - spans[-1][1] < CELLS_PER_MOVE else x
            spans.append((first, x + 1))
    return spans


def _drop_equal(new: list[Segment], old: list[Segment], *, at: int) -> int:
    """Remove equal segments at one end of two rows; return the number of their cells."""
    cells = 0
    while new and old and new[at] == old[at]:
        cells += new.pop(at).cell_length
        old.pop(at)
    return cells


def _cells_of(segments: Sequence[Segment]) -> list[tuple[str, Style | Color | None]]:
    """Character and colours of each cell; of a blank the colour of its background alone.

    Nothing, if a character is not one cell wide.
    """
    cells: list[tuple[str, Style | Color | None]] = []
    for segment in segments:
        text, style, _ = segment
        if segment.cell_length != len(text):
            return []
        blank = (" ", _visible_on_blank(style))
        cells += [blank if c == " " else (c, style) for c in text]
    return cells


@lru_cache(maxsize=1024)
def _visible_on_blank(style: Style | None) -> Style | Color | None:
    if style is None or style.underline or style.reverse or style.strike or style.overline:
        return style
    return style.bgcolor
