"""The Pad screen: several digits in one drawing, and an input that keys distort."""

from pathlib import Path

import pytest

from tests.helpers.pad import DIGITS, keys, prediction
from tests.helpers.waiting import shown, text_of, toasts_of, until
from tui.pad.app import PadApp
from tui.pad.network_input import BigDigit, NetworkInput
from tui.pad.sketch_pad import SketchPad
from tui.pad.user_digits_store import UserDigitsStore

SEVERAL = "2,6 2,14 / 8,5 6,7 5,10 6,13 8,15 9,13 10,10 9,7 8,5 / 13,5 18,5 15,15"


@pytest.fixture
def app(tmp_path: Path) -> PadApp:
    app = PadApp(log_dir=tmp_path / "runs")
    app.pad_screen._user_digits = UserDigitsStore(tmp_path / "mine")
    return app


async def test_several_digits_are_read_one_by_one_with_their_boxes(app: PadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        keys(app.screen.query_one(SketchPad), SEVERAL)
        text = await shown(pilot, app, "1  0  7 ")
        assert text.count("┌") == text.count("┘") == 3
        assert "─ 7 ─" in text
        assert app.screen.query_one(BigDigit)._digit == "107"
        assert app.screen.query_one(NetworkInput)._selected == 2
        await pilot.press("t", "1", "0")
        await shown(pilot, app, "which 3 digits were they", "10_")
        await pilot.press("backspace", "0", "7")
        await until(pilot, lambda: len(app.pad_screen._user_digits.digits) == 3)
        assert app.pad_screen._user_digits.digits.labels.tolist() == [1, 0, 7]
        await until(pilot, lambda: "┌" not in text_of(app))


async def test_boxes_are_ascii_in_ascii_mode(tmp_path: Path) -> None:
    app = PadApp(ascii_only=True, log_dir=tmp_path / "runs")
    async with app.run_test(size=(80, 24)) as pilot:
        keys(app.screen.query_one(SketchPad), SEVERAL)
        text = await shown(pilot, app, "1  0  7 ", "- 7 -")
        assert text.isascii()


async def test_the_answer_follows_what_keys_do_to_the_input(app: PadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        keys(app.screen.query_one(SketchPad), DIGITS[7])
        await shown(pilot, app, "7   ")
        await pilot.press("b", *["right"] * 12, "down", "n")
        await shown(pilot, app, "break it: 12 right, 1 down, noise 0.08; 0 resets, esc draws")
        assert not prediction(app).startswith("7 ")
        await pilot.press("0", *["full_stop"] * 18)
        await shown(pilot, app, "turned +180°")
        assert not prediction(app).startswith("7 ")
        await pilot.press("0")
        await shown(pilot, app, "7   ", "break it with keys; esc draws")
        await pilot.press("right", "escape")
        await shown(pilot, app, "break it: 1 right; 0 resets, b goes on")
        await pilot.press("0")
        await shown(pilot, app, "pen   width")
        await pilot.press("b", "right", "b")
        await shown(pilot, app, "break it: 1 right; 0 resets, b goes on")
        await pilot.press("c")
        await shown(pilot, app, "pen   width")
        await until(pilot, lambda: app.pad_screen.drawing.is_empty)


async def test_what_is_hidden_is_not_broken(app: PadApp) -> None:
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("b")
        assert "enlarge the window" in toasts_of(app)[-1]
