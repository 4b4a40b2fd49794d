"""A run that does more steps than it planned: no share above 100 %, and no time left."""

import math

import numpy as np
import pytest

from core.cli.report import status_line
from core.run.events import Finished, Started, Steps
from core.run.hparams import as_dict, validate_hparams
from core.run.plan_text import steps_of_plan
from core.run.state import RunState
from core.run.status import Outcome
from tui.dashboard.header import ProgressBar, RunNumbers


def run_of(steps: int, *, planned: int) -> RunState:
    run = RunState()
    run.fold(Started(0, as_dict(validate_hparams({"max_steps": planned})), "CPU:0", 1))
    run.fold(Steps(0, np.ones(steps, np.float32), 1.0))
    return run


def numbers_of(run: RunState, width: int) -> str:
    numbers = RunNumbers()
    numbers.update_run(run, run.activity)
    return "".join(text for text, _ in numbers.lines(width, 1)[0]).strip()


def bar_of(run: RunState) -> str:
    bar = ProgressBar()
    bar._run = run
    return "".join(text for text, _ in bar.lines(40, 1)[0]).strip()


@pytest.mark.parametrize(
    ("steps", "planned", "expected"),
    [(300, 1000, "300 of 1,000"), (1000, 1000, "1,000 of 1,000"), (7, 0, "7"),
     (1500, 1000, "1,500 · plan 1,000")],
)  # fmt: skip
def test_steps_beside_their_plan(steps: int, planned: int, expected: str) -> None:
    assert steps_of_plan(steps, planned) == expected


def test_the_header_shows_the_plan_beside_what_exceeds_it() -> None:
    run = run_of(500, planned=100)
    assert numbers_of(run, 60).endswith("500 · plan 100     500 steps/s")
    assert "left" not in numbers_of(run, 30)
    assert math.isinf(run.seconds_left)
    assert set(bar_of(run)) == {"─"}
    run.fold(Finished(500, Outcome.DONE, 1.0))
    assert numbers_of(run, 60).endswith("500 · plan 100")
    assert set(bar_of(run)) == {"─"}


def test_the_last_planned_step_is_all_of_it() -> None:
    run = run_of(100, planned=100)
    assert numbers_of(run, 60).endswith("100 / 100     100 steps/s           0 s left")
    assert run.seconds_left == 0
    assert bar_of(run).endswith("━ 100%")


def test_the_shell_says_the_same() -> None:
    values = {"name": "a", "state": "training", "steps": 500, "max_steps": 100, "values": {}}
    values["reason"] = ""
    assert status_line(values) == "a  training  step 500 · plan 100"
