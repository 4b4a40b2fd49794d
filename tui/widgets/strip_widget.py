"""A widget made of whole rows that sends again only the rows that changed.

The link to the terminal is the bottleneck over SSH, and Textual sends again whatever a widget marks
as dirty. So the rows of a widget are made anew whenever its data is, compared with those that are
shown, and of each row only what lies between its first and its last changed cell is marked.
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
        self._content: list[Strip] = []
        self._styled_content: list[Strip] = []
        self._background = Style()
        self._is_stale = False
        """Whether colours changed since the rows were made."""

    def rows(self, width: int, height: int) -> Sequence[Strip]:
        """The content for ``width`` x ``height`` cells; missing rows are blank, others are cut."""
        raise NotImplementedError

    def redraw(self) -> int:
        """Make the rows anew and have the changed ones sent again; tells how many changed."""
        if self._is_stale:
            self.redraw_all()
            return len(self._content)
        return self._replace_changed(self._build_rows()) if all(self.size) else 0

    def _build_rows(self) -> list[Strip]:
        """As many rows as fit, each as wide as the widget."""
        width, height = self.size
        given = [*self.rows(width, height)][:height]
        given += [Strip.blank(width, self._background)] * (height - len(given))
        return [strip.adjust_cell_length(width, self._background) for strip in given]

    def render_line(self, y: int) -> Strip:
        """One row, for Textual."""
        if self._is_stale:
            self._rebuild()
        if y < len(self._styled_content):
            return self._styled_content[y]
        return Strip.blank(self.size.width, self._background)

    def on_resize(self, _event: events.Resize) -> None:
        """Fill the new size."""
        self.redraw_all()

    def notify_style_update(self) -> None:
        """Make all rows anew when colours change: with the theme, the focus, the classes.

        Textual tells of this before it works out the styles of component classes, so the rows are
        made when they are next asked for.
        """
        super().notify_style_update()
        if self.is_mounted:
            self._is_stale = True
            self.refresh()

    def redraw_all(self) -> None:
        """Make and send all rows anew, changed or not."""
        self._rebuild()
        self.refresh()

    def _rebuild(self) -> None:
        self._is_stale = False
        self._background = Style(bgcolor=self.rich_style.bgcolor)
        if all(self.size):
            self._content = self._build_rows()
            self._styled_content = [strip.apply_style(self._background) for strip in self._content]

    def _replace_changed(self, given: list[Strip]) -> int:
        if len(given) != len(self._content):
            self._content = given
            self._styled_content = [strip.apply_style(self._background) for strip in given]
            self.refresh()
            return len(given)
        changed = []
        for y, strip in enumerate(given):
            if span := _changed_span(self._content[y], strip):
                self._content[y], self._styled_content[y] = (
                    strip,
                    strip.apply_style(self._background),
                )
                changed.append(Region(span[0], y, span[1] - span[0], 1))
        if changed:
            self.refresh(*changed)
        return len(changed)


def _changed_span(old: Strip, new: Strip) -> tuple[int, int] | None:
    """The first cell of ``new`` that differs and the one after the last; None if none does."""
    if old == new:
        return None
    ours, theirs, width = list(new), list(old), new.cell_length
    start = _common_cells(ours, theirs, from_end=False)
    return min(start, width - 1), width - _common_cells(ours, theirs, from_end=True)


def _common_cells(ours: list[Segment], theirs: list[Segment], *, from_end: bool) -> int:
    """The cells that two rows have in common at one end; takes equal pieces off both."""
    at, cells = -1 if from_end else 0, 0
    while ours and theirs and ours[at] == theirs[at]:
        cells += ours.pop(at).cell_length
        theirs.pop(at)
    if ours and theirs and ours[at].style == theirs[at].style:
        cells += _common_text(ours[at].text, theirs[at].text, from_end=from_end)
    return cells


def _common_text(ours: str, theirs: str, *, from_end: bool) -> int:
    """The cells that two texts have in common at one end; none, to be safe, of wide ones."""
    if cell_len(ours) != len(ours) or cell_len(theirs) != len(theirs):
        return 0
    if from_end:
        ours, theirs = ours[::-1], theirs[::-1]
    pairs = enumerate(zip(ours, theirs, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(ours), len(theirs)))
