"""A widget made of whole rows that sends again only the rows that changed.

The terminal link is the bottleneck over SSH, and Textual sends again whatever a widget marks as
dirty. So the rows of a widget are made anew whenever its data is, compared with those that are
shown, and only differences are marked. Textual sends a dirty row from the widget's left edge to the
right end of the marked span; a row is therefore marked up to its last changed cell.
"""

from collections.abc import Sequence

from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


class Rows(Widget):
    """Base of widgets that give their content as rows; call ``update_rows`` on new data."""

    def __init__(
        self,
        *,
        name: str | None = None,
        id: str | None = None,  # noqa: A002  Textual's own parameter name
        classes: str | None = None,
        disabled: bool = False,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes, disabled=disabled)
        self._shown: list[Strip] = []

    def rows(self, width: int, height: int) -> Sequence[Strip]:
        """The content for ``width`` x ``height`` cells; missing rows are blank, others are cut."""
        raise NotImplementedError

    def update_rows(self) -> int:
        """Make the rows anew and have the changed ones sent again; tells how many changed."""
        width, height = self.size
        if not width or not height:
            return 0
        wanted = [*self.rows(width, height)][:height]
        wanted += [Strip.blank(width, Style())] * (height - len(wanted))
        wanted = [strip.adjust_cell_length(width, Style()) for strip in wanted]
        changed = _changed(self._shown, wanted, width)
        self._shown = wanted
        if changed:
            self.refresh(*changed)
        return len(changed)

    def render_line(self, y: int) -> Strip:
        """One row, for Textual."""
        if y < len(self._shown):
            return self._shown[y]
        return Strip.blank(self.size.width, Style())

    def on_resize(self, _event: events.Resize) -> None:
        """Fill the new size."""
        self._shown = []
        self.update_rows()

    def notify_style_update(self) -> None:
        """Make the rows anew when colours change: theme, focus, classes."""
        super().notify_style_update()
        if self.is_mounted:
            self.update_rows()


def _changed(before: Sequence[Strip], after: Sequence[Strip], width: int) -> list[Region]:
    """The spans of rows to send again."""
    if len(before) != len(after):
        return [Region(0, 0, width, len(after))]
    ends = (_changed_until(old, new) for old, new in zip(before, after, strict=True))
    return [Region(0, row, end, 1) for row, end in enumerate(ends) if end]


def _changed_until(old: Strip, new: Strip) -> int:
    """The number of cells of ``new`` up to the last piece that differs; 0 if none does."""
    if old is new:
        return 0
    ours, theirs, cells = list(new), list(old), new.cell_length
    while ours and theirs and ours[-1] == theirs[-1]:
        cells -= ours.pop().cell_length
        theirs.pop()
    return cells if ours or theirs else 0
