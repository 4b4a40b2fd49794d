"""Moves of the mouse that draw at once, where no other input is before them."""

import contextvars
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from rich.console import RenderableType
from textual._context import active_app, active_message_pump
from textual.events import Key
from textual.screen import Screen

from tests.helpers.mouse import hover, move, press, release
from tests.helpers.waiting import text_of, until, until_handled
from tui.pad.app import PadApp
from tui.pad.sketch_pad import SketchPad
from tui.terminal.textual_private import context_of, is_idle


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PadApp:
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    return PadApp(log_dir=tmp_path / "runs")


@pytest.fixture
def frames(app: PadApp, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The number of points in the drawing, for each frame."""
    found: list[int] = []
    display = app._display

    def record(screen: Screen[object], renderable: RenderableType | None) -> None:
        if renderable is not None:
            found.append(sum(map(len, app.pad_screen.query_one(SketchPad).points)))
        display(screen, renderable)

    monkeypatch.setattr(app, "_display", record)
    yield found


async def test_a_move_is_in_the_drawing_and_on_the_screen_before_anything_else(
    app: PadApp, frames: list[int]
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await until_handled(pilot)
        pad = app.screen.query_one(SketchPad)
        app.post_message(press(12, 6))
        await until_handled(pilot)
        await until(pilot, lambda: is_idle(app) and is_idle(pad))
        frames.clear()
        for row in (8, 10, 12):
            assert app.drag_now(move(12, row))
        assert not frames, "all that was read is one frame"
        app.show_drag()
        assert frames == [4]
        app.show_drag()
        assert frames == [4]
        (points,) = pad.points
        assert np.ptp(points[:, 1]) == pytest.approx(6 / pad.rows)
        app.post_message(release(12, 12))
        await until_handled(pilot)
        assert app.mouse_captured is None
        assert not app.drag_now(move(12, 14))
        assert len(pad.points) == 1


async def test_a_press_and_moves_of_one_read_are_drawn_before_anything_else(
    app: PadApp, frames: list[int]
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await until_handled(pilot)
        pad = app.screen.query_one(SketchPad)
        frames.clear()
        assert app.press_now(press(12, 6))
        assert app.mouse_captured is pad
        assert app.drag_now(move(12, 8))
        app.show_drag()
        assert frames == [2]
        app.post_message(release(12, 10))
        await until_handled(pilot)
        assert app.mouse_captured is None
        (points,) = pad.points
        assert np.ptp(points[:, 1]) == pytest.approx(4 / pad.rows)


async def test_a_press_waits_unless_it_is_on_the_field_that_has_the_focus(app: PadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await until_handled(pilot)
        assert not app.press_now(press(70, 6)), "it is beside the field"
        app.post_message(Key("c", "c"))
        assert not app.press_now(press(12, 6)), "a key is in a queue"
        await until_handled(pilot)
        app.app_focus = False
        assert not app.press_now(press(12, 6)), "the terminal had lost the focus"
        app.app_focus = True
        app.screen.set_focus(None)
        await until_handled(pilot)
        assert not app.press_now(press(12, 6)), "the field has no focus"
        app.post_message(press(12, 6))
        await until_handled(pilot)
        assert not app.press_now(press(14, 6)), "another button is held"
        app.post_message(release(12, 6))
        await until_handled(pilot)
        await until(pilot, lambda: app.press_now(press(12, 6)))


async def test_a_stroke_that_ends_on_what_was_clicked_before_does_not_click_it(
    app: PadApp,
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await until_handled(pilot)
        clear = text_of(app).splitlines()[-1].index("Clear")
        for event in (press(clear, 23), release(clear, 23)):
            app.post_message(event)
        await until_handled(pilot)
        await until(pilot, lambda: app.press_now(press(12, 6)))
        assert app.drag_now(move(12, 12))
        app.show_drag()
        app.screen.query_one(SketchPad).end_drag()  # as where the window loses the focus
        app.post_message(release(clear, 23))
        await until_handled(pilot)
        assert len(app.screen.query_one(SketchPad).points) == 1


async def test_a_key_between_moves_of_one_read_comes_between_them(app: PadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await until_handled(pilot)
        assert app.press_now(press(12, 6))
        assert app.drag_now(move(12, 8))
        app.post_message(Key("u", "u"))
        assert not app.drag_now(move(12, 10)), "the key is in a queue"
        app.show_drag()
        await until_handled(pilot)


async def test_a_move_waits_for_the_input_before_it(app: PadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await until_handled(pilot)
        pad = app.screen.query_one(SketchPad)
        assert not app.drag_now(move(12, 8)), "nothing was pressed"
        app.post_message(press(12, 6))
        assert not app.press_now(press(14, 6)), "a press is in a queue"
        await until_handled(pilot)
        app.post_message(move(12, 10))
        assert not app.drag_now(move(12, 12)), "an earlier move is in the app's queue"
        await until_handled(pilot)
        pad.post_message(move(12, 12))
        assert not app.drag_now(move(12, 14)), "an earlier move is in the widget's queue"
        await until_handled(pilot)
        app.post_message(Key("c", "c"))
        assert not app.drag_now(move(12, 16)), "a key is in a queue"
        await until_handled(pilot)
        await until(pilot, lambda: app.drag_now(move(12, 18)))


async def test_a_press_and_the_moves_behind_it_are_one_frame(
    app: PadApp, frames: list[int]
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await until_handled(pilot)
        frames.clear()
        for event in (press(12, 6), *(move(12, row) for row in range(7, 15))):
            app.post_message(event)
        await until(pilot, lambda: 9 in frames)
        assert set(frames) <= {0, 9}, "ink that is only a part of what arrived"


async def test_ink_is_drawn_with_a_layout_that_is_due(app: PadApp, frames: list[int]) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await until_handled(pilot)
        pad = app.screen.query_one(SketchPad)
        app.post_message(press(12, 6))
        await until_handled(pilot)
        await until(pilot, lambda: is_idle(app) and is_idle(pad))
        app.screen.refresh(layout=True)
        frames.clear()
        assert app.drag_now(move(12, 12))
        app.show_drag()
        assert not frames, "the pad may have another place now"
        await until(pilot, lambda: 2 in frames)
        assert "█" in app.screen._compositor.render_strips()[9].text
        assert len(pad.points[0]) == 2


async def test_a_dot_of_the_keys_does_not_wait_for_moves_beside_the_pad(app: PadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await until_handled(pilot)
        pad = app.screen.query_one(SketchPad)
        pad.action_pen()
        app._queued.append(hover(70, 4))
        pad.on_idle()
        app._queued.clear()
        assert not pad._unpainted
        assert len(pad.points) == 1


async def test_what_draws_at_once_knows_its_app_and_its_widget(app: PadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        pad = app.screen.query_one(SketchPad)
        await until_handled(pilot)

        def beside_all_tasks() -> None:
            with context_of(app, pad):
                assert active_app.get() is app
                assert active_message_pump.get() is pad

        contextvars.Context().run(beside_all_tasks)
