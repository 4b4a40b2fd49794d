"""The layers of the network as a table, from input to output, and the diagnoses.

Columns are in order of priority; those that do not fit are left out.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from textual.geometry import Size

from core.network.architecture import Shape, Stage, format_shape
from core.network.health import Diagnosis, Distribution, LayerReport, NetworkReport, layer_name
from core.run.layers import OwnModel
from tui.widgets.text_widget import Span, TextWidget, align_right, fit

NAME_WIDTH, SHAPE_WIDTH = 12, 22
ASCII_SIGNS = str.maketrans({"┌": "+", "└": "+", "±": "~"})
"""ASCII substitutes for characters of the table."""
UNKNOWN = "–"


@dataclass(frozen=True, slots=True)
class LayerColumn:
    """One value of each layer."""

    title: str
    width: int
    format: Callable[[LayerReport], str]


def format_bytes(nbytes: int) -> str:
    """A number of bytes as KB or MB."""
    if nbytes < 1024 * 1024:
        return f"{nbytes / 1024:.1f} KB"
    return f"{nbytes / 1024 / 1024:.1f} MB"


def format_distribution(values: Distribution | None) -> str:
    """Mean ± standard deviation; a dash if unknown."""
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
    LayerColumn("params", 11, lambda layer: f"{layer.parameters:,}"),
    LayerColumn("memory", 10, lambda layer: format_bytes(layer.nbytes)),
    LayerColumn("dead", 13, _dead),
    LayerColumn("update ratio", 14, _update),
    LayerColumn("weights", 18, lambda layer: format_distribution(layer.weights)),
    LayerColumn("biases", 18, lambda layer: format_distribution(layer.biases)),
    LayerColumn("activations", 18, lambda layer: format_distribution(layer.activations)),
)


class LayerTable(TextWidget):
    """A row for the input, for each layer, and for the output."""

    def __init__(self) -> None:
        super().__init__()
        self._report: NetworkReport | None = None
        self._selected = 0
        self._shape: Shape = (28, 28)
        self._output = ""

    def show(self, report: NetworkReport, selected: int, shape: Shape, output: str) -> None:
        """Show a network with a selected layer; `output` describes what follows the last layer."""
        previous = self._report
        self._report, self._selected, self._shape, self._output = report, selected, shape, output
        if previous is None or len(previous.stages) != len(report.stages):
            self.refresh(layout=True)
        self.redraw()

    def clear(self) -> None:
        """Show no network."""
        if self._report is not None:
            self._report = None
            self.refresh(layout=True)
            self.redraw()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """A header, the input, the layers and the output."""
        return len(self._report.stages) + 3 if self._report else 0

    def lines(self, width: int, height: int) -> list[list[Span]]:
        """The header, and the rows around the selected layer that fit."""
        report = self._report
        if report is None:
            return []
        columns = _columns_that_fit(width)
        rows = [self._input(report.stages[0], width)]
        selected, shown = 0, set[int]()
        for stage in report.stages:
            if stage.number is None or stage.number in shown:
                rows.append(self._without_weights(stage, width))
                continue
            shown.add(stage.number)
            if stage.number == self._selected:
                selected = len(rows)
            rows.append(self._layer(stage.number, report.layers[stage.number], columns))
        rows.append([(fit(f"  {'└ loss':{NAME_WIDTH}}{self._output}", width), "dim")])
        room = max(1, height - 1)
        first = min(max(0, selected - room // 2), max(0, len(rows) - room))
        titles = "".join(align_right(column.title, column.width) for column in columns)
        head = fit(f"  {'layer':{NAME_WIDTH}}{'shape':{SHAPE_WIDTH}}", NAME_WIDTH + SHAPE_WIDTH + 2)
        return [[(head + titles, "dim")], *rows[first : first + room]]

    def _displayable(self, text: str) -> str:
        return super()._displayable(text.translate(ASCII_SIGNS) if self.ascii_only else text)

    def _input(self, first: Stage, width: int) -> list[Span]:
        is_own = isinstance(first.layer, OwnModel)
        sides = self._shape if is_own or len(first.inputs) == 1 else first.inputs
        pixels = math.prod(sides) if is_own else math.prod(first.inputs)
        text = f"{format_shape(sides, ' x ')} = {pixels:,} pixels, 0 to 1"
        return [(fit(f"  {'┌ images':{NAME_WIDTH}}{text}", width), "dim")]

    def _without_weights(self, stage: Stage, width: int) -> list[Span]:
        """A pool, a dropout; a batch normalization, whose arrays belong to the layer before."""
        name = f"│ {stage.layer} ".ljust(NAME_WIDTH)
        changes = stage.outputs != stage.inputs
        return [(fit(f"  {name}{_shapes(stage) if changes else ''}", width), "dim")]

    def _layer(self, number: int, layer: LayerReport, columns: list[LayerColumn]) -> list[Span]:
        selected = number == self._selected
        name = fit(f"│ {layer_name(number, layer.stage)}", NAME_WIDTH)
        shape = _shapes(layer.stage)
        if not (layer.is_convolution or isinstance(layer.stage.layer, OwnModel)):
            shape += " ReLU" if layer.hidden else " logits"
        parts: list[Span] = [
            ("› " if selected else "  ", "live"),
            (name, "live" if selected else "text"),
            (fit(shape, SHAPE_WIDTH), "text"),
        ]
        for column in columns:
            is_alert = column.format is _dead and bool(layer.dead)
            parts.append(
                (align_right(column.format(layer), column.width), "alert" if is_alert else "text")
            )
        return parts


class DiagnosisList(TextWidget):
    """Diagnoses of the network, one sentence each."""

    def __init__(self) -> None:
        super().__init__()
        self._diagnoses: list[Diagnosis] = []

    def show(self, diagnoses: list[Diagnosis]) -> None:
        """Show these diagnoses."""
        if len(diagnoses) != len(self._diagnoses):
            self.refresh(layout=True)
        self._diagnoses = diagnoses
        self.redraw()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """A row for each diagnosis."""
        return len(self._diagnoses)

    def lines(self, width: int, height: int) -> list[list[Span]]:
        """As many sentences as fit, the most severe first."""
        return [
            [(fit("  " + diagnosis.text, width), "alert" if diagnosis.severity else "dim")]
            for diagnosis in self._diagnoses[:height]
        ]


def _shapes(stage: Stage) -> str:
    flat = len(stage.outputs) == 1 and not isinstance(stage.layer, OwnModel)
    inputs = (math.prod(stage.inputs),) if flat else stage.inputs
    return f"{format_shape(inputs)} → {format_shape(stage.outputs)}"


def _columns_that_fit(width: int) -> list[LayerColumn]:
    remaining = width - NAME_WIDTH - SHAPE_WIDTH - 2
    visible = []
    for column in COLUMNS:
        remaining -= column.width
        if remaining < 0:
            break
        visible.append(column)
    return visible
