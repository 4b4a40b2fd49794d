"""Leave out of a frame the escape sequences that change nothing.

Rich writes every piece of text as its style, the text, and a reset. Where the next piece sets both
colours, the reset before it is not needed; where it has the same style, neither is that.
"""

import re
from functools import lru_cache
from typing import Final

RESET: Final = "\x1b[0m"
COLOUR: Final = r"(?:5;\d+|2;\d+;\d+;\d+)"
STYLED: Final = re.compile(rf"((?:\x1b\[[0-9;]*H)*)(\x1b\[38;{COLOUR};48;{COLOUR}m)")
"""Moves of the cursor, which have no effect on the style, then a style of two colours."""
OTHER_STYLE: Final = re.compile(r"\x1b\[[0-9;]*m")


def compact(frame: str) -> str:
    """Return a text as long or shorter with which a terminal shows the same.

    A frame starts without a style: each one ends with a reset.
    """
    shorter: list[str] = []
    has = ""
    """The style of two colours that the terminal has before the next reset; "" for any other."""
    reset = ""
    for piece in frame.split(RESET):
        styled = STYLED.match(piece)
        if styled is None:
            shorter += (reset, piece)
            has = ""
        else:
            moves, style = styled.groups()
            text = piece[styled.end() :]
            shorter += (moves, _change(has, style), text) if has else (reset, piece)
            has = "" if "\x1b" in text and OTHER_STYLE.search(text) else style
        reset = RESET
    return "".join(shorter)


@lru_cache(4096)
def _change(before: str, after: str) -> str:
    """The sequence that changes one style of two colours into another."""
    old, new = _colours(before), _colours(after)
    changed = [colour for was, colour in zip(old, new, strict=True) if was != colour]
    return f"\x1b[{';'.join(changed)}m" if changed else ""


def _colours(style: str) -> tuple[str, str]:
    """The parameters of the ink and of the background of a style of two colours."""
    ink, _, background = style[2:-1].partition(";48;")
    return ink, f"48;{background}"
