"""The pad's image and what is shown about it: prediction, confidence, model, history, hints."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from rich.cells import cell_len

from core.network.classifier import Prediction, class_name
from data.dataset import DIGITS
from data.ink import ink_extent, ink_to_image, raw_image
from tui.pad.drawing import Drawing
from tui.widgets.text_widget import Span, TextWidget, justify

MIN_INK_SIDE = 0.12
"""Smallest bounding box that is classified, as a fraction of the pad's side."""
GAP = "   "
MAX_HISTORY = 5
"""Past evaluations whose confidence is shown."""


@dataclass(frozen=True, slots=True, eq=False)
class PadImage:
    """The network's input."""

    pixels: npt.NDArray[np.float32]
    """``[28, 28]`` in 0..1."""
    note: str = ""
    """What the image is, unless it is the drawing, centred and scaled."""
    is_too_small: bool = False
    """Whether the drawing is too small to classify."""

    @classmethod
    def of_drawing(cls, drawing: Drawing, *, raw: bool) -> Self:
        """Return the input for a drawing, centred and scaled as in MNIST unless `raw`."""
        if raw:
            pixels = raw_image(drawing.points, pen=[stroke.width for stroke in drawing.strokes])
            return cls(pixels, "raw: the drawing as it is, neither centred nor scaled")
        extent = ink_extent(drawing.points)
        is_too_small = extent is not None and extent.side < MIN_INK_SIDE
        return cls(ink_to_image(drawing.points), is_too_small=is_too_small)


@dataclass(frozen=True, slots=True, eq=False)
class PadState:
    """What the pad shows about its image: prediction, model, and history."""

    prediction: Prediction | None = None
    """None if nothing was classified."""
    source: str = ""
    """The model that classified it."""
    classes: Sequence[str] = DIGITS
    is_too_small: bool = False
    note: str = ""
    """As in `PadImage`."""
    history: Sequence[tuple[int, float]] = ()
    """Steps, and the probability that the network of that step gives this class."""

    @property
    def is_confident(self) -> bool:
        """Whether the prediction is confident enough to show."""
        return self.prediction is not None and not self.prediction.abstains

    @property
    def digit(self) -> str:
        """The predicted digit; empty if not confident."""
        if self.prediction is None or not self.is_confident:
            return ""
        return self.prediction.describe(self.classes)

    def summary(self) -> list[Span]:
        """Return the prediction and its confidence, or a hint."""
        if self.is_too_small:
            return [("draw bigger", "alert")]
        if self.prediction is None:
            return [("draw a digit", "dim")]
        text = self.prediction.describe(self.classes)
        if self.is_confident:
            return [(text, "live"), (f"   {self.prediction.confidence:.0%}", "text")]
        return [(text, "alert")]

    def history_text(self, room: int) -> str:
        """Return the last evaluations' probabilities, oldest first, in at most `room` cells."""
        if self.prediction is None:
            return ""
        name = class_name(self.classes, self.prediction.label)
        values = [f"{step:,} {p:.0%}" for step, p in self.history[-MAX_HISTORY:]]
        rows = [f"{name} at " + "  ".join(values[start:]) for start in range(len(values))]
        return next((row for row in rows if cell_len(row) <= room), "")


class PredictionLabel(TextWidget):
    """The prediction; below it, where there is room, the model and the history."""

    DEFAULT_CSS = "PredictionLabel { height: 1; }"

    def __init__(self, state: PadState) -> None:
        super().__init__()
        self._state = state

    def show(self, state: PadState) -> None:
        """Show this state."""
        self._state = state
        self.redraw()

    def lines(self, width: int, height: int) -> list[list[Span]]:  # noqa: ARG002 - up to three rows
        """The rows."""
        state = self._state
        return [
            state.summary(),
            [(f"with {state.source}" if state.source else "", "dim")],
            [(state.history_text(width), "dim")],
        ]


class PadStatus(TextWidget):
    """The row at the top: pen or eraser, and the model."""

    DEFAULT_CSS = "PadStatus { height: 1; }"

    def __init__(self, state: PadState) -> None:
        super().__init__()
        self._state = state
        self._pen = ""

    def show(self, state: PadState) -> None:
        """Show this state."""
        self._state = state
        self.redraw()

    def show_pen(self, pen: str) -> None:
        """Show the state of the pen."""
        self._pen = pen
        self.redraw()

    def lines(self, width: int, height: int) -> list[list[Span]]:  # noqa: ARG002 - one row
        """The row."""
        state = self._state
        left = state.note or self._pen
        # On a high screen the prediction label shows the rest.
        if not self.screen.has_class("-low"):
            return [justify([(left, "alert" if state.note else "dim")], [], width)]
        used = cell_len(left) + cell_len(state.source) + 2 * len(GAP)
        tail = [state.history_text(width - used), state.source]
        right = GAP.join(text for text in tail if text)
        return [justify([(left, "alert" if state.note else "dim")], [(right, "dim")], width)]
