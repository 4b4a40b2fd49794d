"""The boxes around the digits of a drawing of several, as characters between the ink."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from data.ink import InkBox
from tui.pad.drawing import Snapshot
from tui.pad.prediction import PadImage, PadState

LINES, ASCII_LINES = "┌─┐│└┘", "+-+|++"


@dataclass(frozen=True, slots=True)
class DigitBox:
    """The bounding box of a digit, pen included, in the unit square, and what it is read as."""

    box: InkBox
    text: str


def digit_boxes(image: PadImage, state: PadState, strokes: Snapshot) -> list[DigitBox]:
    """The boxes around the digits of a drawing; none around a single one."""
    if not state.all_predictions:
        return []
    boxes = []
    for group, prediction in zip(image.groups, state.all_predictions, strict=True):
        pen = max(strokes[index].width for index in group.strokes) / 2
        box = group.box
        wider = InkBox(box.left - pen, box.top - pen, box.right + pen, box.bottom + pen)
        boxes.append(DigitBox(wider, state.short(prediction)))
    return boxes


class Mark(NamedTuple):
    """Characters at a column of a row."""

    column: int
    text: str
    is_text: bool
    """Whether it is what the digit is read as, instead of a line."""


def box_marks(boxes: Iterable[DigitBox], rows: int, *, ascii_only: bool) -> dict[int, list[Mark]]:
    """The characters of all boxes by row, for a pad of this height and twice that width."""
    marks: dict[int, list[Mark]] = {}
    for each in boxes:
        for row, mark in _one_box(each, rows, ASCII_LINES if ascii_only else LINES):
            marks.setdefault(row, []).append(mark)
    return marks


def _one_box(each: DigitBox, rows: int, lines: str) -> Iterable[tuple[int, Mark]]:
    box, columns = each.box, 2 * rows
    left = max(0, int(box.left * columns) - 1)
    right = min(columns - 1, int(box.right * columns) + 1)
    top, bottom = max(0, int(box.top * rows) - 1), min(rows - 1, int(box.bottom * rows) + 1)
    inside = right - left - 1
    if inside < 1 or bottom <= top:
        return
    corner, across, other_corner, down, low_corner, other_low = tuple(lines)
    yield top, Mark(left, corner + across * inside + other_corner, is_text=False)
    for row in range(top + 1, bottom):
        yield row, Mark(left, down, is_text=False)
        yield row, Mark(right, down, is_text=False)
    yield bottom, Mark(left, low_corner + across * inside + other_low, is_text=False)
    if len(each.text) + 2 <= inside:
        text = f" {each.text} "
        yield bottom, Mark(left + 1 + (inside - len(text)) // 2, text, is_text=True)
