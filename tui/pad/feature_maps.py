"""How the network sees the drawing: the feature maps of each layer, one below the other."""

from collections.abc import Sequence

from rich.segment import Segment
from textual.strip import Strip

from core.network.explanation import LayerOutput
from tui.widgets.map_grid import GridLayout, grid_layout, render_maps, unit_maps
from tui.widgets.text_widget import Span, TextWidget, fit

NOTHING = "draw something: here is what each layer makes of it"
NO_ROOM = "no room for feature maps: enlarge the window"
LEAST_ROWS = 3
"""Rows of cells below which a layer's maps say nothing."""


class PadMaps(TextWidget):
    """A title and maps for each layer; where not all layers fit, the last ones."""

    DEFAULT_CSS = "PadMaps { height: 1fr; display: none; margin-top: 1; }"
    plain = False
    """Whether to draw with letters: without Unicode, or without colours."""

    def __init__(self) -> None:
        super().__init__()
        self._outputs: Sequence[LayerOutput] = ()

    def show(self, outputs: Sequence[LayerOutput]) -> None:
        """Show the outputs of these layers; those with weights, if there are others too."""
        hidden = [output for output in outputs if output.is_hidden]
        self._outputs = hidden or outputs
        self.redraw()

    def rows(self, width: int, height: int) -> list[Strip]:
        """The layers that fit."""
        if not self._outputs:
            return [self._line([(fit(NOTHING, width), "dim")])]
        count = min(len(self._outputs), height // (1 + LEAST_ROWS))
        if not count:
            return [self._line([(fit(NO_ROOM, width), "dim")])]
        shown, drawn, left = self._outputs[-count:], dict[int, list[Strip]](), height
        # Units need few rows; the maps get the rest.
        order = sorted(range(count), key=lambda i: shown[i].is_map)
        for done, i in enumerate(order):
            drawn[i] = self._layer(shown[i], width, left // (count - done))
            left -= len(drawn[i])
        return [strip for i in range(count) for strip in drawn[i]]

    def _layer(self, output: LayerOutput, width: int, height: int) -> list[Strip]:
        maps = output.values if output.is_map else unit_maps(output.values)
        room = height - 2 if height > LEAST_ROWS + 2 else height - 1  # a blank row, if it can be
        layout = _layout(output, maps.shape[-1], width, room)
        drawn = render_maps(maps, layout, self.rich_style.bgcolor, ascii_only=self.plain)
        title = self._line(_title(output, layout, width))
        blank = [Strip([])] if room < height - 1 else []
        return [title, *drawn[:room], *blank]

    def _line(self, parts: list[Span]) -> Strip:
        return Strip([Segment(self._displayable(text), self.role_styles[r]) for text, r in parts])


def _layout(output: LayerOutput, count: int, width: int, height: int) -> GridLayout:
    shape = (output.values.shape[0], output.values.shape[1]) if output.is_map else (1, 1)
    return grid_layout(shape, count, width, height)


def _title(output: LayerOutput, layout: GridLayout, width: int) -> list[Span]:
    count = output.values.shape[-1]
    hidden = f"   {layout.capacity} of {count:,}" if layout.capacity < count else ""
    name = fit(output.name, min(len(output.name), width))
    rest = f"   {output.shape_text}{hidden}"
    return [(name, "title"), (fit(rest, min(len(rest), width - len(name))), "dim")]
