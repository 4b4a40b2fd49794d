"""Where the pointer is when the Runs screen opens: on the run that the other screens show."""

from pathlib import Path

from core.rundir.reader import follow
from core.rundir.rundir import RunDir
from tests.helpers.runs import three_runs
from tests.helpers.waiting import shown
from tui.app import TrainpadApp


async def test_the_pointer_finds_the_run_that_is_shown_and_stays_where_it_is_moved(
    tmp_path: Path,
) -> None:
    runs = three_runs(tmp_path / "runs")
    app = TrainpadApp(follow(RunDir(runs / "b-run"), None), viewer=True, log_dir=runs)
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "b-run", "q Quit")
        await pilot.press("4")
        await shown(pilot, app, "›   done     b-run")
        await pilot.press("down")
        await shown(pilot, app, "›   done     a-run")
        await pilot.press("1")
        await shown(pilot, app, "tab Panel")
        await pilot.press("4")
        await shown(pilot, app, "›   done     a-run")
        await pilot.press("up", "up", "enter")
        await shown(pilot, app, "tab Panel", "c-run")
        await pilot.press("4")
        await shown(pilot, app, "›   done     c-run")
