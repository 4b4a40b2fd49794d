"""Send to the terminal the cells that changed, not the row from its widget's left edge on.

Textual marks spans of rows as dirty, but sends each from the left edge of the widget it is in
(Textualize/textual#5625). A curve grows at its right end: that is three quarters of all bytes.
Textual offers no public place for this; ``App._display`` is the one that all screens pass through.
"""

from typing import TypeVar

from rich.console import Console, RenderableType
from rich.control import Control
from textual._compositor import ChopsUpdate
from textual.screen import Screen

from tui.terminal.steady import QuietExitApp

Result = TypeVar("Result")
MODE_SWITCH_DELAY = 0.005
"""Seconds for which nothing is drawn while another mode takes over; Textual's are 0.05."""


class PartialUpdate(ChopsUpdate):
    """Spans of rows, cut on both sides."""

    def render_segments(self, console: Console) -> str:
        """What to write to the terminal."""
        sent = []
        for y, start, stop in self.spans:
            for end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                left, right = max(x, start), min(end, stop)
                if strip is not None and left < right:
                    whole = (left, right) == (x, end)
                    piece = strip if whole else strip.crop(left - x, right - x)
                    sent += [Control.move_to(left, y).segment.text, piece.render(console)]
        return "".join(sent)


def partial_update(update: RenderableType | None) -> RenderableType | None:
    """The same update, sent precisely if it is one of spans."""
    if type(update) is ChopsUpdate:
        return PartialUpdate(update.chops, update.spans, update.chop_ends)
    return update


class PartialUpdateApp(QuietExitApp[Result]):
    """An app whose screens send only what changed, as soon as it did."""

    ENABLE_SELECT_AUTO_SCROLL = False  # it goes at the rate of frames, which is none to scroll at

    def delay_update(self, delay: float = MODE_SWITCH_DELAY) -> None:
        """Hide a mode that is mounted for a moment only: these are mounted ahead."""
        super().delay_update(min(delay, MODE_SWITCH_DELAY))

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        super()._display(screen, partial_update(renderable))
