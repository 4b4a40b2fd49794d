"""The dialogs on the screen."""

from pathlib import Path

import numpy as np
import pytest

from core.run.events import Finished, Steps
from core.run.status import Outcome
from tests.helpers.app import Scripted
from tests.helpers.waiting import shown, until
from tui.app import TrainpadApp


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
@pytest.mark.parametrize(
    ("key", "first", "second"),
    [("q", "keep training;", "reattaches"), ("n", "save a checkpoint", "the panel's")],
)
async def test_an_explanation_is_wrapped_in_its_own_column(
    tmp_path: Path, size: tuple[int, int], key: str, first: str, second: str
) -> None:
    app = TrainpadApp(iter(Scripted(tmp_path)))
    async with app.run_test(size=size) as pilot:
        await shown(pilot, app, "100 / 2,000")
        await pilot.press(key)
        rows = (await shown(pilot, app, first, second)).splitlines()
        above = next(place for place, row in enumerate(rows) if first in row)
        column = rows[above].index(first)
        below = rows[above + 1]
        assert second in below
        assert below[column] != " "
        assert below[column - 20 : column].isspace()


@pytest.mark.parametrize("key", ["q", "Q", "ctrl+p"])
async def test_the_run_goes_on_behind_a_dialog(tmp_path: Path, key: str) -> None:
    source = Scripted(tmp_path)
    app = TrainpadApp(iter(source))
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        await pilot.press(key)
        await until(pilot, lambda: app.screen.is_modal)
        source.give(Steps(100, np.full(100, 0.5, np.float32), 0.05))
        below = app.screen_stack[-2]._compositor
        await until(pilot, lambda: any("200 / 2,000" in row.text for row in below.render_strips()))
        assert app.screen.is_modal


async def test_a_branch_says_that_it_ends_the_run_that_trains(tmp_path: Path) -> None:
    source = Scripted(tmp_path)
    app = TrainpadApp(iter(source))
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        await pilot.press("b")
        await shown(pilot, app, "It starts once this run")
        await pilot.press("escape")
        source.give(Finished(100, Outcome.DONE, 1.0), None)
        await shown(pilot, app, "done")
        await pilot.press("b")
        assert "It begins when" not in await shown(pilot, app, "A new run from this one")


@pytest.mark.parametrize("key", ["q", "n", "b"])
async def test_a_dialog_survives_a_terminal_of_one_cell(tmp_path: Path, key: str) -> None:
    app = TrainpadApp(iter(Scripted(tmp_path)))
    async with app.run_test(size=(120, 35)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        await pilot.press(key)
        for size in ((1, 1), (9, 2), (80, 24)):
            await pilot.resize_terminal(*size)
        await shown(pilot, app, "still training" if key == "q" else "new run")
