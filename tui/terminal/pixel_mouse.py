"""Mouse reports in pixels (mode 1016), from terminals that confirm them, as positions in cells.

Some terminals claim the mode and go on to report cells, and the size of a cell changes with the
font. So the mode is used where the terminal answers that it has it and how large a cell is; from
its answer that the mode is on, which comes between the reports before and after; and only after a
report that lies outside the grid of cells, as almost every one does that counts pixels. Anything
else leaves the reports what they are without this: cells.
"""

import fcntl
import re
import struct
import termios
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeVar

from textual.events import MouseEvent
from textual.message import Message

QUERY_MODE: Final = "\x1b[?1016$p"
"""DECRQM: the terminal replies with the mode's state."""
QUERY_CELL: Final = "\x1b[16t"
"""The terminal replies with the size of a cell in pixels."""
TURN_ON: Final = "\x1b[?1016h"
TURN_OFF: Final = "\x1b[?1016l\x1b[?1006h"
"""Turning the mode off turns off the form of the reports that mode 1006 selects, too."""
SET, RESET = 1, 2
"""The states of a mode that can be turned on and off."""
REPLY = re.compile(r"\x1b\[(?:\?1016;(?P<state>\d+)\$y|6;(?P<height>\d+);(?P<width>\d+)t)")
CELL_SIDES = range(2, 200)
"""Pixels; a cell of any other width or height is not plausible."""

Event = TypeVar("Event", bound=MouseEvent)


class ModeState(Message):
    """The terminal's reply about mode 1016: 1 on, 2 off, anything else not available."""

    def __init__(self, state: int) -> None:
        super().__init__()
        self.state = state


class CellSize(Message):
    """The terminal's reply about the size of a cell, in pixels."""

    def __init__(self, width: int, height: int) -> None:
        super().__init__()
        self.width = width
        self.height = height


def reply_in(match: re.Match[str]) -> ModeState | CellSize:
    """Return the reply that `REPLY` matched."""
    if match["state"]:
        return ModeState(int(match["state"][:4]))
    return CellSize(int(match["width"][:6]), int(match["height"][:6]))


class Grid(NamedTuple):
    """A terminal's size in cells and in pixels, as the kernel has it; 0 where unknown."""

    rows: int = 0
    columns: int = 0
    width: int = 0
    height: int = 0

    @classmethod
    def of(cls, descriptor: int) -> "Grid":
        """The size of the terminal with this descriptor."""
        with suppress(OSError, ValueError):
            return cls(
                *struct.unpack("HHHH", fcntl.ioctl(descriptor, termios.TIOCGWINSZ, bytes(8)))
            )
        return cls()

    @property
    def cell(self) -> tuple[float, float] | None:
        """Width and height of a cell in pixels; None where unknown."""
        if not (self.rows and self.columns):
            return None
        return _plausible(self.width / self.columns, self.height / self.rows)


def _plausible(width: float, height: float) -> tuple[float, float] | None:
    low, high = CELL_SIDES.start, CELL_SIDES.stop
    return (width, height) if low <= width < high and low <= height < high else None


@dataclass(slots=True)
class PixelMouse:
    """What is known about mode 1016 of a terminal; turns its reports into positions in cells."""

    write: Callable[[str], None]
    """Sends to the terminal."""
    grid: Callable[[], Grid]
    """Returns the terminal's size."""
    is_requested: bool = False
    """Whether a screen asks for pixels now."""
    _is_available: bool | None = None
    """Whether the terminal has the mode; None before it said."""
    _is_on: bool = False
    """Whether reports that are read now come from a terminal that says the mode is on."""
    _is_proven: bool = False
    """Whether a report was outside the grid of cells since then."""
    _cell: tuple[float, float] | None = None
    _seen: Grid | None = None
    _last: tuple[int, int] = (0, 0)

    def request(self, pixels: bool) -> None:
        """Ask the terminal for pixels, or for cells again; it may have neither answer nor mode."""
        if pixels == self.is_requested:
            return
        self.is_requested = pixels
        if self._is_available is None and pixels:
            self.write(QUERY_MODE)
        elif self._is_available:
            self._switch()

    def restart(self) -> None:
        """Forget the terminal's answers: it was given back, and taken again."""
        self._is_available, self._is_on, self._is_proven, self._cell = None, False, False, None
        self.is_requested, requested = False, self.is_requested
        self.request(requested)

    def stop(self) -> None:
        """Turn the mode off, before the terminal is given back."""
        if self._is_available:
            self.write("\x1b[?1016l")

    def on_mode_state(self, state: int) -> None:
        """Handle the reply to `QUERY_MODE`."""
        before, self._is_on = self._is_on, state == SET
        self._is_proven = self._is_proven and before and self._is_on
        if self._is_available is None:
            self._is_available = state in (SET, RESET)
            if self._is_available and self.is_requested:
                self.write(QUERY_CELL)
                self._switch()

    def on_cell_size(self, width: int, height: int) -> None:
        """Handle the reply to `QUERY_CELL`."""
        self._seen = self.grid()
        self._cell = _plausible(width, height) or self._cell
        if self._is_available and self.is_requested and not self._is_on:
            self._switch()

    def _switch(self) -> None:
        """Turn the mode on or off, and ask for its state, if the size of a cell is known."""
        if not self.is_requested:
            self.write(TURN_OFF + QUERY_MODE)
        elif self._cell or self.grid().cell:
            self.write(TURN_ON + QUERY_MODE)

    def in_cells(self, event: Event) -> Event:
        """Return a report as a position in cells, with fractions if it was in pixels."""
        if not self._is_on:
            return event
        grid = self.grid()
        if grid != self._seen:
            self._seen, self._cell = grid, grid.cell or self._cell
            self.write(QUERY_CELL)
        cell = self._cell or grid.cell
        if cell is None:
            return event
        x, y = event.pointer_screen_x, event.pointer_screen_y
        self._is_proven = self._is_proven or x >= grid.columns or y >= grid.rows
        return (
            self._moved(event, (x + 0.5) / cell[0], (y + 0.5) / cell[1])
            if self._is_proven
            else event
        )

    def _moved(self, event: Event, x: float, y: float) -> Event:
        """Return a copy of the event at another position."""
        cell, before = (int(x), int(y)), self._last
        self._last = cell
        return type(event)(
            None,
            x,
            y,
            cell[0] - before[0],
            cell[1] - before[1],
            event.button,
            event.shift,
            event.meta,
            event.ctrl,
            screen_x=x,
            screen_y=y,
        )
