"""From flags to a request, where a run is named to go on from."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import MakeRun

import main
from core.run.events import Changed
from core.run.hparams import HyperParameters, as_dict
from core.rundir import checkpoint
from core.rundir.checkpoint import Checkpoint
from core.rundir.data_source import DataSource
from core.rundir.rundir import RunDir
from core.session.request import (
    Request,
    branch_request,
    request_from,
    request_like,
    resume_request,
)
from tests.helpers.runs import add_events
from trainpad.errors import UserError


def request_of(*arguments: str) -> Request:
    return request_from(main.train.make_context("train", list(arguments)).params)


@pytest.fixture
def run(make_run: MakeRun) -> RunDir:
    made = make_run()
    about = {"step": 2000, "position": 0, "hyperparameters": as_dict(HyperParameters())}
    checkpoint.write(made.checkpoints, Checkpoint({"layer0/weights": np.zeros(1)}, about))
    add_events(made, Changed(2000, "max_steps", 2000, 1000), Changed(2000, "l2", 0.0, 0.1))
    return made


def test_a_flag_overrides_recorded_changes(run: RunDir) -> None:
    request = request_of("--resume", str(run.path))
    assert list(request.changes) == [(2000, "max_steps", 1000), (2000, "l2", 0.1)]
    request = request_of("--resume", str(run.path), "--max_steps", "3000")
    assert request.hparams.max_steps == 3000
    assert list(request.changes) == [(2000, "l2", 0.1)]


def test_a_planned_change_may_call_the_learning_rate_lr() -> None:
    assert list(request_of("--change", "500:lr=0.02").changes) == [(500, "learning_rate", 0.02)]


@pytest.mark.parametrize("text", ["zz", "00c0ffe", "0" * 65, "00c0ffee "])
def test_a_fingerprint_is_hexadecimal(text: str) -> None:
    with pytest.raises(UserError, match="fingerprint must be 8 to 64 hexadecimal digits"):
        request_of("--fingerprint", text)
    assert request_of("--fingerprint", "00C0ffee").fingerprint == "00C0ffee"
    assert request_of().fingerprint == ""


@pytest.mark.parametrize("steps", ["20", "2000"])
def test_a_run_that_has_done_max_steps_already_is_not_resumed(run: RunDir, steps: str) -> None:
    with pytest.raises(UserError, match=r"has done 2,000 steps; --max_steps must be above that"):
        request_of("--resume", str(run.path), "--max_steps", steps)
    assert request_of("--branch", str(run.path), "--max_steps", steps).hparams.max_steps


@pytest.mark.parametrize(
    "line",
    [
        b'{"event": "changed", "step": 2000, "name": "rate", "old": 0, "new": 1}\n',
        b'{"event": "changed", "step": 2000, "name": "l2", "old": 0, "new": "x"}\n',
        (
            b'{"event": "started", "step": 2000, "hyperparameters": {}, "device": "", '
            b'"parameters": 1, "planned": [["x", "l2", 1]]}\n'
        ),
    ],
    ids=["an unknown name", "an odd value", "an odd plan"],
)
def test_only_well_formed_changes_of_a_log_are_replayed(run: RunDir, line: bytes) -> None:
    add_events(run, line)
    changes = request_of("--resume", str(run.path)).changes
    assert list(changes) == [(2000, "max_steps", 1000), (2000, "l2", 0.1)]


@pytest.mark.parametrize(
    "source", [3, ["mnist"], {"speed": 1}, {"dataset": 3, "fake_data": "yes", "variation": []}]
)
def test_only_well_formed_fields_of_a_source_are_used(run: RunDir, source: Any) -> None:
    (run.path / "run.json").write_text(json.dumps(run.info() | {"source": source, "xla": 0}))
    assert request_of("--resume", str(run.path)).source == DataSource()
    for request in (resume_request(run, {"max_steps": 9000}), branch_request(run)):
        assert (request.source, request.xla) == (DataSource(), None)


def test_a_folder_of_data_is_stored_as_an_absolute_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "digits").mkdir()
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path)
    for named in ("digits", "./digits", str(tmp_path / "digits")):
        assert request_of("--dataset", named).source.dataset == str(tmp_path / "digits")
    for name in ("mine", "no-such-set"):
        assert request_of("--dataset", name).source.dataset == name


@pytest.mark.parametrize("flag", ["--resume", "--branch"])
def test_a_resume_keeps_the_strategy_unless_a_flag_says_otherwise(run: RunDir, flag: str) -> None:
    (run.path / "run.json").write_text(json.dumps(run.info() | {"strategy": "mirrored"}))
    kept = "mirrored" if flag == "--resume" else "none"
    assert request_of(flag, str(run.path)).strategy == kept
    assert request_of(flag, str(run.path), "--strategy", "none").strategy == "none"
    assert request_of().strategy == "none"


@pytest.mark.parametrize("strategy", [3, "all", None])
def test_an_invalid_strategy_is_not_inherited(run: RunDir, strategy: object) -> None:
    (run.path / "run.json").write_text(json.dumps(run.info() | {"strategy": strategy}))
    assert request_of("--resume", str(run.path)).strategy == "none"


INFO = {
    "source": {"dataset": "kmnist", "variation": 1.5},
    "device": "cpu",
    "xla": False,
    "strategy": "mirrored",
}


def with_info(run: RunDir, **info: Any) -> RunDir:
    """`run`, with this in its `run.json` too."""
    (run.path / "run.json").write_text(json.dumps(run.info() | info))
    return run


@pytest.mark.parametrize("branch", [False, True])
def test_a_resume_request_keeps_data_and_device(run: RunDir, branch: bool) -> None:
    with_info(run, **INFO)
    request = branch_request(run) if branch else resume_request(run, {"max_steps": 9000})
    assert request.source == DataSource(dataset="kmnist", variation=1.5)
    assert (request.device, request.xla, request.strategy) == ("cpu", False, "mirrored")
    assert request.log_dir == run.path.parent
    start, other = (request.branch, request.resume) if branch else (request.resume, request.branch)
    assert start is not None
    assert start.run == run
    assert other is None
    held = [] if branch else [(2000, "l2", 0.1)]  # max_steps is given
    assert list(request.changes) == held


def test_a_request_like_a_run_starts_from_new_weights(run: RunDir) -> None:
    values = as_dict(HyperParameters()) | {"learning_rate": 0.5, "from another version": 1}
    request = request_like(with_info(run, hyperparameters=values, **INFO))
    assert request.hparams.learning_rate == 0.5
    assert request.source == DataSource(dataset="kmnist", variation=1.5)
    assert (request.device, request.xla, request.strategy) == ("cpu", False, "mirrored")
    assert (request.resume, request.branch, list(request.changes)) == (None, None, [])


def test_invalid_settings_of_a_run_are_not_inherited(run: RunDir) -> None:
    with_info(
        run, device="numpy", xla="maybe", strategy=["mirrored"], hyperparameters=[], source=[]
    )
    request = request_like(run)
    assert (request.device, request.xla, request.strategy) == ("auto", None, "none")
    assert (request.source, request.hparams) == (DataSource(), HyperParameters())
    assert request_of("--resume", str(run.path)).device == "auto"
