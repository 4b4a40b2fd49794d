"""The table of the layers of an attached run, and the histograms of their weights over steps."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.run.attached_events import LayerStatistics, WeightsLogged
from tui.chart.legend import format_value
from tui.widgets.heatmap import HistogramSeries, full_range
from tui.widgets.text_widget import Span, TextWidget, align_right, elide_middle, fit

COLUMNS = (("shape", 18), ("parameters", 12), ("mean", 11), ("std", 11), ("norm", 11),
           ("not finite", 11))  # fmt: skip
"""The columns beside the name, and their widths; the last ones go first where room is short."""
MIN_NAME = 16


@dataclass(frozen=True, slots=True, eq=False)
class LoggedHistogram:
    """The histogram of one layer at one step."""

    step: int
    buckets: npt.NDArray[np.float64]
    """float64 ``[k, 3]``: left edge, right edge and count of each bucket."""


class LoggedLayers(TextWidget):
    """A row for each layer; one is selected."""

    DEFAULT_CSS = "LoggedLayers { height: auto; }"

    def __init__(self) -> None:
        super().__init__()
        self._layers: list[tuple[str, LayerStatistics]] = []
        self._selected = 0

    def show(self, layers: Sequence[tuple[str, LayerStatistics]], selected: int) -> None:
        """Show these layers, by name."""
        resized = len(layers) != len(self._layers)
        self._layers, self._selected = list(layers), selected
        if resized:
            self.refresh(layout=True)
        self.redraw()

    def get_content_height(self, *_sizes: object) -> int:
        """A header, and a row for each layer."""
        return len(self._layers) + 1 if self._layers else 0

    def lines(self, width: int, height: int) -> list[list[Span]]:
        """The header, and as many layers as fit around the selected one."""
        if not self._layers:
            return []
        shown = list(COLUMNS)
        while shown and MIN_NAME + sum(w for _, w in shown) > width:
            shown.pop()
        name_width = width - sum(w for _, w in shown)
        head = fit("layer", name_width) + "".join(align_right(name, w) for name, w in shown)
        room = max(1, height - 1)
        first = max(0, min(self._selected - room // 2, len(self._layers) - room))
        rows = [
            self._row(index, name_width, dict(shown))
            for index in range(first, min(first + room, len(self._layers)))
        ]
        return [[(head, "dim")], *rows]

    def _row(self, index: int, name_width: int, widths: dict[str, int]) -> list[Span]:
        name, layer = self._layers[index]
        role = "selected" if index == self._selected else "text"
        texts = {
            "shape": " x ".join(map(str, layer.shape)) or "scalar",
            "parameters": f"{math.prod(layer.shape):,}",
            "mean": format_value(layer.mean),
            "std": format_value(layer.std),
            "norm": format_value(layer.norm),
            "not finite": f"{layer.not_finite:,}" if layer.not_finite else "-",
        }
        spans: list[Span] = [(elide_middle(name, name_width), role)]
        for column, width in widths.items():
            alert = column == "not finite" and layer.not_finite
            spans.append((align_right(texts[column], width), "alert" if alert else role))
        return spans


def histogram_rows(
    logged: Sequence[WeightsLogged], names: Sequence[str]
) -> list[list[HistogramSeries]]:
    """A heatmap for each of these layers, over all events that have it."""
    rows = []
    for name in names:
        histograms = [
            LoggedHistogram(event.step, _buckets(event.layers[name]))
            for event in logged
            if name in event.layers
        ]
        rows.append([HistogramSeries((name,), histograms, full_range(histograms))])
    return rows


def _buckets(layer: LayerStatistics) -> npt.NDArray[np.float64]:
    count = len(layer.counts)
    if not count or not math.isfinite(layer.low) or not layer.low <= layer.high < math.inf:
        return np.empty((0, 3))
    edges = np.linspace(layer.low, layer.high, count + 1)
    return np.stack([edges[:-1], edges[1:], layer.counts.astype(np.float64)], axis=1)
