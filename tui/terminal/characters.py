"""The characters that a terminal can show: Unicode, or ASCII alone."""

from enum import StrEnum

from rich.cells import cell_len

ASCII_CLASS = "-ascii"
"""CSS class of an app that shows ASCII alone."""
ASCII_SUBSTITUTES = str.maketrans(
    {"·": "-", "–": "-", "−": "-", "━": "=", "─": "-", "│": "|", "‖": "=", "┌": "+", "└": "+",
     "…": "~", "±": "~", "→": ">", "‹": "<", "›": ">", "▶": ">", "▲": "^", "×": "x", "✗": "x",
     "○": "o", "■": "#"}
)  # fmt: skip
"""One character for one, so that the columns of a table stay aligned."""


class Glyphs(StrEnum):
    """How curves are drawn; a cell holds 2x4 dots, 2x2 or one."""

    BRAILLE = "braille"
    QUADRANT = "quadrant"
    ASCII = "ascii"

    @property
    def dots(self) -> tuple[int, int]:
        """Dots per cell, across and down."""
        return {"braille": (2, 4), "quadrant": (2, 2), "ascii": (1, 1)}[self.value]

    def displayable(self, text: str) -> str:
        """`text`, in ASCII if the terminal shows nothing else."""
        return to_ascii(text) if self is Glyphs.ASCII else text


def to_ascii(text: str) -> str:
    """`text` in ASCII, as wide in cells; a character without a substitute becomes ``?``."""
    if text.isascii():
        return text
    return "".join(
        character if character.isascii() else "?" * cell_len(character)
        for character in text.translate(ASCII_SUBSTITUTES)
    )
