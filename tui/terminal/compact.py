"""Leave out of a frame the escape sequences that change nothing.

Rich writes every piece of text as its style, the text, and a reset. Where the next piece sets both
colours, the reset before it is not needed; where it has the same style, neither is that.
"""

import re
from typing import Final

RESET: Final = "\x1b[0m"
COLOUR: Final = r"(?:38;5;\d+|38;2;\d+;\d+;\d+)"
BOTH_COLOURS: Final = re.compile(rf"\x1b\[({COLOUR});({COLOUR.replace('38', '48')})m")
"""A style of two colours, and nothing else."""
SEQUENCE: Final = re.compile(r"(\x1b\[[0-9;]*[mH])")
"""A style, or a move of the cursor, which has no effect on the style."""


def compact(frame: str) -> str:
    """Return a text as long or shorter with which a terminal shows the same."""
    shorter: list[str] = []
    has, late = "", False
    """The style of two colours that the terminal has, if any; whether its reset is still due."""
    for part in SEQUENCE.split(frame):
        if part == RESET and has and not late:
            late = True
            continue
        if not part or (late and part.startswith("\x1b[") and part.endswith("H")):
            shorter.append(part)
            continue
        style = BOTH_COLOURS.fullmatch(part)
        if late and style is not None:
            shorter.append(_change(has, style))
        else:
            shorter += [RESET, part] if late else [part]
        late = False
        if style is not None:
            has = part
        elif part.startswith("\x1b["):
            has = ""
    return "".join([*shorter, RESET] if late else shorter)


def _change(before: str, style: re.Match[str]) -> str:
    """The sequence that changes one style of two colours into another."""
    old = BOTH_COLOURS.fullmatch(before)
    if old is None or old[1] == style[1]:
        return "" if old and old[2] == style[2] else f"\x1b[{style[2]}m" if old else style[0]
    return f"\x1b[{style[1]}m" if old[2] == style[2] else style[0]
