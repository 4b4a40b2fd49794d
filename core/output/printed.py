"""The lines that a program prints on a terminal, without what only moves the cursor or colours."""

import codecs
import re
from typing import Final

MAX_LINE: Final = 4000
"""Characters; the rest of a longer line is dropped."""
_LINE_ENDS: Final = re.compile(r"\r*[\n\v\f]|\r+|\x08+|\x1b\[[0-9;]*[ABEFGHJdf]")
"""What ends a line, or begins to write over it as a progress bar does: movements of the cursor."""
_CONTROL: Final = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours
    r"|\x1b[\]P^_X][^\x07\x1b]*(?:\x07|\x1b\\)?"  # OSC and the like: titles, links
    r"|\x1b[ -/]*[0-~]?"  # others, and what is torn
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)


class PrintedLines:
    """Splits what comes from a terminal into plain lines; each state of a progress bar is one."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""

    def feed(self, content: bytes) -> list[str]:
        """Return the lines that are whole by now; a progress bar's when it is drawn again."""
        text = self._rest + self._decoder.decode(content)
        if text.endswith("\r"):  # a newline may follow, which makes them one end
            held, text = "\r", text[:-1]
        else:
            held = ""
        *whole, rest = _LINE_ENDS.split(text)
        if held and len(rest) < MAX_LINE:
            rest += held
        self._rest = rest[: MAX_LINE + 1]
        return [line for line in map(plain, whole) if line]

    def end(self) -> list[str]:
        """Return the last line, where no line end followed it."""
        rest, self._rest = plain(self._rest), ""
        return [rest] if rest else []


def plain(line: str) -> str:
    """Return a line without control sequences and without spaces at its end."""
    if line.isprintable():
        return line[:MAX_LINE].rstrip()
    return _CONTROL.sub("", line[:MAX_LINE]).rstrip()
