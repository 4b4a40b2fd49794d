"""The feature maps of one layer for the image that is explained."""

from textual.strip import Strip

from core.network.explanation import LayerOutput
from tui.widgets.map_grid import GridLayout, grid_layout, render_maps, unit_maps
from tui.widgets.text_widget import TextWidget


class FeatureMaps(TextWidget):
    """The channels of a layer as small pictures with one scale, or its units as squares."""

    plain = False
    """Whether to draw with letters: without Unicode, or without colours."""

    def __init__(self) -> None:
        super().__init__()
        self._output: LayerOutput | None = None
        self._first = 0

    def show(self, output: LayerOutput | None) -> None:
        """Show the output of this layer, from its first channel on if it is another than before."""
        if output is None or self._output is None or output.name != self._output.name:
            self._first = 0
        self._output = output
        self.redraw()

    def turn_page(self) -> None:
        """Show the channels after those that are shown; after the last, the first."""
        if self._output is not None:
            self._first += self._layout(*self.size).capacity
            if self._first >= self._output.values.shape[-1]:
                self._first = 0
            self.redraw()

    def which(self) -> str:
        """Which channels are shown, where not all are; else empty."""
        if self._output is None or not all(self.size):
            return ""
        count, capacity = self._output.values.shape[-1], self._layout(*self.size).capacity
        if capacity >= count:
            return ""
        return f"{self._first + 1:,} to {min(count, self._first + capacity):,} of {count:,}"

    def _layout(self, width: int, height: int) -> GridLayout:
        assert self._output is not None  # noqa: S101 - callers ask first
        values = self._output.values
        shape = (values.shape[0], values.shape[1]) if self._output.is_map else (1, 1)
        return grid_layout(shape, values.shape[-1], width, height)

    def rows(self, width: int, height: int) -> list[Strip]:
        """The maps that fit."""
        output = self._output
        if output is None:
            return []
        maps = output.values if output.is_map else unit_maps(output.values)
        background = self.rich_style.bgcolor
        layout = self._layout(width, height)
        return render_maps(maps[..., self._first :], layout, background, ascii_only=self.plain)
