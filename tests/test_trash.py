"""Deleted runs wait in the trash: moved whole, restored by undo, deleted for good when old."""

import os
import time
from pathlib import Path

import pytest

from core.rundir.rundir import list_runs
from core.rundir.trash import FOLDER, KEPT, empty_trash, move_to_trash, restore, trashed
from tests.helpers.runs import finished, hold, make_run
from trainpad.errors import RunError


def test_a_deleted_run_is_moved_whole_and_comes_back(tmp_path: Path) -> None:
    run = finished(tmp_path / "project" / "r")
    (run.path / "thesis.txt").write_text("mine")
    moved = move_to_trash(run, tmp_path)
    assert moved.path == tmp_path / FOLDER / "project" / "r"
    assert not list_runs(tmp_path)
    assert [found.path for found in trashed(tmp_path)] == [moved.path]
    back = restore(moved, tmp_path)
    assert back.path == run.path
    assert (run.path / "thesis.txt").read_text() == "mine"
    assert [found.path for found in list_runs(tmp_path)] == [run.path]
    assert not trashed(tmp_path)


def test_runs_of_one_name_do_not_replace_each_other(tmp_path: Path) -> None:
    first = move_to_trash(finished(tmp_path / "r", right=5), tmp_path)
    second = move_to_trash(finished(tmp_path / "r", right=9), tmp_path)
    assert first.path != second.path
    finished(tmp_path / "r (2)")
    with pytest.raises(RunError, match="exists"):
        restore(second, tmp_path)
    assert restore(first, tmp_path).path == tmp_path / "r"


def test_only_old_runs_are_deleted_for_good(tmp_path: Path) -> None:
    old = move_to_trash(finished(tmp_path / "p" / "old"), tmp_path)
    move_to_trash(finished(tmp_path / "new"), tmp_path)
    (old.path / "thesis.txt").write_text("mine")
    moment = time.time() - KEPT - 10
    os.utime(old.path, (moment, moment))
    assert empty_trash(tmp_path) == 1
    assert [run.name for run in trashed(tmp_path)] == ["new"]
    assert (old.path / "thesis.txt").read_text() == "mine"
    assert empty_trash(tmp_path, older_than=0) == 1
    assert not trashed(tmp_path)


def test_a_run_is_kept_for_thirty_days(tmp_path: Path) -> None:
    for days in (29, 31):
        run = move_to_trash(finished(tmp_path / f"{days} days"), tmp_path)
        moment = time.time() - days * 24 * 3600
        os.utime(run.path, (moment, moment))
    assert empty_trash(tmp_path) == 1
    assert [run.name for run in trashed(tmp_path)] == ["29 days"]


def test_a_live_foreign_or_distant_run_stays(tmp_path: Path) -> None:
    run = finished(tmp_path / "runs" / "r")
    with run.writer_lock(), pytest.raises(RunError, match="is being trained"):
        move_to_trash(run, tmp_path / "runs")
    with pytest.raises(RunError, match="was not made by trainpad"):
        move_to_trash(make_run(tmp_path / "runs" / "foreign"), tmp_path / "runs")
    hold(run, age=1000)
    with pytest.raises(RunError, match="delete it by hand"):
        move_to_trash(run, tmp_path / "elsewhere")
    assert run.events.exists()
