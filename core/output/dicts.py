"""Dicts and JSON objects in a line, as Hugging Face's Trainer prints what it logs."""

import re
from typing import Final

from core.output.texts import NUMBER, Number, to_number

_ENTRY: Final = re.compile(
    r"""(['"])(?P<name>[^'"\\]{1,80})\1:\s{0,4}(?P<quote>['"]?)(?P<value>"""
    rf"{NUMBER})(?P=quote)(?=\s{{0,4}}[,}}])",
    re.IGNORECASE,
)
_TIMINGS: Final = re.compile(r"runtime$|_per_second$|^total_flos$|time", re.IGNORECASE)
"""What the Trainer prints of its own speed."""


def dict_values(line: str) -> dict[str, Number]:
    """Return the numbers of a line that is one dict, with its ``step`` and ``epoch``."""
    text = line.strip()
    if not (text.startswith("{") and text.endswith("}")):
        return {}
    values = {}
    for entry in _ENTRY.finditer(text):
        if not _TIMINGS.search(entry["name"]):
            number = to_number(entry["value"])
            if number is not None:
                values[entry["name"]] = number
    return values
