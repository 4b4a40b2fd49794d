"""The styles of a chart by number, so that a cell of the plot is one small integer."""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Final

from rich.color import ColorSystem
from rich.style import Style
from textual.color import Color
from textual.theme import Theme
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
    SHADE = 72
    """The characters of the first line's band where it has no tint; the next ones follow."""


STYLE_COUNT = ChartStyle.SHADE + LINE_STYLES
COMPONENT_STYLES = {
    "chart--axis": ChartStyle.AXIS,
    "chart--title": ChartStyle.TITLE,
    "chart--value": ChartStyle.VALUE,
    "chart--cursor": ChartStyle.CURSOR,
    **{f"chart--mark-{kind}": ChartStyle[f"MARK_{kind.name}"] for kind in MarkKind},
    **{f"chart--line-{i + 1}": ChartStyle.LINE + i for i in range(LINE_STYLES)},
    **{f"chart--band-{i + 1}": ChartStyle.BAND + i for i in range(LINE_STYLES)},
}

LINES = ("#56b4e9", "#e69f00", "#2fbf94", "#cc79a7", "#f0e442", "#f27a3a")
LINES_ON_LIGHT = ("#0072b2", "#b35900", "#007a5a", "#a8447f", "#7a6a00", "#b3282d")
BLACK, GREY, WHITE = 0, 8, 15
LINES_OF_SIXTEEN: Final[Mapping[int, Sequence[str]]] = {
    BLACK: ("#55ffff", "#ffff55", "#55ff55", "#ff55ff", "#ffffff", "#ff5555"),
    GREY: ("#55ffff", "#ffff55", "#55ff55", "#aa0000", "#ffffff", "#0000aa"),
    WHITE: ("#0000aa", "#aa00aa", "#00aa00", "#aa5500", "#00aaaa", "#aa0000"),
}
"""By the background on a terminal of 16 colours: as many of these, where `LINES` would coincide."""
BAND_OPACITY = "40%"
COLOURS: Final[Mapping[str, str]] = {
    "chart--axis": "$foreground 55%",
    "chart--title": "$foreground",
    "chart--value": "$foreground",
    "chart--cursor": "$accent",
    "chart--mark-diverged": "$error",
    "chart--mark-nonfinite": "$error",
    "chart--mark-change": "$accent",
    "chart--mark-branch": "$secondary",
    "chart--mark-warning": "$warning",
    "chart--mark-note": "$foreground 70%",
    "chart--mark-checkpoint": "$foreground 45%",
    **{f"chart--line-{i}": colour for i, colour in enumerate(LINES, 1)},
    **{f"chart--band-{i}": f"{colour} {BAND_OPACITY}" for i, colour in enumerate(LINES, 1)},
}
"""The colour of each component: a variable of the theme or a number, and its opacity."""
COLOURS_ON_LIGHT: Final[Mapping[str, str]] = {
    "chart--mark-change": "$accent-darken-3",
    "chart--cursor": "$accent-darken-3",
    **{f"chart--line-{i}": colour for i, colour in enumerate(LINES_ON_LIGHT, 1)},
    **{
        f"chart--band-{i}": f"{colour} {BAND_OPACITY}" for i, colour in enumerate(LINES_ON_LIGHT, 1)
    },
}
"""Those that are others on a light background."""
BOLD: Final = frozenset({"chart--title", "chart--mark-diverged", "chart--mark-nonfinite"})


def _css() -> str:
    rules = ["height: 1fr; width: 1fr; min-height: 3;"]
    for component, colour in COLOURS.items():
        weight = " text-style: bold;" if component in BOLD else ""
        rules.append(f"& > .{component} {{ color: {colour};{weight} }}")
    for component, colour in COLOURS_ON_LIGHT.items():
        rules.append(f"&:light > .{component} {{ color: {colour}; }}")
    return "Chart {\n    " + "\n    ".join(rules) + "\n}\n"


CSS = _css()


def inside_style(line: int, *, band: int) -> int:
    """The style of a line inside a band, both by the numbers of their colours."""
    return ChartStyle.INSIDE + LINE_STYLES * band + line


def theme_styles(widget: Widget) -> list[Style]:
    """The styles in a widget's theme, by ``ChartStyle``: foreground and weight only."""
    styles = [Style()] * STYLE_COUNT
    for component, index in COMPONENT_STYLES.items():
        style = widget.get_component_rich_style(component)
        styles[index] = Style(color=style.color, bold=style.bold, underline=style.underline)
    background = widget.background_colors[1]
    if widget.app.console.color_system == "standard":
        ground = _ground(background) if widget.app.current_theme.dark else WHITE
        for i, colour in enumerate(LINES_OF_SIXTEEN[ground]):
            styles[ChartStyle.LINE + i] = styles[ChartStyle.BAND + i] = Style(color=colour)
    options = getattr(widget.app, "user_options", Options())
    return _with_tints(styles, background, options)


def _ground(background: Color) -> int:
    """What a dark background becomes on a terminal of 16 colours: black or grey."""
    return GREY if background.rich_color.downgrade(ColorSystem.STANDARD).number == GREY else BLACK


def styles_in(theme: Theme, options: Options) -> tuple[Color, list[Style]]:
    """The background of a theme, and the styles that `theme_styles` has in it, without a screen."""
    variables = theme.to_color_system().generate()
    background = Color.parse(variables["background"])
    colours = {**COLOURS, **({} if theme.dark else COLOURS_ON_LIGHT)}
    styles = [Style()] * STYLE_COUNT
    for component, index in COMPONENT_STYLES.items():
        name, _, opacity = colours[component].partition(" ")
        colour = Color.parse(variables[name[1:]] if name.startswith("$") else name)
        colour = colour.multiply_alpha(float(opacity.rstrip("%") or 100) / 100)
        shown = (background + colour).rich_color
        styles[index] = Style(color=shown, bold=True if component in BOLD else None)
    return background, _with_tints(styles, background, options)


def _with_tints(styles: list[Style], background: Color, options: Options) -> list[Style]:
    """The styles with the user's colours, and those of bands, lines inside them and void lines."""
    for i, colour in enumerate(options.line_colours):
        styles[ChartStyle.LINE + i] = styles[ChartStyle.BAND + i] = Style(color=colour)
    for i in range(LINE_STYLES):
        tint = Color.from_rich_color(styles[ChartStyle.BAND + i].color)
        blended = background.blend(tint, BAND_TINT).rich_color
        line = Color.from_rich_color(styles[ChartStyle.LINE + i].color)
        void = background.blend(line, VOID_TINT).rich_color
        styles[ChartStyle.VOID + i] = Style(color=void)
        styles[ChartStyle.SHADE + i] = styles[ChartStyle.LINE + i] + Style(dim=True)
        for number in range(LINE_STYLES):
            inside = styles[ChartStyle.LINE + number] + Style(bgcolor=blended)
            styles[inside_style(number, band=i)] = inside
        styles[ChartStyle.BAND + i] = Style(color=blended)
        styles[ChartStyle.UNDER + i] = Style(color=background.rich_color, bgcolor=blended)
    return styles
