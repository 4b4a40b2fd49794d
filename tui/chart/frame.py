"""Lay out the axis labels with plotext; no other module imports it.

plotext 5 keeps one figure for the whole process, so all of this runs on the event loop's thread and
starts from a cleared figure. It fails on infinities, needs seconds for points far outside the
limits, and takes the logarithm of its data again at each build. So it gets labels and their cells
only, and the curves are drawn by `tui.chart.paint`. It is imported at the first plot, after the
first screen is painted.
"""

import math
from collections.abc import Sequence
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
    return (*(row.ljust(width) for row in _left(height, y)), _below(width, x, y.width))


@lru_cache(maxsize=64)
def _left(height: int, y: Ticks) -> tuple[str, ...]:
    """The labels left of a plot; plotext needs time for each cell, so it gets a narrow plot."""
    width = y.width + 3
    figure = _plot(width, height, Ticks((0,), ("0",)), y)
    return tuple(row[: y.width] for row in _render(figure, width, height)[:-1])


@lru_cache(maxsize=64)
def _below(width: int, x: Ticks, left: int) -> str:
    """The row of labels below a plot that has labels of ``left`` cells; it gets a low plot."""
    height = 3
    figure = _plot(width, height, x, Ticks((0,), ("0" * left,)) if left else Ticks((), ()))
    return _render(figure, width, height)[-1]


def _plot(width: int, height: int, x: Ticks, y: Ticks) -> Any:
    """Plotext with an empty plot of ``width`` x ``height`` cells, labels included."""
    plot_width, plot_height = width - y.width, height - 1
    figure = _new_figure(width, height)
    figure.plot([0, plot_width - 1], [0, plot_height - 1], marker=" ")
    figure.xlim(0, plot_width - 1)
    figure.ylim(0, plot_height - 1)
    figure.xticks(list(x.cells), list(x.labels))
    figure.yticks(list(y.cells), list(y.labels))
    return figure


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


def scatter(
    width: int,
    height: int,
    x: Sequence[float],
    y: Sequence[float],
    limits: tuple[float, float],
    *,
    log: bool = False,
    ticks: Sequence[str] | None = None,
    plain: bool = False,
) -> tuple[str, ...]:
    """The rows of a plot of points, with both axes' labels.

    Args:
        width: Cells.
        height: Cells.
        x: Finite values.
        y: As many finite values.
        limits: The ends of the x axis; above 0 if it is logarithmic.
        log: Whether the x axis is logarithmic.
        ticks: The labels of x = 0, 1, ...; by default numbers.
        plain: Whether to use ASCII alone.
    """
    figure = _new_figure(width, height)
    figure.xaxes(not plain, False)
    figure.yaxes(not plain, False)
    low, high = (math.log10(end) for end in limits) if log else limits
    places = [math.log10(value) for value in x] if log else list(x)

    figure.scatter(places, list(y), marker="*" if plain else "•")
    figure.xlim(low, high)
    spread = (max(y) - min(y)) or abs(max(y)) or 1.0
    figure.ylim(min(y) - spread / 20, max(y) + spread / 20)
    if ticks is not None:
        room = max(1, (width - 8) // max(1, len(ticks)) - 1)
        figure.xticks(list(range(len(ticks))), [tick[:room] for tick in ticks])
    else:
        ends = [low + (high - low) * part for part in (0, 0.5, 1)]
        figure.xticks(ends, [f"{10**end if log else end:.3g}" for end in ends])
    values = [min(y), (min(y) + max(y)) / 2, max(y)] if max(y) > min(y) else [max(y)]
    figure.yticks(values, [f"{value:.4g}" for value in values])
    return _render(figure, width, height)


def bars(
    width: int, names: Sequence[str], values: Sequence[float], *, plain: bool = False
) -> tuple[str, ...]:
    """A row with a bar for each of the values from 0 to 1, and its percentage."""
    if not names:
        return ()
    import plotext

    plotext.clear_figure()
    plotext.simple_bar(
        list(names), [round(100 * value) for value in values], width=width - 4,
        marker="=" if plain else "■",
    )  # fmt: skip
    rows = plotext.uncolorize(plotext.build()).split("\n")
    return tuple(f"{row.rstrip()} %"[:width].ljust(width) for row in rows if row.strip())
