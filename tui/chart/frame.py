"""The only module that knows plotext, and what it must never be handed.

plotext 5 keeps one figure for the whole process, so all of this runs on the event loop's thread and
starts from a cleared figure. It fails on infinities, takes seconds over points far outside the
limits and takes the logarithm of its data again at each build: so it lays out labels alone, at
cells that are known, and the curves are drawn elsewhere. It is imported at the first plot, not
before the first screen.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any


@dataclass(frozen=True, slots=True)
class Ticks:
    """Labels along one axis, and the cell of the plot, from the origin, that each is for."""

    cells: tuple[int, ...]
    labels: tuple[str, ...]

    @property
    def width(self) -> int:
        """Cells that the longest label takes."""
        return max(map(len, self.labels), default=0)


@dataclass(frozen=True, slots=True)
class Frame:
    """The text around a plot, row by row, and the place that it leaves for the plot."""

    rows: tuple[str, ...]
    left: int
    width: int
    height: int


@lru_cache(maxsize=64)
def frame(width: int, height: int, x: Ticks, y: Ticks) -> Frame:
    """The axes' labels of a plot that takes ``width`` x ``height`` cells with them.

    The plot's own cells are blank: labels left of it, one row of labels below.
    """
    plot_width, plot_height = width - y.width, height - 1
    figure = _new_figure(width, height)
    figure.plot([0, plot_width - 1], [0, plot_height - 1], marker=" ")
    figure.xlim(0, plot_width - 1)
    figure.ylim(0, plot_height - 1)
    figure.xticks(list(x.cells), list(x.labels))
    figure.yticks(list(y.cells), list(y.labels))
    return Frame(_render(figure, width, height), y.width, plot_width, plot_height)


def _new_figure(width: int, height: int) -> Any:
    """plotext, with an empty figure without axes, and without a look at the terminal's size."""
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
