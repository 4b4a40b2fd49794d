"""Tables of comma-separated values with a column for the step or the epoch.

Such are the files of Keras's `CSVLogger`, Lightning's `CSVLogger` (`metrics.csv`, where a row holds
the numbers of training or of validation, and the other cells are empty) and Ultralytics
(`results.csv`, in earlier versions padded with spaces).
"""

import csv
import math
from collections.abc import Sequence
from typing import Final

from core.foreign.collector import STEP_NAMES, TIME_NAMES, as_step, as_time, numbered
from core.foreign.lines import BOM, MAX_LINE, LineFormat

SEPARATORS: Final = b",;\t"
NO_VALUE: Final = frozenset({"", "na", "n/a", "none", "null", "<na>"})
"""The text of a cell without a value, in small letters."""


class Table(LineFormat):
    """A table with a header; its axis is the column of the step, or else of the epoch."""

    def __init__(self) -> None:
        super().__init__()
        self._separator = ","
        self._names: list[str] = []
        self._axis = -1
        self._time = -1

    @staticmethod
    def recognizes(head: bytes) -> bool:
        """Return whether a file that begins with `head` is such a table."""
        first, *rows = head.removeprefix(BOM).splitlines()[:2] or [b""]
        names = _split(first, _separator_of(first))
        if len(names) < 2 or _axis_of(names) < 0:
            return False
        # A sentence with commas in it may name a step, but no number is below it.
        row = _split(rows[0], _separator_of(first)) if rows else []
        return not row or len(row) != len(names) or _number(row[_axis_of(names)]) is not None

    @staticmethod
    def names_step(head: bytes) -> bool:
        """Return whether a column of a file that begins with `head` has a name of steps."""
        first = next(iter(head.removeprefix(BOM).splitlines()), b"")
        names = _split(first, _separator_of(first))
        return len(names) > 1 and _axis_of(names) >= 0

    def read_lines(self, lines: Sequence[bytes]) -> None:
        """Read the header, or rows."""
        for line in lines:
            if not self._names:
                self._read_header(line)
            else:
                self._read_row(_split(line, self._separator), line)

    def _read_header(self, line: bytes) -> None:
        self._separator = _separator_of(line)
        self._names = _split(line, self._separator)
        self._axis = _axis_of(self._names)
        lower = [name.lower() for name in self._names]
        self._time = next((lower.index(name) for name in TIME_NAMES if name in lower), -1)
        taken: set[str] = set()
        for index, name in enumerate(self._names):  # each column is a curve of its own
            self._names[index] = numbered(name, taken)
            taken.add(self._names[index])

    def _read_row(self, cells: Sequence[str], line: bytes) -> None:
        step = None
        if len(cells) == len(self._names):
            step = as_step(_number(cells[self._axis]))
        if step is None:
            if _axis_of(cells) >= 0:  # a program that began again wrote its header again
                self._read_header(line)
            else:
                self.skipped += 1
            return
        wall_time = as_time(_time(cells[self._time])) if self._time >= 0 else math.nan
        self.set_time(wall_time)
        for index, (name, cell) in enumerate(zip(self._names, cells, strict=True)):
            if index == self._axis or (index == self._time and not math.isnan(wall_time)):
                continue
            number = _number(cell)
            if number is not None:
                self.add(name, step, wall_time, number)
            elif cell.lower() not in NO_VALUE:
                self.leave_out("columns of text", name)


def _separator_of(line: bytes) -> str:
    """Return the separator that is most frequent in a header."""
    return chr(max(SEPARATORS, key=line.count))


def _split(line: bytes, separator: str) -> list[str]:
    """Return the cells of one row, without the spaces around them."""
    text = line.decode("utf-8", "replace")
    if '"' in text:
        try:
            return [cell.strip() for cell in next(csv.reader([text], delimiter=separator), [])]
        except csv.Error:
            return []
    return [cell.strip() for cell in text[:MAX_LINE].split(separator)]


def _axis_of(names: Sequence[str]) -> int:
    """Return which column holds the step, or else the epoch; -1 without one."""
    lower = [name.lower() for name in names]
    return next((lower.index(name) for name in STEP_NAMES if name in lower), -1)


def _number(cell: str) -> float | None:
    """Return the number in a cell; None where there is none."""
    try:
        return None if "_" in cell else float(cell)  # Python would read 1_000, other programs not
    except ValueError:
        return None


def _time(cell: str) -> object:
    number = _number(cell)
    return cell if number is None else number
