"""How the Pad screen divides its room: a square to draw on, and beside it what the network sees."""

from textual.containers import Horizontal, Vertical
from textual.events import Resize

SIDE_WIDTH = 38
"""Columns beside the field for the network's input and a digit, margins included."""
SLIM_SIDE_WIDTH = 16
"""The same on a screen without room for the input."""
LARGE_HEIGHT, LARGE_WIDTH = 38, 70
"""Rows and columns in which the network's input is shown in double size."""
FIELD_ID = "pad-field"


class PadBody(Horizontal):
    """The field and what is beside it; the field is as large a square as fits."""

    def on_resize(self, event: Resize) -> None:
        """Give the field twice its height in columns, if the rest is wide enough then."""
        side = SLIM_SIDE_WIDTH if self.screen.has_class("-slim") else SIDE_WIDTH
        width = min(2 * event.size.height, event.size.width - side)
        self.query_one(f"#{FIELD_ID}").styles.width = max(2, width)


class PadSide(Vertical):
    """The network's input, its prediction and probabilities."""

    def on_resize(self, event: Resize) -> None:
        """Show the input in double size where there is room."""
        fits = event.size.height >= LARGE_HEIGHT and event.size.width >= LARGE_WIDTH
        self.set_class(fits, "-large")
