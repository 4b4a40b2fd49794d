"""A run that is over goes on in the window that shows it."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from core.run.events import Diverged, Finished, Paused, Started, Steps
from core.run.hparams import as_dict, validate_hparams
from core.run.state import RunState
from core.run.status import Outcome, RunStatus
from core.rundir import checkpoint
from core.rundir.checkpoint import Checkpoint
from core.rundir.data_source import DataSource
from core.rundir.rundir import RunDir
from core.session.request import Request, resume_request
from core.session.session import session
from data.errors import DataError
from tests.helpers.app import FakeSessions, Scripted, evaluation
from tests.helpers.runs import finished
from tests.helpers.waiting import shown, toasts_of, until
from trainpad.errors import UserError
from tui.app import TrainpadApp
from tui.dashboard.resuming import why_not_resumable
from tui.widgets.footer import KeyFooter


def keys_of(app: TrainpadApp) -> dict[str, bool]:
    """The keys in the footer by their names, and whether each can do something."""
    own, common = app.screen.query_one(KeyFooter)._hints()
    return {hint.description: not hint.dimmed for hint in (*own, *common)}


@pytest.fixture
def source(tmp_path: Path) -> Scripted:
    source = Scripted(tmp_path)
    source.give(Steps(100, np.ones(1900, np.float32), 0.1), evaluation(2000))
    source.give(Finished(2000, Outcome.DONE, 1.0), None)
    return source


@pytest.mark.parametrize("key", ["space", "r"])
@pytest.mark.parametrize("viewer", [False, True])
async def test_a_finished_run_goes_on_with_more_steps(
    source: Scripted, tmp_path: Path, key: str, viewer: bool
) -> None:
    more = Scripted(tmp_path, opened=False)
    sessions = FakeSessions(more)
    app = TrainpadApp(iter(source), sessions=sessions, viewer=viewer)
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await shown(pilot, app, "■ done")
        await until(pilot, lambda: not keys_of(app)["Resume"])
        await pilot.press(key)
        assert toasts_of(app) == ["all 2,000 steps are done: set more max steps (tab), then resume"]
        assert sessions.requested == []

        await pilot.press("tab", "down", *"4000", "enter", "escape")
        await until(pilot, lambda: keys_of(app)["Resume"])
        await pilot.press(key)
        await shown(pilot, app, "○ starting")
        run = app.run_state
        assert (sessions.requested, len(run.losses)) == (
            [(RunDir(tmp_path), {"max_steps": 4000})], 2000,
        )  # fmt: skip
        hparams = as_dict(validate_hparams({"max_steps": 4000}))
        more.give(Started(2000, hparams, "CPU:0", 1), Steps(2000, np.ones(5, np.float32), 0.1))
        await shown(pilot, app, "2,005 / 4,000", "▶ training")
        assert [entry.step for entry in run.evaluations] == [2000]
        assert app.run_context.trains_in_process


async def test_a_run_that_cannot_be_resumed_stays_as_it_was(
    source: Scripted, tmp_path: Path
) -> None:
    refused = Scripted(tmp_path, opened=False)
    refused.give(DataError("the data are gone"))
    app = TrainpadApp(iter(source), sessions=FakeSessions(refused))
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await shown(pilot, app, "■ done")
        await pilot.press("tab", "down", *"4000", "enter", "escape", "r")
        await until(pilot, lambda: "the data are gone" in toasts_of(app))
        await shown(pilot, app, "■ done", "2,000 / 2,000")
        assert app.run_state.status is RunStatus.DONE


async def test_keys_that_can_do_nothing_are_dim(source: Scripted) -> None:
    app = TrainpadApp(iter(source), sessions=FakeSessions())
    async with app.run_test(size=(240, 45)) as pilot:
        await shown(pilot, app, "■ done")
        await until(pilot, lambda: not keys_of(app)["Evaluate"])
        keys = keys_of(app)
        names = "Resume", "Rate up", "Evaluate", "Step", "Checkpoint", "Detach", "New", "Branch"
        assert [name for name in names if keys[name]] == ["New", "Branch"]
        await pilot.press("tab")
        assert [name for name in ("Up", "Down", "Set") if keys_of(app)[name]] == ["Down"]
        await pilot.press("up")  # it does not go round to the last row
        await pilot.press("right", "delete")
        assert app.screen.query_one("Panel").next_run == {}


def test_a_resumed_run_gives_the_same_bytes_as_one_with_more_steps(tmp_path: Path) -> None:
    def train(request: Request) -> RunDir:
        events = list(session(request))
        assert isinstance(events[-1], Finished)
        return next(RunDir(Path(e.directory)) for e in events if hasattr(e, "directory"))

    def request(steps: int, folder: str) -> Request:
        values = {"max_steps": steps, "hidden": (8,), "eval_every": 30, "batch_size": 20}
        source = DataSource(fake_data=True)
        return Request(validate_hparams(values), tmp_path / folder, source, device="cpu", xla=False)

    whole, half = train(request(60, "whole")), train(request(30, "half"))
    with pytest.raises(UserError, match="30 steps; --max_steps must be above"):
        resume_request(half, {})
    assert train(resume_request(half, {"max_steps": 60})) == half
    assert half.losses.read_bytes() == whole.losses.read_bytes()
    ends = [checkpoint.newest(run.checkpoints).arrays for run in (half, whole)]
    assert all(ends[0][name].tobytes() == array.tobytes() for name, array in ends[1].items())

    # As if it had been killed before it saved anything: it begins again, to the same bytes.
    shutil.rmtree(half.checkpoints)
    kept = [line for line in half.events.read_bytes().splitlines(True) if b'"saved"' not in line]
    half.events.write_bytes(b"".join(kept))
    half.losses.write_bytes(half.losses.read_bytes()[:80])
    assert train(resume_request(half, {})) == half
    assert half.losses.read_bytes() == whole.losses.read_bytes()
    again = checkpoint.newest(half.checkpoints).arrays
    assert all(again[name].tobytes() == array.tobytes() for name, array in ends[1].items())


async def test_a_rate_that_diverged_is_not_offered_again(tmp_path: Path) -> None:
    source = Scripted(tmp_path)
    source.give(Diverged(100, 13.0, "the mean loss is 13"), None)
    sessions = FakeSessions(Scripted(tmp_path, opened=False))
    app = TrainpadApp(iter(source), sessions=sessions)
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await shown(pilot, app, "✗ diverged")
        await pilot.press("tab", "delete", "escape", "r")
        await until(pilot, lambda: "set a smaller learning rate" in str(toasts_of(app)))
        await pilot.press("tab", *"0.003", "enter", "escape", "r")
        await shown(pilot, app, "○ starting")
    assert sessions.requested == [(RunDir(tmp_path), {"learning_rate": 0.003})]


async def test_the_branch_dialog_says_how_good_each_checkpoint_is(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoints"
    for step in (1000, 2000):
        checkpoint.write(folder, Checkpoint({}, {"step": step}))
    source = Scripted(tmp_path)
    source.give(evaluation(1000), Paused(2000))
    app = TrainpadApp(iter(source), sessions=FakeSessions())
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "paused")
        await pilot.press("b")
        screen = await shown(pilot, app, "from the start")
        rows = [" ".join(row.split()).partition("after ")[2] for row in screen.splitlines()]
        assert list(filter(None, rows)) == ["2,000 steps │", "1,000 steps precision 0.8660 best │"]


async def test_a_resumed_run_shows_what_it_recorded_before(tmp_path: Path) -> None:
    run = finished(tmp_path / "a-run", steps=400)
    source = Scripted(tmp_path / "new", opened=False)
    app = TrainpadApp(iter(source), resumed=run)
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "○ starting", "400 / 400", "0.9000")
        hparams = as_dict(validate_hparams({"max_steps": 900}))
        source.give(Started(400, hparams, "CPU:0", 1), Steps(400, np.ones(5, np.float32), 0.1))
        await shown(pilot, app, "405 / 900")
        assert len(app.run_state.losses) == 405


def test_a_value_of_the_next_run_is_named_with_what_drops_it() -> None:
    assert why_not_resumable(RunState(), {"network": "none"}) == (
        "network cannot change in a run: n starts a new one; tab, then del drops it"
    )
