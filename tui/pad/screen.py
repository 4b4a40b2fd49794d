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

from core.network.classifier import Reading
from core.run.events import Event, Weights
from core.run.state import Run
from data.dataset import DIGITS
from data.ink import ink_extent, ink_to_image, raw_image
from trainpad.errors import UserError
from tui.dashboard.screen import View
from tui.dashboard.selection import Subject
from tui.pad.drawing import Sheet
from tui.pad.models import Minds
from tui.pad.network_input import BigDigit, Eye
from tui.pad.own_digits import NameDialog, OwnRow
from tui.pad.own_store import Pupil, taught_run
from tui.pad.prediction import SMALL, Answer, PadStatus, Verdict
from tui.pad.sketch_pad import SketchPad
from tui.widgets.background import Aside, Finished
from tui.widgets.probability_bars import ProbabilityBars

if TYPE_CHECKING:
    from core.network.finetune import Taught

INTERVAL = 0.125
"""Seconds between two looks at a drawing that changes."""
PAUSE = 0.03
"""Seconds that a look which is due waits for the next ink, to come right after it."""
Image = npt.NDArray[np.float32]


class PadScreen(View):
    """Draw a digit and see it read."""

    NAME = "pad"
    CHANGES = frozenset({"name", "teach"})
    DEFAULT_CSS = """
    PadScreen {
        PadStatus { margin: 0 2; }
        #pad-body { height: 1fr; margin: 0 2; }
        #pad-field { width: 56; height: 100%; }
        #pad-side { width: 1fr; height: 100%; max-height: 28; margin-left: 3; }
        #pad-look { height: 14; width: 100%; }
        Verdict { height: 3; }
        BigDigit { width: 18; height: 14; margin-left: 4; }
        ProbabilityBars { height: 1fr; max-width: 72; margin-top: 1; }
        OwnRow { margin: 1 2 0 2; }
    }
    PadScreen.-narrow #pad-field { width: 40; }
    PadScreen.-low {
        PadStatus, #pad-body { margin: 0 1; }
        #pad-field { width: 52; }
        #pad-side { margin-left: 2; }
        Verdict { height: 1; }
        BigDigit { width: 7; height: 7; margin-left: 1; }
        ProbabilityBars { margin-top: 0; }
        OwnRow { display: none; }
    }
    PadScreen.-low.-narrow #pad-field { width: 40; }
    PadScreen.-low.-own {
        #pad-body { display: none; }
        OwnRow { display: block; height: 1fr; }
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

    def __init__(self, pupil: Pupil | None = None, minds: Minds | None = None) -> None:
        super().__init__()
        self.sheet = Sheet()
        """The ink; it is still there when the screen is gone."""
        self._minds = minds or Minds()
        self._pupil = pupil or Pupil()
        self._aside: Aside[tuple[Taught, str]] = Aside(self, self._learned)
        self._raw = self._why = False
        self._given: tuple[Image, str] | None = None
        """An image from elsewhere, and what to say about it."""
        self._resting: Timer | None = None
        self._unread = False
        """Whether there is ink that was not read yet."""

    def compose(self) -> ComposeResult:
        """The field at the left; the network's eye, its answer and the bars at the right."""
        ascii_only, nothing = self.trainpad.ascii, Answer(source=self._minds.reader.source)
        yield self.header()
        yield PadStatus(nothing)
        with Horizontal(id="pad-body"):
            with Container(id="pad-field"):
                yield SketchPad(self.sheet, ascii_only=ascii_only)
            with Vertical(id="pad-side"):
                yield Verdict(nothing)
                with Horizontal(id="pad-look"):
                    yield Eye(ascii_only=ascii_only)
                    yield BigDigit(ascii_only=ascii_only)
                yield ProbabilityBars(ascii_only=ascii_only)
        yield OwnRow(ascii_only=ascii_only)
        yield self.footer()

    def on_mount(self) -> None:
        """The field has the keys."""
        pad = self.query_one(SketchPad)
        pad.focus()
        for name in ("pen", "erasing", "pen_down"):
            self.watch(pad, name, self._show_pen)
        self._show_own()

    # -- what is read --------------------------------------------------------------------------

    def show(self, run: Run) -> None:
        """Use this run's newest weights."""
        super().show(run)
        self._learn(run)

    def take(self, event: Event) -> None:
        """Read the ink again with newer weights, even while nothing else moves."""
        if isinstance(event, Weights):
            self._learn(self.trainpad.run_shown)

    def show_image(self, image: npt.NDArray[np.number], label: int | str | None = None) -> None:
        """Read an image that came from elsewhere, ``[28, 28]``, 0 to 1; ink ends that.

        ``label`` is what it shows: a class's number, or a name.
        """
        classes = self._minds.reader.classes
        known = isinstance(label, int) and label < len(classes)
        name = classes[int(label)] if known and label is not None else label
        told = "a picture from the data" + (f", labelled {name}" if name is not None else "")
        self._given = np.asarray(image, np.float32), f"{told}; draw to go on"
        if self.ready:
            self._read()

    @property
    def subject(self) -> Subject | None:
        """What is seen on the pad, for the Weights screen; nothing of an empty one."""
        image = self._seen()[0] if self.ready else None
        if image is None or not image.any():
            return None
        told = "the picture on the pad" if self._given is not None else "the drawing on the pad"
        return Subject(image, told)

    def _learn(self, run: Run) -> None:
        if self._minds.take(run):
            self._read()

    @on(SketchPad.Changed)
    def _ink_changed(self, message: SketchPad.Changed) -> None:
        """Read as soon as the ink is shown, but not again before the interval is over."""
        self._given, self._unread = None, True
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
        if self._unread and self.ready:
            self._read()

    def _read(self) -> None:
        """Classify what is on the field, or the image that was given."""
        self._unread = False
        image, answer = self._seen()
        reader = self._minds.reader
        if answer.reading is None and image.any() and not answer.too_small:
            reading = reader.read(image[None])[0]
            other = self._minds.other_view(image, reading)
            source = f"{reader.source}; {other}" if other else reader.source
            answer = Answer(
                reading, source, reader.classes, subject=answer.subject,
                history=self._history(image, reading),
            )  # fmt: skip
        self._show(image, answer)

    def _seen(self) -> tuple[Image, Answer]:
        """The network's input, and what there is to say before it is read."""
        source = self._minds.reader.source
        if self._given is not None:
            image, subject = self._given
            return image, Answer(source=source, subject=subject)
        strokes = self.query_one(SketchPad).strokes
        extent = ink_extent(strokes)
        small = extent is not None and extent.side < SMALL
        if self._raw:
            pens = [line.pen for line in self.query_one(SketchPad).lines]
            told = "raw: the field as it is, neither centred nor scaled"
            return raw_image(strokes, pen=pens), Answer(None, source, subject=told)
        return ink_to_image(strokes), Answer(None, source, too_small=small)

    def _history(self, image: Image, reading: Reading) -> list[tuple[int, float]]:
        """How likely this answer was at the run's last evaluations."""
        if not self._minds.learns:
            return []
        flat = image.reshape(1, -1)
        return [
            (step, float(network.probabilities(flat)[0, reading.digit]))
            for step, network in self._minds.history
        ]

    def _show(self, image: Image, answer: Answer) -> None:
        eye, reading = self.query_one(Eye), answer.reading
        if self._why and reading is not None:
            network = self._minds.reader.network
            eye.show_why(network.explain(image, reading.digit).reshape(28, 28))
            answer = replace(answer, subject=f"why: {eye.legend}")
        else:
            eye.show(image)
        self.query_one(ProbabilityBars).show(reading.probabilities if reading else None)
        self.query_one(BigDigit).show(answer.digit)
        self.query_one(Verdict).show(answer)
        self.query_one(PadStatus).show(answer)

    def _show_pen(self) -> None:
        pad = self.query_one(SketchPad)
        does = "eraser" if pad.erasing else "pen down" if pad.pen_down else "pen"
        teaching = "   teaching …" if self._aside.busy else ""
        told = f"{does}   width {round(100 * pad.pen)} of 100   + -{teaching}"
        self.query_one(PadStatus).show_pen(told)

    # -- keys ----------------------------------------------------------------------------------

    def action_raw(self) -> None:
        """The field as it is, or as MNIST would have it."""
        self._raw = not self._raw
        self._read()

    def action_why(self) -> None:
        """Which pixels spoke for the answer, or the image itself."""
        self._why = not self._why
        self._read()

    def action_mind(self) -> None:
        """Let other weights read."""
        if not self._minds.next():
            self.trainpad.tell("no others yet; `trainpad pad RUN` reads with a run's weights")
        self._read()

    def action_own(self) -> None:
        """To the user's digits and back."""
        shown = not self.has_class("-own")
        self.set_class(shown, "-own")
        self.set_focus(self.query_one(OwnRow) if shown else self.query_one(SketchPad))

    # -- teaching ------------------------------------------------------------------------------

    def _looks_on(self) -> bool:
        """Whether nothing may be written from here; says so."""
        if self.trainpad.read_only:
            self.trainpad.tell("this window only looks on")
        return self.trainpad.read_only

    def action_name(self) -> None:
        """Ask which digit this was."""
        if self._looks_on():
            return
        strokes = self.query_one(SketchPad).strokes
        if not strokes or self._given is not None:
            self.trainpad.tell("draw a digit first; t then tells what it was")
            return
        self.app.clear_notifications()  # they would lie over the question
        self.app.push_screen(NameDialog(), partial(self._named, strokes))

    def _named(self, strokes: list[npt.NDArray[np.float64]], digit: int | None) -> None:
        if digit is None:
            return
        try:
            self._pupil.keep(strokes, digit)
        except UserError as error:
            self.trainpad.tell(str(error))
            return
        count = len(self._pupil.own)
        self._tell(f"that was a {digit}; {count} of yours, T teaches them")
        self._show_own()
        self.query_one(SketchPad).action_clear()

    @on(OwnRow.Removed)
    def _remove(self, message: OwnRow.Removed) -> None:
        if self._looks_on():
            return
        try:
            self._pupil.remove(message.image, message.when)
        except UserError as error:
            self.trainpad.tell(str(error))
        self._show_own()

    def _show_own(self) -> None:
        try:
            self.query_one(OwnRow).show(self._pupil.own)
        except UserError as error:
            self.query_one(OwnRow).tell(str(error))

    def action_teach(self) -> None:
        """Train what reads on the user's digits."""
        if self._looks_on():
            return
        try:
            own = self._pupil.own
        except UserError as error:
            self.trainpad.tell(str(error))
            return
        reader = self._minds.reader
        if self._aside.busy or not len(own):
            drawn = not self.query_one(SketchPad).empty
            first = "" if drawn else "draw a digit, then "
            self.trainpad.tell("still teaching" if len(own) else f"{first}t and its name, then T")
            return
        if reader.classes != DIGITS or reader.network.sizes[0] != 784:
            self.trainpad.tell("this network does not read digits; x changes the weights")
            return
        parent: dict[str, object] = {"run": reader.run, "step": reader.step}
        self._tell("teaching …")
        known = self.trainpad.run_shown.dataset
        work = partial(taught_run, reader.network, own, known, self.trainpad.log_dir, parent)
        self._aside.ask(work, now=True)
        self._show_pen()

    @on(Finished)
    def _deliver(self, message: Finished) -> None:
        message.deliver()

    def _learned(self, result: "tuple[Taught, str] | Exception") -> None:
        if isinstance(result, Exception):
            told = str(result)
        else:
            taught, name = result
            self._minds.teach(taught.network, name, taught.steps)
            told = taught.sentence()
            self._read()
        self._show_pen()
        self._tell(told)

    def _tell(self, told: str) -> None:
        """Beside the user's digits where they are in sight; else for a while over what is."""
        row = self.query_one(OwnRow)
        row.tell(told)
        if not row.display:
            self.app.clear_notifications()
            self.trainpad.tell(told)
