"""The Pad screen: draw a digit, see the network's input and its prediction.

Classifying needs no TensorFlow: one forward pass in numpy, on this thread, at most eight times a
second while drawing, and whenever the weights change. The ink is painted before it is classified,
so that the pen does not lag. Until the run has weights, the built-in model classifies.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal

from core.run.events import Event, Weights
from core.run.state import RunState
from data.ink import Strokes
from data.stroke_groups import group_strokes
from trainpad.errors import UserError
from tui.dashboard.screen import RunScreen
from tui.dashboard.selection import PickedImage
from tui.pad.boxes import digit_boxes
from tui.pad.drawing import Drawing
from tui.pad.layout import FIELD_ID, PadBody, PadSide
from tui.pad.models import ModelSwitcher
from tui.pad.network_input import BigDigit, NetworkInput
from tui.pad.prediction import PadImage, PadState, PadStatus, PredictionLabel
from tui.pad.sketch_pad import SketchPad
from tui.pad.user_digits_store import UserDigitsStore, fine_tune_and_save
from tui.pad.user_digits_strip import LabelDialog, UserDigitsStrip
from tui.widgets.background import BackgroundJob, JobFinished
from tui.widgets.probability_bars import ProbabilityBars
from tui.widgets.throttle import Throttle

if TYPE_CHECKING:
    from core.network.finetune import FineTuneResult

INTERVAL = 0.125
"""Seconds between two classifications of a changing drawing."""
PAUSE = 0.03
"""Seconds that a due classification waits for more ink, to come right after it is painted."""


class PadScreen(RunScreen):
    """Draw a digit and see its prediction."""

    NAME = "pad"
    WRITE_ACTIONS = frozenset({"label", "fine_tune"})
    FOOTER_FIRST = ("pen", "clear", "undo", "label", "user_digits")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v", "raw", "Raw", id="pad.raw",
                tooltip="Network input: the raw drawing, or centred and scaled as in MNIST"),
        Binding("w", "why", "Why", id="pad.why",
                tooltip="Show which pixels are evidence for and against the prediction"),
        Binding("x", "model", "Weights", id="pad.mind",
                tooltip="Switch the model: the run's, the fine-tuned, the built-in"),
        Binding("t", "label", "Label", id="pad.name",
                tooltip="Label the drawing: t, then the digit"),
        Binding("T,ctrl+t", "fine_tune", "Fine-tune", show=False, id="pad.teach", key_display="T",
                tooltip="Fine-tune the network on your digits, as a new run"),
        Binding("o", "user_digits", "Yours", id="pad.own",
                tooltip="Show your digits, or the pad again"),
    ]  # fmt: skip

    def __init__(
        self, user_digits: UserDigitsStore | None = None, models: ModelSwitcher | None = None
    ) -> None:
        super().__init__()
        self.drawing = Drawing()
        """The drawing; it survives the screen's widgets."""
        self._models = models or ModelSwitcher()
        self._user_digits = user_digits or UserDigitsStore()
        self._fine_tuning: BackgroundJob[tuple[FineTuneResult, str]] = BackgroundJob(
            self, self._fine_tuned
        )
        self._raw = self._why = False
        self._picked: PadImage | None = None
        """An image from another screen, shown in place of the drawing."""
        self._throttle = Throttle(INTERVAL, grace=PAUSE)
        self._is_stale = False
        """Whether the drawing changed since it was classified."""

    def compose(self) -> ComposeResult:
        """The pad at the left; input, prediction and probabilities at the right."""
        ascii_only, empty = self.host.ascii, PadState(source=self._models.classifier.origin)
        yield self.header()
        yield PadStatus(empty)
        with PadBody(id="pad-body"):
            with Container(id=FIELD_ID):
                yield SketchPad(self.drawing, ascii_only=ascii_only)
            with PadSide(id="pad-side"):
                yield PredictionLabel(empty)
                with Horizontal(id="pad-input"):
                    yield NetworkInput(ascii_only=ascii_only)
                    yield BigDigit(ascii_only=ascii_only)
                yield ProbabilityBars(ascii_only=ascii_only)
        yield UserDigitsStrip(ascii_only=ascii_only)
        yield self.footer()

    def on_mount(self) -> None:
        """Focus the pad."""
        pad = self.query_one(SketchPad)
        pad.focus()
        for name in ("pen_width", "erasing", "pen_down"):
            self.watch(pad, name, self._show_pen)
        self._show_user_digits()

    def on_screen_resume(self) -> None:
        """Draw in pixels instead of cells, where the terminal reports them."""
        if self.is_current:  # screens that are mounted ahead resume as well
            self.host.request_pixels(True)

    def on_screen_suspend(self) -> None:
        """End a stroke that is being drawn; the other screens need no more than cells."""
        self.query_one(SketchPad).end_drag()
        self.host.request_pixels(False)

    # -- classifying ---------------------------------------------------------------------------

    def update_run(self, run: RunState) -> None:
        """Use the run's newest weights."""
        super().update_run(run)
        self._use_weights(run)

    def on_run_event(self, event: Event) -> None:
        """Classify again with newer weights."""
        if isinstance(event, Weights):
            self._use_weights(self.host.run_state)

    def show_image(self, image: npt.NDArray[np.number], label: int | str | None = None) -> None:
        """Classify an image from elsewhere, ``[28, 28]`` in 0..1, until the drawing changes.

        ``label`` is the image's class: its index, or its name.
        """
        classes = self._models.classifier.classes
        known = isinstance(label, int) and label < len(classes)
        name = classes[int(label)] if known and label is not None else label
        note = "an image from the data" + (f", labelled {name}" if name is not None else "")
        self._picked = PadImage(np.asarray(image, np.float32)[None], f"{note}; draw to continue")
        if self.is_ready:
            self._classify()

    @property
    def picked_image(self) -> PickedImage | None:
        """The image on the pad, for the Weights screen; None if it is empty."""
        image = self._pad_image().pixels if self.is_ready else None
        if image is None or not image.any():
            return None
        name = "the image on the pad" if self._picked is not None else "the drawing on the pad"
        return PickedImage(image, name)

    def _use_weights(self, run: RunState) -> None:
        if self._models.update_from(run):
            self._classify()

    @on(SketchPad.Changed)
    def _drawing_changed(self, message: SketchPad.Changed) -> None:
        """Classify after the ink is painted, but not before the interval is over."""
        self._picked, self._is_stale = None, True
        if message.finished:
            self._throttle.reset()
        self._throttle.call(self._classify_after_paint, self.set_timer)

    def _classify_after_paint(self) -> None:
        self.call_after_refresh(self._classify_if_stale)
        self._throttle.call(self._check_classified, self.set_timer)

    def _check_classified(self) -> None:
        """Classify if Textual dropped the callback: it does while another screen is opened."""
        if self._is_stale:
            self._classify_if_stale()
        else:
            self._throttle.reset()

    def _classify_if_stale(self) -> None:
        if self._is_stale and self.is_ready:
            self._classify()

    def _classify(self) -> None:
        """Classify and show the image on the pad."""
        self._is_stale = False
        image = self._pad_image()
        self._show_state(image, self._models.classify(image))

    def _pad_image(self) -> PadImage:
        """Return the picked image, or the network's input for the drawing."""
        return self._picked or PadImage.of_drawing(self.drawing, self._models.judge, raw=self._raw)

    def _show_state(self, image: PadImage, state: PadState) -> None:
        network_input, prediction = self.query_one(NetworkInput), state.prediction
        if self._why and prediction is not None:
            network = self._models.classifier.network
            pixels = image.pixels
            saliency = network.attribution(pixels, prediction.label).reshape(pixels.shape)
            network_input.show_saliency(saliency)
            state = replace(state, note=f"why: {network_input.legend}")
        else:
            network_input.show(image.images, image.selected)
        self.query_one(SketchPad).show_boxes(digit_boxes(image, state, self.drawing.strokes))
        self.query_one(ProbabilityBars).show(prediction.probabilities if prediction else None)
        self.query_one(BigDigit).show(state.digit)
        self.query_one(PredictionLabel).show(state)
        self.query_one(PadStatus).show(state)

    def _show_pen(self) -> None:
        pad = self.query_one(SketchPad)
        tool = "eraser" if pad.erasing else "pen down" if pad.pen_down else "pen"
        fine_tuning = "   fine-tuning …" if self._fine_tuning.busy else ""
        text = f"{tool}   width {round(100 * pad.pen_width)} of 100   + -{fine_tuning}"
        self.query_one(PadStatus).show_pen(text)

    # -- keys ----------------------------------------------------------------------------------

    def action_raw(self) -> None:
        """Switch between the raw drawing and MNIST's preprocessing."""
        self._raw = not self._raw
        self._classify()

    def action_why(self) -> None:
        """Switch between the input and each pixel's contribution to the prediction."""
        self._why = not self._why
        self._classify()

    def action_model(self) -> None:
        """Switch to the next model."""
        if not self._models.cycle():
            self.host.toast("no other model yet; `trainpad pad RUN` uses a run's weights")
        self._classify()

    def action_user_digits(self) -> None:
        """Switch between the pad and the user's digits, which hides one of them on low screens."""
        shown = not self.has_class("-user-digits")
        self.set_class(shown, "-user-digits")
        self.set_focus(self.query_one(UserDigitsStrip) if shown else self.query_one(SketchPad))

    # -- the user's digits -----------------------------------------------------------------------

    def _refuse_if_read_only(self) -> bool:
        """Return whether the window is read-only, and say so."""
        if self.host.read_only:
            self.host.toast("this window is read-only")
        return self.host.read_only

    def action_label(self) -> None:
        """Ask for the label of the drawing."""
        if self._refuse_if_read_only():
            return
        if self.drawing.is_empty or self._picked is not None:
            self.host.toast("draw a digit first; then t labels it")
            return
        self.app.clear_notifications()  # they would cover the question
        points = self.drawing.points
        groups = group_strokes(points, self._models.judge)
        drawn = [group.of(points) for group in groups]
        self.app.push_screen(LabelDialog(len(drawn)), partial(self._label_chosen, drawn))

    def _label_chosen(self, drawn: Sequence[Strokes], labels: str | None) -> None:
        if labels is None:
            return
        try:
            for strokes, label in zip(drawn, labels, strict=True):
                self._user_digits.add(strokes, int(label))
        except UserError as error:
            self.host.toast(str(error))
            return
        count = len(self._user_digits.digits)
        self._report(f"labelled {labels}; {count} of yours, T fine-tunes on them")
        self._show_user_digits()
        self.query_one(SketchPad).action_clear()

    @on(UserDigitsStrip.RemoveRequested)
    def _remove_digit(self, message: UserDigitsStrip.RemoveRequested) -> None:
        if self._refuse_if_read_only():
            return
        try:
            self._user_digits.remove(message.image, message.when)
        except UserError as error:
            self.host.toast(str(error))
        else:
            self.query_one(UserDigitsStrip).show_note("removed; u brings it back")
        self._show_user_digits()

    @on(UserDigitsStrip.RestoreRequested)
    def _restore_digit(self) -> None:
        if self._refuse_if_read_only():
            return
        try:
            restored = self._user_digits.restore()
        except UserError as error:
            self.host.toast(str(error))
            return
        self._report(f"a {restored} is back" if restored is not None else "nothing was removed")
        self._show_user_digits()

    def _show_user_digits(self) -> None:
        strip = self.query_one(UserDigitsStrip)
        try:
            strip.show(self._user_digits.digits)
        except UserError as error:
            strip.show_note(str(error))

    def action_fine_tune(self) -> None:
        """Fine-tune the current model on the user's digits, in the background."""
        if self._refuse_if_read_only():
            return
        try:
            digits = self._user_digits.digits
        except UserError as error:
            self.host.toast(str(error))
            return
        if not len(digits):
            draw = "draw a digit, then " if self.drawing.is_empty else ""
            self.host.toast(f"{draw}t and its label, then T")
        elif self._fine_tuning.busy:
            self.host.toast("still fine-tuning")
        elif not self._models.is_digit_classifier:
            self.host.toast("this model does not classify digits; x switches the model")
        else:
            self._report("fine-tuning …")
            model, base_data = self._models.classifier, self.host.run_state.dataset
            work = partial(fine_tune_and_save, model, digits, base_data, self.host.log_dir)
            self._fine_tuning.submit(work, now=True)
            self._show_pen()

    @on(JobFinished)
    def _deliver(self, message: JobFinished) -> None:
        message.deliver()

    def _fine_tuned(self, result: "tuple[FineTuneResult, str] | Exception") -> None:
        if isinstance(result, Exception):
            text = str(result)
        else:
            fine_tuned, name = result
            self._models.use_fine_tuned(fine_tuned.network, name, fine_tuned.steps)
            text = fine_tuned.summary()
            self._classify()
        self._show_pen()
        self._report(text)

    def _report(self, text: str) -> None:
        """Show a message next to the user's digits; where these are hidden, as a toast."""
        strip = self.query_one(UserDigitsStrip)
        strip.show_note(text)
        if not strip.display:
            self.app.clear_notifications()
            self.host.toast(text)
