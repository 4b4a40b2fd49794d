"""The network as a text graph, from the images to the answer, with each layer's figures beside it.

Columns are in the order of their worth; what there is no room for is left out.
"""

from collections.abc import Callable
from dataclasses import dataclass

from textual.geometry import Size

from core.network.health import Diagnosis, Distribution, LayerReport, NetworkReport, layer_name
from tui.widgets.text_widget import Span, TextWidget, align_right, fit

NAME_WIDTH, SHAPE_WIDTH = 12, 22
ASCII_SIGNS = str.maketrans({"┌": "+", "└": "+", "±": "~"})
"""What stands for the graph's own signs in ASCII."""
UNKNOWN = "–"


@dataclass(frozen=True, slots=True)
class LayerColumn:
    """A figure of each layer."""

    title: str
    width: int
    format: Callable[[LayerReport], str]


def format_bytes(nbytes: int) -> str:
    """Memory as people read it."""
    if nbytes < 1024 * 1024:
        return f"{nbytes / 1024:.1f} KB"
    return f"{nbytes / 1024 / 1024:.1f} MB"


def format_distribution(values: Distribution | None) -> str:
    """Mean and standard deviation."""
    if values is None or values.mean != values.mean:
        return UNKNOWN
    mean = values.mean if abs(values.mean) > values.std / 1000 else 0.0
    return f"{mean:+.2g} ± {values.std:.2g}"


def _dead(layer: LayerReport) -> str:
    if layer.dead is None:
        return UNKNOWN if layer.hidden else ""
    return f"{layer.dead:,} of {layer.units:,}"


def _update(layer: LayerReport) -> str:
    return UNKNOWN if layer.update_ratio is None else f"{layer.update_ratio:.1e}"


COLUMNS = (
    LayerColumn("learns", 11, lambda layer: f"{layer.parameters:,}"),
    LayerColumn("memory", 10, lambda layer: format_bytes(layer.nbytes)),
    LayerColumn("dead units", 13, _dead),
    LayerColumn("update", 10, _update),
    LayerColumn("weights", 18, lambda layer: format_distribution(layer.weights)),
    LayerColumn("biases", 18, lambda layer: format_distribution(layer.biases)),
    LayerColumn("activations", 18, lambda layer: format_distribution(layer.activations)),
)


class LayerTable(TextWidget):
    """A row for the input, for each layer, and for what follows the last."""

    def __init__(self) -> None:
        super().__init__()
        self._report: NetworkReport | None = None
        self._selected = 0
        self._shape = (28, 28)
        self._output = ""

    def show(self, anatomy: NetworkReport, chosen: int, shape: tuple[int, int], end: str) -> None:
        """Show a network whose layer `chosen` is looked at; `end` says what its answer goes to."""
        before = self._report
        self._report, self._selected, self._shape, self._output = anatomy, chosen, shape, end
        if before is None or len(before.layers) != len(anatomy.layers):
            self.refresh(layout=True)
        self.redraw()

    def clear(self) -> None:
        """Show no network."""
        if self._report is not None:
            self._report = None
            self.refresh(layout=True)
            self.redraw()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """The layers, the input, the output, and a head."""
        return len(self._report.layers) + 3 if self._report else 0

    def lines(self, width: int, height: int) -> list[list[Span]]:
        """The graph, or the part of it around the chosen layer."""
        if self._report is None:
            return []
        columns = _columns_that_fit(width)
        layers = self._report.layers
        rows = [
            self._input(layers[0].inputs, width),
            *(self._layer(i, layer, columns) for i, layer in enumerate(layers)),
            [(fit(f"  {'└ answer':{NAME_WIDTH}}{self._output}", width), "dim")],
        ]
        room = max(1, height - 1)
        first = min(max(0, self._selected + 1 - room // 2), max(0, len(rows) - room))
        titles = "".join(align_right(column.title, column.width) for column in columns)
        head = fit(f"  {'layer':{NAME_WIDTH}}{'shape':{SHAPE_WIDTH}}", NAME_WIDTH + SHAPE_WIDTH + 2)
        return [[(head + titles, "dim")], *rows[first : first + room]]

    def _displayable(self, text: str) -> str:
        return super()._displayable(text.translate(ASCII_SIGNS) if self.ascii_only else text)

    def _input(self, inputs: int, width: int) -> list[Span]:
        height, wide = self._shape
        text = f"{height} x {wide} = {inputs:,} pixels, 0 to 1"
        return [(fit(f"  {'┌ images':{NAME_WIDTH}}{text}", width), "dim")]

    def _layer(self, number: int, layer: LayerReport, columns: list[LayerColumn]) -> list[Span]:
        chosen = number == self._selected
        name = fit(f"│ {layer_name(number, layer.hidden)}", NAME_WIDTH)
        shape = f"{layer.inputs:,} → {layer.units:,} {'ReLU' if layer.hidden else 'logits'}"
        parts: list[Span] = [
            ("› " if chosen else "  ", "live"),
            (name, "live" if chosen else "text"),
            (fit(shape, SHAPE_WIDTH), "text"),
        ]
        for column in columns:
            urgent = column.format is _dead and bool(layer.dead)
            parts.append(
                (align_right(column.format(layer), column.width), "alert" if urgent else "text")
            )
        return parts


class Judgements(TextWidget):
    """What is to be said of the network, in sentences."""

    def __init__(self) -> None:
        super().__init__()
        self._diagnoses: list[Diagnosis] = []

    def show(self, said: list[Diagnosis]) -> None:
        """Say this."""
        self._diagnoses = said
        self.redraw()

    def lines(self, width: int, height: int) -> list[list[Span]]:
        """As many sentences as there is room for, the most pressing first."""
        return [
            [(fit("  " + one.text, width), "alert" if one.severity else "dim")]
            for one in self._diagnoses[:height]
        ]


def _columns_that_fit(width: int) -> list[LayerColumn]:
    left = width - NAME_WIDTH - SHAPE_WIDTH - 2
    found = []
    for column in COLUMNS:
        left -= column.width
        if left < 0:
            break
        found.append(column)
    return found
