"""A widget made of whole rows that sends only the cells that changed.

Over SSH the line to the terminal is the bottleneck, and Textual sends everything that a widget
marks as changed. So when the data changes, all rows are built and compared with those on the
screen, and of each row only the part from its first to its last changed cell is marked.
"""

from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


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
        changed = []
        for y, strip in enumerate(rows):
            if span := _changed_span(self._content[y], strip):
                self._content[y] = strip
                self._styled_content[y] = strip.apply_style(self._background)
                changed.append(Region(span[0], y, span[1] - span[0], 1))
        if changed:
            self.refresh(*changed)
        return len(changed)


def _changed_span(old: Strip, new: Strip) -> tuple[int, int] | None:
    """The first changed cell of ``new`` and the one after the last; None if none has changed."""
    if old is new or old == new:
        return None
    new_rest, old_rest, width = list(new), list(old), new.cell_length
    start = _common_cells(new_rest, old_rest, from_end=False)
    return min(start, width - 1), width - _common_cells(new_rest, old_rest, from_end=True)


def _common_cells(new: list[Segment], old: list[Segment], *, from_end: bool) -> int:
    """The number of equal cells at one end of two rows; removes equal segments from both."""
    at, cells = -1 if from_end else 0, 0
    while new and old and new[at] == old[at]:
        cells += new.pop(at).cell_length
        old.pop(at)
    if new and old and new[at].style == old[at].style:
        cells += _common_text(new[at].text, old[at].text, from_end=from_end)
    return cells


def _common_text(new: str, old: str, *, from_end: bool) -> int:
    """The number of equal cells at one end of two texts; 0 if one has wide characters."""
    if cell_len(new) != len(new) or cell_len(old) != len(old):
        return 0
    if from_end:
        new, old = new[::-1], old[::-1]
    pairs = enumerate(zip(new, old, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(new), len(old)))
