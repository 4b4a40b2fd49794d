"""Deleting a run: what is deleted, what is kept, and when it is rejected."""

from pathlib import Path

import pytest

from core.rundir import checkpoint, notes
from core.rundir.checkpoint import Checkpoint
from core.rundir.deletion import delete_run
from core.rundir.rundir import RunDir
from tests.helpers.networks import initial_layers
from tests.helpers.runs import finished, hold, make_run
from trainpad.errors import RunError

EVENTS = "events.out.tfevents.1700000000.vm.1.0.v2"


def test_a_run_is_deleted_with_all_files_that_trainpad_wrote(tmp_path: Path) -> None:
    run = finished(tmp_path / "r")
    hold(run, age=1000)
    notes.write(run, notes.make_note("name", [], ""))
    arrays = {"layer0/weights": initial_layers((4, 2), seed=1)[0][0]}
    checkpoint.write(run.checkpoints, Checkpoint(arrays, {"step": 4}))
    for name in (
        "events.out.tfevents.1700000000.vm.1.0.v2",
        ".control.json.12.part",
        "run.log",
        "clock.f64",
    ):
        (run.path / name).touch()
    assert delete_run(run) == []
    assert not run.path.exists()


def test_unfinished_checkpoints_of_an_attached_run_are_deleted(tmp_path: Path) -> None:
    run = finished(tmp_path / "r")
    run.checkpoints.mkdir()
    for name in (".step-000004.ckpt.12.part", ".part-step-000004.keras", "step-000004.keras"):
        (run.checkpoints / name).touch()
    assert delete_run(run) == []
    assert not run.path.exists()


def test_foreign_files_are_kept(tmp_path: Path) -> None:
    run = finished(tmp_path / "r")
    run.checkpoints.mkdir()
    for name in ("thesis.txt", "checkpoints/mine.safetensors", "events.out.tfevents.backup"):
        (run.path / name).write_text("mine")
    (run.checkpoints / ".part-mine.keras").write_text("mine")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("mine")
    (run.path / "run.log").symlink_to(elsewhere)
    staying = ["checkpoints", "events.out.tfevents.backup", "run.log", "thesis.txt"]
    assert delete_run(run) == staying
    assert sorted(path.name for path in run.path.iterdir()) == staying
    assert (run.checkpoints / "mine.safetensors").read_text() == "mine"
    assert elsewhere.read_text() == "mine"


def test_a_live_or_foreign_run_is_not_deleted(tmp_path: Path) -> None:
    run = finished(tmp_path / "r")
    with run.writer_lock(), pytest.raises(RunError, match="is being trained"):
        delete_run(run)
    foreign = make_run(tmp_path / "foreign")
    with pytest.raises(RunError, match="was not made by trainpad"):
        delete_run(foreign)
    link = tmp_path / "link"
    link.symlink_to(run.path)
    with pytest.raises(RunError, match="was not made by trainpad"):
        delete_run(RunDir(link))
    assert run.events.exists()
    assert (foreign.path / "run.json").exists()
