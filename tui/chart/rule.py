"""The row below a plot: the rule of the x axis, its ticks, and the signs of marks."""

from collections.abc import Container, Sequence
from itertools import groupby
from typing import NamedTuple

from core.run.log import MarkKind
from tui.chart.labels import mark_style
from tui.chart.marks import PlacedMark
from tui.chart.palette import ChartStyle
from tui.terminal.characters import Glyphs

RULE, TICK, MINOR_TICK = ("─", "-"), ("┬", "+"), ("┴", "'")
CHANGE_SIGN = ("┊", ":")
PLAN_SIGN = ("┤", "|")
MARK_SIGNS = {
    MarkKind.NONFINITE: ("×", "x"),
    MarkKind.WARNING: ("!", "!"),
    MarkKind.NOTE: ("•", "*"),
    MarkKind.CHECKPOINT: ("▴", "^"),
}


class Plan(NamedTuple):
    """Where the run is planned to end."""

    cell: int
    label: str
    """The step or epoch."""
    is_reached: bool
    """Whether the lines reach it, and so no words are needed."""


def rule(
    width: int,
    glyphs: Glyphs,
    ticks: Sequence[int],
    minor: Sequence[int],
    marks: Sequence[PlacedMark],
    plan: Plan | None = None,
) -> list[tuple[str, int]]:
    """The row as pieces of text with one style; of marks in one cell the first is shown.

    It ends where the plan does, if no label is beyond that.
    """
    is_ascii = glyphs is Glyphs.ASCII
    row = [RULE[is_ascii]] * width
    for columns, sign in ((minor, MINOR_TICK), (ticks, TICK)):
        for column in columns:
            row[column] = sign[is_ascii]
    if plan is not None:
        _mark_plan(row, plan, PLAN_SIGN[is_ascii], ticks, {placed.column for placed in marks})
    if not marks:
        return [("".join(row), ChartStyle.AXIS)]
    cells = [(character, int(ChartStyle.AXIS)) for character in row]
    for placed in reversed(marks):
        sign = MARK_SIGNS.get(placed.mark.kind, CHANGE_SIGN)
        cells[placed.column] = sign[is_ascii], mark_style(placed.mark)
    groups = groupby(cells, key=lambda cell: cell[1])
    return [("".join(character for character, _ in group), style) for style, group in groups]


def _mark_plan(
    row: list[str], plan: Plan, sign: str, ticks: Sequence[int], marked: Container[int]
) -> None:
    """Write a sign into the plan's cell, and words beside it where no mark is in their way."""
    row[plan.cell] = sign
    if all(tick <= plan.cell for tick in ticks):
        row[plan.cell + 1 :] = " " * (len(row) - plan.cell - 1)
    text = " plan " if plan.cell in ticks else f" plan {plan.label} "
    after = plan.cell + 1
    for start in (after, after - 1 - len(text)):
        cells = range(start, start + len(text))
        is_free = start > 0 and cells.stop <= len(row) and not any(cell in marked for cell in cells)
        if is_free and not plan.is_reached:
            row[start : cells.stop] = text
            return
