"""`trainer_state.json` of Hugging Face's Trainer: one JSON object with a list, `log_history`.

The list is read entry by entry as the bytes come, so that a long one needs no more memory than a
short one.
"""

import json
import math
import re
from codecs import getincrementaldecoder
from typing import Any, Final

from core.foreign.collector import Collector, as_step
from core.foreign.lines import MAX_LINE
from core.run.reading_turns import give_way

_HISTORY: Final = re.compile(r'"log_history"\s*:\s*\[')
_HEAD: Final = re.compile(rb'\s*\{.*?"log_history"\s*:', re.DOTALL)
ENTRIES_AT_ONCE: Final = 200
"""Entries that are read between two moments at which other threads have their turn."""
_OVERLAP: Final = 64
"""Characters kept while the list is searched: its name may be cut in two."""


class TrainerState(Collector):
    """The entries of `log_history`, each with a step and numbers by name."""

    def __init__(self) -> None:
        super().__init__()
        self._decoder = getincrementaldecoder("utf-8")("replace")
        self._text = ""
        self._is_in_list = self._is_over = False

    @staticmethod
    def recognizes(head: bytes) -> bool:
        """Return whether a file that begins with `head` is one."""
        return _HEAD.match(head) is not None

    def feed(self, data: bytes) -> None:
        """Read the next bytes of the file."""
        if self._is_over:
            return
        self._text += self._decoder.decode(data)
        if not self._is_in_list:
            found = _HISTORY.search(self._text)
            if found is None:
                self._text = self._text[-_OVERLAP:]
                return
            self._is_in_list, self._text = True, self._text[found.end() :]
        self._read_entries()

    def _read_entries(self) -> None:
        """Read all entries that are complete; the rest of the text is kept."""
        decode, at, count = json.JSONDecoder().raw_decode, 0, 0
        while not self._is_over:
            at = _next_entry(self._text, at)
            if at == len(self._text):
                break
            if self._text[at] != "{":
                self._is_over = True  # the end of the list, or damage
                self.skipped += self._text[at] != "]"
                break
            try:
                entry, at = decode(self._text, at)
            except (ValueError, RecursionError):
                if len(self._text) - at > MAX_LINE:
                    self._is_over = True
                    self.skipped += 1
                break
            self._read(entry)
            count += 1
            if count % ENTRIES_AT_ONCE == 0:
                give_way()
        self._text = "" if self._is_over else self._text[at:]

    def _read(self, entry: dict[str, Any]) -> None:
        step = as_step(entry.get("step"))
        if step is None:
            self.leave_out("entries without a step", "")
            return
        for name, value in entry.items():
            if name != "step":
                self.add_json(name, value, step, math.nan)


def _next_entry(text: str, at: int) -> int:
    """Return where the next entry begins, after white space and a comma."""
    while at < len(text) and text[at] in " \t\r\n,":
        at += 1
    return at
