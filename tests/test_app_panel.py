"""Keys and typed values of the panel, by which a run is steered."""

from pathlib import Path

import pytest

from tests.helpers.app import Scripted
from tests.helpers.waiting import shown, text_of, until
from tui.app import TrainpadApp
from tui.train.panel import Panel
from tui.train.panel_rows import STANDARD
from tui.train.screen import TrainScreen


@pytest.fixture
def source(tmp_path: Path) -> Scripted:
    return Scripted(tmp_path)


async def test_keys_make_requests_in_control_json_and_the_panel_waits_for_the_run(
    source: Scripted,
) -> None:
    app = TrainpadApp(iter(source))
    async with app.run_test(size=(120, 35)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        await pilot.press("]", "]", "space", "e", "c")
        await pilot.pause()
        assert source.desired["hyperparameters"]["learning_rate"] == pytest.approx(0.016)
        assert source.desired["pause_at"] == 0
        assert (source.desired["evaluate"], source.desired["checkpoint"]) == (1, 1)
        assert "0.016" not in text_of(app)
        await pilot.press("s", "s")
        assert source.desired["pause_at"] == 102
        await pilot.press("space")
        assert source.desired["pause_at"] is None


async def test_the_panel_accepts_typed_values_and_shows_why_others_are_refused(
    source: Scripted,
) -> None:
    app = TrainpadApp(iter(source))
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        await pilot.press("tab", *"0.5", "enter")
        await pilot.pause()
        assert source.desired["hyperparameters"]["learning_rate"] == 0.5
        await pilot.press(*"0", "enter")
        await shown(pilot, app, "learning_rate must be above 0")
        assert source.desired["hyperparameters"]["learning_rate"] == 0.5
        await pilot.press("down", *"100", "enter")
        await shown(pilot, app, "max steps must be above 100, the", "done", "100_")
        assert source.desired["hyperparameters"]["max_steps"] == 2000
        await pilot.press(*"4000", "enter")
        await pilot.pause()
        assert source.desired["hyperparameters"]["max_steps"] == 4000
        await pilot.press(*"50", "escape")
        assert not app.screen.query_one(Panel).has_focus
        assert "50_" not in text_of(app)
        await pilot.press("tab", "enter")
        await pilot.pause()
        assert source.desired["hyperparameters"]["max_steps"] == 4000


async def test_presses_in_the_panel_add_up_before_the_run_has_followed(source: Scripted) -> None:
    app = TrainpadApp(iter(source))
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        await pilot.press("tab", "right", "right", "tab", "right_square_bracket")
        wanted = pytest.approx(0.02)
        await until(pilot, lambda: source.desired["hyperparameters"]["learning_rate"] == wanted)


async def test_a_value_that_cannot_change_now_is_kept_for_the_next_run(source: Scripted) -> None:
    app = TrainpadApp(iter(source))
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        panel = app.screen.query_one(Panel)
        names = [declared.name for declared in STANDARD]
        await pilot.press("tab", *["down"] * names.index("optimizer"), "right")
        await pilot.pause()
        assert panel.next_run == {"optimizer": "momentum"}
        assert "optimizer" not in source.desired["hyperparameters"]


async def test_letters_typed_in_the_panel_are_not_commands(source: Scripted) -> None:
    app = TrainpadApp(iter(source))
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        await pilot.press("tab", "b", "q", "n")
        await shown(pilot, app, "esc to leave")
        assert isinstance(app.screen, TrainScreen)
        assert source.desired["stop"] == ""
