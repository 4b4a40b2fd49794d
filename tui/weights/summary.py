"""The layers of the network as a table, from input to output, and the diagnoses.

Columns are in order of priority; those that do not fit are left out.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from textual.geometry import Size

from core.network.architecture import Shape, Stage, format_shape
from core.network.health import Diagnosis, Distribution, LayerReport, NetworkReport, layer_name
from core.run.layers import BatchNorm, Conv, Dense, OpaqueLayer
from tui.widgets.text_widget import Span, TextWidget, align_right, fit

NAME_WIDTH, SHAPE_WIDTH = 12, 22
MAX_NAME_WIDTH = 26
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


def format_count(count: int) -> str:
    """A number in full up to 99,999; else in thousands or millions; a dash for 0."""
    if not count:
        return UNKNOWN
    if count < 100_000:
        return f"{count:,}"
    return f"{count / 1e6:,.1f} M" if count >= 1_000_000 else f"{count / 1e3:,.0f} K"


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
    LayerColumn("params", 10, lambda layer: f"{layer.parameters:,}"),
    LayerColumn("mult-adds", 10, lambda layer: format_count(layer.multiply_adds)),
    LayerColumn("dead", 13, _dead),
    LayerColumn("update ratio", 13, _update),
    LayerColumn("memory", 10, lambda layer: format_bytes(layer.nbytes)),
    LayerColumn("weights", 19, lambda layer: format_distribution(layer.weights)),
    LayerColumn("biases", 19, lambda layer: format_distribution(layer.biases)),
    LayerColumn("activations", 19, lambda layer: format_distribution(layer.activations)),
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
        """Show a network; `selected` is a place among all layers, `output` says what follows."""
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
        columns = _columns_that_fit(width - NAME_WIDTH - SHAPE_WIDTH - 2)
        widths = _text_widths(report, width - 2 - sum(column.width for column in columns))
        rows = [self._input(report.stages[0], widths, width)]
        shown = set[int]()
        for place, stage in enumerate(report.stages):
            if stage.number is None or stage.number in shown:
                rows.append(self._names(place, stage, widths, "dim"))
                continue
            shown.add(stage.number)
            values = _values(report.layers[stage.number], columns)
            rows.append([*self._names(place, stage, widths), *values])
        end = fit(f"  {'└ loss':{widths[0]}}{self._output}", width)
        rows.append([(end, "dim")])
        room = max(1, height - 1)
        first_row = min(max(0, self._selected + 1 - room // 2), max(0, len(rows) - room))
        titles = "".join(align_right(column.title, column.width) for column in columns)
        head = fit(f"  {'layer':{widths[0]}}{'shape':{widths[1]}}", sum(widths) + 2)
        return [[(head + titles, "dim")], *rows[first_row : first_row + room]]

    def _displayable(self, text: str) -> str:
        return super()._displayable(text.translate(ASCII_SIGNS) if self.ascii_only else text)

    def _input(self, first: Stage, widths: tuple[int, int], width: int) -> list[Span]:
        is_own = isinstance(first.layer, OpaqueLayer)
        sides = self._shape if is_own or len(first.inputs) == 1 else first.inputs
        pixels = math.prod(sides) if is_own else math.prod(first.inputs)
        text = f"{format_shape(sides, ' x ')} = {pixels:,} pixels, 0 to 1"
        return [(fit(f"  {'┌ images':{widths[0]}}{text}", width), "dim")]

    def _names(
        self, place: int, stage: Stage, widths: tuple[int, int], role: str = "text"
    ) -> list[Span]:
        """Name and shapes; those of a layer that changes neither weights nor shape are dim."""
        selected = place == self._selected
        return [
            ("› " if selected else "  ", "live"),
            (fit(f"│ {_row_name(stage)}", widths[0] - 1) + " ", "live" if selected else role),
            (fit(_shape_text(stage), widths[1]), role),
        ]


def _values(layer: LayerReport, columns: list[LayerColumn]) -> list[Span]:
    """What the columns say about a layer with weights."""
    parts: list[Span] = []
    for column in columns:
        is_alert = column.format is _dead and bool(layer.dead)
        text = align_right(column.format(layer), column.width)
        parts.append((text, "alert" if is_alert else "text"))
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


def _row_name(stage: Stage) -> str:
    """A layer's name in the table; a batch normalization's belongs to the layer before it."""
    if isinstance(stage.layer, OpaqueLayer):
        return stage.layer.name
    if stage.number is None or isinstance(stage.layer, BatchNorm):
        return str(stage.layer)
    return layer_name(stage.number, stage)


def _shape_text(stage: Stage) -> str:
    """The shapes of what a layer takes and gives, and ReLU or logits; empty if nothing changes."""
    is_own = isinstance(stage.layer, OpaqueLayer)
    if stage.outputs == stage.inputs and (is_own or not isinstance(stage.layer, Conv | Dense)):
        return ""
    flat = len(stage.outputs) == 1 and not is_own
    inputs = (math.prod(stage.inputs),) if flat else stage.inputs
    shapes = f"{format_shape(inputs)} → {format_shape(stage.outputs)}"
    if isinstance(stage.layer, Dense):
        return f"{shapes} {'logits' if stage.is_output else 'ReLU'}"
    return shapes


def _text_widths(report: NetworkReport, room: int) -> tuple[int, int]:
    """Cells for names and for shapes: more where some are longer and the columns leave room."""
    names = max(len(_row_name(stage)) + 3 for stage in report.stages)
    shapes = max(len(_shape_text(stage)) + 1 for stage in report.stages)
    shape = min(SHAPE_WIDTH, shapes)
    spare = max(0, room - NAME_WIDTH - shape)
    name = NAME_WIDTH + min(spare, max(0, names - NAME_WIDTH), MAX_NAME_WIDTH - NAME_WIDTH)
    spare -= name - NAME_WIDTH
    return name, shape + min(spare, max(shapes, SHAPE_WIDTH) - shape)


def _columns_that_fit(room: int) -> list[LayerColumn]:
    visible = []
    for column in COLUMNS:
        room -= column.width
        if room < 0:
            break
        visible.append(column)
    return visible
