"""The Pad screen: a field to draw on, what the network sees of it, and what it reads there.

Classifying needs no TensorFlow: the newest weights and one forward pass in numpy, on this thread,
in well under a millisecond; again whenever there is new ink or the network has learned something.
"""

import numpy as np
import numpy.typing as npt
from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Horizontal, Vertical
from textual.strip import Strip

from core.events import Event, Weights
from core.network import Network
from core.run import Run
from data.errors import UserError
from data.ink import ink_to_image
from tui.bars import ProbabilityBars
from tui.lines import Lines, Part
from tui.pad import SketchPad
from tui.pixels import render_image
from tui.rows import Rows
from tui.view import View

UNSURE = 0.8
"""Below this probability the answer names the two likeliest digits."""
Image = npt.NDArray[np.float32]


class Eye(Rows):
    """The 28x28 that the network sees."""

    DEFAULT_CSS = "Eye { width: 28; height: 14; }"

    def __init__(self, *, ascii_only: bool) -> None:
        super().__init__()
        self._ascii = ascii_only
        self._image: Image = np.zeros((28, 28), np.float32)

    def show(self, image: Image) -> None:
        """Show this image, float32 ``[28, 28]`` in 0..1."""
        self._image = image
        self.update_rows()

    def rows(self, width: int, height: int) -> list[Strip]:  # noqa: ARG002 - always 28x28
        """The image, two pixels in a cell."""
        return render_image(self._image, ascii_only=self._ascii)


class Verdict(Lines):
    """What the network reads, in words, and whose weights it uses."""

    DEFAULT_CSS = "Verdict { height: 2; }"

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[list[Part]] = []

    def show(self, answer: Part, source: str) -> None:
        """Show an answer, and below it where the weights come from."""
        self._parts = [[answer], [(source, "dim")]]
        self.update_rows()

    def lines(self, width: int, height: int) -> list[list[Part]]:  # noqa: ARG002 - two rows
        """The two rows."""
        return self._parts


class PadScreen(View):
    """Draw a digit and see it read."""

    NAME = "pad"

    def __init__(self) -> None:
        super().__init__()
        self._network: Network | None = None
        self._weights_step = -1

    def compose(self) -> ComposeResult:
        """The field at the left; the network's eye, its answer and the bars at the right."""
        ascii_only = self.trainpad.ascii
        yield self.header()
        with Horizontal(id="pad-body"):
            with Container(id="pad-field"):
                yield SketchPad(ascii_only=ascii_only)
            with Vertical(id="pad-side"):
                yield Verdict()
                yield Eye(ascii_only=ascii_only)
                yield ProbabilityBars(ascii_only=ascii_only)
        yield self.footer()

    def on_mount(self) -> None:
        """The field has the keys."""
        self.query_one(SketchPad).focus()

    def show(self, run: Run) -> None:
        """Use this run's newest weights."""
        super().show(run)
        self._learn(run)

    def take(self, event: Event) -> None:
        """Read the ink again with newer weights, even while nothing else moves."""
        if isinstance(event, Weights):
            self._learn(self.trainpad.run_shown)

    def _learn(self, run: Run) -> None:
        if run.weights_step == self._weights_step and self._network is not None:
            return
        try:
            self._network = Network.from_arrays(run.weights) if run.weights else None
        except UserError:
            self._network = None
        self._weights_step = run.weights_step
        self._read()

    @on(SketchPad.Changed)
    def _read(self) -> None:
        """Classify what is on the field."""
        strokes = self.query_one(SketchPad).strokes
        image = ink_to_image(strokes)
        self.query_one(Eye).show(image)
        if not image.any() or self._network is None:
            self.query_one(ProbabilityBars).show(None)
            waiting = "no weights yet: the network is still loading"
            self.query_one(Verdict).show(("", "dim"), waiting if self._network is None else "")
            return
        likely = self._network.probabilities(image.reshape(1, -1))[0]
        self.query_one(ProbabilityBars).show(likely)
        self.query_one(Verdict).show(*self._answer(likely))

    def _answer(self, likely: Image) -> tuple[Part, str]:
        run = self.trainpad.run_shown
        names = run.info.get("dataset", {}).get("classes", [])
        first, second = np.argsort(likely)[::-1][:2]
        source = f"with the weights after {self._weights_step:,} steps"

        def name(number: int) -> str:
            return str(names[number]) if number < len(names) else str(number)

        if likely[first] < UNSURE:
            return (f"not sure: {name(first)} or {name(second)}?", "alert"), source
        return (f"{name(first)}   {likely[first]:.0%}", "live"), source
