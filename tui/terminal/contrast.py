"""Readable text on terminals of 16 colours.

There each of a theme's colours becomes the nearest of 16, so that grey text on a white background
may become white on white. Text that would be hard to read becomes black or white instead.
"""

from functools import lru_cache

from rich.color import Color, ColorSystem
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from textual.color import Color as TextualColor
from textual.filter import LineFilter

MIN_CONTRAST = 2.5
"""The least WCAG contrast ratio of text that is kept."""


class SixteenColours(LineFilter):
    """Maps colours to the 16 of the terminal, and unreadable text to black or white."""

    def apply(self, segments: list[Segment], background: TextualColor) -> list[Segment]:  # noqa: ARG002
        """The segments with readable styles."""
        return [
            Segment(text, readable(style) if style else style, control)
            for text, style, control in segments
        ]


@lru_cache(4096)
def readable(style: Style) -> Style:
    """`style` in the 16 colours, with black or white text where it has too little contrast."""
    if style.color is None or style.bgcolor is None or style.bgcolor.is_default:
        return style
    ground = style.bgcolor.downgrade(ColorSystem.STANDARD)
    text = style.color.downgrade(ColorSystem.STANDARD)
    if contrast(text, ground) < MIN_CONTRAST:
        text = max(map(Color.from_ansi, (0, 15)), key=lambda colour: contrast(colour, ground))
    return style + Style(color=text, bgcolor=ground)


def contrast(one: Color, other: Color) -> float:
    """The WCAG contrast ratio of two colours, from 1 to 21."""
    darker, lighter = sorted((luminance(one.get_truecolor()), luminance(other.get_truecolor())))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: ColorTriplet) -> float:
    """The WCAG relative luminance of a colour, from 0 to 1."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in colour.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
