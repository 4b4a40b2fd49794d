"""The network's input image, and the predicted digit in large.

The input is 28x14 cells for 28x28 pixels, or twice that where there is room. The digit is drawn
with seven segments, so that it can have any size.
"""

from typing import ClassVar

import numpy as np
import numpy.typing as npt
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from data.distortion import Distortion
from tui.widgets.half_blocks import GREY, NEGATIVE_RAMP, RAMP, Tones, render_image, render_signed
from tui.widgets.strip_widget import StripWidget

Image = npt.NDArray[np.float32]
SIDE = 28
LEAST_WIDTH = 3
"""Columns in which the segments of a digit are distinct."""

SEGMENTS = {
    "0": "abcdef", "1": "bc", "2": "abged", "3": "abgcd", "4": "fgbc", "5": "afgcd",
    "6": "afgedc", "7": "abc", "8": "abcdefg", "9": "abcdfg",
}  # fmt: skip
"""The segments of each digit: a at the top, clockwise to f, and g in the middle."""


class NetworkInput(StripWidget, can_focus=True):
    """The 28x28 input images, or each pixel's contribution to the prediction.

    With the focus, keys change the images before they are classified.
    """

    KEYS_TITLE = "break it"
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "distort('right', -1)", "Shift", key_display="←↓↑→", id="break.left",
                tooltip="Shift to the left"),
        Binding("right,l", "distort('right', 1)", "Right", show=False, id="break.right",
                tooltip="Shift to the right"),
        Binding("up,k", "distort('down', -1)", "Up", show=False, id="break.up",
                tooltip="Shift up"),
        Binding("down,j", "distort('down', 1)", "Down", show=False, id="break.down",
                tooltip="Shift down"),
        Binding("comma,less_than_sign", "distort('turn', -1)", "Turn", key_display=", .",
                id="break.back", tooltip="Turn counterclockwise by 10 degrees"),
        Binding("full_stop,greater_than_sign", "distort('turn', 1)", "Turn", show=False,
                id="break.turn", tooltip="Turn clockwise by 10 degrees"),
        Binding("plus,equals_sign", "distort('weight', 1)", "Thicker", key_display="+",
                id="break.thicker", tooltip="Thicken the strokes"),
        Binding("minus", "distort('weight', -1)", "Thinner", key_display="-",
                id="break.thinner", tooltip="Thin the strokes"),
        Binding("n", "distort('noise', 1)", "Noise", id="break.noise", tooltip="Add noise"),
        Binding("N", "distort('noise', -1)", "Less noise", show=False, key_display="N",
                id="break.quieter", tooltip="Remove noise"),
        Binding("0", "reset", "Reset", id="break.reset", tooltip="Show the input as it is"),
        Binding("escape", "leave", "Draw", show=False, id="break.leave",
                tooltip="Back to the field"),
    ]  # fmt: skip
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "network-input--ink",
        "network-input--for",
        "network-input--against",
    }
    DEFAULT_CSS = """
    NetworkInput { width: 28; height: 14; }
    NetworkInput > .network-input--ink { color: $foreground; background: $surface; }
    NetworkInput > .network-input--for { color: $accent; background: $surface; }
    NetworkInput > .network-input--against { color: $error; background: $surface; }
    """

    class Distorted(Message):
        """The images are to be changed in another way."""

    class Left(Message):
        """The user goes back to drawing."""

    def __init__(self, *, ascii_only: bool) -> None:
        super().__init__()
        self.distortion = Distortion()
        """How the images are changed before they are classified."""
        self._ascii = ascii_only
        self._images: Image = np.zeros((1, SIDE, SIDE), np.float32)
        self._selected = 0
        self._signed = False

    def show(self, images: Image, selected: int = 0) -> None:
        """Show images, float32 ``[n, 28, 28]`` in 0..1; the selected one where one has room."""
        self._images, self._selected, self._signed = images, selected, False
        self.redraw()

    def on_focus(self) -> None:
        """Say that keys change the images now."""
        self.post_message(self.Distorted())

    def on_blur(self) -> None:
        """Say that they do no longer."""
        self.post_message(self.Distorted())

    def action_distort(self, kind: str, step: int) -> None:
        """Change the images by another step of a kind."""
        self._distort(self.distortion.changed(**{kind: step}))

    def action_reset(self) -> None:
        """Leave the images as they are."""
        self._distort(Distortion())

    def action_leave(self) -> None:
        """Give the keys back to the field."""
        self.post_message(self.Left())

    def _distort(self, distortion: Distortion) -> None:
        if distortion != self.distortion:
            self.distortion = distortion
            self.post_message(self.Distorted())

    def show_saliency(self, contributions: Image) -> None:
        """Show contributions for (> 0) and against the prediction, ``[28, 28]``, any scale."""
        largest = float(np.abs(contributions).max()) or 1.0
        self._images, self._selected, self._signed = contributions[None] / largest, 0, True
        self.redraw()

    @property
    def _needs_letters(self) -> bool:
        """Whether to use letters for the sign: in ASCII mode, and without colours."""
        return self._ascii or self.app.no_color

    @property
    def legend(self) -> str:
        """How pixels for and against the prediction are shown."""
        if self._needs_letters:
            return f"{RAMP[1:].strip()} for it, {NEGATIVE_RAMP.strip()} against it"
        return "for it in the accent colour, against it in red"

    def rows(self, width: int, height: int) -> list[Strip]:
        """The image, two pixels of the screen per cell, in the largest whole scale that fits."""
        image = self._arranged(max(1, min(width, 2 * height) // SIDE))
        if self._signed:
            against, evidence_for = self._tones("against"), self._tones("for")
            return render_signed(image, against, evidence_for, ascii_only=self._needs_letters)
        return render_image(image, self._tones("ink"), ascii_only=self._ascii)

    def _arranged(self, scale: int) -> Image:
        """One image enlarged, or as many as fit into its place, row by row; ``[side, side]``."""
        if len(self._images) == 1 or scale == 1:
            selected: Image = self._images[self._selected]
            return selected.repeat(scale, axis=0).repeat(scale, axis=1)
        shown = np.zeros((scale * scale, SIDE, SIDE), np.float32)
        last = self._images[-scale * scale :]
        shown[: len(last)] = last
        rows = shown.reshape(scale, scale, SIDE, SIDE).swapaxes(1, 2)
        return rows.reshape(scale * SIDE, scale * SIDE)

    def _tones(self, kind: str) -> Tones:
        style = self.get_component_rich_style(f"network-input--{kind}")
        return Tones(style.bgcolor or GREY.low, style.color or GREY.high)


class BigDigit(StripWidget):
    """One digit, or several, as large as fits; blank where the network is not confident."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"big-digit--ink"}
    DEFAULT_CSS = """
    BigDigit { width: 7; height: 7; }
    BigDigit > .big-digit--ink { color: $accent; }
    BigDigit:light > .big-digit--ink { color: $accent-darken-3; }
    """

    def __init__(self, *, ascii_only: bool) -> None:
        super().__init__()
        self._ascii = ascii_only
        self._digit = ""

    def show(self, digit: str) -> None:
        """Show these digits; any other character is blank."""
        if digit != self._digit:
            self._digit = digit
            self.redraw()

    def rows(self, width: int, height: int) -> list[Strip]:
        """The segments, two pixels per cell, at most twice as high as wide."""
        digits = self._digit or " "
        gap = max(1, width // (5 * len(digits))) if len(digits) > 1 else 0
        each = max(1, (width - gap * (len(digits) - 1)) // len(digits))
        pixels = np.zeros((2 * min(height, each), width), np.bool_)
        for number, digit in enumerate(digits):
            place = slice(number * (each + gap), number * (each + gap) + each)
            if place.stop <= width and each >= LEAST_WIDTH:
                pixels[:, place] = seven_segments(digit, each, len(pixels))
        style = self.get_component_rich_style("big-digit--ink")
        ink = Style(color=style.color)
        return [
            Strip([Segment(_cell_row(top, bottom, " ###" if self._ascii else " ▀▄█"), ink)])
            for top, bottom in zip(pixels[::2], pixels[1::2], strict=True)
        ]


def _cell_row(top: npt.NDArray[np.bool_], bottom: npt.NDArray[np.bool_], signs: str) -> str:
    """Return a row of cells; `signs` are for no, the upper, the lower, and both pixels."""
    return "".join(signs[a + 2 * b] for a, b in zip(top.tolist(), bottom.tolist(), strict=True))


def seven_segments(digit: str, width: int, height: int) -> npt.NDArray[np.bool_]:
    """Return a seven-segment digit, bool ``[height, width]``; all False for anything else."""
    pixels = np.zeros((height, width), np.bool_)
    bar = max(1, round(min(width, height) / 5))
    middle = (height - bar) // 2
    left, right = slice(0, bar), slice(width - bar, width)
    upper, lower = slice(0, middle + bar), slice(middle, height)
    slices = {
        "a": (slice(0, bar), slice(None)), "b": (upper, right), "c": (lower, right),
        "d": (slice(height - bar, height), slice(None)), "e": (lower, left), "f": (upper, left),
        "g": (slice(middle, middle + bar), slice(None)),
    }  # fmt: skip
    for name in SEGMENTS.get(digit, ""):
        pixels[slices[name]] = True
    if digit == "1":
        pixels = np.roll(pixels, -((width - bar) // 2), axis=1)
    return pixels
