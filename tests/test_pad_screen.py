"""The Pad screen: drawing with keys and mouse, classified by the built-in model."""

from pathlib import Path

import numpy as np
import pytest
from textual._context import visible_screen_stack
from textual.pilot import Pilot
from textual.strip import Strip

from core.network.classifier import Prediction
from tests.helpers.mouse import drag_to, move, press, release
from tests.helpers.pad import DIGITS, keys, prediction
from tests.helpers.waiting import shown, strips_of, text_of, toasts_of, until, until_handled
from tui.pad.app import PadApp
from tui.pad.network_input import BigDigit, NetworkInput
from tui.pad.past import PastAnswer
from tui.pad.prediction import PadState, PadStatus
from tui.pad.sketch_pad import SketchPad
from tui.pad.user_digits_store import UserDigitsStore
from tui.pad.user_digits_strip import UserDigitsStrip
from tui.widgets.probability_bars import ProbabilityBars


@pytest.fixture
def app(tmp_path: Path) -> PadApp:
    app = PadApp(log_dir=tmp_path / "runs")
    app.pad_screen._user_digits = UserDigitsStore(tmp_path / "mine")
    return app


async def classified(pilot: Pilot[None], app: PadApp) -> None:
    """Wait until the drawing is classified."""
    await pilot.pause()
    await until(pilot, lambda: not app.pad_screen._is_stale)


def rows(app: PadApp) -> list[Strip]:
    """The rows on the terminal, including the screens below."""
    visible_screen_stack.set(app._background_screens)
    return strips_of(app)


async def test_all_ten_digits_drawn_with_keys_are_classified(app: PadApp) -> None:
    seen = {}
    async with app.run_test(size=(80, 24)) as pilot:
        pad = app.screen.query_one(SketchPad)
        for digit, way in DIGITS.items():
            keys(pad, way)
            await classified(pilot, app)
            seen[digit] = app.screen.query_one(BigDigit)._digit
            pad.action_clear()
    assert seen == {digit: str(digit) for digit in DIGITS}


async def test_the_keys_themselves_draw_a_seven(app: PadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        pressed = ["left"] * 5 + ["up"] * 7 + ["space"] + ["l"] * 9
        await pilot.press(*pressed, *["down", "down", "h"] * 6, "space")
        await classified(pilot, app)
        assert prediction(app).startswith("7 ")


async def test_what_is_not_a_digit_gets_no_prediction(app: PadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        pad = app.screen.query_one(SketchPad)
        assert prediction(app) == "draw a digit"
        assert "%" not in app.screen.query_one(ProbabilityBars).render_line(0).text
        keys(pad, "9,9")
        await classified(pilot, app)
        assert prediction(app) == "draw bigger"
        pad.action_clear()
        for row in range(0, 20, 2):
            keys(pad, f"0,{row} 19,{row}")
        await classified(pilot, app)
        assert prediction(app).startswith("not sure")
        pad.action_clear()
        keys(pad, "2,4 5,16 9,8 13,16 17,4")
        await classified(pilot, app)
        assert prediction(app).startswith("not sure")
        pad.action_clear()
        keys(pad, "15,2 13,3 12,5 13,7 15,8 17,7 18,5 17,3 15,2")
        await classified(pilot, app)
        assert prediction(app).startswith("0 ")


async def test_a_seven_drawn_with_the_mouse_is_labelled_stored_and_removed(app: PadApp) -> None:
    async with app.run_test(size=(160, 45)) as pilot:
        await pilot.mouse_down(SketchPad, offset=(16, 5))
        await drag_to(pilot, SketchPad, (40, 5))
        await drag_to(pilot, SketchPad, (24, 24))
        await pilot.mouse_up(SketchPad, offset=(24, 24))
        await classified(pilot, app)
        assert prediction(app).startswith("7 ")
        eye = app.screen.query_one(NetworkInput)
        seen = [strip.text for strip in eye._styled_content]
        await pilot.press("w")
        assert [strip.text for strip in eye._styled_content] != seen
        await pilot.press("w", "v")
        assert [strip.text for strip in eye._styled_content] != seen
        await pilot.press("v", "t", "7")
        await classified(pilot, app)
        own = app.pad_screen._user_digits.digits
        assert own.labels.tolist() == [7]
        assert app.screen.query_one(SketchPad).is_empty_drawing
        row = app.screen.query_one(UserDigitsStrip)
        assert "your digits  1" in row._styled_content[0].text
        await pilot.press("o", "delete")
        await classified(pilot, app)
        assert len(app.pad_screen._user_digits.digits) == 0


async def test_the_drawing_is_visible_while_it_is_labelled(app: PadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        keys(app.screen.query_one(SketchPad), DIGITS[7])
        await pilot.press("t")
        await classified(pilot, app)
        shown = "".join(strip.text for strip in rows(app))
        assert "which digit was it" in shown
        assert "███" in shown
        assert "built-in weights" in shown


async def test_a_key_that_is_not_a_digit_is_reported_and_the_question_stays(app: PadApp) -> None:
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await pilot.press("T")
        assert toasts_of(app)[-1].startswith("draw a digit, then t")
        keys(app.screen.query_one(SketchPad), DIGITS[7])
        await pilot.press("T")
        assert toasts_of(app)[-1] == "t and its label, then T"
        for key in "tkt":
            await pilot.press(key)
            await classified(pilot, app)
        asked = [
            strip.text for strip in rows(app) if "t is not a digit; press 0 to 9" in strip.text
        ]
        assert asked[0].strip() == "t is not a digit; press 0 to 9, or escape"  # and nothing else
        await pilot.press("7")
        await classified(pilot, app)
        assert app.pad_screen._user_digits.digits.labels.tolist() == [7]


@pytest.mark.parametrize("columns", [80, 100])
async def test_the_status_row_shows_pen_and_model(app: PadApp, columns: int) -> None:
    async with app.run_test(size=(columns, 24)) as pilot:
        answer = PadState(
            Prediction(np.eye(10, dtype=np.float32)[4]),
            "weights after 1,234,567 steps",
            history=[
                PastAnswer(step, Prediction(np.eye(10, dtype=np.float32)[step // 1000 % 10]))
                for step in range(1_000_000, 1_008_000, 1000)
            ],
        )
        app.screen.query_one(PadStatus).show(answer)
        await classified(pilot, app)
        row = rows(app)[2].text
        assert "pen   width 8 of 100" in row
        assert row.rstrip().endswith("weights after 1,234,567 steps")
        assert "1,007,000: 7 100%" in row
        assert ("1,006,000: 6 100%" in row) == (columns > 80)


@pytest.mark.parametrize(("size", "toasts"), [((80, 24), 1), ((160, 45), 0)])
async def test_fine_tuning_is_reported_once_and_covers_nothing_unnecessarily(
    app: PadApp, size: tuple[int, int], toasts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    fine_tuning = app.pad_screen._fine_tuning
    monkeypatch.setattr(fine_tuning, "submit", lambda *_, **__: setattr(fine_tuning, "busy", True))
    async with app.run_test(size=size) as pilot:
        for _ in range(2):
            keys(app.screen.query_one(SketchPad), DIGITS[7])
            await pilot.press("t", "7")
        assert len(toasts_of(app)) == toasts
        await pilot.press("T")
        await classified(pilot, app)
        assert toasts_of(app) == ["fine-tuning … into a new run; x switches back"] * toasts
        screen = "".join(strip.text for strip in rows(app))
        assert "of 100   + -   fine-tuning …" in screen  # also when the toast is gone
        assert toasts or screen.count("fine-tuning …") == 2


async def test_a_picked_image_is_classified_until_the_user_draws(app: PadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        image = np.zeros((28, 28), np.float32)
        image[4:24, 13:16] = 1
        app.pad_screen.show_image(image, 7)
        await classified(pilot, app)
        assert prediction(app).startswith("1 ")
        assert "labelled 7" in app.pad_screen._pad_image().note
        keys(app.screen.query_one(SketchPad), DIGITS[7])
        await classified(pilot, app)
        assert prediction(app).startswith("7 ")


async def test_hiding_the_pad_ends_a_drag_and_releases_the_mouse(
    app: PadApp,
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        pad = app.screen.query_one(SketchPad)
        await pilot.mouse_down(SketchPad, offset=(10, 5))
        await pilot.press("o")
        await classified(pilot, app)
        assert app.mouse_captured is None
        await pilot.press("o")
        await classified(pilot, app)
        await drag_to(pilot, SketchPad, (30, 15))
        assert [len(stroke) for stroke in pad.points] == [1]


async def test_the_field_keeps_its_size_when_the_first_digit_is_labelled(app: PadApp) -> None:
    async with app.run_test(size=(120, 35)) as pilot:
        await classified(pilot, app)
        bars, pad = app.screen.query_one(ProbabilityBars), app.screen.query_one(SketchPad)
        assert bars.size.height >= 10
        without = pad.size
        keys(pad, DIGITS[1])
        await pilot.press("t", "1")
        await classified(pilot, app)
        assert len(app.pad_screen._user_digits.digits) == 1
        strip = app.screen.query_one(UserDigitsStrip)
        assert (strip.size.height, pad.size) == (1, without)
        await pilot.press("o")
        await until(pilot, lambda: strip.size.height == 10)
        assert pad.size.height < without.height


@pytest.mark.parametrize("rows", [1, 2, 4])
async def test_a_terminal_of_a_few_rows_has_no_scroll_bars(app: PadApp, rows: int) -> None:
    async with app.run_test(size=(80, rows)) as pilot:
        await classified(pilot, app)
        assert not app.screen.show_vertical_scrollbar


async def test_a_different_prediction_of_the_built_in_model_is_shown(
    app: PadApp,
) -> None:
    run = app.run_state
    run.weights = {"layer0/weights": np.zeros((784, 10)), "layer0/biases": 20.0 * np.eye(10)[3]}
    run.weights_step = 300
    async with app.run_test(size=(80, 24)) as pilot:
        app.pad_screen._use_weights(run)
        for digit in (7, 3):
            keys(app.screen.query_one(SketchPad), DIGITS[digit])
            await classified(pilot, app)
            assert prediction(app).startswith("3 ")
            status = rows(app)[2].text.rstrip()
            assert status.endswith("weights after 300 steps" + "; built-in: 7" * (digit == 7))
            app.screen.query_one(SketchPad).action_clear()


async def test_newer_weights_wait_for_the_next_prediction_while_a_stroke_is_drawn(
    app: PadApp,
) -> None:
    run = app.run_state
    async with app.run_test(size=(80, 24)) as pilot:
        models = app.pad_screen._models
        await until_handled(pilot)
        for event in (press(12, 6), move(12, 18)):
            app.post_message(event)
        await classified(pilot, app)
        run.weights = {"layer0/weights": np.zeros((784, 10)), "layer0/biases": np.eye(10)[3] * 20}
        run.weights_step = 300
        app.pad_screen._use_weights(run)
        assert not models.is_live, "the ink would wait for it"
        await until(pilot, lambda: models.is_live)
        await until(pilot, lambda: prediction(app).startswith("3 "))
        assert "built-in" not in rows(app)[2].text, "there is no second opinion on half a digit"
        app.post_message(release(12, 18))
        await until(pilot, lambda: "built-in: 1" in rows(app)[2].text)


async def test_the_model_is_shown_before_anything_is_drawn(app: PadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await classified(pilot, app)
        assert rows(app)[2].text.rstrip().endswith("built-in weights")


async def test_what_the_network_gets_is_shown_whole_or_not_at_all(app):
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        assert not app.screen.query_one("#pad-input").display
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        view = app.screen.query_one(NetworkInput)
        assert view.region.right <= 80
        assert view.display


async def test_user_digits_are_in_rows_come_back_and_are_corrected_and_exported(
    app: PadApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = app.pad_screen._user_digits
    for digit in range(9):
        store.add([np.array([[0.3, 0.1], [0.3, 0.9 - digit / 100]])], digit)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("o")
        await shown(pilot, app, "your digits  9")
        labels = [line.split() for line in text_of(app).splitlines()]
        assert [*"8765"] in labels and [*"4321"] in labels
        await pilot.press("down", "right", "delete")
        await shown(pilot, app, "your digits  8", "u brings it back")
        assert store.digits.labels.tolist() == [0, 1, 2, 4, 5, 6, 7, 8]
        await pilot.press("u")
        await shown(pilot, app, "your digits  9", "a 3 is back")
        await pilot.press("u")
        await shown(pilot, app, "nothing was removed")
        await pilot.press("enter", "9")
        await shown(pilot, app, "a 9 now, instead of 4")
        assert 4 not in store.digits.labels
        await pilot.press("E")
        await shown(pilot, app, "9 written to", "as IDX and PNG")
        assert len([*tmp_path.glob("my-digits/*/*.png")]) == 9


@pytest.mark.parametrize("size", [(160, 45), (200, 60)])
async def test_the_pad_uses_the_room_of_a_large_terminal(
    app: PadApp, size: tuple[int, int]
) -> None:
    async with app.run_test(size=size) as pilot:
        pad, picture = app.screen.query_one(SketchPad), app.screen.query_one(NetworkInput)
        await until(pilot, lambda: pad.rows >= size[1] - 7 and picture.size == (56, 28))
        bars, digit = app.screen.query_one(ProbabilityBars), app.screen.query_one(BigDigit)
        assert digit.region.right <= size[0]
        assert pad.region.right < picture.region.x
        assert size[1] - bars.region.bottom <= 4


async def test_another_screen_ends_the_stroke_and_asks_for_cells(
    app: PadApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    monkeypatch.setattr(app, "request_pixels", asked.append)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.mouse_down(SketchPad, offset=(10, 5))
        await pilot.press("question_mark")
        await until(pilot, lambda: asked == [True, False])
        assert app.mouse_captured is None
        await pilot.press("escape")
        await until(pilot, lambda: asked == [True, False, True])
        await drag_to(pilot, SketchPad, (30, 15))
        assert [len(stroke) for stroke in app.pad_screen.drawing.points] == [1]
