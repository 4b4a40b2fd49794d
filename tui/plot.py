"""The only module that knows plotext, and what it must never be handed.

plotext 5 keeps one figure for the whole process, so all of this runs on the event loop's thread and
starts from a cleared figure. It fails on infinities, takes seconds over points far outside the
limits and takes the logarithm of its data again at each build: so it is only given finite numbers
inside the limits, already scaled. It is imported at the first plot, not before the first screen.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from tui.raster import Glyphs
from tui.ticks import linear, value_labels

CELLS_PER_LABEL = 12
LEAST_BARS = 2
"""plotext divides by one less than the rows there are."""


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
    figure = _cleared(width, height)
    figure.plot([0, plot_width - 1], [0, plot_height - 1], marker=" ")
    figure.xlim(0, plot_width - 1)
    figure.ylim(0, plot_height - 1)
    figure.xticks(list(x.cells), list(x.labels))
    figure.yticks(list(y.cells), list(y.labels))
    return Frame(_built(figure, width, height), y.width, plot_width, plot_height)


def histogram(
    edges: npt.ArrayLike, counts: npt.ArrayLike, size: tuple[int, int], glyphs: Glyphs
) -> tuple[str, ...]:
    """Counts between edges as a filled outline, in ``size`` = width and height with labels.

    ``edges`` are ``[n + 1]`` rising numbers, ``counts`` ``[n]``; rows of equal length come back,
    blank ones if there is nothing finite to show.
    """
    width, height = size
    edge, count = np.asarray(edges, np.float64), np.asarray(counts, np.float64)
    count = np.where(np.isfinite(count), np.maximum(count, 0), 0)
    top = float(count.max(initial=0))
    if not (top > 0 and np.isfinite(edge).all()):
        return (" " * width,) * height
    low, high = float(edge[0]), float(edge[-1])
    x = np.linspace(low, high, 2 * width)
    at = np.clip(np.searchsorted(edge, x, side="right") - 1, 0, len(count) - 1)
    marker = "#" if glyphs is Glyphs.ASCII else "hd"
    figure = _cleared(width, height)
    figure.plot(x.tolist(), count[at].tolist(), marker=marker, fillx=True)
    figure.xlim(low, high)
    figure.ylim(0, top)
    ends = linear(low, high, max(1, width // CELLS_PER_LABEL))
    figure.xticks(ends, value_labels(ends))
    figure.yticks([], [])
    return _built(figure, width, height)


def bars(
    labels: Sequence[str], values: Sequence[float], width: int, top: float, glyphs: Glyphs
) -> tuple[str, ...]:
    """One row for each value: its label, and a bar that would be full at ``top``.

    A value that is not finite gets no bar, one above ``top`` a full one.
    """
    height = len(labels)
    if height < LEAST_BARS:
        labels, values = [*labels, ""], [*values, 0.0]
    figure, full = _cleared(width, len(labels)), "#" if glyphs is Glyphs.ASCII else "█"
    for row, value in enumerate(reversed(values)):
        if math.isfinite(value) and value > 0:
            figure.plot([0, min(value, top)], [row, row], marker=full)
        else:
            figure.plot([0], [row], marker=" ")
    figure.xlim(0, top)
    figure.ylim(0, len(labels) - 1)
    figure.xticks([], [])
    figure.yticks(list(range(len(labels))), [f"{label} " for label in reversed(labels)])
    return _built(figure, width, len(labels))[:height]


def _cleared(width: int, height: int) -> Any:
    """plotext, with an empty figure without axes, and without a look at the terminal's size."""
    import plotext

    plotext.clear_figure()
    plotext.limit_size(False, False)
    plotext.plot_size(width, height)
    plotext.theme("clear")
    plotext.xaxes(False, False)
    plotext.yaxes(False, False)
    return plotext


def _built(figure: Any, width: int, height: int) -> tuple[str, ...]:
    rows = figure.uncolorize(figure.build()).split("\n")[:height]
    return tuple(row[:width].ljust(width) for row in rows)
