"""Lay out the axis labels with plotext; no other module imports it.

plotext 5 keeps one figure for the whole process, so all of this runs on the event loop's thread and
starts from a cleared figure. It fails on infinities, needs seconds for points far outside the
limits, and takes the logarithm of its data again at each build. So it gets labels and their cells
only, and the curves are drawn by `tui.chart.paint`. It is imported at the first plot, after the
first screen is painted.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any


@dataclass(frozen=True, slots=True)
class Ticks:
    """Labels along one axis, and the cell of each, counted from the origin of the plot."""

    cells: tuple[int, ...]
    labels: tuple[str, ...]

    @property
    def width(self) -> int:
        """The length of the longest label in cells."""
        return max(map(len, self.labels), default=0)


@lru_cache(maxsize=64)
def frame(width: int, height: int, x: Ticks, y: Ticks) -> tuple[str, ...]:
    """The rows of a plot's axis labels; both together are ``width`` x ``height`` cells.

    The plot's own cells are blank: labels left of it, one row of labels below.
    """
    plot_width, plot_height = width - y.width, height - 1
    figure = _new_figure(width, height)
    figure.plot([0, plot_width - 1], [0, plot_height - 1], marker=" ")
    figure.xlim(0, plot_width - 1)
    figure.ylim(0, plot_height - 1)
    figure.xticks(list(x.cells), list(x.labels))
    figure.yticks(list(y.cells), list(y.labels))
    return _render(figure, width, height)


def _new_figure(width: int, height: int) -> Any:
    """Plotext with an empty figure of this size, without axes."""
    import plotext

    plotext.clear_figure()
    plotext.limit_size(False, False)
    plotext.plot_size(width, height)
    plotext.theme("clear")
    plotext.xaxes(False, False)
    plotext.yaxes(False, False)
    return plotext


def _render(figure: Any, width: int, height: int) -> tuple[str, ...]:
    rows = figure.uncolorize(figure.build()).split("\n")[:height]
    return tuple(row[:width].ljust(width) for row in rows)
