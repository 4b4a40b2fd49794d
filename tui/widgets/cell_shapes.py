"""The characters that charts and pads are drawn with, as shapes in the unit square of a cell.

Fonts disagree on them, or have none: a picture with shapes is the same everywhere.
"""

from functools import cache
from typing import NamedTuple

BRAILLE_DOTS = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))
"""Column and row of the dot of each bit of a braille character."""
THIN, THICK = 0.1, 0.2
"""Of lines, as a part of the cell's width."""
ASPECT = 2.0
"""The height of a cell in widths."""


class Box(NamedTuple):
    """A filled rectangle, in parts of the cell's width and height."""

    left: float
    top: float
    right: float
    bottom: float
    opacity: float = 1.0


class Shapes(NamedTuple):
    """What a character is drawn as."""

    boxes: tuple[Box, ...] = ()
    dots: tuple[tuple[float, float], ...] = ()
    """Middles of round dots."""


_LOWER, _LEFT = "▁▂▃▄▅▆▇█", "▏▎▍▌▋▊▉"
_QUADRANTS = {
    "▘": (0,), "▝": (1,), "▖": (2,), "▗": (3,), "▚": (0, 3), "▞": (1, 2), "▛": (0, 1, 2),
    "▜": (0, 1, 3), "▙": (0, 2, 3), "▟": (1, 2, 3),
}  # fmt: skip
"""The quarters of each: upper left, upper right, lower left, lower right."""
_SHADES = {"░": 0.25, "▒": 0.5, "▓": 0.75}
_LINES = {
    "─": "lr", "│": "ud", "┌": "rd", "┐": "ld", "└": "ru", "┘": "lu", "├": "udr", "┤": "udl",
    "┬": "lrd", "┴": "lru", "┼": "lrud", "╭": "rd", "╮": "ld", "╰": "ru", "╯": "lu",
    "━": "LR", "┃": "UD",
}  # fmt: skip
"""The sides of the cell that the lines of each reach; capital letters for thick lines."""


@cache
def shapes_of(character: str) -> Shapes | None:
    """The shapes of a character; None for one that a font has to draw."""
    if "\u2800" <= character <= "\u28ff":
        places = [place for bit, place in enumerate(BRAILLE_DOTS) if ord(character) >> bit & 1]
        return Shapes(dots=tuple(((x + 0.5) / 2, (y + 0.5) / 4) for x, y in places))
    if character in _LOWER:
        return Shapes((Box(0, 1 - (_LOWER.index(character) + 1) / 8, 1, 1),))
    if character in _LEFT:
        return Shapes((Box(0, 0, (_LEFT.index(character) + 1) / 8, 1),))
    if character in _QUADRANTS:
        corners = [(at % 2 / 2, at // 2 / 2) for at in _QUADRANTS[character]]
        return Shapes(tuple(Box(x, y, x + 0.5, y + 0.5) for x, y in corners))
    if character in _SHADES:
        return Shapes((Box(0, 0, 1, 1, _SHADES[character]),))
    if character in _LINES:
        return Shapes(tuple(_arm(side) for side in _LINES[character]))
    others = {"▀": Box(0, 0, 1, 0.5), "▐": Box(0.5, 0, 1, 1)}
    if character == "┊":
        return Shapes(tuple(Box(0.45, y / 4, 0.55, y / 4 + 0.12) for y in range(4)))
    return Shapes((others[character],)) if character in others else None


def _arm(side: str) -> Box:
    """A line from the middle of the cell to one of its sides."""
    half = (THICK if side.isupper() else THIN) / 2
    flat = half / ASPECT
    return {
        "l": Box(0, 0.5 - flat, 0.5 + half, 0.5 + flat),
        "r": Box(0.5 - half, 0.5 - flat, 1, 0.5 + flat),
        "u": Box(0.5 - half, 0, 0.5 + half, 0.5 + flat),
        "d": Box(0.5 - half, 0.5 - flat, 0.5 + half, 1),
    }[side.lower()]
