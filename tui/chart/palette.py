"""The styles of a chart by number, so that a cell of the plot is one small integer."""

from enum import IntEnum

from rich.style import Style
from textual.color import Color
from textual.widget import Widget

from core.options.options import Options
from core.run.log import MarkKind

LINE_STYLES = 6
VOID_TINT = 0.45
"""How much of a line's colour is left where it is void."""
BAND_TINT = 0.5
"""How much of a band's colour is mixed into the background of a line inside it."""


class ChartStyle(IntEnum):
    """What a cell shows: the index of its style."""

    BLANK = 0
    AXIS = 1
    TITLE = 2
    VALUE = 3
    CURSOR = 4
    MARK_DIVERGED = 5
    MARK_NONFINITE = 6
    MARK_CHANGE = 7
    MARK_BRANCH = 8
    MARK_WARNING = 9
    MARK_CHECKPOINT = 10
    LINE = 11
    """The first line; the next ones follow."""
    BAND = 17
    """The band around or behind the first line; the next ones follow."""
    INSIDE = 23
    """The first line inside the first band; the other lines follow, then those inside others."""
    UNDER = 59
    """The lower edge of the first line's band; the next ones follow."""
    MARK_NOTE = 65
    VOID = 66
    """What restarts replaced of the first line; that of the next ones follows."""


STYLE_COUNT = ChartStyle.VOID + LINE_STYLES
COMPONENT_STYLES = {
    "chart--axis": ChartStyle.AXIS,
    "chart--title": ChartStyle.TITLE,
    "chart--value": ChartStyle.VALUE,
    "chart--cursor": ChartStyle.CURSOR,
    **{f"chart--mark-{kind}": ChartStyle[f"MARK_{kind.name}"] for kind in MarkKind},
    **{f"chart--line-{i + 1}": ChartStyle.LINE + i for i in range(LINE_STYLES)},
    **{f"chart--band-{i + 1}": ChartStyle.BAND + i for i in range(LINE_STYLES)},
}

CSS = """
Chart {
    height: 1fr; width: 1fr; min-height: 3;
    & > .chart--axis { color: $foreground 55%; }
    & > .chart--title { color: $foreground; text-style: bold; }
    & > .chart--value { color: $foreground; }
    & > .chart--cursor { color: $accent; }
    & > .chart--mark-diverged { color: $error; text-style: bold; }
    & > .chart--mark-nonfinite { color: $error; text-style: bold; }
    & > .chart--mark-change { color: $accent; }
    & > .chart--mark-branch { color: $secondary; }
    & > .chart--mark-warning { color: $warning; }
    & > .chart--mark-note { color: $foreground 70%; }
    & > .chart--mark-checkpoint { color: $foreground 45%; }
    & > .chart--line-1 { color: #56b4e9; }
    & > .chart--line-2 { color: #e69f00; }
    & > .chart--line-3 { color: #2fbf94; }
    & > .chart--line-4 { color: #cc79a7; }
    & > .chart--line-5 { color: #f0e442; }
    & > .chart--line-6 { color: #f27a3a; }
    & > .chart--band-1 { color: #56b4e9 40%; }
    & > .chart--band-2 { color: #e69f00 40%; }
    & > .chart--band-3 { color: #2fbf94 40%; }
    & > .chart--band-4 { color: #cc79a7 40%; }
    & > .chart--band-5 { color: #f0e442 40%; }
    & > .chart--band-6 { color: #f27a3a 40%; }
    &:light > .chart--mark-change { color: $accent-darken-3; }
    &:light > .chart--cursor { color: $accent-darken-3; }
    &:light > .chart--line-1 { color: #0072b2; }
    &:light > .chart--line-2 { color: #b35900; }
    &:light > .chart--line-3 { color: #007a5a; }
    &:light > .chart--line-4 { color: #a8447f; }
    &:light > .chart--line-5 { color: #7a6a00; }
    &:light > .chart--line-6 { color: #b3282d; }
    &:light > .chart--band-1 { color: #0072b2 40%; }
    &:light > .chart--band-2 { color: #b35900 40%; }
    &:light > .chart--band-3 { color: #007a5a 40%; }
    &:light > .chart--band-4 { color: #a8447f 40%; }
    &:light > .chart--band-5 { color: #7a6a00 40%; }
    &:light > .chart--band-6 { color: #b3282d 40%; }
}
"""


def inside_style(line: int, *, band: int) -> int:
    """The style of a line inside a band, both by the numbers of their colours."""
    return ChartStyle.INSIDE + LINE_STYLES * band + line


def theme_styles(widget: Widget) -> list[Style]:
    """The styles in a widget's theme, by ``ChartStyle``: foreground and weight only."""
    styles = [Style()] * STYLE_COUNT
    for component, index in COMPONENT_STYLES.items():
        style = widget.get_component_rich_style(component)
        styles[index] = Style(color=style.color, bold=style.bold, underline=style.underline)
    for i, colour in enumerate(getattr(widget.app, "user_options", Options()).line_colours):
        styles[ChartStyle.LINE + i] = styles[ChartStyle.BAND + i] = Style(color=colour)
    for i in range(LINE_STYLES):
        tint = Color.from_rich_color(styles[ChartStyle.BAND + i].color)
        background = widget.background_colors[1]
        blended = background.blend(tint, BAND_TINT).rich_color
        colour = Color.from_rich_color(styles[ChartStyle.LINE + i].color)
        void = background.blend(colour, VOID_TINT).rich_color
        styles[ChartStyle.VOID + i] = Style(color=void)
        for line in range(LINE_STYLES):
            inside = styles[ChartStyle.LINE + line] + Style(bgcolor=blended)
            styles[inside_style(line, band=i)] = inside
        styles[ChartStyle.BAND + i] = Style(color=blended)
        styles[ChartStyle.UNDER + i] = Style(color=background.rich_color, bgcolor=blended)
    return styles
