"""Rows of text in which runs have the colours of their lines on the chart of the screen."""

from collections.abc import Mapping

from rich.style import Style

from tui.chart.chart import Chart
from tui.chart.palette import LINE_STYLES, ChartStyle
from tui.widgets.text_widget import TextWidget


class LineColoured(TextWidget):
    """A widget of text rows in which runs have the colours of their lines on the chart."""

    @property
    def role_styles(self) -> Mapping[str, Style]:
        """The theme's styles, and one for each colour of lines: ``line-0``, ``line-1``, ...

        On a screen that has no chart yet these are dim.
        """
        styles = super().role_styles
        chart = next(iter(self.screen.query(Chart)), None)
        lines = [
            styles["dim"] if chart is None else chart.chart_styles[ChartStyle.LINE + i]
            for i in range(LINE_STYLES)
        ]
        bold = Style(bold=True)
        return {**styles, **{line_role(i): style + bold for i, style in enumerate(lines)}}


def line_role(slot: int) -> str:
    """The role of the line with this number, in a `LineColoured` widget."""
    return f"line-{slot % LINE_STYLES}"
