"""Histograms over time: for each layer its weights, biases and activations, a column a moment.

Values lie upward and time to the right; the brighter, the more values. The numbers at the left are
the limits of what is shown.
"""

from rich.color import Color
from rich.segment import Segment
from textual.strip import Strip

from core.network.health import layer_name
from tui.weights.history import QUANTITIES, ReportHistory, heatmap, value_range
from tui.widgets.half_blocks import Tones, render_image
from tui.widgets.text_widget import TextWidget, align_right, fit

LABEL_WIDTH = 7
GAP = 2
MIN_ROWS = 4
"""A title and three rows of cells: fewer show nothing."""
HEAT_TONES = Tones(Color.from_rgb(18, 18, 18), Color.from_rgb(255, 186, 73))


class Heatmaps(TextWidget):
    """Three histograms over time for each layer there is room for."""

    plain = False
    """Whether to draw with letters: without Unicode, or without colours."""

    def __init__(self) -> None:
        super().__init__()
        self._history = ReportHistory()
        self._selected = 0

    def show(self, history: ReportHistory, chosen: int) -> None:
        """Show this; layer `chosen` is always among those that are seen."""
        self._history, self._selected = history, chosen
        self.redraw()

    def rows(self, width: int, height: int) -> list[Strip]:
        """The layers that fit, each with the same height."""
        newest = self._history.newest
        if newest is None or height < MIN_ROWS:
            return []
        count = min(len(newest.layers), height // MIN_ROWS)
        first = min(max(0, self._selected - count // 2), len(newest.layers) - count)
        rows: list[Strip] = []
        for layer in range(first, first + count):
            rows += self._layer(layer, newest.layers[layer].hidden, width, height // count)
        return rows

    def _layer(self, layer: int, hidden: bool, width: int, height: int) -> list[Strip]:
        name = layer_name(layer, hidden)
        room = (width - GAP * (len(QUANTITIES) - 1)) // len(QUANTITIES)
        blocks = [self._histogram(layer, name, quantity, room, height) for quantity in QUANTITIES]
        gap = self._text(" " * GAP, "text")
        return [
            Strip.join([part for block in blocks for part in (block[y], gap)])
            for y in range(height)
        ]

    def _histogram(
        self, layer: int, name: str, quantity: str, width: int, height: int
    ) -> list[Strip]:
        """One histogram over time: a title, and at its left the limits of the values."""
        title = self._text(fit(title_of(name, quantity, width), width), "dim")
        spreads = self._history.distributions(layer, quantity)
        if not spreads or width <= LABEL_WIDTH + 1:
            return [title, *[self._text(" " * width, "dim")] * (height - 1)]
        rows = height - 2 if height > MIN_ROWS + 1 else height - 1
        picture = heatmap(spreads, width - LABEL_WIDTH, rows if self.plain else 2 * rows)
        if self.plain:
            picture = picture.repeat(2, axis=0)
        low, high = value_range(spreads)
        labels = [f"{high:.2g}", *[""] * (rows - 2), f"{low:.2g}"]
        drawn = [
            Strip.join([self._text(align_right(label, LABEL_WIDTH - 1) + " ", "dim"), cells])
            for label, cells in zip(
                labels, render_image(picture, HEAT_TONES, ascii_only=self.plain), strict=True
            )
        ]
        return [title, *drawn, *[self._text(" " * width, "dim")] * (height - 1 - rows)]

    def _text(self, text: str, role: str) -> Strip:
        return Strip([Segment(self._displayable(text), self._role_style(role))])


def title_of(name: str, quantity: str, width: int) -> str:
    """What a histogram is of; without its layer, which the one beside it names, if need be."""
    full = f"{name} {quantity}"
    return full if len(full) <= width else quantity
