"""Foreign text is made harmless once, where it enters.

Tags, run names, paths and error texts come from files that anyone may have written, and whatever
reaches a terminal can retitle it, fill its clipboard or move its cursor. So only characters that
`str.isprintable` accepts pass: that refuses C0, C1, DEL, bidirectional and other format
characters, surrogates and unassigned code points. Markup is another matter: what is cleaned here
still has to be shown as text and not as markup.
"""

import unicodedata

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
ELLIPSIS = "…"


def clean(text: str | bytes, keep: str = "", limit: int = 2000) -> str:
    r"""`text` as one harmless line of at most `limit` characters.

    Bytes are read as UTF-8, with the replacement character for what is not. White space of any
    kind becomes a space, other control characters their pictures (ESC shows as ``␛``), and
    anything else that cannot be printed the replacement character. A text that was cut ends in an
    ellipsis.

    Args:
        text: What a file or a system call gave.
        keep: Characters to let through as they are: ``"\n"`` where lines are wanted.
        limit: The greatest length, at least 1.
    """
    if isinstance(text, bytes):
        # Four bytes is the longest character: no need to decode the rest of a huge value.
        text = text[: 4 * limit + 4].decode("utf-8", "replace")
    if "\n" in keep and "\r" in text:
        text = text.replace("\r\n", "\n")
    if len(text) > limit:
        text = text[: limit - 1] + ELLIPSIS
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else _harmless(c) for c in text)


def cells(text: str) -> int:
    """How many cells of a terminal `text` takes: two for a wide character, none for an accent."""
    return sum(
        (unicodedata.east_asian_width(character) in "WF") + (not unicodedata.combining(character))
        for character in text
    )


def _harmless(character: str) -> str:
    """The printable stand-in for one character that is not printable."""
    if character.isspace() or unicodedata.category(character) == "Zs":
        return " "
    if character < " ":
        return chr(0x2400 + ord(character))
    return "␡" if character == "\x7f" else REPLACEMENT
