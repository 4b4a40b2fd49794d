"""The Runs screen, what it reads, and what it deletes; runs are made by hand."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from run_made import BEGAN, add_events, add_losses, confusion, hold, make_run

from core import checkpoint, notes
from core.checkpoint import Checkpoint
from core.discard import discard
from core.errors import RunError
from core.events import Changed, Evaluated, Event, Finished, Idle, Opened, Started
from core.follow import follow
from core.hparams import as_dict, checked
from core.overview import AT_ONCE, Entry, Overview
from core.randomness import initial_layers
from core.rundir import RunDir
from tui import runs_rows
from tui.app import TrainpadApp
from tui.chart import Chart
from tui.runs_dialogs import Form, Question
from tui.runs_screen import RunsScreen
from tui.runs_table import Differences, RunsTable

VERSIONS = {"trainpad": "0.1.0"}


def finished(path: Path, *, right: int = 9, steps: int = 4, **values: Any) -> RunDir:
    """A run that is done, with nine or so of ten digits read right."""
    hparams = as_dict(checked({"max_steps": steps, **values}))
    run = make_run(path, losses=[2.0] * steps, hyperparameters=hparams, versions=VERSIONS)
    add_events(
        run,
        Started(0, hparams, "CPU:0", 10, time=BEGAN),
        Evaluated(steps, confusion(right, 10 - right), {}, 0.1, time=BEGAN + 60),
        Finished(steps, "done", 60.0, time=BEGAN + 90),
    )
    for path, when in ((run.losses, BEGAN + 80), (run.path / "run.json", BEGAN)):
        os.utime(path, (when, when))
    return run


@pytest.fixture
def log_dir(tmp_path: Path) -> Path:
    """Three runs: ``c-run`` is the newest and the best."""
    folder = tmp_path / "runs"
    finished(folder / "a-run", right=5)
    finished(folder / "b-run", right=7, learning_rate=0.1)
    finished(folder / "c-run", right=9, learning_rate=0.5, hidden=())
    return folder


@pytest.mark.parametrize("created", ["1e300", "1" + "0" * 400, "NaN", "-1", "[]", '"now"'])
def test_a_run_made_at_no_time_is_listed_all_the_same(log_dir: Path, created: str) -> None:
    file = log_dir / "b-run" / "run.json"
    file.write_text(file.read_text().replace(str(BEGAN), created))
    entries = {entry.state.name: entry for entry in looked(log_dir)}
    assert len(entries) == 3
    assert entries["b-run"].created == 0.0
    assert runs_rows.STARTED.show(entries["b-run"])


def looked(log_dir: Path) -> list[Entry]:
    return Overview(log_dir).look()


# -- the overview --------------------------------------------------------------------------------


def test_an_overview_tells_what_the_files_say(log_dir: Path) -> None:
    newest, *_ = looked(log_dir)
    assert (newest.title, newest.state.state, newest.network) == ("c-run", "done", "softmax")
    assert (newest.state.best, newest.last, newest.seconds) == (0.9, 0.9, 90.0)
    assert newest.hyperparameters["learning_rate"] == 0.5


def test_a_resume_takes_back_evaluations_and_time_between_does_not_count(tmp_path: Path) -> None:
    run = finished(tmp_path / "r", steps=4)
    values = as_dict(checked({"learning_rate": 0.3}))
    add_events(
        run,
        Evaluated(5, confusion(10, 0), {}, 0.1, time=BEGAN + 95),
        Started(4, values, "CPU:0", 10, time=BEGAN + 1000),
        Changed(4, "learning_rate", 0.3, 0.7, time=BEGAN + 1001),
        Finished(4, "stopped", 1.0, time=BEGAN + 1010),
    )
    (entry,) = looked(tmp_path)
    assert (entry.last, entry.seconds) == (0.9, 100.0)
    assert (entry.state.state, entry.hyperparameters["learning_rate"]) == ("stopped", 0.7)


def test_only_what_changed_is_read_again(log_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    overview = Overview(log_dir)
    before = overview.look()
    again = overview.look()
    assert all(a is b for a, b in zip(before, again, strict=True))
    notes.write(RunDir(log_dir / "b-run"), notes.made("Better", ["lab"], ""))
    after = overview.look()
    assert [a is b for a, b in zip(before, after, strict=True)] == [True, False, True]
    assert after[1].title == "Better"


def test_live_runs_are_always_looked_at_and_damaged_ones_left_out(tmp_path: Path) -> None:
    run = make_run(tmp_path / "live", losses=[1.0])
    add_events(run, Started(0, {}, "CPU:0", 10))
    hold(run, host=os.uname().nodename, pid=os.getpid())
    damaged = make_run(tmp_path / "damaged")
    (damaged.path / "run.json").write_bytes(b"{")
    overview = Overview(tmp_path)
    (entry,) = overview.look()
    assert entry.state.state == "training"
    hold(run, host=os.uname().nodename, age=1000)
    assert overview.look()[0].state.state == "lost"


def test_the_first_of_many_runs_are_there_before_all_are(tmp_path: Path) -> None:
    for number in range(AT_ONCE + 5):
        make_run(tmp_path / f"run-{number:04}")
    overview = Overview(tmp_path)
    assert (len(overview.look()), overview.complete) == (AT_ONCE, False)
    assert (len(overview.look()), overview.complete) == (AT_ONCE + 5, True)


# -- rows ----------------------------------------------------------------------------------------


def test_columns_are_what_differs_and_give_way_by_their_worth(log_dir: Path) -> None:
    entries = looked(log_dir)
    columns = runs_rows.columns(entries)
    names = [column.name for column in columns]
    assert "learning rate" in names
    assert "batch size" not in names
    wide = runs_rows.fitting(columns, 200)
    narrow = runs_rows.fitting(columns, 60)
    assert wide == columns
    assert {"name", "best"} <= {column.name for column in narrow} < set(names)
    for given, width in ((wide, 200), (narrow, 60)):
        text = "".join(text for _, text in runs_rows.cells(entries[0], given, width))
        assert len(text) <= width - runs_rows.LEAD


def test_the_arrow_of_the_order_is_always_seen(log_dir: Path) -> None:
    columns = runs_rows.columns(looked(log_dir))
    for by in columns:
        parts = runs_rows.head(columns, 200, by, "▼")
        (named,) = [text for text, role in parts if role == "title"]
        assert named.strip() == f"{by.name} ▼"


@pytest.mark.parametrize("backward", [False, True])
def test_runs_without_a_value_come_last_either_way(tmp_path: Path, backward: bool) -> None:
    finished(tmp_path / "a", right=5)
    finished(tmp_path / "b", right=8)
    make_run(tmp_path / "c")
    entries = looked(tmp_path)
    best = next(column for column in runs_rows.columns(entries) if column.name == "best")
    names = [entry.title for entry in runs_rows.ordered(entries, best, backward=backward)]
    assert names == (["a", "b", "c"] if backward else ["b", "a", "c"])


@pytest.mark.parametrize(
    ("words", "names"),
    [("", "cba"), ("LEARNING_rate=0.1", "b"), ("softmax", "c"), ("done run", "cba"), ("zzz", "")],
)
def test_the_filter_wants_every_word(log_dir: Path, words: str, names: str) -> None:
    found = runs_rows.matching(looked(log_dir), words)
    assert "".join(entry.title[0] for entry in found) == names


# -- deleting ------------------------------------------------------------------------------------


def test_a_run_is_deleted_with_all_that_trainpad_wrote(tmp_path: Path) -> None:
    run = finished(tmp_path / "r")
    hold(run, age=1000)
    notes.write(run, notes.made("name", [], ""))
    arrays = {"layer0/weights": initial_layers((4, 2), seed=1)[0][0]}
    checkpoint.write(run.checkpoints, Checkpoint(arrays, {"step": 4}))
    for name in ("events.out.tfevents.1700000000.vm.1.0.v2", ".control.json.12.part", "run.log"):
        (run.path / name).touch()
    assert discard(run) == []
    assert not run.path.exists()


def test_what_trainpad_did_not_write_stays(tmp_path: Path) -> None:
    run = finished(tmp_path / "r")
    run.checkpoints.mkdir()
    for name in ("thesis.txt", "checkpoints/mine.safetensors", "events.out.tfevents.backup"):
        (run.path / name).write_text("mine")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("mine")
    (run.path / "run.log").symlink_to(elsewhere)
    staying = ["checkpoints", "events.out.tfevents.backup", "run.log", "thesis.txt"]
    assert discard(run) == staying
    assert sorted(path.name for path in run.path.iterdir()) == staying
    assert (run.checkpoints / "mine.safetensors").read_text() == "mine"
    assert elsewhere.read_text() == "mine"


def test_a_run_that_trains_or_is_not_trainpads_is_not_deleted(tmp_path: Path) -> None:
    run = finished(tmp_path / "r")
    with run.locked(), pytest.raises(RunError, match="is being trained"):
        discard(run)
    foreign = make_run(tmp_path / "foreign")
    with pytest.raises(RunError, match="was not made by trainpad"):
        discard(foreign)
    link = tmp_path / "link"
    link.symlink_to(run.path)
    with pytest.raises(RunError, match="was not made by trainpad"):
        discard(RunDir(link))
    assert run.events.exists()
    assert (foreign.path / "run.json").exists()


# -- the screen ----------------------------------------------------------------------------------


def text_of(app: TrainpadApp) -> str:
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())


async def shown(pilot: Any, app: TrainpadApp, *texts: str) -> str:
    for _ in range(200):
        await pilot.pause(0.03)
        screen = text_of(app)
        if all(text in screen for text in texts):
            return screen
    raise AssertionError(f"{texts} not in:\n{screen}")


def viewer(log_dir: Path, **options: Any) -> TrainpadApp:
    return TrainpadApp(
        follow(RunDir(log_dir / "a-run"), None), viewer=True, log_dir=log_dir, **options
    )


async def test_runs_are_listed_marked_compared_sorted_and_filtered(log_dir: Path) -> None:
    app = viewer(log_dir)
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await shown(pilot, app, "a-run")
        await pilot.press("4")
        screen = await shown(pilot, app, "› ", "c-run", "0.9000", "hyperparameters", "softmax")
        assert screen.index("c-run", 200) < screen.index("b-run") < screen.rindex("a-run")
        await pilot.press("space", "space")
        screen = await shown(pilot, app, "differences", "a c-run 2.000", "b b-run 2.000")
        assert screen.rindex("learning rate") < screen.rindex("0.5") < screen.rindex("0.1")
        await pilot.press("v")
        await shown(pilot, app, "precision on validation", "0.9000   b b-run 0.7000")
        names = [column.name for column in app.screen.query_one(RunsTable)._columns]
        await pilot.press(*["o"] * (names.index("best") + 1), "O")
        screen = await shown(pilot, app, "best ▲")
        assert screen.index("a-run", 200) < screen.index("b-run") < screen.index("c-run", 400)
        await pilot.press("slash", *"=0.1", "enter")
        screen = await shown(pilot, app, "=0.1")
        assert "c-run" not in "\n".join(screen.splitlines()[4:20])
        await pilot.press("escape")
        await shown(pilot, app, "b-run", "c-run")


async def test_keys_before_the_runs_are_read_do_no_harm(
    log_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_look, look = threading.Event(), Overview.look

    def later(self: Overview) -> list[Entry]:
        may_look.wait(10)
        return look(self)

    monkeypatch.setattr(Overview, "look", later)
    app = viewer(log_dir)
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await shown(pilot, app, "a-run")
        await pilot.press("4")
        await shown(pilot, app, "reading the runs")
        keys = ["down", "pageup", "space", "o", "o", "O", "v", "enter", "r", "b", "delete"]
        await pilot.press(*keys)
        await shown(pilot, app, "reading the runs")
        may_look.set()
        await shown(pilot, app, "c-run", "0.9000")
        assert app.screen.NAME == "runs"


async def test_another_run_opens_and_one_is_replayed(log_dir: Path) -> None:
    app = viewer(log_dir)
    async with app.run_test(size=(120, 35), notifications=True) as pilot:
        await shown(pilot, app, "a-run")
        await pilot.press("2")
        before = app.screen
        await pilot.press("4")
        await shown(pilot, app, "c-run", "0.9000")
        await pilot.press("enter")
        await shown(pilot, app, "c-run", "done", "0.9000")
        assert app.screen.NAME == "train"
        await pilot.press("2")
        assert type(app.screen) is type(before)
        assert app.screen is not before
        await pilot.press("4")
        await shown(pilot, app, "b-run")
        await pilot.press("down", "p")
        await shown(pilot, app, "Replay b-run")
        await pilot.press("backspace", "backspace", *"no", "enter")
        await shown(pilot, app, "speed must be a number from 0")
        await pilot.press("p", "enter")
        await shown(pilot, app, "b-run", "learning rate")
        assert app.screen.NAME == "train"
        assert app.run_shown.name == "b-run"
        assert app.steering.control is None


async def test_what_a_viewer_cannot_train_is_told_as_a_command(log_dir: Path) -> None:
    app = viewer(log_dir)
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await pilot.press("4")
        await shown(pilot, app, "c-run", "0.9000")
        await pilot.press("b")
        await shown(pilot, app, "this window cannot train it now", "--branch")
        await pilot.press("r")
        await shown(pilot, app, "c-run has done all its steps")
        assert app.screen.NAME == "runs"


async def test_a_branch_trains_here_where_nothing_else_does(log_dir: Path) -> None:
    run = RunDir(log_dir / "c-run")
    hparams = as_dict(checked({"max_steps": 4, "learning_rate": 0.5, "hidden": ()}))
    arrays = {"layer0/weights": initial_layers((4, 2), seed=1)[0][0]}
    about = {"step": 4, "position": 400, "hyperparameters": hparams}
    checkpoint.write(run.checkpoints, Checkpoint(arrays, about))
    asked = []

    def begin(request: Any) -> Iterator[Event]:
        asked.append(request)
        yield Opened(str(log_dir / "new"), {"name": "new-run", "hyperparameters": hparams})
        yield Started(0, hparams, "CPU:0", 10)

    app = viewer(log_dir, begin=begin)
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await pilot.press("4")
        await shown(pilot, app, "c-run", "0.9000")
        await pilot.press("b")
        await shown(pilot, app, "new-run")
        assert not app.viewer
    (request,) = asked
    assert request.branch.checkpoint.step == 4
    assert (request.resume, request.hparams.learning_rate) == (None, 0.5)


async def test_a_run_that_trains_here_is_not_left_for_another(log_dir: Path) -> None:
    stop = SimpleNamespace(now=False)

    def source() -> Iterator[Event]:
        yield Opened(str(log_dir / "here"), {"name": "here"})
        yield Started(0, {}, "CPU:0", 10)
        while not stop.now:
            yield Idle()
            time.sleep(0.02)

    app = TrainpadApp(source(), log_dir=log_dir)
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await shown(pilot, app, "here")
        pump = app.pump
        await pilot.press("4")
        await shown(pilot, app, "c-run", "0.9000")
        await pilot.press("enter")
        await shown(pilot, app, "here trains in this window")
        assert app.pump is pump
        stop.now = True


async def test_naming_exporting_and_deleting(log_dir: Path, tmp_path: Path) -> None:
    app = viewer(log_dir)
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await pilot.press("4")
        await shown(pilot, app, "c-run", "0.9000")
        await pilot.press("n")
        assert isinstance(app.screen, Form)
        await pilot.press(*"[/x]", "tab", *"lab", "enter")
        await shown(pilot, app, "[/x]", "#lab")
        await pilot.press("E")
        await shown(pilot, app, "Export [/x]")
        field = app.screen.query_one("Input")
        field.value = str(tmp_path / "out.csv")
        await pilot.press("enter")
        await shown(pilot, app, "out.csv")
        for _ in range(100):
            if (tmp_path / "out.csv").exists():
                break
            await pilot.pause(0.02)
        assert (tmp_path / "out.csv").read_text().startswith("step,time")
        await pilot.press("delete")
        assert isinstance(app.screen, Question)
        await pilot.press("escape")
        assert (log_dir / "c-run").exists()
        await pilot.press("delete", "y")
        await shown(pilot, app, "deleted [/x]")
        assert not (log_dir / "c-run").exists()
        assert app.screen.query_one(RunsTable)._place == 0


async def test_a_growing_run_is_followed_and_nothing_is_drawn_where_nothing_grows(
    log_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.runs_screen.LOOK", 0.05)
    monkeypatch.setattr("tui.aside.SHARE", 1.0)
    app = viewer(log_dir)
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await pilot.press("4")
        await shown(pilot, app, "c-run", "0.9000", "2.000")
        await pilot.pause(0.3)
        drawn: list[object] = []
        for widget in (RunsTable, Chart, Differences):
            one = app.screen.query_one(widget)
            monkeypatch.setattr(one, "refresh", lambda *a, **k: drawn.append(a))
        await pilot.pause(0.4)
        assert drawn == []
        monkeypatch.undo()
        run = RunDir(log_dir / "c-run")
        add_losses(run, [7.5])
        await shown(pilot, app, "7.500")


@pytest.mark.parametrize("size", [(80, 24), (200, 60), (24, 12)])
async def test_it_fits_every_terminal_and_ascii(log_dir: Path, size: tuple[int, int]) -> None:
    app = viewer(log_dir, ascii_only=True)
    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.press("4", "space", "down", "space", "t", "slash", "escape", "t")
        await pilot.pause(0.3)
        assert isinstance(app.screen, RunsScreen)
        assert text_of(app).isascii()


async def test_an_empty_folder_says_so(tmp_path: Path) -> None:
    finished(tmp_path / "a-run")
    app = TrainpadApp(
        follow(RunDir(tmp_path / "a-run"), None), viewer=True, log_dir=tmp_path / "none"
    )
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await pilot.press("4")
        await shown(pilot, app, "there are no runs yet in this folder")
        for key in ("enter", "space", "n", "E", "delete", "p", "r", "b", "o", "end"):
            await pilot.press(key)
        assert isinstance(app.screen, RunsScreen)
