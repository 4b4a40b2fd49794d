"""A widget made of whole rows that sends again only the rows that changed.

The link to the terminal is the bottleneck over SSH, and Textual sends again whatever a widget marks
as dirty. So the rows of a widget are made anew whenever its data is, compared with those that are
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
    """Base of widgets that give their content as rows; call ``update_rows`` on new data.

    A row's styles need no background: the widget's own is laid under them, and so no piece of text
    is without a style (Textual's NO_COLOR filter fails on those).
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
        self._given: list[Strip] = []
        self._shown: list[Strip] = []
        self._ground = Style()

    def rows(self, width: int, height: int) -> Sequence[Strip]:
        """The content for ``width`` x ``height`` cells; missing rows are blank, others are cut."""
        raise NotImplementedError

    def update_rows(self) -> int:
        """Make the rows anew and have the changed ones sent again; tells how many changed."""
        width, height = self.size
        if not width or not height:
            return 0
        given = [*self.rows(width, height)][:height]
        given += [Strip.blank(width, self._ground)] * (height - len(given))
        return self._take([strip.adjust_cell_length(width, self._ground) for strip in given])

    def render_line(self, y: int) -> Strip:
        """One row, for Textual."""
        if y < len(self._shown):
            return self._shown[y]
        return Strip.blank(self.size.width, self._ground)

    def on_resize(self, _event: events.Resize) -> None:
        """Fill the new size."""
        self.remake_rows()

    def notify_style_update(self) -> None:
        """Make all rows anew when colours change: with the theme, the focus, the classes."""
        super().notify_style_update()
        if self.is_mounted:
            self.remake_rows()

    def remake_rows(self) -> None:
        """Make and send all rows anew, changed or not."""
        self._given = []
        self._ground = Style(bgcolor=self.rich_style.bgcolor)
        self.update_rows()

    def _take(self, given: list[Strip]) -> int:
        if len(given) != len(self._given):
            self._given = given
            self._shown = [strip.apply_style(self._ground) for strip in given]
            self.refresh()
            return len(given)
        changed = []
        for y, strip in enumerate(given):
            if end := _changed_until(self._given[y], strip):
                self._given[y], self._shown[y] = strip, strip.apply_style(self._ground)
                changed.append(Region(0, y, end, 1))
        if changed:
            self.refresh(*changed)
        return len(changed)


def _changed_until(old: Strip, new: Strip) -> int:
    """The number of cells of ``new`` up to the last piece that differs; 0 if none does."""
    if old is new:
        return 0
    ours, theirs, cells = list(new), list(old), new.cell_length
    while ours and theirs and ours[-1] == theirs[-1]:
        cells -= ours.pop().cell_length
        theirs.pop()
    return cells if ours or theirs else 0
