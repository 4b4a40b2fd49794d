"""The row below a plot: the rule of the x axis, its ticks, and the signs of marks."""

from collections.abc import Container, Sequence
from itertools import groupby, product
from typing import NamedTuple

from core.run.log import MarkKind
from tui.chart.mark_labels import mark_style
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

MAX_DISTANCE = 4
"""Cells between the end of the plan and its words: so many that they are beyond a tick."""


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

    It ends where the plan does.
    """
    is_ascii = glyphs is Glyphs.ASCII
    row = [RULE[is_ascii]] * width
    for columns, sign in ((minor, MINOR_TICK), (ticks, TICK)):
        for column in columns:
            row[column] = sign[is_ascii]
    if plan is not None:
        taken = {*ticks, *(placed.column for placed in marks)}
        _mark_plan(row, plan, PLAN_SIGN[is_ascii], taken)
    if not marks:
        return [("".join(row), ChartStyle.AXIS)]
    cells = [(character, int(ChartStyle.AXIS)) for character in row]
    for placed in reversed(marks):
        sign = MARK_SIGNS.get(placed.mark.kind, CHANGE_SIGN)
        cells[placed.column] = sign[is_ascii], mark_style(placed.mark)
    groups = groupby(cells, key=lambda cell: cell[1])
    return [("".join(character for character, _ in group), style) for style, group in groups]


def _mark_plan(row: list[str], plan: Plan, sign: str, taken: Container[int]) -> None:
    """End the rule in the plan's cell, with words near it over none of the cells ``taken``.

    The step is among them where there is room, and no label for it.
    """
    row[plan.cell] = sign
    row[plan.cell + 1 :] = " " * (len(row) - plan.cell - 1)
    if plan.is_reached:
        return
    texts = [" plan ", "plan"] if plan.cell in taken else [f" plan {plan.label} ", " plan ", "plan"]
    for distance, text, is_after in product(range(MAX_DISTANCE + 1), texts, (True, False)):
        start = plan.cell + 1 + distance if is_after else plan.cell - distance - len(text)
        cells = range(start, start + len(text))
        if start > 0 and cells.stop <= len(row) and not any(cell in taken for cell in cells):
            row[start : cells.stop] = text
            return
