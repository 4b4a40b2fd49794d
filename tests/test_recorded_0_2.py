"""The run of another program that version 0.2 recorded is listed, opened and exported as then.

`docs/run-directory.md` promises it. The files stay as they are: a failure here is a promise broken.
"""

import math
import shutil
from pathlib import Path

import pytest

from core.cli.report import status_values
from core.run.state import RunState
from core.rundir.attached import is_attached
from core.rundir.reader import replay
from core.rundir.rundir import RunDir, list_runs
from core.rundir.status import read_status
from main import main

RECORDED = Path(__file__).parent / "recorded_0_2"


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    """A copy, as private as the recorded one was."""
    folder = Path(shutil.copytree(RECORDED, tmp_path / "runs"))
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o700 if path.is_dir() else 0o600)
    (found,) = list_runs(folder)
    return found


def test_it_is_listed_with_its_state_values_and_knobs(run: RunDir) -> None:
    status = read_status(run)
    assert is_attached(run)
    assert (status.state, status.steps, status.max_steps) == ("done", 200, 200)
    values = status_values(run)
    assert values["knobs"] == {"lr": 0.05, "augment": True}
    assert values["values"]["val/accuracy"] == 0.995


def test_it_is_folded_from_its_files(run: RunDir) -> None:
    state = RunState()
    for event in replay(run, sleep=lambda _: None):
        state.fold(event)
    assert (state.status, state.step) == ("done", 200)
    assert {name: len(state.metrics[name]) for name in state.metrics} == {
        "loss": 200, "nested/norm": 200, "val/loss": 4, "val/accuracy": 4, "bad": 4,
    }  # fmt: skip
    assert state.title == "digits / recorded"
    assert state.program.planned_epochs == 2
    assert state.program.knobs["lr"].value == 0.05
    assert [(e.step, e.classes) for e in state.evaluations] == [
        (step, ["a", "b", "c"]) for step in (50, 100, 150, 200)
    ]
    texts = [entry.text for entry in state.log_entries]
    assert any("a note" in text for text in texts)
    assert any("the data is slow" in text for text in texts)


def test_it_is_exported(run: RunDir, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["export", "--csv", "-", str(run.path)])
    assert left.value.code == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head == "step,time,loss,nested/norm,val/loss,val/accuracy,bad"
    assert len(rows) == 200
    assert math.isnan(float(rows[99].rpartition(",")[2]))
    assert rows[199].split(",")[2:6] == [
        "0.182648401826484",
        "199.0",
        "0.1917808219178082",
        "0.995",
    ]
