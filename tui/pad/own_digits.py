"""The user's own digits as a row of small pictures, of which one can be chosen and taken away."""

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
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widgets import Static

from data.dataset import Images
from data.own import UserDigits
from tui.widgets.half_blocks import render_image
from tui.widgets.text_widget import ROLES, Span, TextWidget, fit

SIDE = 14
"""Pixels of a picture's side: half of what the network sees."""
HEIGHT = SIDE // 2 + 1
GAP = 2


class OwnDigitsStrip(TextWidget, can_focus=True):
    """The newest drawings first; the arrows choose one."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "choose(-1)", "Left", show=False, id="own.left",
                tooltip="Choose the drawing to the left"),
        Binding("right,l", "choose(1)", "Right", show=False, id="own.right",
                tooltip="Choose the drawing to the right"),
        Binding("delete,backspace,x", "remove", "Remove", id="own.remove",
                tooltip="Take the chosen drawing out of your set"),
    ]  # fmt: skip
    DEFAULT_CSS = """
    OwnDigitsStrip { height: 10; }
    OwnDigitsStrip.-empty { height: 1; }
    """

    class RemoveRequested(Message):
        """Somebody wants the drawing of this image and time out of the set."""

        def __init__(self, image: Images, when: float) -> None:
            super().__init__()
            self.image, self.when = image, when

    def __init__(self, *, ascii_only: bool) -> None:
        super().__init__()
        self.ascii_only = ascii_only
        self._own: UserDigits | None = None
        self._selected = 0
        """Counted from the newest."""
        self._note = ""

    def show(self, own: UserDigits) -> None:
        """Show these."""
        self._own = own
        self.set_class(not len(own), "-empty")
        self._selected = max(0, min(self._selected, len(own) - 1))
        self.redraw()

    def show_note(self, told: str) -> None:
        """Show this sentence beside the title."""
        self._note = told
        self.redraw()

    def action_choose(self, step: int) -> None:
        """Choose another."""
        if self._own is not None and len(self._own):
            self._selected = min(max(self._selected + step, 0), len(self._own) - 1)
            self.redraw()

    def action_remove(self) -> None:
        """Ask for the chosen one to be removed."""
        own = self._own
        if own is not None and len(own):
            index = len(own) - 1 - self._selected
            self.post_message(self.RemoveRequested(own.images[index], own.times[index]))

    def on_click(self, event: Click) -> None:
        """Choose the one that was clicked."""
        place = self._first_visible(self.size.width) + event.x // (SIDE + GAP)
        if event.y and self._own is not None and place < len(self._own):
            self._selected = place
            self.redraw()

    def on_focus(self) -> None:
        """Show which one is chosen."""
        self.redraw()

    def on_blur(self) -> None:
        """Nothing is chosen while the keys are elsewhere."""
        self.redraw()

    def _first_visible(self, width: int) -> int:
        """The first that is shown, so that the chosen one is."""
        room = max(1, (width + GAP) // (SIDE + GAP))
        return max(0, self._selected - room + 1)

    def lines(self, width: int, height: int) -> list[list[Span]]:  # noqa: ARG002 - one row of text
        """The title."""
        count = len(self._own) if self._own is not None else 0
        if not count:
            return [[("your digits", "title"), ("   draw one, then t and its name", "dim")]]
        told = self._note or "T teaches them to the network"
        return [[(f"your digits  {count}", "title"), (f"   {told}", "dim")]]

    def rows(self, width: int, height: int) -> list[Strip]:
        """The title, and below it pictures and their names."""
        title = super().rows(width, height)
        own = self._own
        if own is None or not len(own):
            return title
        start = self._first_visible(width)
        room = max(1, (width + GAP) // (SIDE + GAP))
        shown = range(start, min(start + room, len(own)))
        framed = [self._captioned(own, number) for number in shown]
        gap = Strip([Segment(" " * GAP)])
        joined = [
            Strip.join([strip for part in row for strip in (part, gap)])
            for row in zip(*framed, strict=True)
        ]
        return [*title, *joined]

    def _captioned(self, own: UserDigits, number: int) -> list[Strip]:
        """A picture and its name."""
        index = len(own) - 1 - number
        chosen = self.has_focus and number == self._selected
        role = ROLES[5] if chosen else ROLES[0]
        name = fit(str(int(own.labels[index])).center(SIDE), SIDE)
        style = self.get_component_rich_style(f"lines--{role}")
        label = Strip([Segment(name, Style(color=style.color, bold=chosen, reverse=chosen))])
        return [*render_image(halved(own.images[index]), ascii_only=self.ascii_only), label]


def halved(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """An image of half the side, from 0 to 1; thin lines stay bright."""
    blocks = image.reshape(SIDE, 2, SIDE, 2).astype(np.float32) / np.float32(255)
    mean, most = blocks.mean(axis=(1, 3)), blocks.max(axis=(1, 3))
    soft: npt.NDArray[np.float32] = (mean + most) / 2
    return soft


class LabelDialog(ModalScreen[int | None]):
    """Asks which digit the drawing was; answers with it, or with None."""

    DEFAULT_CSS = """
    LabelDialog { align: center bottom; background: transparent; }
    LabelDialog Static { width: auto; padding: 0 2; margin-bottom: 1;
                        background: $accent; color: $background; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(digit, f"name({digit})", digit, show=False) for digit in "0123456789"),
        Binding("escape,q", "dismiss(None)", "Back", show=False),
    ]

    def compose(self) -> ComposeResult:
        """The question."""
        yield Static("which digit was it?  press 0 to 9, or escape", markup=False)

    def on_key(self, event: Key) -> None:
        """Say of any other key that it names nothing, and ask on."""
        if event.is_printable and event.character not in {*"0123456789q"}:
            told = f"{event.character} is no digit; press 0 to 9, or escape"
            self.query_one(Static).update(Content(told))

    def action_name(self, digit: int) -> None:
        """Answer with this digit."""
        self.dismiss(digit)
