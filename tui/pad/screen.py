"""The Pad screen: draw a digit, see the network's input and its prediction.

Classifying needs no TensorFlow: one forward pass in numpy, on this thread, at most five times a
second while drawing, and whenever the weights change. The ink is painted before it is classified,
and when the mouse moves on meanwhile, so that the pen does not lag. Until the run has weights, the
built-in model classifies.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal

from core.network.network import Network
from core.own.network import OwnNetwork
from core.run.events import Event, Weights
from core.run.state import RunState
from core.rundir.checkpoint import FOLDER
from data.ink import SIDE
from trainpad.text import sanitize
from tui.dashboard.selection import PickedImage
from tui.pad.answer import Answer, answer, evidence_image
from tui.pad.boxes import digit_boxes
from tui.pad.feature_maps import PadMaps
from tui.pad.layout import FIELD_ID, PadBody, PadSide
from tui.pad.models import ModelSwitcher
from tui.pad.network_input import BigDigit, NetworkInput
from tui.pad.past import PastRow, read_checkpoints
from tui.pad.prediction import PadImage, PadState, PadStatus, PredictionLabel
from tui.pad.sketch_pad import SketchPad
from tui.pad.user_digits_screen import UserDigitsScreen
from tui.pad.user_digits_store import UserDigitsStore
from tui.pad.user_digits_strip import UserDigitsStrip
from tui.widgets.background import BackgroundJob, JobFinished
from tui.widgets.probability_bars import ProbabilityBars
from tui.widgets.throttle import Throttle

INTERVAL = 0.2
"""Seconds between two classifications of a changing drawing."""
PAUSE = 0.03
"""Seconds that a due classification waits for more ink, to come right after it is painted."""


class PadScreen(UserDigitsScreen):
    """Draw a digit and see its prediction."""

    NAME = "pad"
    WRITE_ACTIONS = frozenset({"label", "fine_tune"})
    FOOTER_FIRST = ("pen", "clear", "undo", "label", "user_digits")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v", "raw", "Raw", id="pad.raw",
                tooltip="Network input: the raw drawing, or centred and scaled as in MNIST"),
        Binding("w", "why", "Why", id="pad.why",
                tooltip="Show which pixels are evidence for and against the prediction"),
        Binding("f", "maps", "Maps", id="pad.maps",
                tooltip="Show the feature maps of each layer: how the network sees the drawing"),
        Binding("b", "break_it", "Break it", id="pad.break",
                tooltip="Shift, turn, thicken, thin the input or add noise with keys; b leaves"),
        Binding("0", "undistort", "Reset", show=False, id="pad.undistort",
                tooltip="Show the network's input as it is, after break it"),
        Binding("x", "model", "Weights", id="pad.mind",
                tooltip="Switch the model: the run's, the fine-tuned, the built-in"),
        Binding("left_square_bracket", "past(-1)", "Earlier", show=False, id="pad.earlier",
                key_display="[", tooltip="Classify with the network of an earlier evaluation"),
        Binding("right_square_bracket", "past(1)", "Later", show=False, id="pad.later",
                key_display="]", tooltip="Classify with that of a later one, at last the newest"),
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
        super().__init__(user_digits, models)
        self._reading: BackgroundJob[list[tuple[int, Network]]] = BackgroundJob(
            self, self._checkpoints_read
        )
        self._read_directory = ""
        """The run of the checkpoints that were read."""
        self._answering: BackgroundJob[Answer] = BackgroundJob(self, self._answered)
        self._raw = self._why = self._is_drawing = self._shows_maps = False
        self._throttle = Throttle(INTERVAL, grace=PAUSE)
        self._is_stale = False
        """Whether the drawing changed since it was classified."""
        self._turns: Iterator[None] | None = None
        """The rest of a classification that is being done."""
        self._is_interrupted = False
        """Whether it waits until the mouse has moved on."""

    def compose(self) -> ComposeResult:
        """The pad at the left; input, prediction and probabilities at the right."""
        ascii_only = self.host.ascii
        empty = self._models.unanswered(PadImage(np.zeros((1, SIDE, SIDE), np.float32)))
        yield self.header()
        yield PadStatus(empty)
        with PadBody(id="pad-body"):
            with Container(id=FIELD_ID):
                yield SketchPad(self.drawing, ascii_only=ascii_only)
            with PadSide(id="pad-side"):
                yield PredictionLabel(empty)
                yield PastRow()
                with Horizontal(id="pad-input"):
                    yield NetworkInput(ascii_only=ascii_only)
                    yield BigDigit(ascii_only=ascii_only)
                yield ProbabilityBars(ascii_only=ascii_only)
                yield PadMaps()
        yield UserDigitsStrip(ascii_only=ascii_only)
        yield self.footer()

    def on_mount(self) -> None:
        """Focus the pad."""
        pad = self.query_one(SketchPad)
        pad.focus()
        self.query_one(ProbabilityBars).show(None, self._models.classifier.classes)
        self.query_one(PadMaps).plain = self.host.ascii or self.app.no_color
        for name in ("pen_width", "erasing", "pen_down"):
            self.watch(pad, name, self._show_pen)
        self._ask_for_digits(self._models.unanswered(self._pad_image()))
        self._show_user_digits()

    def on_screen_resume(self) -> None:
        """Draw in pixels instead of cells, where the terminal reports them."""
        if self.is_current:  # screens that are mounted ahead resume as well
            self.host.request_pixels(True)
            if self._models.keras_model is not None:
                self._classify()  # while the screen was not shown, it was not asked

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
        if self._is_drawing:
            if self._models.would_update_from(run):
                self._classify_next()
        elif self._models.update_from(run):
            self._classify()
        if self.is_current and run.directory and run.directory != self._read_directory:
            self.read_past(Path(run.directory), run.info)

    def read_past(self, run: Path, info: Mapping[str, Any]) -> None:
        """Read the checkpoints of a run, in the background."""
        self._read_directory = str(run)
        self._reading.submit(partial(read_checkpoints, run / FOLDER, dict(info)), now=True)

    def _checkpoints_read(self, networks: list[tuple[int, Network]] | Exception) -> None:
        if not isinstance(networks, Exception):
            self._models.add_past(networks)
            self._classify()

    @on(SketchPad.Changed)
    def _drawing_changed(self, message: SketchPad.Changed) -> None:
        """Classify after the ink is painted, but not before the interval is over."""
        self._picked, self._is_stale = None, True
        if message.pad.is_empty_drawing:
            self.action_undistort()  # the next drawing begins as it is
        self._is_drawing = not message.finished
        if message.finished:
            self._turns, self._is_interrupted = None, False
            self._throttle.reset()
        self._go_on()
        self._throttle.call(self._classify_after_paint, self.set_timer)

    def _classify_next(self) -> None:
        """Classify with newer weights when that is due: a stroke is being drawn."""
        self._is_stale = True
        self._throttle.call(self._classify_after_paint, self.set_timer)

    def _classify_after_paint(self) -> None:
        self.call_after_refresh(self._classify_if_stale)
        self._throttle.call(self._check_classified, self.set_timer)

    def _check_classified(self) -> None:
        """Classify if Textual dropped the callback: it does while another screen is opened."""
        if self._is_stale or self._turns is not None:
            self._is_stale = True
            self._classify_if_stale()
        else:
            self._throttle.reset()

    def _classify_if_stale(self) -> None:
        if not (self._is_stale and self.is_ready):
            return
        if self._is_drawing:
            self._turns = self._classifying()
            self._take_turns()
        else:
            self._classify()

    def _take_turns(self) -> None:
        """Classify until the mouse moves on."""
        self._is_interrupted = False
        for _ in self._turns or ():
            if self.host.is_input_waiting:
                self._is_interrupted = True
                self.set_timer(PAUSE, self._go_on)  # it may be no move of the pen
                return
        self._turns = None

    def _go_on(self) -> None:
        """Take up a classification that was interrupted, once what is drawn is painted."""
        if self._is_interrupted and self.is_ready:
            self.call_after_refresh(self._take_turns)

    def _classify(self) -> None:
        """Classify and show the image on the pad."""
        self._turns, self._is_interrupted = None, False
        for _ in self._classifying():
            pass

    def _classifying(self) -> Iterator[None]:
        """Classify and show the image on the pad; ink may be painted between two turns."""
        self._is_stale = False
        self._models.update_from(self.host.run_state)
        yield
        network_input = self.query_one(NetworkInput)
        image = self._pad_image().distorted(
            network_input.distortion, has_keys=network_input.has_focus
        )
        own = self._models.keras_model
        if own is not None and image.images.any() and not image.is_too_small:
            self._ask(own, image)
            return
        self._answering.cancel()
        yield
        state = self._models.classify(image, is_drawing=self._is_drawing)
        yield
        needs_more = self._why or self._shows_maps
        explanation = self._models.explain(image, state.prediction) if needs_more else None
        yield from self._showing(Answer(image, state, explanation))

    def _ask(self, own: OwnNetwork, image: PadImage) -> None:
        """Have a person's own model classify the image, in the background; say that it loads."""
        if not self.is_current:
            return
        if not own.is_loaded:
            note = f"loading Keras to compute {sanitize(own.name, limit=60)} …"
            waiting = replace(self._models.unanswered(image), note=note, is_waiting=True)
            self._show_state(Answer(image, waiting, None))
        self._answering.submit(partial(answer, self._models, image), now=True)

    def _answered(self, result: Answer | Exception) -> None:
        if not self.is_ready:
            return
        if not isinstance(result, Exception):
            self._show_state(result)
            return
        image, note = self._pad_image(), sanitize(str(result), limit=200)
        self._show_state(Answer(image, replace(self._models.unanswered(image), note=note), None))

    def _pad_image(self) -> PadImage:
        """Return the picked image, or the network's input for the drawing."""
        return self._picked or PadImage.of_drawing(self.drawing, self._models.judge, raw=self._raw)

    def _show_state(self, shown: Answer) -> None:
        for _ in self._showing(shown):
            pass

    def _showing(self, shown: Answer) -> Iterator[None]:
        """Show an answer; ink may be painted between two turns."""
        image, state, explanation = shown
        network_input, prediction = self.query_one(NetworkInput), state.prediction
        if self._why and explanation is not None:
            shape = self._models.classifier.image_shape
            network_input.show_saliency(evidence_image(explanation.evidence, shape))
            state = replace(state, note=f"why: {network_input.legend}")
        else:
            network_input.show(image.images, image.selected)
        yield
        self.query_one(SketchPad).show_boxes(digit_boxes(image, state, image.strokes))
        self._ask_for_digits(state)
        self.query_one(PadMaps).show(explanation.outputs if explanation else ())
        bars = self.query_one(ProbabilityBars)
        bars.show(prediction.probabilities if prediction else None, state.classes)
        self.query_one(BigDigit).show(state.digit)
        self.query_one(PredictionLabel).show(state)
        self.query_one(PadStatus).show(state)
        self.query_one(PastRow).show(state.history, state.classes, state.selected)

    def _ask_for_digits(self, state: PadState) -> None:
        for widget in (self.query_one(SketchPad), self.query_one(UserDigitsStrip)):
            widget.ask_for_digits(state.has_digits)

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

    def action_maps(self) -> None:
        """Switch between the probabilities and what each layer makes of the drawing."""
        self._shows_maps = not self._shows_maps
        self.set_class(self._shows_maps, "-maps")
        self._classify()

    @on(NetworkInput.Distorted)
    def _input_distorted(self) -> None:
        self._classify()

    @on(NetworkInput.Left)
    def action_break_it(self) -> None:
        """Give the keys to the network's input, or back to the field."""
        network_input = self.query_one(NetworkInput)
        if network_input.has_focus:
            self.set_focus(self.query_one(SketchPad))
        elif network_input.is_on_screen:
            self.set_focus(network_input)
        else:
            self.host.toast("no room for the network's input: enlarge the window")

    def action_undistort(self) -> None:
        """Show the network's input as it is."""
        self.query_one(NetworkInput).action_reset()

    def action_past(self, by: int) -> None:
        """Classify with the network of an earlier or a later evaluation of the run."""
        if not self._models.past.steps:
            self.host.toast("no earlier evaluations; `trainpad pad RUN` has those of a run")
        elif self._models.select_past(by):
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

    @on(JobFinished)
    def _deliver(self, message: JobFinished) -> None:
        message.deliver()
