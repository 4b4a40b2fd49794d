"""A run directory recorded by version 0.1 is listed, opened, exported and resumed as before."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from core.run.events import Changed, Evaluated, Finished
from core.run.state import RunState
from core.rundir.reader import replay
from core.rundir.rundir import RunDir
from core.rundir.status import read_status
from tests.helpers.program import run_program

RECORDED = Path(__file__).parent / "recorded_0_1"
NAME = "20261128-061751-8"


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    """A copy, as private as the recorded one was."""
    path = Path(shutil.copytree(RECORDED / NAME, tmp_path / "runs" / NAME))
    path.chmod(0o700)
    for file in path.rglob("*"):
        file.chmod(0o700 if file.is_dir() else 0o600)
    return RunDir(path)


def test_its_status_is_read(run: RunDir) -> None:
    status = read_status(run)
    assert (status.state, status.steps, status.max_steps) == ("done", 200, 200)
    assert status.dataset == "fake"


def test_it_is_folded_from_its_files(run: RunDir) -> None:
    folded, events = RunState(), list(replay(run))
    for event in events:
        folded.fold(event)
    changes = [(e.step, e.name, e.new) for e in events if isinstance(e, Changed)]
    assert changes == [(60, "learning_rate", 0.1), (120, "batch_size", 50)]
    assert [e.step for e in events if isinstance(e, Evaluated)] == [100, 200]
    assert any(isinstance(event, Finished) for event in events)
    assert (folded.status, folded.step, folded.hparams.learning_rate) == ("done", 200, 0.1)


def test_it_is_exported(run: RunDir, tmp_path: Path) -> None:
    printed = run_program("export", run.path, "--json", "--losses", tmp_path / "losses.csv").stdout
    exported = json.loads(printed)
    assert exported["run"]["name"] == NAME
    losses = (tmp_path / "losses.csv").read_text().splitlines()
    assert len(losses) == 201
    recorded = np.fromfile(RECORDED / NAME / "loss.f32", "<f4")
    assert float(losses[-1].rpartition(",")[2]) == pytest.approx(recorded[-1], rel=1e-6)


def test_it_is_resumed_to_the_same_losses(run: RunDir) -> None:
    """The losses that version 0.1 itself went on to; another processor rounds another way."""
    done = run_program("--headless", "--offline", "--resume", run.path, "--max_steps", "300")
    assert done.returncode == 0, done.stderr
    expected = np.fromfile(RECORDED / "resumed_to_300.f32", "<f4")
    losses = np.fromfile(run.losses, "<f4")
    assert losses[:200].tobytes() == expected[:200].tobytes()
    np.testing.assert_allclose(losses, expected, rtol=1e-4)
