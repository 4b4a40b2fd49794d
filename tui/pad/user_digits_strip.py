"""The user's digits as a strip of small images; the selected one can be removed."""

from typing import ClassVar

import numpy as np
import numpy.typing as npt
from rich.segment import Segment
from rich.style import Style
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Click, Key
from textual.message import Message
from textual.strip import Strip
from textual.widgets import Static

from data.dataset import Images
from data.user_digits import UserDigits
from tui.widgets.capture import CapturingDialog
from tui.widgets.half_blocks import render_image
from tui.widgets.text_widget import Span, TextWidget, fit

SIDE = 14
"""Side of an image in pixels: half of the network's input."""
HEIGHT = SIDE // 2 + 1
GAP = 2
HINT = "draw one, then t and its label"
OTHER_HINT = "none; this network has other classes, x switches to one of digits"


class UserDigitsStrip(TextWidget, can_focus=True):
    """The user's digits, newest first; the arrow keys select one."""

    KEYS_TITLE = "your digits"
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "select(-1)", "Left", show=False, id="own.left",
                tooltip="Select the previous digit"),
        Binding("right,l", "select(1)", "Right", show=False, id="own.right",
                tooltip="Select the next digit"),
        Binding("up,k", "select_row(-1)", "Up", show=False, id="own.up",
                tooltip="Select the digit above"),
        Binding("down,j", "select_row(1)", "Down", show=False, id="own.down",
                tooltip="Select the digit below"),
        Binding("enter", "correct", "Correct", id="own.correct", key_display="enter",
                tooltip="Give the selected digit another label"),
        Binding("delete,backspace,x", "remove", "Remove", id="own.remove",
                tooltip="Remove the selected digit"),
        Binding("u", "restore", "Undo", id="own.restore",
                tooltip="Bring back the digit that was removed last"),
        Binding("pagedown", "select_page(1)", "Next page", show=False, id="own.page_down",
                tooltip="Next page of digits"),
        Binding("pageup", "select_page(-1)", "Previous page", show=False, id="own.page_up",
                tooltip="Previous page of digits"),
        Binding("E", "export", "Export", id="own.export", key_display="E",
                tooltip="Write all of your digits into this folder, as IDX and PNG"),
    ]  # fmt: skip
    DEFAULT_CSS = """
    UserDigitsStrip { height: 10; }
    UserDigitsStrip.-empty { height: 1; }
    """

    class RemoveRequested(Message):
        """The user asked to remove the digit with this image and time."""

        def __init__(self, image: Images, when: float) -> None:
            super().__init__()
            self.image, self.when = image, when

    class CorrectRequested(Message):
        """The user asked to give the digit with this image and time another label."""

        def __init__(self, image: Images, when: float) -> None:
            super().__init__()
            self.image = image
            self.when = when

    class ExportRequested(Message):
        """The user asked to export all digits."""

    class RestoreRequested(Message):
        """The user asked to bring back the digit that was removed last."""

    def __init__(self, *, ascii_only: bool) -> None:
        super().__init__()
        self.ascii_only = ascii_only
        self._digits: UserDigits | None = None
        self._selected = 0
        """Index, counted from the newest."""
        self._note = ""
        self._hint = HINT

    def ask_for_digits(self, digits: bool) -> None:
        """Say of an empty row how digits come into it, with a network of digits or another."""
        hint = HINT if digits else OTHER_HINT
        if hint != self._hint:
            self._hint = hint
            self.redraw()

    def show(self, digits: UserDigits) -> None:
        """Show these digits.

        While one draws, the field must not change its size with the first digit: its images are
        shown where there were some when the pad was opened, and once the strip was selected.
        """
        if self._digits is None:
            self.set_class(not len(digits), "-empty")
        self._digits = digits
        self._selected = max(0, min(self._selected, len(digits) - 1))
        self.redraw()

    def show_note(self, text: str) -> None:
        """Show a message next to the title."""
        self._note = text
        self.redraw()

    def action_select(self, step: int) -> None:
        """Select another digit."""
        if self._digits is not None and len(self._digits):
            self._selected = min(max(self._selected + step, 0), len(self._digits) - 1)
            self.redraw()

    def action_select_row(self, step: int) -> None:
        """Select a digit of another row."""
        self.action_select(step * self._across)

    def action_select_page(self, step: int) -> None:
        """Select a digit of another page."""
        self.action_select(step * self._across * self._down)

    def action_correct(self) -> None:
        """Ask for another label of the selected digit."""
        digits = self._digits
        if digits is not None and len(digits):
            index = len(digits) - 1 - self._selected
            self.post_message(self.CorrectRequested(digits.images[index], digits.times[index]))

    def action_export(self) -> None:
        """Ask to export all digits."""
        self.post_message(self.ExportRequested())

    def action_restore(self) -> None:
        """Ask to bring back the digit that was removed last."""
        self.post_message(self.RestoreRequested())

    def action_remove(self) -> None:
        """Ask to remove the selected digit."""
        digits = self._digits
        if digits is not None and len(digits):
            index = len(digits) - 1 - self._selected
            self.post_message(self.RemoveRequested(digits.images[index], digits.times[index]))

    def on_click(self, event: Click) -> None:
        """Select the digit that was clicked."""
        column, row = event.x // (SIDE + GAP), (event.y - 1) // HEIGHT
        index = self._first_visible() + row * self._across + column
        if (
            event.y
            and column < self._across
            and self._digits is not None
            and index < len(self._digits)
        ):
            self._selected = index
            self.redraw()

    def on_focus(self) -> None:
        """Highlight the selection, and make room for images."""
        if self._digits is not None and len(self._digits):
            self.remove_class("-empty")
        self.redraw()

    def on_blur(self) -> None:
        """Hide the selection."""
        self.redraw()

    @property
    def _across(self) -> int:
        """How many images are in a row."""
        return max(1, (self.size.width + GAP) // (SIDE + GAP))

    @property
    def _down(self) -> int:
        """How many rows of images there are."""
        return max(1, (self.size.height - 1) // HEIGHT)

    def _first_visible(self) -> int:
        """Return the index of the first visible digit, so that the selected one is visible."""
        return max(0, self._selected // self._across - self._down + 1) * self._across

    def lines(self, width: int, height: int) -> list[list[Span]]:  # noqa: ARG002 - one row of text
        """The title."""
        count = len(self._digits) if self._digits is not None else 0
        if not count:
            return [[("your digits", "title"), (f"   {self._hint}", "dim")]]
        text = self._note or "T fine-tunes the network on them; --eval_data mine tests with them"
        if self.has_class("-empty"):
            text = f"{text}; o shows them"
        return [[(f"your digits  {count}", "title"), (f"   {text}", "dim")]]

    def rows(self, width: int, height: int) -> list[Strip]:
        """The title, and below it images and labels."""
        title = super().rows(width, height)
        digits = self._digits
        if digits is None or not len(digits) or self.has_class("-empty"):
            return title
        rows = title
        for start in range(self._first_visible(), len(digits), self._across):
            if len(rows) + HEIGHT > max(height, 1 + HEIGHT):
                break
            rows += self._image_row(digits, range(start, min(start + self._across, len(digits))))
        return rows

    def _image_row(self, digits: UserDigits, numbers: range) -> list[Strip]:
        """One row of images and labels."""
        columns = [self._captioned(digits, number) for number in numbers]
        gap = Strip([Segment(" " * GAP)])
        return [
            Strip.join([strip for image in row for strip in (image, gap)])
            for row in zip(*columns, strict=True)
        ]

    def _captioned(self, digits: UserDigits, number: int) -> list[Strip]:
        """An image and its label."""
        index = len(digits) - 1 - number
        selected = self.has_focus and number == self._selected
        role = "selected" if selected else "text"
        name = fit(str(int(digits.labels[index])).center(SIDE), SIDE)
        style = self.get_component_rich_style(f"text-widget--{role}")
        label = Strip([Segment(name, Style(color=style.color, bold=selected, reverse=selected))])
        return [*render_image(halved(digits.images[index]), ascii_only=self.ascii_only), label]


def halved(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Return the image at half the size, in 0..1; thin lines remain bright."""
    blocks = image.reshape(SIDE, 2, SIDE, 2).astype(np.float32) / np.float32(255)
    mean, maximum = blocks.mean(axis=(1, 3)), blocks.max(axis=(1, 3))
    soft: npt.NDArray[np.float32] = (mean + maximum) / 2
    return soft


class LabelDialog(CapturingDialog[str | None]):
    """Ask for the labels of digits, from left to right; return a string of digits, or None."""

    DEFAULT_CSS = """
    LabelDialog { align: center bottom; background: transparent; }
    LabelDialog Static { width: 100%; padding: 0 2; margin-bottom: 1;
                        background: $accent; color: $background; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(digit, f"choose({digit})", digit, show=False) for digit in "0123456789"),
        Binding("backspace", "back", "Back", show=False),
        Binding("escape,q", "dismiss(None)", "Leave", show=False),
    ]

    def __init__(self, count: int = 1) -> None:
        super().__init__()
        self._count = count
        self._typed = ""

    def compose(self) -> ComposeResult:
        """The question."""
        yield Static(self._question, markup=False)

    @property
    def _question(self) -> str:
        if self._count == 1:
            return "which digit was it?  press 0 to 9, or escape"
        shown = self._typed.ljust(self._count, "_")
        return f"which {self._count} digits were they, from left to right?  {shown}   or escape"

    def on_key(self, event: Key) -> None:
        """Reject any other key and keep asking."""
        if event.is_printable and event.character not in {*"0123456789q"}:
            self._ask(f"{event.character} is not a digit; press 0 to 9, or escape")

    def action_choose(self, digit: int) -> None:
        """Take this digit; return all of them once there are enough."""
        self._typed += str(digit)
        if len(self._typed) == self._count:
            self.dismiss(self._typed)
        else:
            self._ask(self._question)

    def action_back(self) -> None:
        """Take back the digit that was typed last."""
        self._typed = self._typed[:-1]
        self._ask(self._question)

    def _ask(self, text: str) -> None:
        self.query_one(Static).update(Content(text))
