"""The Pad screen: a field to draw on, what the network sees of it, and what it reads there.

Classifying needs no TensorFlow: the newest weights and one forward pass in numpy, on this thread;
at most eight times a second while somebody draws, and again whenever the network has learned
something. Ink is shown first and read then, or the next ink would come late. Before a run has
weights, the shipped ones read.
"""

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.timer import Timer

from core.network.classifier import Prediction
from core.run.events import Event, Weights
from core.run.state import Run
from data.dataset import DIGITS
from data.ink import ink_extent, ink_to_image, raw_image
from trainpad.errors import UserError
from tui.dashboard.screen import RunScreen
from tui.dashboard.selection import PickedImage
from tui.pad.drawing import Drawing
from tui.pad.models import ModelSwitcher
from tui.pad.network_input import BigDigit, NetworkInput
from tui.pad.own_digits import LabelDialog, OwnDigitsStrip
from tui.pad.own_store import OwnDigitsStore, fine_tune_and_save
from tui.pad.prediction import MIN_INK_SIDE, PadState, PadStatus, PredictionLabel
from tui.pad.sketch_pad import SketchPad
from tui.widgets.background import BackgroundJob, JobFinished
from tui.widgets.probability_bars import ProbabilityBars

if TYPE_CHECKING:
    from core.network.finetune import FineTuneResult

INTERVAL = 0.125
"""Seconds between two looks at a drawing that changes."""
PAUSE = 0.03
"""Seconds that a look which is due waits for the next ink, to come right after it."""
Image = npt.NDArray[np.float32]


class PadScreen(RunScreen):
    """Draw a digit and see it read."""

    NAME = "pad"
    WRITE_ACTIONS = frozenset({"name", "teach"})
    DEFAULT_CSS = """
    PadScreen {
        PadStatus { margin: 0 2; }
        #pad-body { height: 1fr; margin: 0 2; }
        #pad-field { width: 56; height: 100%; }
        #pad-side { width: 1fr; height: 100%; max-height: 28; margin-left: 3; }
        #pad-look { height: 14; width: 100%; }
        PredictionLabel { height: 3; }
        BigDigit { width: 18; height: 14; margin-left: 4; }
        ProbabilityBars { height: 1fr; max-width: 72; margin-top: 1; }
        OwnDigitsStrip { margin: 1 2 0 2; }
    }
    PadScreen.-narrow #pad-field { width: 40; }
    PadScreen.-low {
        PadStatus, #pad-body { margin: 0 1; }
        #pad-field { width: 52; }
        #pad-side { margin-left: 2; }
        PredictionLabel { height: 1; }
        BigDigit { width: 7; height: 7; margin-left: 1; }
        ProbabilityBars { margin-top: 0; }
        OwnDigitsStrip { display: none; }
    }
    PadScreen.-low.-narrow #pad-field { width: 40; }
    PadScreen.-low.-own {
        #pad-body { display: none; }
        OwnDigitsStrip { display: block; height: 1fr; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v", "raw", "Raw", id="pad.raw",
                tooltip="Show the network the field as it is, or made as MNIST's digits were"),
        Binding("w", "why", "Why", id="pad.why",
                tooltip="Which pixels spoke for the answer, and which against"),
        Binding("x", "mind", "Weights", id="pad.mind",
                tooltip="Read with other weights: the run's, those you taught, the built-in ones"),
        Binding("t", "name", "Teach", id="pad.name",
                tooltip="Say what the drawing was: t, then the digit"),
        Binding("T,ctrl+t", "teach", "Learn", show=False, id="pad.teach", key_display="T",
                tooltip="Train the network on your digits, as a new run"),
        Binding("o", "own", "Yours", id="pad.own",
                tooltip="Your own digits: look at them, remove some; o comes back"),
    ]  # fmt: skip

    def __init__(
        self, own_digits: OwnDigitsStore | None = None, models: ModelSwitcher | None = None
    ) -> None:
        super().__init__()
        self.drawing = Drawing()
        """The ink; it is still there when the screen is gone."""
        self._models = models or ModelSwitcher()
        self._own_digits = own_digits or OwnDigitsStore()
        self._fine_tuning: BackgroundJob[tuple[FineTuneResult, str]] = BackgroundJob(
            self, self._fine_tuned
        )
        self._raw = self._why = False
        self._picked: tuple[Image, str] | None = None
        """An image from elsewhere, and what to say about it."""
        self._resting: Timer | None = None
        self._unread = False
        """Whether there is ink that was not read yet."""

    def compose(self) -> ComposeResult:
        """The field at the left; the network's eye, its answer and the bars at the right."""
        ascii_only, nothing = self.host.ascii, PadState(source=self._models.classifier.origin)
        yield self.header()
        yield PadStatus(nothing)
        with Horizontal(id="pad-body"):
            with Container(id="pad-field"):
                yield SketchPad(self.drawing, ascii_only=ascii_only)
            with Vertical(id="pad-side"):
                yield PredictionLabel(nothing)
                with Horizontal(id="pad-look"):
                    yield NetworkInput(ascii_only=ascii_only)
                    yield BigDigit(ascii_only=ascii_only)
                yield ProbabilityBars(ascii_only=ascii_only)
        yield OwnDigitsStrip(ascii_only=ascii_only)
        yield self.footer()

    def on_mount(self) -> None:
        """The field has the keys."""
        pad = self.query_one(SketchPad)
        pad.focus()
        for name in ("pen", "erasing", "pen_down"):
            self.watch(pad, name, self._show_pen)
        self._show_own()

    # -- what is read --------------------------------------------------------------------------

    def update_run(self, run: Run) -> None:
        """Use this run's newest weights."""
        super().update_run(run)
        self._use_weights(run)

    def on_run_event(self, event: Event) -> None:
        """Read the ink again with newer weights, even while nothing else moves."""
        if isinstance(event, Weights):
            self._use_weights(self.host.run_shown)

    def show_image(self, image: npt.NDArray[np.number], label: int | str | None = None) -> None:
        """Read an image that came from elsewhere, ``[28, 28]``, 0 to 1; ink ends that.

        ``label`` is what it shows: a class's number, or a name.
        """
        classes = self._models.classifier.classes
        known = isinstance(label, int) and label < len(classes)
        name = classes[int(label)] if known and label is not None else label
        told = "a picture from the data" + (f", labelled {name}" if name is not None else "")
        self._picked = np.asarray(image, np.float32), f"{told}; draw to go on"
        if self.is_ready:
            self._classify()

    @property
    def picked_image(self) -> PickedImage | None:
        """What is seen on the pad, for the Weights screen; nothing of an empty one."""
        image = self._network_input()[0] if self.is_ready else None
        if image is None or not image.any():
            return None
        told = "the picture on the pad" if self._picked is not None else "the drawing on the pad"
        return PickedImage(image, told)

    def _use_weights(self, run: Run) -> None:
        if self._models.update_from(run):
            self._classify()

    @on(SketchPad.Changed)
    def _ink_changed(self, message: SketchPad.Changed) -> None:
        """Read as soon as the ink is shown, but not again before the interval is over."""
        self._picked, self._unread = None, True
        if self._resting is None or message.finished:
            self._rest()
            self.call_after_refresh(self._read_new)

    def _rest(self) -> None:
        if self._resting is not None:
            self._resting.stop()
        self._resting = self.set_timer(INTERVAL, self._rested)

    def _rested(self) -> None:
        """A look is due, if there is anything new: after the next ink, or without one soon."""
        self._resting = None
        if self._unread:
            self.set_timer(PAUSE, self._read_overdue)

    def _read_overdue(self) -> None:
        if self._resting is None:
            self._rest()
            self._read_new()

    def _read_new(self) -> None:
        if self._unread and self.is_ready:
            self._classify()

    def _classify(self) -> None:
        """Classify what is on the field, or the image that was given."""
        self._unread = False
        image, answer = self._network_input()
        reader = self._models.classifier
        if answer.prediction is None and image.any() and not answer.too_small:
            reading = reader.predict(image[None])[0]
            other = self._models.second_opinion(image, reading)
            source = f"{reader.origin}; {other}" if other else reader.origin
            answer = PadState(
                reading, source, reader.classes, note=answer.note,
                history=self._history(image, reading),
            )  # fmt: skip
        self._show_state(image, answer)

    def _network_input(self) -> tuple[Image, PadState]:
        """The network's input, and what there is to say before it is read."""
        source = self._models.classifier.origin
        if self._picked is not None:
            image, subject = self._picked
            return image, PadState(source=source, note=subject)
        strokes = self.query_one(SketchPad).points
        extent = ink_extent(strokes)
        small = extent is not None and extent.side < MIN_INK_SIDE
        if self._raw:
            pens = [line.width for line in self.query_one(SketchPad).strokes]
            told = "raw: the field as it is, neither centred nor scaled"
            return raw_image(strokes, pen=pens), PadState(None, source, note=told)
        return ink_to_image(strokes), PadState(None, source, too_small=small)

    def _history(self, image: Image, prediction: Prediction) -> list[tuple[int, float]]:
        """How likely this answer was at the run's last evaluations."""
        if not self._models.is_live:
            return []
        flat = image.reshape(1, -1)
        return [
            (step, float(network.probabilities(flat)[0, prediction.label]))
            for step, network in self._models.history
        ]

    def _show_state(self, image: Image, state: PadState) -> None:
        eye, reading = self.query_one(NetworkInput), state.prediction
        if self._why and reading is not None:
            network = self._models.classifier.network
            eye.show_saliency(network.attribution(image, reading.label).reshape(28, 28))
            state = replace(state, note=f"why: {eye.legend}")
        else:
            eye.show(image)
        self.query_one(ProbabilityBars).show(reading.probabilities if reading else None)
        self.query_one(BigDigit).show(state.digit)
        self.query_one(PredictionLabel).show(state)
        self.query_one(PadStatus).show(state)

    def _show_pen(self) -> None:
        pad = self.query_one(SketchPad)
        does = "eraser" if pad.erasing else "pen down" if pad.pen_down else "pen"
        teaching = "   teaching …" if self._fine_tuning.busy else ""
        told = f"{does}   width {round(100 * pad.pen_width)} of 100   + -{teaching}"
        self.query_one(PadStatus).show_pen(told)

    # -- keys ----------------------------------------------------------------------------------

    def action_raw(self) -> None:
        """The field as it is, or as MNIST would have it."""
        self._raw = not self._raw
        self._classify()

    def action_why(self) -> None:
        """Which pixels spoke for the answer, or the image itself."""
        self._why = not self._why
        self._classify()

    def action_mind(self) -> None:
        """Let other weights read."""
        if not self._models.cycle():
            self.host.toast("no others yet; `trainpad pad RUN` reads with a run's weights")
        self._classify()

    def action_own(self) -> None:
        """To the user's digits and back."""
        shown = not self.has_class("-own")
        self.set_class(shown, "-own")
        self.set_focus(self.query_one(OwnDigitsStrip) if shown else self.query_one(SketchPad))

    # -- teaching ------------------------------------------------------------------------------

    def _refuse_if_read_only(self) -> bool:
        """Whether nothing may be written from here; says so."""
        if self.host.read_only:
            self.host.toast("this window only looks on")
        return self.host.read_only

    def action_name(self) -> None:
        """Ask which digit this was."""
        if self._refuse_if_read_only():
            return
        strokes = self.query_one(SketchPad).points
        if not strokes or self._picked is not None:
            self.host.toast("draw a digit first; t then tells what it was")
            return
        self.app.clear_notifications()  # they would lie over the question
        self.app.push_screen(LabelDialog(), partial(self._label_chosen, strokes))

    def _label_chosen(self, strokes: list[npt.NDArray[np.float64]], digit: int | None) -> None:
        if digit is None:
            return
        try:
            self._own_digits.add(strokes, digit)
        except UserError as error:
            self.host.toast(str(error))
            return
        count = len(self._own_digits.digits)
        self._report(f"that was a {digit}; {count} of yours, T teaches them")
        self._show_own()
        self.query_one(SketchPad).action_clear()

    @on(OwnDigitsStrip.RemoveRequested)
    def _remove_digit(self, message: OwnDigitsStrip.RemoveRequested) -> None:
        if self._refuse_if_read_only():
            return
        try:
            self._own_digits.remove(message.image, message.when)
        except UserError as error:
            self.host.toast(str(error))
        self._show_own()

    def _show_own(self) -> None:
        try:
            self.query_one(OwnDigitsStrip).show(self._own_digits.digits)
        except UserError as error:
            self.query_one(OwnDigitsStrip).show_note(str(error))

    def action_teach(self) -> None:
        """Train what reads on the user's digits."""
        if self._refuse_if_read_only():
            return
        try:
            own = self._own_digits.digits
        except UserError as error:
            self.host.toast(str(error))
            return
        reader = self._models.classifier
        if self._fine_tuning.busy or not len(own):
            drawn = not self.query_one(SketchPad).is_empty_drawing
            first = "" if drawn else "draw a digit, then "
            self.host.toast("still teaching" if len(own) else f"{first}t and its name, then T")
            return
        if reader.classes != DIGITS or reader.network.sizes[0] != 784:
            self.host.toast("this network does not read digits; x changes the weights")
            return
        parent: dict[str, object] = {"run": reader.run, "step": reader.step}
        self._report("teaching …")
        known = self.host.run_shown.dataset
        work = partial(fine_tune_and_save, reader.network, own, known, self.host.log_dir, parent)
        self._fine_tuning.submit(work, now=True)
        self._show_pen()

    @on(JobFinished)
    def _deliver(self, message: JobFinished) -> None:
        message.deliver()

    def _fine_tuned(self, result: "tuple[FineTuneResult, str] | Exception") -> None:
        if isinstance(result, Exception):
            told = str(result)
        else:
            taught, name = result
            self._models.use_fine_tuned(taught.network, name, taught.steps)
            told = taught.summary()
            self._classify()
        self._show_pen()
        self._report(told)

    def _report(self, told: str) -> None:
        """Beside the user's digits where they are in sight; else for a while over what is."""
        row = self.query_one(OwnDigitsStrip)
        row.show_note(told)
        if not row.display:
            self.app.clear_notifications()
            self.host.toast(told)
