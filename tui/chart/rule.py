"""The row below a plot: the rule of the x axis, its ticks, and the signs of marks."""

from collections.abc import Sequence
from itertools import groupby

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


def rule(
    width: int,
    glyphs: Glyphs,
    ticks: Sequence[int],
    minor: Sequence[int],
    marks: Sequence[PlacedMark],
    plan: int | None = None,
    plan_label: str = "",
) -> list[tuple[str, int]]:
    """The row as pieces of text with one style; of marks in one cell the first is shown.

    The run is planned to end in the cell ``plan``, at ``plan_label``, which is shown unless the
    axis has a label there. The rule ends there, if no label is beyond it.
    """
    is_ascii = glyphs is Glyphs.ASCII
    row = [RULE[is_ascii]] * width
    for columns, sign in ((minor, MINOR_TICK), (ticks, TICK)):
        for column in columns:
            row[column] = sign[is_ascii]
    if plan is not None:
        text = "plan" if plan in ticks else f"plan {plan_label}"
        _mark_plan(row, plan, PLAN_SIGN[is_ascii], text, ends=all(tick <= plan for tick in ticks))
    if not marks:
        return [("".join(row), ChartStyle.AXIS)]
    cells = [(character, int(ChartStyle.AXIS)) for character in row]
    for placed in reversed(marks):
        sign = MARK_SIGNS.get(placed.mark.kind, CHANGE_SIGN)
        cells[placed.column] = sign[is_ascii], mark_style(placed.mark)
    groups = groupby(cells, key=lambda cell: cell[1])
    return [("".join(character for character, _ in group), style) for style, group in groups]


def _mark_plan(row: list[str], plan: int, sign: str, text: str, *, ends: bool) -> None:
    """Write a sign into this cell, with a text after it, or before it where there is no room."""
    row[plan] = sign
    if ends:
        row[plan + 1 :] = " " * (len(row) - plan - 1)
    size = len(text)
    start = plan + 2 if plan + 2 + size <= len(row) else plan - 1 - size
    if start > 0:
        row[start - 1 : start + size + 1] = f" {text} "[: len(row) - start + 1]
