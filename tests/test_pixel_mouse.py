"""Mouse reports in pixels: only from terminals that confirm them, and cells from all others."""

import os

import pytest
from textual.events import Event, Key, MouseMove, MouseUp

from tests.helpers.mouse import mouse
from tui.terminal.environment import knows_private_modes
from tui.terminal.input_parser import InputParser
from tui.terminal.pixel_mouse import (
    QUERY_CELL,
    QUERY_MODE,
    TURN_OFF,
    TURN_ON,
    CellSize,
    Grid,
    ModeState,
    PixelMouse,
)
from tui.terminal.textual_private import terminal_parser


class Line:
    """What is sent to a terminal of 80x24 cells, and the mouse on it."""

    def __init__(self, *pixels: int) -> None:
        self.grid = Grid(24, 80, *pixels)
        self.sent: list[str] = []
        self.mouse = PixelMouse(self.sent.append, lambda: self.grid)

    def on(self) -> None:
        """Ask for pixels, as the terminal's answers allow."""
        self.mouse.request(True)
        self.mouse.on_mode_state(2)
        self.mouse.on_cell_size(10, 20)
        self.mouse.on_mode_state(1)

    def at(self, x: int, y: int, kind: type[Event] = MouseMove) -> tuple[float, float]:
        """The position of a report, in cells."""
        event = self.mouse.in_cells(mouse(kind, x, y))
        assert type(event) is kind
        return event.pointer_screen_x, event.pointer_screen_y


def test_pixels_become_cells_with_fractions() -> None:
    line = Line()
    line.on()
    assert line.sent == [QUERY_MODE, QUERY_CELL, TURN_ON + QUERY_MODE]
    assert line.at(404, 209) == (40.45, 10.475)
    assert line.at(14, 9, MouseUp) == (1.45, 0.475)
    event = line.mouse.in_cells(mouse(MouseMove, 604, 9))
    assert (event.x, event.y, event.delta_x, event.delta_y, event.button) == (60, 0, 59, 0, 1)


def test_a_terminal_without_the_mode_is_left_alone() -> None:
    for states in ([0], [4], [3], []):
        line = Line(800, 480)
        line.mouse.request(True)
        for state in states:
            line.mouse.on_mode_state(state)
        assert line.sent == [QUERY_MODE]
        assert line.at(404, 209) == (404, 209)
        line.mouse.request(False)
        line.mouse.stop()
        assert line.sent == [QUERY_MODE]


def test_a_terminal_that_does_not_turn_the_mode_on_reports_cells() -> None:
    line = Line(800, 480)
    line.mouse.request(True)
    line.mouse.on_mode_state(2)
    assert line.sent[-1] == TURN_ON + QUERY_MODE  # the kernel knows the size of a cell
    line.mouse.on_mode_state(2)
    assert line.at(40, 20) == (40, 20)


def test_reports_within_the_grid_are_cells_although_the_terminal_claims_the_mode() -> None:
    line = Line()
    line.on()
    assert [line.at(x, 20) for x in (0, 40, 79)] == [(0, 20), (40, 20), (79, 20)]


def test_without_the_size_of_a_cell_the_mode_stays_off() -> None:
    for size in ((0, 0), (1, 1), (100_000, 3)):
        line = Line()
        line.mouse.request(True)
        line.mouse.on_mode_state(2)
        line.mouse.on_cell_size(*size)
        assert line.sent == [QUERY_MODE, QUERY_CELL]


def test_reports_are_cells_again_once_the_terminal_says_so() -> None:
    line = Line()
    line.on()
    line.at(404, 209)
    line.mouse.request(False)
    assert line.sent[-1] == TURN_OFF + QUERY_MODE
    assert line.at(404, 209) == (40.45, 10.475)  # sent before the terminal read that
    line.mouse.on_mode_state(2)
    assert line.at(40, 10) == (40, 10)
    line.mouse.request(True)
    assert line.sent[-1] == TURN_ON + QUERY_MODE


def test_another_font_and_another_terminal_are_asked_again() -> None:
    line = Line()
    line.on()
    line.at(404, 209)
    line.grid = Grid(48, 160)
    line.at(404, 209)
    assert line.sent[-1] == QUERY_CELL
    line.mouse.on_cell_size(5, 10)
    assert line.at(404, 209) == (80.9, 20.95)
    line.mouse.stop()
    line.mouse.restart()
    assert line.sent[-2:] == ["\x1b[?1016l", QUERY_MODE]
    assert line.at(40, 10) == (40, 10)


def test_the_answers_are_no_keys_and_stay_in_order() -> None:
    text = "a\x1b[?1016;2$y\x1b[<35;21;5M\x1b[6;20;10tb\x1b[?1016;1$yc"
    for at in range(1, len(text)):
        parser = InputParser(terminal_parser(), lambda: 0.0)
        found = [*parser.feed(text[:at]), *parser.feed(text[at:])]
        kinds = [type(message) for message in found]
        assert kinds == [Key, ModeState, MouseMove, CellSize, Key, ModeState, Key], at
        assert (found[1].state, found[5].state) == (2, 1)
        assert (found[3].width, found[3].height) == (10, 20)


@pytest.mark.parametrize(
    ("name", "value"),
    [("TRAINPAD_MOUSE", "cells"), ("TERM_PROGRAM", "Apple_Terminal"), ("TERM", "linux")],
)
def test_some_terminals_are_not_asked(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    for variable in ("TRAINPAD_MOUSE", "TERM_PROGRAM"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    assert knows_private_modes()
    monkeypatch.setenv(name, value)
    assert not knows_private_modes()


def test_the_size_of_a_cell_as_the_kernel_has_it() -> None:
    assert Grid(24, 80, 800, 480).cell == (10, 20)
    assert Grid(24, 80, 0, 0).cell is None
    assert Grid().cell is None
    reading, writing = os.pipe()
    assert Grid.of(reading) == Grid()
    os.close(reading)
    os.close(writing)
