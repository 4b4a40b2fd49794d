"""The two rows at the top of every screen, as text."""

from pathlib import Path

import numpy as np
import pytest
from conftest import FakeClock

from core.run.events import Opened, Started, Steps
from core.run.hparams import as_dict, validate_hparams
from core.run.info import notice_in
from core.run.state import RunState
from data.sources import NO_MNIST
from tests.helpers.app import Scripted
from tests.helpers.waiting import text_of, until
from tui.app import TrainpadApp
from tui.dashboard.header import Identity, RunNumbers, ScreenTabs
from tui.widgets.screens import SCREENS


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (90, "20261125-230017-128x32 · mnist 55,000 · CPU"),
        (50, "20261125-230017-128x32 · mnist 55,000"),
        (46, "20261125-230017-128x32 · mnist"),
        (40, "20261125-230017-128x32"),
        (30, "20261125-230017-128x32"),
        (20, "20261125-230017-1…"),
    ],
)
def test_a_fact_that_has_no_room_is_left_out_and_not_cut(width: int, expected: str) -> None:
    run = RunState()
    run.info = {
        "name": "20261125-230017-128x32",
        "dataset": {"name": "mnist", "train": 55_000, "notice": ""},
    }
    run.device = "CPU:0"
    identity = Identity()
    identity._run = run
    row = "".join(text for text, _ in identity.lines(width, 1)[0])
    assert row.strip().removeprefix("trainpad  ") == expected
    assert row.strip().startswith("trainpad") is (width >= 40)
    assert len(row) == width
    assert row.endswith(" ")  # the state of the run is beside it


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (72, "▶ training   1,000 / 60,000   1,000 steps/s          59 s left"),
        (48, "▶ training  1,000 / 60,000  1,000/s  59 s left"),
        (44, "▶ training  1,000 / 60,000  1,000/s  59 s"),
        (36, "▶ 1,000 / 60,000  1,000/s  59 s"),
        (24, "▶ 1,000  1,000/s  59 s"),
        (16, "▶ 1,000/s  59 s"),
    ],
)
def test_rate_and_time_left_are_shown_at_any_width(width: int, expected: str) -> None:
    run = RunState()
    run.fold(Started(0, as_dict(validate_hparams({"max_steps": 60_000})), "CPU:0", 1))
    run.fold(Steps(0, np.ones(1000, np.float32), 1.0))
    numbers = RunNumbers()
    numbers.update_run(run, run.activity)
    row = "".join(text for text, _ in numbers.lines(width, 1)[0])
    assert row.strip() == expected
    assert len(row) == width
    assert row.endswith(" ")  # the state of the run is beside it


def test_the_step_is_always_the_newest_and_the_rate_changes_once_a_second(
    clock: FakeClock,
) -> None:
    run, numbers = RunState(), RunNumbers(clock)
    run.fold(Started(0, as_dict(validate_hparams({"max_steps": 60_000})), "CPU:0", 1))
    shown = []
    for first, seconds in ((0, 1.0), (1000, 0.2), (2000, 0.6)):
        run.fold(Steps(first, np.ones(1000, np.float32), seconds))
        numbers.update_run(run, run.activity)
        clock.now += 0.6
        row = "".join(text for text, _ in numbers.lines(48, 1)[0]).split()
        shown.append((row[2], row[5]))
    assert shown == [("1,000", "1,000/s"), ("2,000", "1,000/s"), ("3,000", "1,670/s")]


def test_a_branch_names_its_parent() -> None:
    run = RunState()
    run.info = {"name": "child", "parent": {"run": "a-run", "step": 5000}}
    identity = Identity()
    identity._run = run
    assert "child · from a-run at step 5,000" in identity.lines(60, 1)[0][1][0]
    for parent in (None, 3, {}, {"run": 4}, {"run": "a\x1b[2J", "step": "x"}):
        run.info = {"name": "child", "parent": parent}
        assert "\x1b" not in run.parent


@pytest.mark.parametrize("size", [(60, 20), (40, 12)])
async def test_every_screen_has_its_tab_on_a_small_terminal(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    app = TrainpadApp(iter(Scripted(tmp_path)))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.run_state.step == 100)
        row = text_of(app).splitlines()[1]
        whole = [f"{screen.key} {screen.title}" for screen in SCREENS]
        expected = whole if size[0] == 60 else ["1 Train"]
        assert [tab for tab in whole if tab in row] == expected
        assert all(screen.key in row for screen in SCREENS)


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (180, NO_MNIST),
        (120, "no MNIST found: training on digits that trainpad draws itself"),
        (70, "no MNIST found"),
        (50, ""),
    ],
)
def test_a_notice_about_the_data_is_shortened_and_leaves_the_name(
    width: int, expected: str
) -> None:
    run = RunState()
    run.fold(Opened("a-run", {"name": "a-run", "dataset": {"notice": NO_MNIST}}))
    tabs, identity = ScreenTabs("train"), Identity()
    tabs._notice, identity._run = notice_in(run.info), run
    row = "".join(text for text, _ in tabs.lines(width, 1)[0])
    assert row.split("5 Pad")[1].strip() == expected
    assert "a-run" in "".join(text for text, _ in identity.lines(width, 1)[0])
    assert [entry.text for entry in run.log_entries] == [NO_MNIST]
