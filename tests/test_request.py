"""From flags to a request, where a run is named to go on from."""

import numpy as np
import pytest
from conftest import MakeRun
from run_made import add_events

import main
from core import checkpoint
from core.checkpoint import Checkpoint
from core.events import Changed
from core.hparams import HyperParameters, as_dict
from core.request import request_from
from core.rundir import RunDir
from core.session import Request


def request_of(*arguments: str) -> Request:
    return request_from(main.train.make_context("train", list(arguments)).params)


@pytest.fixture
def run(make_run: MakeRun) -> RunDir:
    made = make_run()
    about = {"step": 2000, "position": 0, "hyperparameters": as_dict(HyperParameters())}
    checkpoint.write(made.checkpoints, Checkpoint({"layer0/weights": np.zeros(1)}, about))
    add_events(made, Changed(2000, "max_steps", 2000, 1000), Changed(2000, "l2", 0.0, 0.1))
    return made


def test_a_flag_has_the_last_word_over_changes_made_before(run: RunDir) -> None:
    request = request_of("--resume", str(run.path))
    assert list(request.changes) == [(2000, "max_steps", 1000), (2000, "l2", 0.1)]
    request = request_of("--resume", str(run.path), "--max_steps", "3000")
    assert request.hparams.max_steps == 3000
    assert list(request.changes) == [(2000, "l2", 0.1)]
