"""What the pad says in words: the answer, whose it is, how it came about, and what to do."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from core.network.classifier import Prediction, class_name
from data.dataset import DIGITS
from tui.widgets.text_widget import Span, TextWidget, justify

MIN_INK_SIDE = 0.12
"""Ink whose box is under this part of the field is too small to read."""
GAP = "   "
MAX_HISTORY = 5
"""At how many evaluations it is told how sure the network was."""


@dataclass(frozen=True, slots=True, eq=False)
class PadState:
    """All that there is to say about what is on the pad."""

    prediction: Prediction | None = None
    """None where nothing was asked of a network."""
    source: str = ""
    """Whose weights read."""
    classes: Sequence[str] = DIGITS
    too_small: bool = False
    note: str = ""
    """What is read, where it is not the field's ink."""
    history: Sequence[tuple[int, float]] = ()
    """Steps, and how likely the answer was to the network of that time."""

    @property
    def is_confident(self) -> bool:
        """Whether there is a digit to be told."""
        return self.prediction is not None and not self.prediction.abstains and not self.too_small

    @property
    def digit(self) -> str:
        """The digit, or nothing."""
        return (
            self.prediction.describe(self.classes) if self.prediction and self.is_confident else ""
        )

    def summary(self) -> list[Span]:
        """The answer and how sure it is."""
        if self.too_small:
            return [("draw bigger", "alert")]
        if self.prediction is None:
            return [("draw a digit", "dim")]
        text = self.prediction.describe(self.classes)
        if self.is_confident:
            return [(text, "live"), (f"   {self.prediction.confidence:.0%}", "text")]
        return [(text, "alert")]

    def history_text(self, room: int) -> str:
        """How sure the network was at its last evaluations, oldest first, as ``room`` allows."""
        if self.prediction is None:
            return ""
        name = class_name(self.classes, self.prediction.label)
        told = [f"{step:,} {p:.0%}" for step, p in self.history[-MAX_HISTORY:]]
        rows = [f"{name} at " + "  ".join(told[left:]) for left in range(len(told))]
        return next((row for row in rows if cell_len(row) <= room), "")


class PredictionLabel(TextWidget):
    """The answer; below it, where there is room, whose it is and how it came about."""

    DEFAULT_CSS = "PredictionLabel { height: 1; }"

    def __init__(self, state: PadState) -> None:
        super().__init__()
        self._state = state

    def show(self, state: PadState) -> None:
        """Show this answer."""
        self._state = state
        self.redraw()

    def lines(self, width: int, height: int) -> list[list[Span]]:  # noqa: ARG002 - up to three rows
        """The rows."""
        answer = self._state
        return [
            answer.summary(),
            [(f"with {answer.source}" if answer.source else "", "dim")],
            [(answer.history_text(width), "dim")],
        ]


class PadStatus(TextWidget):
    """One row above all: what is read, pen and eraser, and whose weights."""

    DEFAULT_CSS = "PadStatus { height: 1; }"

    def __init__(self, state: PadState) -> None:
        super().__init__()
        self._state = state
        self._pen = ""

    def show(self, state: PadState) -> None:
        """Show this answer's circumstances."""
        self._state = state
        self.redraw()

    def show_pen(self, pen: str) -> None:
        """Show what the pen does."""
        self._pen = pen
        self.redraw()

    def lines(self, width: int, height: int) -> list[list[Span]]:  # noqa: ARG002 - one row
        """The row."""
        answer = self._state
        left = answer.note or self._pen
        # Where the screen is high, the verdict has rows for these.
        if not self.screen.has_class("-low"):
            return [justify([(left, "alert" if answer.note else "dim")], [], width)]
        taken = cell_len(left) + cell_len(answer.source) + 2 * len(GAP)
        tail = [answer.history_text(width - taken), answer.source]
        told = GAP.join(text for text in tail if text)
        return [justify([(left, "alert" if answer.note else "dim")], [(told, "dim")], width)]
