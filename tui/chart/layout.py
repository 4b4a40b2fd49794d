"""What is drawn of a chart without its legend."""

from collections.abc import Sequence
from dataclasses import dataclass

from tui.chart.axes import XAxis, YAxis
from tui.widgets.canvas import Canvas


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """The plot's cells, and what is around them."""

    canvas: Canvas
    x: XAxis
    y: YAxis
    left: int
    """Cells between the chart's left edge and the plot's."""
    rule: Sequence[tuple[str, int]]
    """The row below the plot, as pieces of text with one style; none on a low chart."""
    framed: bool
    """Whether there are labels: not on a chart too small for them."""
    logarithmic: bool
    """Whether the y axis is logarithmic."""
