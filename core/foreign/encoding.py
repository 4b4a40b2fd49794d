"""Turn the text of other programs into UTF-8: Excel and PowerShell write UTF-16."""

import codecs
from typing import Final

_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins with the mark of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""The byte order marks at the beginning of a file, and what follows them."""
_COMPARED: Final = 16
"""Bytes that show UTF-16 without a mark: every second one is 0, of Latin letters."""
_CONTROLS: Final = bytes({*range(32)} - {*b"\t\n\v\f\r\x1a\x1b"})
"""Characters that no text has; programs of DOS end theirs with SUB, and some colour it with ESC."""


class Utf8Converter:
    """Converts the bytes of a file, piece by piece; those of other encodings stay as they are."""

    def __init__(self) -> None:
        self._decoder: codecs.IncrementalDecoder | None = None
        self._is_first = True

    def convert(self, data: bytes) -> bytes:
        """Return the next bytes of the file as UTF-8."""
        if self._is_first:
            name, self._is_first = _encoding_of(data), False
            self._decoder = codecs.getincrementaldecoder(name)("replace") if name else None
        return data if self._decoder is None else self._decoder.decode(data).encode()


def as_utf8(head: bytes) -> bytes:
    """Return the first bytes of a file as UTF-8."""
    return Utf8Converter().convert(head)


def is_text(head: bytes) -> bool:
    """Return whether the first bytes of a file are of a text, in any encoding."""
    converted = as_utf8(head)
    return len(converted.translate(None, _CONTROLS)) == len(converted)


def _encoding_of(head: bytes) -> str:
    """Return the encoding of a file that begins with `head`; empty for UTF-8 and the like."""
    marked = next((name for mark, name in _MARKS if head.startswith(mark)), "")
    first, second = head[:_COMPARED:2], head[1:_COMPARED:2]
    if marked or len(head) < _COMPARED:
        return marked
    if not any(second) and all(first):
        return "utf-16-le"
    return "utf-16-be" if not any(first) and all(second) else ""
