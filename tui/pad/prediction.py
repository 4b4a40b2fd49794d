"""What the pad says in words: the answer, whose it is, how it came about, and what to do."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from core.network.classifier import Reading, name_of
from data.dataset import DIGITS
from tui.widgets.text_widget import Lines, Part, spread

SMALL = 0.12
"""Ink whose box is under this part of the field is too small to read."""
GAP = "   "
MOST_TOLD = 5
"""At how many evaluations it is told how sure the network was."""


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """All that there is to say about what is on the pad."""

    reading: Reading | None = None
    """None where nothing was asked of a network."""
    source: str = ""
    """Whose weights read."""
    classes: Sequence[str] = DIGITS
    too_small: bool = False
    subject: str = ""
    """What is read, where it is not the field's ink."""
    history: Sequence[tuple[int, float]] = ()
    """Steps, and how likely the answer was to the network of that time."""

    @property
    def sure(self) -> bool:
        """Whether there is a digit to be told."""
        return self.reading is not None and not self.reading.unsure and not self.too_small

    @property
    def digit(self) -> str:
        """The digit, or nothing."""
        return self.reading.answer(self.classes) if self.reading and self.sure else ""

    def in_words(self) -> list[Part]:
        """The answer and how sure it is."""
        if self.too_small:
            return [("draw bigger", "alert")]
        if self.reading is None:
            return [("draw a digit", "dim")]
        text = self.reading.answer(self.classes)
        if self.sure:
            return [(text, "live"), (f"   {self.reading.confidence:.0%}", "text")]
        return [(text, "alert")]

    def told_history(self, room: int) -> str:
        """How sure the network was at its last evaluations, oldest first, as ``room`` allows."""
        if self.reading is None:
            return ""
        name = name_of(self.classes, self.reading.digit)
        told = [f"{step:,} {p:.0%}" for step, p in self.history[-MOST_TOLD:]]
        rows = [f"{name} at " + "  ".join(told[left:]) for left in range(len(told))]
        return next((row for row in rows if cell_len(row) <= room), "")


class Verdict(Lines):
    """The answer; below it, where there is room, whose it is and how it came about."""

    DEFAULT_CSS = "Verdict { height: 1; }"

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self._answer = answer

    def show(self, answer: Answer) -> None:
        """Show this answer."""
        self._answer = answer
        self.update_rows()

    def lines(self, width: int, height: int) -> list[list[Part]]:  # noqa: ARG002 - up to three rows
        """The rows."""
        answer = self._answer
        return [
            answer.in_words(),
            [(f"with {answer.source}" if answer.source else "", "dim")],
            [(answer.told_history(width), "dim")],
        ]


class PadStatus(Lines):
    """One row above all: what is read, pen and eraser, and whose weights."""

    DEFAULT_CSS = "PadStatus { height: 1; }"

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self._answer = answer
        self._pen = ""

    def show(self, answer: Answer) -> None:
        """Show this answer's circumstances."""
        self._answer = answer
        self.update_rows()

    def show_pen(self, pen: str) -> None:
        """Show what the pen does."""
        self._pen = pen
        self.update_rows()

    def lines(self, width: int, height: int) -> list[list[Part]]:  # noqa: ARG002 - one row
        """The row."""
        answer = self._answer
        left = answer.subject or self._pen
        # Where the screen is high, the verdict has rows for these.
        if not self.screen.has_class("-low"):
            return [spread([(left, "alert" if answer.subject else "dim")], [], width)]
        taken = cell_len(left) + cell_len(answer.source) + 2 * len(GAP)
        tail = [answer.told_history(width - taken), answer.source]
        told = GAP.join(text for text in tail if text)
        return [spread([(left, "alert" if answer.subject else "dim")], [(told, "dim")], width)]
