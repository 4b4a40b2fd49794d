"""The screen below a dialog, dimmed; each style of it is tinted once."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TypeVar

from rich.console import RenderableType
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.renderables.background_screen import BackgroundScreen
from textual.screen import ModalScreen

Result = TypeVar("Result")
MOST_STYLES = 4096
"""Tinted styles that are kept; a screen of charts has some dozens."""


class Dialog(ModalScreen[Result]):
    """A screen over another, which is seen dimmed around it."""

    def render(self) -> RenderableType:
        """What is below, dimmed."""
        return dimmed(super().render())


def dimmed(background: RenderableType) -> RenderableType:
    """`background`, and if it is the screen below, the same sooner.

    Textual tints each segment of the screen below by itself, several times for a key: that is half
    of the time from `?` to the help.
    """
    if type(background) is BackgroundScreen:
        return DimmedScreen(background.screen, background.color)
    return background


class DimmedScreen(BackgroundScreen):
    """A screen under a translucent colour."""

    @classmethod
    def process_segments(cls, segments: Iterable[Segment], color: Color) -> Iterator[Segment]:
        """The segments with `color` over theirs, and without links."""
        for segment in segments:
            text, style, control = segment
            yield segment if control else Segment(text, tinted(style, color))


@lru_cache(MOST_STYLES)
def tinted(style: Style | None, tint: Color) -> Style:
    """A style with `tint` over its colours, and without links."""
    if style is None:
        return Style.null()
    if not tint.a:
        return style.clear_meta_and_links()
    colours = (
        (Color.from_rich_color(one) + tint).rich_color if one is not None else None
        for one in (style.color, style.bgcolor)
    )
    return style.clear_meta_and_links() + Style.from_color(*colours)
