"""Rows of styled text: the base of header, panels, tables and messages.

Each piece of text has a role, a meaning that the theme gives a colour to: what is live, what needs
attention, what is secondary.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.terminal.characters import to_ascii
from tui.widgets.strip_widget import StripWidget

ROLES = ("text", "dim", "live", "alert", "title", "selected")
Span = tuple[str, str]
"""A text and its role."""


ENDS_GAP = 2
"""Cells between what is at both ends of a row."""


class TextWidget(StripWidget):
    """A widget of text rows; a subclass returns them from `lines`."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"text-widget--{role}" for role in ROLES}
    DEFAULT_CSS = """
    TextWidget {
        height: auto;
        & > .text-widget--text { color: $foreground; }
        & > .text-widget--dim { color: $foreground 60%; }
        & > .text-widget--live { color: $accent; text-style: bold; }
        & > .text-widget--alert { color: $warning; text-style: bold; }
        & > .text-widget--title { color: $foreground; text-style: bold; }
        &:light > .text-widget--live { color: $accent-darken-3; }
        &:light > .text-widget--alert { color: $warning-darken-3; }
        & > .text-widget--selected {
            color: $foreground; background: $accent 30%; text-style: bold;
        }
    }
    """

    ascii_only = False
    """Whether to show ASCII alone."""
    _role_styles: Mapping[str, Style] = MappingProxyType({})
    """Cached by `role_styles`; empty after a change of colours."""
    _last_rows: Mapping[tuple[object, ...], Strip] = MappingProxyType({})
    """The rows that were built last, by their lines."""
    _last_styles: Mapping[str, Style] = MappingProxyType({})
    """The styles that these have."""

    def lines(self, width: int, height: int) -> Sequence[Sequence[Span]]:
        """The content for ``width`` x ``height`` cells, a list of spans for each row."""
        raise NotImplementedError

    @property
    def role_styles(self) -> Mapping[str, Style]:
        """The theme's style of each role."""
        if not self._role_styles:
            self._role_styles = {role: self._role_style(role) for role in ROLES}
        return self._role_styles

    def notify_style_update(self) -> None:
        """Drop the cached styles."""
        self._role_styles = {}
        super().notify_style_update()

    def rows(self, width: int, height: int) -> list[Strip]:
        """The lines as strips; those of the last call are the same objects."""
        styles, built = self.role_styles, []
        last = self._last_rows if styles == self._last_styles else {}
        rows = dict[tuple[object, ...], Strip]()
        for spans in self.lines(width, height):
            key = (self.ascii_only, *spans)
            if key not in rows:
                rows[key] = last.get(key) or self._strip_of(spans, styles)
            built.append(rows[key])
        self._last_rows, self._last_styles = rows, styles
        return built

    def _strip_of(self, spans: Sequence[Span], styles: Mapping[str, Style]) -> Strip:
        shown = ((self._displayable(text), styles[role]) for text, role in spans if text)
        return Strip(Segment(text, style) for text, style in shown)

    def _displayable(self, text: str) -> str:
        return to_ascii(text) if self.ascii_only else text

    def _role_style(self, role: str) -> Style:
        style = self.get_component_rich_style(f"text-widget--{role}")
        if role == "selected":
            return style
        return Style(color=style.color, bold=style.bold)


class TitleRow(TextWidget):
    """A title and facts at the left, a note at the right, which has precedence."""

    DEFAULT_CSS = "TitleRow { height: 1; }"

    def __init__(self, id: str) -> None:  # noqa: A002  Textual's own parameter name
        super().__init__(id=id)
        self._left: Sequence[Span] = ()
        self._right: Sequence[Span] = ()

    def show(self, left: Sequence[Span], right: Sequence[Span] = ()) -> None:
        """Show these spans."""
        self._left, self._right = left, right
        self.redraw()

    def lines(self, width: int, height: int) -> list[list[Span]]:  # noqa: ARG002 - one row
        """The row; of the spans at the left only the first is cut, others are left out whole."""
        room = width - ENDS_GAP * bool(self._right) - sum(cell_len(text) for text, _ in self._right)
        left = list(self._left)
        while len(left) > 1 and sum(cell_len(text) for text, _ in left) > room:
            left.pop()
        return [justify(left, self._right, width)]


def fit(text: str, width: int) -> str:
    """`text` in exactly ``width`` cells, padded or cut with an ellipsis."""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(text, width - 1) + "…" if width > 0 else ""


def align_right(text: str, width: int) -> str:
    """`text` at the right end of ``width`` cells, cut with an ellipsis if it is longer."""
    return " " * (width - cell_len(text)) + text if cell_len(text) < width else fit(text, width)


def elide_middle(text: str, width: int) -> str:
    """`text` in exactly ``width`` cells, padded or with an ellipsis in its middle."""
    if cell_len(text) <= width or cell_len(text) != len(text):
        return fit(text, width)
    start = (width - 1) // 2
    return text[:start] + "…" + text[len(text) - (width - 1 - start) :]


def justify(left: Sequence[Span], right: Sequence[Span], width: int) -> list[Span]:
    """A row of ``width`` cells with spans at both ends; the left ones are cut if necessary.

    Two cells between them stay blank. Where there is no room for them, the right ones are cut.
    """
    remaining = width - sum(cell_len(text) for text, _ in right)
    if remaining < 0:
        return justify(right, (), width)
    room = remaining - (ENDS_GAP if any(text for text, _ in right) else 0)
    spans: list[Span] = []
    for text, role in left:
        spans.append((fit(text, max(0, min(room, cell_len(text)))), role))
        room -= cell_len(spans[-1][0])
        remaining -= cell_len(spans[-1][0])
    return [*spans, (" " * remaining, "text"), *right]
