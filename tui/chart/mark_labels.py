"""Where the labels of marks are written: beside their columns, over no column of another mark."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from core.run.log import MarkKind
from tui.chart.marks import RATE_LABEL, Mark
from tui.chart.palette import ChartStyle
from tui.terminal.characters import Glyphs

URGENT = (MarkKind.DIVERGED, MarkKind.NONFINITE, MarkKind.WARNING)
LABELLED_FIRST = (*URGENT, *(kind for kind in MarkKind if kind not in URGENT))
"""The kinds of marks, those first that are labelled before others."""


@dataclass(slots=True)
class MarkLabel:
    """The label of a mark, and where it is written."""

    column: int
    """That of its mark."""
    name: str
    style: int
    others: int
    """How many other changes it has the number of."""
    start: int = 0
    text: str = ""
    """What is written from the cell `start`; "" for nothing."""


def mark_style(mark: Mark) -> int:
    """The style of a mark and its label."""
    return ChartStyle[f"MARK_{mark.kind.name}"]


def placed_labels(
    width: int, glyphs: Glyphs, marks: Sequence[tuple[int, Mark]]
) -> Sequence[MarkLabel]:
    """The labels that have room in a row of so many cells.

    Of marks that are too close for a label each, the most important is labelled, of equal ones the
    last, with the number of the others. It is written on the left where the right has no room, and
    touches no other column, so that it is seen which one it belongs to.
    """
    labels = [
        MarkLabel(column, name, mark_style(mark), mark.others)
        for column, mark in sorted(marks, key=_importance)
        if (name := glyphs.displayable(mark.label)) and cell_len(name) == len(name)
    ]
    row = _Row(width)
    for column in (*(at for at, mark in marks if mark.kind.is_vertical), *_columns(labels)):
        row.taken[column] = True
    waiting, is_first = labels, True
    while waiting:
        placed = [label for label in waiting if row.place(label, only_right=is_first)]
        hidden = [label for label in waiting if not label.text]
        waiting = [*_uncounted(row, placed, hidden)] if placed else []
        is_first = False
    return [label for label in labels if label.text]


def _importance(placed: tuple[int, Mark]) -> tuple[int, bool, int]:
    column, mark = placed
    is_rate = mark.label.rpartition(" ")[0] == RATE_LABEL
    return LABELLED_FIRST.index(mark.kind), not is_rate, -column


def _columns(labels: Sequence[MarkLabel]) -> list[int]:
    return [label.column for label in labels]


def _uncounted(
    row: "_Row", placed: Sequence[MarkLabel], hidden: Sequence[MarkLabel]
) -> Iterator[MarkLabel]:
    """Add the number of hidden labels to the nearest ones; yield those that lack room.

    These may have room of their own in the next round.
    """
    near: dict[int, list[MarkLabel]] = {}
    for label in hidden:
        nearest = min(range(len(placed)), key=lambda at: abs(placed[at].column - label.column))
        near.setdefault(nearest, []).append(label)
    for at, around in near.items():
        if not row.add(placed[at], sum(1 + label.others for label in around)):
            yield from around


class _Row:
    """The cells of a row that labels are placed in."""

    def __init__(self, width: int) -> None:
        self.taken = bytearray(width)
        """Which cells are columns of marks, or have text or the gap before a text on the left."""
        self.settled = bytearray(width)
        """Which of them are those of the labels that were placed, or for which none was found."""

    def place(self, label: MarkLabel, *, only_right: bool) -> bool:
        """Find room for a label, if there is any, without its number where that has none.

        With `only_right`, on the left only beyond the row's end or before less important marks.
        """
        start, stop = label.column + 1, label.column + 1 + len(label.name)
        is_near = stop <= len(self.settled) and 1 in self.settled[start : stop + 1]
        texts = [*_counted(label.name, label.others), label.name]
        is_placed = self._write(label, texts, on_left=not (only_right and is_near))
        self.settled[label.column] = True
        return is_placed

    def add(self, label: MarkLabel, others: int) -> bool:
        """Add a number of others to a label that is placed, if there is room for it."""
        self._reserve(label, False)
        if self._write(label, _counted(label.name, label.others + others), on_left=True):
            label.others += others
            return True
        self._reserve(label, True)
        return False

    def _write(self, label: MarkLabel, texts: Sequence[str], *, on_left: bool) -> bool:
        for text in texts:
            for start in (label.column + 1, label.column - len(text))[: 1 + on_left]:
                if self._is_free(start, start + len(text), label.column):
                    label.start, label.text = start, text
                    self._reserve(label, True)
                    return True
        return False

    def _is_free(self, start: int, stop: int, column: int) -> bool:
        gap = (0, 1) if start > column else (1, 0)  # on the side away from the column
        cells = self.taken[max(0, start - gap[0]) : stop + gap[1]]
        return start >= 0 and stop <= len(self.taken) and 1 not in cells

    def _reserve(self, label: MarkLabel, is_taken: bool) -> None:
        start, stop = label.start, label.start + len(label.text)
        first = start if start > label.column else max(0, start - 1)
        for cells in (self.taken, self.settled):
            cells[first:stop] = bytes([is_taken]) * (stop - first)


def _counted(name: str, others: int) -> Sequence[str]:
    """A label with the number of other changes, in words and, shorter, without."""
    return (f"{name} +{others} more", f"{name} +{others}") if others else (name,)
