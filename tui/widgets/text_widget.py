"""Rows of plain text in a handful of roles: the base of header, panels, tables and messages.

A role is a meaning, not a colour: what is live, what asks for attention, what is only there to be
found. The theme gives the colour.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.widgets.strip_widget import StripWidget

ROLES = ("text", "dim", "live", "alert", "title", "chosen")
ASCII_SUBSTITUTES = str.maketrans(
    {"·": "-", "–": "-", "…": "~", "→": ">", "‹": "<", "›": ">", "━": "=", "─": "-", "○": "o",
     "▶": ">", "‖": "=", "■": "#", "✗": "x", "│": "|", "▲": "^"}
)  # fmt: skip
"""What stands for our own signs where a terminal shows ASCII alone; one cell for one cell."""
Span = tuple[str, str]
"""A text and its role."""


class TextWidget(StripWidget):
    """A widget whose rows are texts in roles; a subclass gives them in `lines`."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"lines--{role}" for role in ROLES}
    DEFAULT_CSS = """
    TextWidget {
        height: auto;
        & > .lines--text { color: $foreground; }
        & > .lines--dim { color: $foreground 60%; }
        & > .lines--live { color: $accent; text-style: bold; }
        & > .lines--alert { color: $warning; text-style: bold; }
        & > .lines--title { color: $foreground; text-style: bold; }
        &:light > .lines--live { color: $accent-darken-3; }
        &:light > .lines--alert { color: $warning-darken-3; }
        & > .lines--chosen { color: $foreground; background: $accent 30%; text-style: bold; }
    }
    """

    ascii_only = False
    """Whether to show ASCII alone."""
    _role_styles: Mapping[str, Style] = MappingProxyType({})
    """As asked for last; none since the colours changed."""

    def lines(self, width: int, height: int) -> Sequence[Sequence[Span]]:
        """What to show in ``width`` x ``height`` cells, a list of parts for each row."""
        raise NotImplementedError

    @property
    def role_styles(self) -> Mapping[str, Style]:
        """The theme's style of each role."""
        if not self._role_styles:
            self._role_styles = {role: self._role_style(role) for role in ROLES}
        return self._role_styles

    def notify_style_update(self) -> None:
        """Take the theme's colours."""
        self._role_styles = {}
        super().notify_style_update()

    def rows(self, width: int, height: int) -> list[Strip]:
        """The lines as strips."""
        styles = self.role_styles
        return [
            Strip([Segment(self._displayable(text), styles[role]) for text, role in parts if text])
            for parts in self.lines(width, height)
        ]

    def _displayable(self, text: str) -> str:
        return to_ascii(text) if self.ascii_only else text

    def _role_style(self, role: str) -> Style:
        style = self.get_component_rich_style(f"lines--{role}")
        if role == "chosen":
            return style
        return Style(color=style.color, bold=style.bold)


def to_ascii(text: str) -> str:
    """`text` in ASCII alone; what has no likeness there becomes a question mark."""
    return (
        text
        if text.isascii()
        else text.translate(ASCII_SUBSTITUTES).encode("ascii", "replace").decode()
    )


def fit(text: str, width: int) -> str:
    """`text` in exactly ``width`` cells, cut with an ellipsis where it is longer."""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(text, width - 1) + "…" if width > 0 else ""


def align_right(text: str, width: int) -> str:
    """`text` at the right end of ``width`` cells."""
    return " " * (width - cell_len(text)) + text if cell_len(text) < width else fit(text, width)


def justify(left: Sequence[Span], tail: Sequence[Span], width: int) -> list[Span]:
    """Parts at both ends of a row; the left ones give way where there is no room for all."""
    room = width - sum(cell_len(text) for text, _ in tail)
    if room <= 0:
        return list(tail)
    parts: list[Span] = []
    for text, role in left:
        parts.append((fit(text, min(room, cell_len(text))), role))
        room -= cell_len(parts[-1][0])
    return [*parts, (" " * room, "text"), *tail]


def duration(seconds: float) -> str:
    """A time span as people say it: ``42 s``, ``3 min 10 s``, ``2 h 5 min``."""
    if seconds == float("inf") or seconds != seconds:
        return "–"
    whole = max(0, round(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours:,} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def elide_middle(text: str, width: int) -> str:
    """`text` in ``width`` cells; what is left out of a longer one is its middle."""
    if cell_len(text) <= width or cell_len(text) != len(text):
        return fit(text, width)
    start = (width - 1) // 2
    return text[:start] + "…" + text[len(text) - (width - 1 - start) :]
