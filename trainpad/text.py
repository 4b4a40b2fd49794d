"""Sanitize untrusted text once, where it enters the program.

Tags, run names, paths and error messages come from files that anyone may have written, and text
that reaches a terminal can change its title, fill its clipboard or move its cursor. Only characters
that `str.isprintable` accepts pass: it refuses C0, C1, DEL, bidirectional and other format
characters, surrogates and unassigned code points. Markup is not touched: sanitized text must still
be shown as plain text.
"""

import unicodedata
from zlib import crc32

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
ELLIPSIS = "…"
MAX_NAME = 200
"""Characters of the name of a number, of a setting or of a value."""


def sanitize(text: str | bytes, keep: str = "", limit: int = 2000) -> str:
    r"""Return `text` as one printable line of at most `limit` characters.

    Bytes are decoded as UTF-8 with the replacement character for invalid ones. White space of any
    kind becomes a space, other control characters their pictures (ESC becomes ``␛``), and anything
    else that is not printable the replacement character. A text that was cut ends in an ellipsis.

    Args:
        text: The text to sanitize.
        keep: Characters that are left as they are: ``"\n"`` where several lines are allowed.
        limit: The greatest length, at least 1.
    """
    if isinstance(text, bytes):
        # A character takes at most four bytes: no need to decode the rest of a huge value.
        text = text[: 4 * limit + 4].decode("utf-8", "replace")
    if "\n" in keep and "\r" in text:
        text = text.replace("\r\n", "\n")
    if len(text) > limit:
        text = text[: limit - 1] + ELLIPSIS
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else _stand_in(c) for c in text)


def sanitize_name(name: str) -> str:
    """Return the name of a number or of a setting, sanitized, of at most `MAX_NAME` characters.

    A longer one is cut and ends in a checksum of the whole, so that two names never become one.
    """
    if len(name) > MAX_NAME:
        checksum = f"{ELLIPSIS}{crc32(name.encode('utf-8', 'surrogatepass')):08x}"
        name = name[: MAX_NAME - len(checksum)] + checksum
    return sanitize(name, limit=MAX_NAME)


def cells(text: str) -> int:
    """Return how many terminal cells `text` takes: wide characters two, combining ones none."""
    return sum(
        (unicodedata.east_asian_width(character) in "WF") + (not unicodedata.combining(character))
        for character in text
    )


def _stand_in(character: str) -> str:
    """Return the printable stand-in for a character that is not printable."""
    if character.isspace() or unicodedata.category(character) == "Zs":
        return " "
    if character < " ":
        return chr(0x2400 + ord(character))
    return "␡" if character == "\x7f" else REPLACEMENT
