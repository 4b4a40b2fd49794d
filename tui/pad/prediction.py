"""The pad's image and what is shown about it: prediction, confidence, model, history, hints."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt
from rich.cells import cell_len

from core.network.classifier import Prediction
from data.dataset import DIGITS
from data.distortion import Distortion
from data.ink import Strokes, ink_extent, inks_to_images, raw_image
from data.stroke_groups import Judge, StrokeGroup, group_strokes
from tui.pad.drawing import Drawing, Snapshot
from tui.pad.past import PastAnswer
from tui.widgets.text_widget import Span, TextWidget, justify

MIN_INK_SIDE = 0.16
"""Smallest bounding box that is classified, as a fraction of the pad's side: three cells of 20."""
GAP = "   "
MAX_HISTORY = 5
"""Past evaluations with a confidence that is shown."""


@dataclass(frozen=True, slots=True, eq=False)
class PadImage:
    """The network's input: one image, or one for each digit of a drawing of several."""

    images: npt.NDArray[np.float32]
    """``[n, 28, 28]`` in 0..1, from left to right."""
    note: str = ""
    """What the image is, unless it is the drawing, centred and scaled."""
    is_too_small: bool = False
    """Whether the drawing is too small to classify."""
    groups: tuple[StrokeGroup, ...] = ()
    """The strokes of each image; empty if it is not made of strokes, or not centred and scaled."""
    strokes: Snapshot = ()
    """All strokes of the drawing as it was then."""

    @property
    def selected(self) -> int:
        """The index of the digit that was drawn last."""
        newest = [max(group.strokes) for group in self.groups]
        return newest.index(max(newest)) if newest else 0

    @property
    def pixels(self) -> npt.NDArray[np.float32]:
        """The image of the digit that was drawn last, ``[28, 28]``."""
        last: npt.NDArray[np.float32] = self.images[self.selected]
        return last

    def distorted(self, distortion: Distortion, *, has_keys: bool) -> "PadImage":
        """The images as `distortion` changes them, and a note; `has_keys`: keys change them."""
        change = distortion.describe()
        if not change and not has_keys:
            return self
        leave = "esc draws" if has_keys else "b goes on"
        note = (
            f"break it: {change}; 0 resets, {leave}" if change else f"break it with keys; {leave}"
        )
        return replace(self, images=distortion.apply(self.images), note=note)

    @classmethod
    def of_drawing(cls, drawing: Drawing, judge: Judge, *, raw: bool) -> Self:
        """Return the input for a drawing, centred and scaled as in MNIST unless `raw`.

        ``judge`` helps to find several digits in one drawing: see `data.stroke_groups`.
        """
        strokes = drawing.strokes
        points = [stroke.points for stroke in strokes]
        if raw:
            pixels = raw_image(points, pen=[stroke.width for stroke in strokes])
            return cls(pixels[None], "raw: the drawing as it is, neither centred nor scaled")
        groups = group_strokes(points, judge)
        extent = ink_extent(points)
        is_too_small = extent is not None and extent.side < MIN_INK_SIDE
        drawn: list[Strokes] = [group.of(points) for group in groups] or [points]
        return cls(inks_to_images(drawn), "", is_too_small, tuple(groups), strokes)


@dataclass(frozen=True, slots=True, eq=False)
class PadState:
    """What the pad shows about its image: prediction, model, and history."""

    prediction: Prediction | None = None
    """That of the digit drawn last; None if nothing was classified."""
    source: str = ""
    """The model that classified it."""
    classes: Sequence[str] = DIGITS
    is_too_small: bool = False
    note: str = ""
    """As in `PadImage`."""
    history: Sequence[PastAnswer] = ()
    """What the run's earlier networks make of the digit drawn last."""
    selected: int | None = None
    """The step of the earlier network that is used; None if it is the newest."""
    is_waiting: bool = False
    """Whether the network has not answered yet."""
    all_predictions: Sequence[Prediction] = ()
    """Those of all digits, from left to right, where there are several."""

    @property
    def has_digits(self) -> bool:
        """Whether the classes are the digits."""
        return tuple(self.classes) == DIGITS

    @property
    def is_confident(self) -> bool:
        """Whether the prediction is confident enough to show."""
        return self.prediction is not None and not self.prediction.abstains

    @property
    def digit(self) -> str:
        """The predicted digits, with ``?`` where not confident; empty if none is."""
        if self.prediction is None:
            return ""
        shown = self.all_predictions or [self.prediction]
        if all(each.abstains for each in shown):
            return ""
        return "".join(self.short(each) for each in shown)

    def short(self, prediction: Prediction) -> str:
        """The predicted class; ``?`` where not confident."""
        return "?" if prediction.abstains else prediction.describe(self.classes)

    def summary(self) -> list[Span]:
        """Return the prediction and its confidence, or a hint."""
        if self.is_too_small:
            return [("draw bigger", "alert")]
        if self.is_waiting:
            return [("…", "dim")]
        if self.prediction is None:
            what = "a digit" if self.has_digits else "something"
            return [(f"draw {what}", "dim")]
        if self.all_predictions:
            read = "  ".join(self.short(each) for each in self.all_predictions)
            rates = "  ".join(f"{each.confidence:.0%}" for each in self.all_predictions)
            sure = not any(each.abstains for each in self.all_predictions)
            return [(read, "live" if sure else "alert"), (f"   {rates}", "text")]
        text = self.prediction.describe(self.classes)
        if self.is_confident:
            return [(text, "live"), (f"   {self.prediction.confidence:.0%}", "text")]
        return [(text, "alert")]

    def history_text(self, room: int) -> str:
        """Return the last evaluations' answers, oldest first, in at most `room` cells."""
        values = [
            f"{answer.step:,}: {answer.text(self.classes)}"
            for answer in self.history[-MAX_HISTORY:]
        ]
        rows = [GAP.join(values[start:]) for start in range(len(values))]
        return next((row for row in rows if cell_len(row) <= room), "")


class PredictionLabel(TextWidget):
    """The prediction; below it, where there is room, the model."""

    DEFAULT_CSS = "PredictionLabel { height: 1; }"

    def __init__(self, state: PadState) -> None:
        super().__init__()
        self._state = state

    def show(self, state: PadState) -> None:
        """Show this state."""
        self._state = state
        self.redraw()

    def lines(self, width: int, height: int) -> list[list[Span]]:  # noqa: ARG002 - two rows
        """The rows."""
        state = self._state
        return [
            state.summary(),
            [(f"with {state.source}" if state.source else "", "dim")],
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
