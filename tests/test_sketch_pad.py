"""The sketch pad widget: mouse, keys, eraser, undo, sizes, and what is repainted."""

import numpy as np
import pytest
from textual.app import App
from textual.containers import Container
from textual.events import AppBlur, MouseDown, MouseUp

from tests.helpers.mouse import drag_to, hover, mouse, move, press, release
from tests.helpers.waiting import strips_of, until
from tui.pad.sketch_pad import PEN_WIDTH, SketchPad


class PadApp(App[None]):
    CSS = "Container { width: 1fr; height: 1fr; }"

    def __init__(self, ascii_only=False):
        super().__init__()
        self.ascii_only = ascii_only
        self.changes = []

    def compose(self):
        with Container():
            yield SketchPad(ascii_only=self.ascii_only)

    def on_mount(self):
        self.query_one(SketchPad).focus()

    def on_sketch_pad_changed(self, message):
        self.changes.append((len(message.points), message.finished))


def shown(app):
    """The pad as text, as sent to the terminal."""
    pad = app.query_one(SketchPad)
    strips = strips_of(app)
    return [strip.text[: 2 * pad.rows] for strip in strips[: pad.rows]]


def inked(app):
    """Which cells have ink."""
    return np.array([[c in "▀▄█" for c in row] for row in shown(app)])


async def drag(pilot, cells, button=1):
    await pilot.mouse_down(SketchPad, offset=cells[0], button=button)
    for cell in cells[1:]:
        await drag_to(pilot, SketchPad, cell, button)
    await pilot.mouse_up(SketchPad, offset=cells[-1])
    await pilot.pause()


@pytest.mark.parametrize(
    ("terminal", "size"),
    [((80, 20), (40, 20)), ((160, 45), (90, 45)), ((24, 40), (24, 12)), ((3, 3), (2, 1))],
)
async def test_the_pad_is_a_square_that_fits(terminal, size):
    app = PadApp()
    async with app.run_test(size=terminal):
        assert app.query_one(SketchPad).size == size


async def test_an_empty_pad_shows_a_hint():
    app = PadApp()
    async with app.run_test(size=(80, 20)) as pilot:
        assert "draw a digit" in "\n".join(shown(app))
        assert app.query_one(SketchPad).is_empty_drawing
        await drag(pilot, [(4, 2)])
        assert "draw" not in "\n".join(shown(app))
        await pilot.press("u")
        assert "draw a digit" in "\n".join(shown(app))


async def test_a_fast_stroke_has_no_holes():
    app = PadApp()
    async with app.run_test(size=(80, 20)) as pilot:
        await drag(pilot, [(4, 10), (35, 10)])
        assert inked(app)[10, 4:36].all()
        (stroke,) = app.query_one(SketchPad).points
        np.testing.assert_allclose(stroke, [[4.5 / 40, 10.5 / 20], [35.5 / 40, 10.5 / 20]])
        assert app.changes == [(1, False), (1, False), (1, True)]


async def test_moves_without_a_button_draw_nothing():
    app = PadApp()
    async with app.run_test(size=(80, 20)) as pilot:
        await pilot.hover(SketchPad, offset=(4, 4))
        await drag(pilot, [(5, 5), (9, 9)], button=2)
        assert app.query_one(SketchPad).is_empty_drawing


async def test_leaving_and_entering_the_pad_makes_two_strokes():
    app = PadApp()
    async with app.run_test(size=(80, 30)) as pilot:
        await drag(pilot, [(36, 10), (70, 10), (70, 14), (36, 14)])
        first, second = app.query_one(SketchPad).points
        assert first[-1, 0] == second[0, 0] == 1
        assert not np.any([stroke > 1 for stroke in (first, second)])
        await pilot.press("u")
        assert app.query_one(SketchPad).is_empty_drawing


async def test_losing_the_mouse_ends_the_stroke():
    app = PadApp()
    async with app.run_test(size=(80, 20)) as pilot:
        pad = app.query_one(SketchPad)
        await pilot.mouse_down(SketchPad, offset=(5, 5))
        app.capture_mouse(None)
        await pilot.pause()
        await drag_to(pilot, SketchPad, (30, 15))
        assert len(pad.points) == 1
        assert len(pad.points[0]) == 1
        assert app.changes[-1] == (1, True)


async def test_a_stroke_that_starts_as_the_previous_ends_is_complete():
    app = PadApp()
    async with app.run_test(size=(80, 20)) as pilot:
        pad = app.query_one(SketchPad)
        pad.post_message(press(5, 4))
        pad.post_message(move(30, 4))
        pad.post_message(release(30, 4))
        pad.post_message(press(5, 12))
        await pilot.pause()
        pad.post_message(move(30, 12))
        pad.post_message(release(30, 12))
        await pilot.pause()
        assert [len(stroke) for stroke in pad.points] == [2, 2]
        assert [finished for _, finished in app.changes].count(True) == 2


async def test_simultaneous_mouse_events_are_drawn_in_order():
    app = PadApp()
    async with app.run_test(size=(80, 20)) as pilot:
        cells = [(x, 4) for x in range(5, 30)] + [(30, y) for y in range(4, 16)]
        for place, cell in enumerate(cells):
            app.post_message(move(*cell) if place else press(*cell))
        pad = app.query_one(SketchPad)
        await until(pilot, lambda: pad.points and len(pad.points[0]) == len(cells))
        (stroke,) = app.query_one(SketchPad).points
        assert [tuple((point * (40, 20) - 0.5).round().astype(int)) for point in stroke] == cells


@pytest.mark.parametrize("how", ["right", "e"])
async def test_the_eraser_cuts_strokes(how):
    app = PadApp()
    async with app.run_test(size=(80, 20)) as pilot:
        pad = app.query_one(SketchPad)
        await drag(pilot, [(4, 10), (35, 10)])
        if how == "e":
            await pilot.press("e")
        await drag(pilot, [(20, 2), (20, 18)], button=3 if how == "right" else 1)
        left, right = pad.points
        assert left[0, 0] == pytest.approx(4.5 / 40)
        assert right[-1, 0] == pytest.approx(35.5 / 40)
        assert right[0, 0] - left[-1, 0] == pytest.approx(2 * PEN_WIDTH, abs=PEN_WIDTH / 2)
        assert not inked(app)[10, 20]
        await pilot.press("u")
        assert len(pad.points) == 1
        assert inked(app)[10, 20]


async def test_erasing_nothing_adds_no_step_to_undo():
    app = PadApp()
    async with app.run_test(size=(80, 20)) as pilot:
        await drag(pilot, [(4, 10), (35, 10)])
        await drag(pilot, [(4, 2), (35, 2)], button=3)
        await pilot.press("u")
        assert app.query_one(SketchPad).is_empty_drawing


async def test_drawing_with_keys():
    app = PadApp()
    async with app.run_test(size=(80, 20)) as pilot:
        pad = app.query_one(SketchPad)
        await pilot.press("left", "h", "up", "k", "right", "l", "down", "j")
        assert pad.is_empty_drawing
        assert any("[]" in row for row in shown(app))
        await pilot.press("space")
        assert any("()" in row for row in shown(app))
        await pilot.press("down", "down", "down", "space", "left")
        (stroke,) = pad.points
        np.testing.assert_allclose(stroke[:, 0], stroke[0, 0])
        np.testing.assert_allclose(np.diff(stroke[:, 1]), 1 / 20)
        assert app.changes[-1] == (1, True)


async def test_alternating_keys_draw_a_diagonal_and_others_a_corner():
    app = PadApp()
    async with app.run_test(size=(80, 20)) as pilot:
        pad = app.query_one(SketchPad)
        await pilot.press("space", *["right", "up"] * 5, "space")
        steps = np.diff(pad.points[0], axis=0)
        np.testing.assert_allclose(steps, np.tile([1 / 20, -1 / 20], (5, 1)))
        await pilot.press("space", "down", "down", "right", "right", "space")
        steps = np.diff(pad.points[1], axis=0)
        assert (steps != 0).sum(axis=1).tolist() == [1, 1, 1, 1]


async def test_keys_stop_at_the_edge():
    app = PadApp()
    async with app.run_test(size=(80, 20)) as pilot:
        pad = app.query_one(SketchPad)
        await pilot.press("space", *["left"] * 12, "space")
        assert pad.points[0][:, 0].min() == pytest.approx(0.5 / 20)


async def test_undo_redo_clear_and_older_drawings():
    app = PadApp()
    async with app.run_test(size=(80, 20)) as pilot:
        pad = app.query_one(SketchPad)
        await drag(pilot, [(4, 4), (9, 4)])
        await drag(pilot, [(4, 8), (9, 8)])
        await pilot.press("u")
        assert len(pad.points) == 1
        await pilot.press("r", "r")
        assert len(pad.points) == 2
        await pilot.press("c")
        assert pad.is_empty_drawing
        await drag(pilot, [(30, 4)])
        await pilot.press("p")
        assert len(pad.points) == 2
        await pilot.press("n")
        assert len(pad.points) == 1
        await pilot.press("n", "n")
        assert pad.is_empty_drawing
        assert not inked(app).any()


async def test_resizing_keeps_the_strokes():
    app = PadApp()
    async with app.run_test(size=(80, 20)) as pilot:
        pad = app.query_one(SketchPad)
        await drag(pilot, [(4, 10), (35, 10)])
        before = pad.points[0].copy()
        await pilot.resize_terminal(160, 45)
        await pilot.pause()
        await until(pilot, lambda: pad.size == (90, 45))
        np.testing.assert_array_equal(pad.points[0], before)
        assert inked(app)[22, 12:78].all()


async def test_ascii_mode():
    app = PadApp(ascii_only=True)
    async with app.run_test(size=(80, 20)) as pilot:
        await drag(pilot, [(4, 10), (35, 10)])
        assert all(row.isascii() for row in shown(app))
        assert shown(app)[10][10:30] == "@" * 20
        app.query_one(SketchPad).ascii = False
        await pilot.pause()
        assert inked(app)[10, 10:30].all()


@pytest.mark.parametrize("theme", ["textual-light", "ansi-dark"])
async def test_no_colour_and_other_themes(monkeypatch, theme):
    monkeypatch.setenv("NO_COLOR", "1")
    app = PadApp()
    async with app.run_test(size=(80, 20)) as pilot:
        app.theme = theme
        await drag(pilot, [(4, 10), (35, 10)])
        assert inked(app)[10, 5:35].all()


async def test_the_pen_width_applies_to_later_strokes():
    app = PadApp()
    async with app.run_test(size=(80, 20)) as pilot:
        pad = app.query_one(SketchPad)
        await drag(pilot, [(4, 4), (30, 4)])
        await pilot.press(*["plus"] * 5, "minus")
        await drag(pilot, [(4, 12), (30, 12)])
        thin, thick = (line.width for line in pad.strokes)
        assert thin == PEN_WIDTH
        assert thick == pytest.approx(PEN_WIDTH + 0.04)
        await pilot.press(*["minus"] * 12)
        assert pad.pen_width > 0


async def test_a_step_repaints_only_changed_cells():
    app = PadApp()
    async with app.run_test(size=(80, 20)) as pilot:
        pad = app.query_one(SketchPad)
        await pilot.mouse_down(SketchPad, offset=(20, 10))
        await pilot.pause()
        painted = []
        pad.refresh = lambda *regions: painted.extend(regions)
        await drag_to(pilot, SketchPad, (21, 10))
        assert 0 < sum(region.area for region in painted) < 20
        assert all(16 <= region.x < 28 for region in painted)


async def test_a_stroke_inside_the_pad_is_not_split():
    app = PadApp()
    async with app.run_test(size=(80, 19)) as pilot:
        cells = [(x, (7 * x) % 19) for x in range(38)]
        await drag(pilot, cells)
        assert [len(stroke) for stroke in app.query_one(SketchPad).points] == [38]


async def test_a_release_ends_the_stroke_where_it_is():
    app = PadApp()
    async with app.run_test(size=(80, 20)) as pilot:
        pad = app.query_one(SketchPad)
        for event in (press(5, 4), move(20, 4), release(30, 4), hover(30, 15)):
            app.post_message(event)
        await until(pilot, lambda: app.changes and app.changes[-1][1])
        (stroke,) = pad.points
        assert stroke[-1].tolist() == [30.5 / 40, 4.5 / 20]


async def test_other_buttons_neither_draw_nor_end_a_stroke():
    app = PadApp()
    async with app.run_test(size=(80, 20)) as pilot:
        pad = app.query_one(SketchPad)
        middle = mouse(MouseDown, 10, 4, 2), mouse(MouseUp, 10, 4, 2)
        for event in (press(5, 4), *middle, move(30, 4), release(30, 4), *middle):
            app.post_message(event)
        await until(pilot, lambda: [finished for _, finished in app.changes].count(True) == 1)
        assert [len(stroke) for stroke in pad.points] == [2]


@pytest.mark.parametrize("button", [0, 2, 3])
async def test_a_release_that_was_not_reported_ends_the_stroke_at_the_next_move(button):
    app = PadApp()
    async with app.run_test(size=(80, 20)) as pilot:
        pad = app.query_one(SketchPad)
        for event in (press(5, 4), move(20, 4), move(20, 15, button), move(5, 15)):
            app.post_message(event)
        await until(pilot, lambda: [finished for _, finished in app.changes].count(True) == 1)
        assert [len(stroke) for stroke in pad.points] == [2]
        for event in (press(5, 10), press(5, 12), move(20, 12), release(20, 12)):
            app.post_message(event)  # a press without the release before it
        await until(pilot, lambda: [finished for _, finished in app.changes].count(True) == 2)
        assert [len(stroke) for stroke in pad.points] == [2, 1, 2]


@pytest.mark.parametrize("what", ["focus", "size"])
async def test_what_happens_while_the_button_is_down_ends_the_stroke(what):
    app = PadApp()
    async with app.run_test(size=(80, 20)) as pilot:
        pad = app.query_one(SketchPad)
        await pilot.mouse_down(SketchPad, offset=(5, 5))
        await drag_to(pilot, SketchPad, (20, 5))
        if what == "focus":
            app.post_message(AppBlur())
        else:
            await pilot.resize_terminal(60, 16)
        await until(pilot, lambda: app.changes[-1][1])
        await drag_to(pilot, SketchPad, (12, 12))
        app.post_message(release(12, 12))
        await pilot.pause()
        assert [len(stroke) for stroke in pad.points] == [2]
        assert app.mouse_captured is None


async def test_reports_in_pixels_draw_between_the_cells():
    app = PadApp()
    async with app.run_test(size=(80, 20)) as pilot:
        pad = app.query_one(SketchPad)
        places = [5.25, 5.26, 6.0625, 30.125]
        first, *others = [(x, 4.375) for x in places]
        for event in (press(*first), *(move(*place) for place in others), release(30.125, 4.375)):
            app.post_message(event)
        await until(pilot, lambda: app.changes and app.changes[-1][1])
        (stroke,) = pad.points
        assert (stroke * [40, 20]).tolist() == [[x, 4.375] for x in (5.25, 6.0625, 30.125)]


@pytest.mark.parametrize("key", ["e", "u"])
async def test_a_pen_that_another_key_lifts_has_finished(key):
    app = PadApp()
    async with app.run_test(size=(80, 20)) as pilot:
        await pilot.press("e", "space")  # the eraser: nothing is erased, or undone
        await until(pilot, lambda: app.changes[-1:] == [(0, False)])
        await pilot.press(key)
        await until(pilot, lambda: app.changes[-1] == (0, True))
