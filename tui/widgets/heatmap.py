"""Histograms over steps as heatmaps: steps to the right, values upward, brighter where more are.

The counts of a bucket are distributed over the rows of the image as if values were even within
the bucket, which conserves the counts of buckets of any width.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
import numpy.typing as npt
from rich.color import Color
from rich.segment import Segment
from textual.strip import Strip

from tui.widgets.half_blocks import Tones, render_image
from tui.widgets.text_widget import TextWidget, align_right, fit

Float64Array = npt.NDArray[np.float64]
Range = tuple[float, float]

LABEL_WIDTH = 9
"""Cells for the limits of the values, left of the image."""
GAP = 2
"""Cells between two heatmaps side by side."""
MIN_HEIGHT = 4
"""Rows of a heatmap: its title and three rows of cells. Fewer show no image."""
MAX_SHARE = 3
"""One histogram is drawn across at most this part of the picture."""
MAX_EDGE = 1e300
"""Buckets that reach this far are open ones, which some writers close with a placeholder."""
BLACK = Color.from_rgb(18, 18, 18)


class Histogram(Protocol):
    """How the values of something were distributed at one step."""

    @property
    def step(self) -> int:
        """The training step."""

    @property
    def buckets(self) -> Float64Array:
        """float64 ``[k, 3]``: left edge, right edge and count of each bucket; k may be 0."""


@dataclass(frozen=True, slots=True, eq=False)
class HistogramSeries:
    """The histograms of one quantity in the order of their steps, and which values to draw."""

    titles: tuple[str, ...]
    """What is drawn, in full and in fewer words; the first that fits is shown."""
    histograms: Sequence[Histogram]
    value_range: Range | None
    """The lowest and the highest value drawn; None where there are no finite values."""


class HeatmapGrid(TextWidget):
    """Heatmaps in rows and columns; the rows that fit are drawn, the selected one among them."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"heatmap--high"}
    DEFAULT_CSS = """
    HeatmapGrid {
        height: 1fr;
        & > .heatmap--high { color: #56b4e9; }
        &:light > .heatmap--high { color: #0072b2; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._grid: Sequence[Sequence[HistogramSeries]] = ()
        self._selected = 0

    def show(self, grid: Sequence[Sequence[HistogramSeries]], selected: int = 0) -> None:
        """Draw this grid; its row `selected` is always visible."""
        self._grid, self._selected = grid, selected
        self.redraw()

    def rows(self, width: int, height: int) -> list[Strip]:
        """The heatmaps that fit, all of the same size."""
        count = min(len(self._grid), height // MIN_HEIGHT)
        first = min(max(0, self._selected - count // 2), len(self._grid) - count)
        rows: list[Strip] = []
        for row in self._grid[first : first + count]:
            cell_width = (width - GAP * (len(row) - 1)) // len(row)
            heatmaps = [self._heatmap(series, cell_width, height // count) for series in row]
            rows += [_side_by_side(strips) for strips in zip(*heatmaps, strict=True)]
        return rows

    def _heatmap(self, series: HistogramSeries, width: int, height: int) -> list[Strip]:
        """Title, image with the limits of its values beside it, and the first and last step."""
        title = next((text for text in series.titles if len(text) <= width), series.titles[-1])
        strips = [self._text(fit(title, width), "title")]
        if series.value_range is None or width < 2 * LABEL_WIDTH:
            has_note = series.histograms and series.value_range is None
            note = "no finite values" if has_note else ""
            strips.append(self._text(fit(note, width), "dim"))
        else:
            image_rows = height - 2 if height > MIN_HEIGHT else height - 1
            strips += self._image(series, series.value_range, width, image_rows)
            strips.append(self._text(_step_labels(series.histograms, width), "dim"))
        strips += [self._text(" " * width, "dim")] * (height - len(strips))
        return strips[:height]

    def _image(
        self, series: HistogramSeries, value_range: Range, width: int, rows: int
    ) -> list[Strip]:
        low, high = value_range
        as_letters = self.ascii_only or self.app.no_color
        edges = np.linspace(low, high, (1 if as_letters else 2) * rows + 1)
        image = heatmap(series.histograms, edges, width - LABEL_WIDTH)
        if as_letters:
            image = image.repeat(2, axis=0)
        labels = [_format_limit(high), *[""] * (rows - 2), _format_limit(low)]
        return [
            Strip.join([self._text(align_right(label, LABEL_WIDTH - 1) + " ", "dim"), cells])
            for label, cells in zip(
                labels, render_image(image, self._tones(), ascii_only=as_letters), strict=True
            )
        ]

    def _tones(self) -> Tones:
        high = self.get_component_rich_style("heatmap--high").color or BLACK
        return Tones(self.rich_style.bgcolor or BLACK, high)

    def _text(self, text: str, role: str) -> Strip:
        return Strip([Segment(self._displayable(text), self._role_style(role))])


def heatmap(histograms: Sequence[Histogram], edges: Float64Array, columns: int) -> Float64Array:
    """Histograms as an image, float64 ``[len(edges) - 1, columns]`` from 0 to 1.

    The greatest values are on top, the newest step is on the right; a column shows the newest
    histogram at its steps, as bright as can be. Square roots keep the tails visible. Where
    histograms are far apart nothing is drawn between them: see `histogram_of_columns`.
    """
    shown = histogram_of_columns([histogram.step for histogram in histograms], columns)
    rebinned = {
        i: rebin(histograms[i].buckets, edges) if i >= 0 else np.zeros(len(edges) - 1)
        for i in np.unique(shown).tolist()
    }
    counts = np.stack([rebinned[i] for i in shown.tolist()], axis=1)[::-1]
    most = counts.max(axis=0, keepdims=True)
    return np.asarray(np.sqrt(np.divide(counts, most, out=np.zeros_like(counts), where=most > 0)))


def histogram_of_columns(steps: Sequence[int], columns: int) -> npt.NDArray[np.int64]:
    """The index of the histogram that each column shows, int64 ``[columns]``; -1 for none.

    A histogram is drawn up to the next one, but not much further than histograms are usually
    apart, nor across more than a third of the picture: an old one does not pass for newer ones.
    """
    first, last = float(steps[0]), float(max(steps[-1], steps[0] + 1))
    ends = np.linspace(first, last, columns + 1)[1:]
    newest = np.searchsorted(steps, ends, side="right") - 1
    usual = np.quantile(np.diff(steps), 0.9) if len(steps) > 1 else last - first
    reach = max((last - first) / columns, min(2 * float(usual), (last - first) / MAX_SHARE))
    age = ends - np.asarray(steps, np.float64)[newest]
    # A column ends at its newest steps, so it shows what is older than that by its own width.
    return np.where(age <= reach * (1 + 1e-9), newest, -1).astype(np.int64)


def rebin(buckets: Float64Array, edges: Float64Array) -> Float64Array:
    """How many values are between the edges, float64 ``[len(edges) - 1]``."""
    left, right, count = _valid(buckets).T[:, :, np.newaxis]
    width = right - left
    inside = np.clip(edges, left, right) - left
    below = np.divide(inside, width, out=np.zeros_like(inside), where=width > 0)
    counts = (count * np.diff(below)).sum(axis=0)
    points = (width[:, 0] == 0) & (left[:, 0] >= edges[0]) & (left[:, 0] <= edges[-1])
    at = np.searchsorted(edges, left[points, 0], side="right") - 1
    np.add.at(counts, np.clip(at, 0, len(counts) - 1), count[points, 0])
    return np.asarray(counts)


def full_range(histograms: Sequence[Histogram]) -> Range | None:
    """The least and the greatest value of all, never the same; None without any."""
    filled = [buckets for histogram in histograms if len(buckets := _valid(histogram.buckets))]
    if not filled:
        return None
    low = min(float(buckets[:, 0].min()) for buckets in filled)
    high = max(float(buckets[:, 1].max()) for buckets in filled)
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        margin = abs(low) / 10 or 0.5
        low, high = low - margin, high + margin
    return low, high


def _valid(buckets: Float64Array) -> Float64Array:
    """The buckets that hold something and have finite edges in order."""
    left, right, count = buckets.T
    valid = (np.abs(left) < MAX_EDGE) & (np.abs(right) < MAX_EDGE) & (left <= right)
    return np.asarray(buckets[valid & (count > 0) & np.isfinite(count)])


def _side_by_side(strips: Sequence[Strip]) -> Strip:
    gap = Strip([Segment(" " * GAP)])
    return Strip.join([part for strip in strips for part in (strip, gap)][:-1])


def _step_labels(histograms: Sequence[Histogram], width: int) -> str:
    """The first step under the left end of the image, the last one under the right."""
    first, last = f"{histograms[0].step:,}", f"{histograms[-1].step:,}"
    right_label = last if len(histograms) > 1 else ""
    room = width - LABEL_WIDTH - len(first)
    return fit(" " * LABEL_WIDTH + first + align_right(right_label, max(0, room)), width)


def _format_limit(value: float) -> str:
    """A value in as many digits as there is room for."""
    texts = (f"{value:.{digits}g}" for digits in (4, 3, 2))
    return next((text for text in texts if len(text) < LABEL_WIDTH), f"{value:.1g}")
