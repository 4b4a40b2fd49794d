"""Milliseconds to draw a 120x30 chart of one line and of eight, and with plotext alone.

Run from the project's root: ``python -m benchmarks.chart``. Each number is the median CPU time of
one redraw, from the data to the rows that would be sent to a terminal. Before each of them the
lines grow by a thousandth, as they do while a run trains.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
from rich.style import Style
from rich.text import Text

from core.run.pyramid import Float64s
from core.run.series import Series
from tui.chart.chart import Chart, Glyphs, Line
from tui.chart.palette import STYLE_COUNT

WIDTH, HEIGHT = 120, 30
LENGTHS = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)


class Detached(Chart):
    """A chart without an app, with colours of its own."""

    def __init__(self) -> None:
        super().__init__("loss", glyphs=Glyphs.BRAILLE, logarithmic=True)
        self._styles = [Style(color=f"color({16 + i})") for i in range(STYLE_COUNT)]
        self._labels_ready = True
        self.scene.tinted = True


def losses(length: int, seed: int) -> Float64s:
    """Losses that fall and level off, with noise."""
    noise = np.random.default_rng(seed).lognormal(0, 0.2, length)
    return (2 * np.exp(-np.linspace(0, 8, length)) + 0.3) * noise


def median_ms(
    action: Callable[[], object], times: int, before: Callable[[], object] = int
) -> float:
    """Median CPU time of an action, in milliseconds, without that of what is done before it."""
    spent = []
    for _ in range(times):
        before()
        start = time.process_time_ns()
        action()
        spent.append((time.process_time_ns() - start) / 1e6)
    return statistics.median(spent)


def our_frame(length: int, count: int) -> float:
    """CPU milliseconds of one frame of our chart of ``count`` lines."""
    chart = Detached()
    values, drawn = losses(2 * length, 0), length // 2
    series = Series(values[:drawn])
    chart.scene.viewport.whole_plan = True
    chart.show([Line(f"run {i}", series) for i in range(count)], (), length)

    def grow() -> None:
        series.extend(values[len(series) : len(series) + max(1, length // 1000)])

    return median_ms(lambda: chart.rows(WIDTH, HEIGHT), 200, grow)


def plotext_alone(length: int) -> float:
    """CPU milliseconds of a frame that plotext draws, with every point, and Rich parses."""
    import plotext

    lines = [np.log10(losses(length, i)).tolist() for i in range(2)]

    def draw() -> None:
        plotext.clear_figure()
        plotext.limit_size(False, False)
        plotext.plot_size(WIDTH, HEIGHT)
        for values in lines:
            plotext.plot(values, marker="braille")
        Text.from_ansi(plotext.build())

    return median_ms(draw, 5)


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    print(f"{WIDTH}x{HEIGHT}, logarithmic, braille; CPU ms a frame of one line and of eight")
    for length in LENGTHS:
        print(f"{length:>12,} steps  {our_frame(length, 1):8.2f} {our_frame(length, 8):8.2f}")
    print(f"{10_000:>12,} steps  {plotext_alone(10_000):8.2f}  two lines by plotext")


if __name__ == "__main__":
    main()
