"""The network as a text graph, from the images to the answer, with each layer's figures beside it.

Columns are in the order of their worth; what there is no room for is left out.
"""

from collections.abc import Callable
from dataclasses import dataclass

from textual.geometry import Size

from core.network.health import Anatomy, Judgement, LayerReport, Spread, layer_name
from tui.widgets.text_widget import Lines, Part, fit, right

NAME, SHAPE = 12, 22
SIGNS = str.maketrans({"┌": "+", "└": "+", "±": "~"})
"""What stands for the graph's own signs in ASCII."""
UNKNOWN = "–"


@dataclass(frozen=True, slots=True)
class Column:
    """A figure of each layer."""

    title: str
    width: int
    show: Callable[[LayerReport], str]


def size(nbytes: int) -> str:
    """Memory as people read it."""
    if nbytes < 1024 * 1024:
        return f"{nbytes / 1024:.1f} KB"
    return f"{nbytes / 1024 / 1024:.1f} MB"


def spread(values: Spread | None) -> str:
    """Mean and standard deviation."""
    if values is None or values.mean != values.mean:
        return UNKNOWN
    mean = values.mean if abs(values.mean) > values.deviation / 1000 else 0.0
    return f"{mean:+.2g} ± {values.deviation:.2g}"


def _dead(layer: LayerReport) -> str:
    if layer.dead is None:
        return UNKNOWN if layer.hidden else ""
    return f"{layer.dead:,} of {layer.units:,}"


def _update(layer: LayerReport) -> str:
    return UNKNOWN if layer.update is None else f"{layer.update:.1e}"


COLUMNS = (
    Column("learns", 11, lambda layer: f"{layer.parameters:,}"),
    Column("memory", 10, lambda layer: size(layer.nbytes)),
    Column("dead units", 13, _dead),
    Column("update", 10, _update),
    Column("weights", 18, lambda layer: spread(layer.weights)),
    Column("biases", 18, lambda layer: spread(layer.biases)),
    Column("activations", 18, lambda layer: spread(layer.activations)),
)


class LayerTable(Lines):
    """A row for the input, for each layer, and for what follows the last."""

    def __init__(self) -> None:
        super().__init__()
        self._anatomy: Anatomy | None = None
        self._chosen = 0
        self._shape = (28, 28)
        self._end = ""

    def show(self, anatomy: Anatomy, chosen: int, shape: tuple[int, int], end: str) -> None:
        """Show a network whose layer `chosen` is looked at; `end` says what its answer goes to."""
        before = self._anatomy
        self._anatomy, self._chosen, self._shape, self._end = anatomy, chosen, shape, end
        if before is None or len(before.layers) != len(anatomy.layers):
            self.refresh(layout=True)
        self.update_rows()

    def clear(self) -> None:
        """Show no network."""
        if self._anatomy is not None:
            self._anatomy = None
            self.refresh(layout=True)
            self.update_rows()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """The layers, the input, the output, and a head."""
        return len(self._anatomy.layers) + 3 if self._anatomy else 0

    def lines(self, width: int, height: int) -> list[list[Part]]:
        """The graph, or the part of it around the chosen layer."""
        if self._anatomy is None:
            return []
        columns = _fitting(width)
        layers = self._anatomy.layers
        rows = [
            self._input(layers[0].inputs, width),
            *(self._layer(i, layer, columns) for i, layer in enumerate(layers)),
            [(fit(f"  {'└ answer':{NAME}}{self._end}", width), "dim")],
        ]
        room = max(1, height - 1)
        first = min(max(0, self._chosen + 1 - room // 2), max(0, len(rows) - room))
        titles = "".join(right(column.title, column.width) for column in columns)
        head = fit(f"  {'layer':{NAME}}{'shape':{SHAPE}}", NAME + SHAPE + 2)
        return [[(head + titles, "dim")], *rows[first : first + room]]

    def _spelled(self, text: str) -> str:
        return super()._spelled(text.translate(SIGNS) if self.ascii_only else text)

    def _input(self, inputs: int, width: int) -> list[Part]:
        height, wide = self._shape
        text = f"{height} x {wide} = {inputs:,} pixels, 0 to 1"
        return [(fit(f"  {'┌ images':{NAME}}{text}", width), "dim")]

    def _layer(self, number: int, layer: LayerReport, columns: list[Column]) -> list[Part]:
        chosen = number == self._chosen
        name = fit(f"│ {layer_name(number, layer.hidden)}", NAME)
        shape = f"{layer.inputs:,} → {layer.units:,} {'ReLU' if layer.hidden else 'logits'}"
        parts: list[Part] = [
            ("› " if chosen else "  ", "live"),
            (name, "live" if chosen else "text"),
            (fit(shape, SHAPE), "text"),
        ]
        for column in columns:
            urgent = column.show is _dead and bool(layer.dead)
            parts.append((right(column.show(layer), column.width), "alert" if urgent else "text"))
        return parts


class Judgements(Lines):
    """What is to be said of the network, in sentences."""

    def __init__(self) -> None:
        super().__init__()
        self._said: list[Judgement] = []

    def show(self, said: list[Judgement]) -> None:
        """Say this."""
        self._said = said
        self.update_rows()

    def lines(self, width: int, height: int) -> list[list[Part]]:
        """As many sentences as there is room for, the most pressing first."""
        return [
            [(fit("  " + one.text, width), "alert" if one.severity else "dim")]
            for one in self._said[:height]
        ]


def _fitting(width: int) -> list[Column]:
    left = width - NAME - SHAPE - 2
    found = []
    for column in COLUMNS:
        left -= column.width
        if left < 0:
            break
        found.append(column)
    return found
