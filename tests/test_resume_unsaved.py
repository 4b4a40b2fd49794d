"""Resuming a run that has no steps left, or that ended before its first checkpoint."""

from pathlib import Path

import numpy as np
import pytest
from conftest import MakeRun

from core.run.events import Changed, Saved
from core.run.hparams import HyperParameters, as_dict
from core.rundir import checkpoint
from core.rundir.checkpoint import Checkpoint
from core.rundir.errors import CheckpointError
from core.rundir.resume import find_resume_point
from core.rundir.rundir import RunDir
from core.session.request import branch_request, resume_request
from tests.helpers.runs import add_events, make_run
from tests.test_request import request_of
from trainpad.errors import UserError


def save(run: RunDir, step: int) -> None:
    about = {"step": step, "position": 0, "hyperparameters": as_dict(HyperParameters())}
    checkpoint.write(run.checkpoints, Checkpoint({"layer0/weights": np.zeros(1)}, about))


@pytest.mark.parametrize(
    ("flags", "names"),
    [
        (("--learning_rate", "0.1"), "learning_rate"),
        (("--change", "2000:l2=0.1"), "l2"),
        (("--change", "9000:dropout=0.1"), "dropout"),
    ],
)
def test_a_run_without_steps_left_takes_no_other_values(
    make_run: MakeRun, flags: tuple[str, str], names: str
) -> None:
    run = make_run()
    save(run, 2000)
    with pytest.raises(UserError, match=rf"done after 2,000 steps, .* the new {names}: .*larger"):
        request_of("--resume", str(run.path), *flags)
    assert request_of("--resume", str(run.path)).changes == ()
    assert request_of("--resume", str(run.path), "--learning_rate", "0.01").resume
    more = request_of("--resume", str(run.path), "--max_steps", "3000", *flags)
    assert more.hparams.max_steps == 3000


def test_a_run_that_saved_nothing_begins_again_with_its_own_values(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a", hyperparameters={"learning_rate": 9.0, "seed": 7})
    add_events(run, Changed(40, "l2", 0.0, 0.1))
    requests = [
        request_of("--resume", str(run.path), "--learning_rate", "0.1"),
        resume_request(run, {"learning_rate": 0.1}),
    ]
    for request in requests:
        assert request.resume is not None
        assert (request.resume.step, request.resume.weights) == (0, None)
        assert (request.hparams.learning_rate, request.hparams.seed) == (9.0, 7)
        assert [*request.changes] == [(40, "l2", 0.1), (0, "learning_rate", 0.1)]
    branch = request_of("--branch", str(run.path), "--learning_rate", "0.1")
    assert (branch.hparams.learning_rate, branch.hparams.seed) == (0.1, 7)


def test_a_branch_that_saved_nothing_begins_again_with_its_first_weights(tmp_path: Path) -> None:
    origin = make_run(tmp_path / "origin")
    save(origin, 500)
    run = make_run(tmp_path / "a", parent={"run": "origin", "step": 500})
    request = resume_request(run, {})
    assert request.resume is not None
    assert request.resume.step == 0
    assert request.resume.weights is not None
    assert request.resume.weights.step == 500
    again = branch_request(run).branch
    assert again is not None
    assert (again.run.name, again.step) == ("origin", 500)
    for path in checkpoint.list_checkpoints(origin.checkpoints):
        path.unlink()
    with pytest.raises(CheckpointError, match=r"a has no checkpoint yet, and .*branched from"):
        resume_request(run, {})


def test_a_run_of_which_the_checkpoints_were_deleted_does_not_begin_again(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a")
    add_events(run, Saved(1000, "step-000999.safetensors", best=True))
    with pytest.raises(CheckpointError, match="has no checkpoint to resume from"):
        find_resume_point(str(run.path), tmp_path)
    other = make_run(tmp_path / "b", kind="attached")
    with pytest.raises(CheckpointError, match="has no checkpoint to resume from"):
        find_resume_point(str(other.path), tmp_path)
