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
) -> list[tuple[str, int]]:
    """The row as pieces of text with one style; of marks in one cell the first is shown."""
    is_ascii = glyphs is Glyphs.ASCII
    row = [RULE[is_ascii]] * width
    for columns, sign in ((minor, MINOR_TICK), (ticks, TICK)):
        for column in columns:
            row[column] = sign[is_ascii]
    if not marks:
        return [("".join(row), ChartStyle.AXIS)]
    cells = [(character, int(ChartStyle.AXIS)) for character in row]
    for placed in reversed(marks):
        sign = MARK_SIGNS.get(placed.mark.kind, CHANGE_SIGN)
        cells[placed.column] = sign[is_ascii], mark_style(placed.mark)
    groups = groupby(cells, key=lambda cell: cell[1])
    return [("".join(character for character, _ in group), style) for style, group in groups]
