"""What the shell's commands print of events, and what they say of arguments in a wrong order."""

from pathlib import Path

import pytest

import trainpad
from core.cli.report import tail
from core.cli.steer import set_values
from core.rundir.rundir import RunDir
from core.rundir.status import read_status
from tests.helpers.attached import directory
from trainpad.errors import UserError
from trainpad.place import last_step


def test_a_run_after_the_values_is_said_to_come_first(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"'one' has no =; a run comes first: .* set one lr=0.1"):
        set_values(["lr=0.1", "one"], tmp_path, 0, print)


def test_what_is_not_known_of_an_event_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRAINPAD_DIR", str(tmp_path))
    run = trainpad.init("p")
    run.finish()
    lines = list(tail(RunDir(directory(run)), 10, follow=False))
    assert any("[started]" in line for line in lines)
    assert not any(f"{word} " in line for line in lines for word in ("device", "parameters"))


def test_steps_are_counted_to_the_greatest_in_any_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRAINPAD_DIR", str(tmp_path))
    run = trainpad.init("p", steps=100)
    for step in (0, 1, 50, 20, 2):
        run.log({"loss": 1.0}, step)
    run.finish()
    path = directory(run)
    assert read_status(RunDir(path)).steps == last_step(path) + 1 == 51
    with (path / "metrics.jsonl").open("a") as file:
        file.write('{"step": 10, "time": 1.0}\n{"step": 10, "loss": 1.0}\n')
    assert last_step(path) == 10


def test_the_steps_of_an_ended_run_are_those_it_ended_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRAINPAD_DIR", str(tmp_path))
    run = trainpad.init("p")
    for step in (0, 1, 50, 20):
        run.log({"loss": 1.0}, step)
    run.finish()

    def search(_path: Path) -> int:
        raise AssertionError("a folder of thousands of ended runs is listed without their numbers")

    monkeypatch.setattr("core.rundir.status.last_step", search)
    assert read_status(RunDir(directory(run))).steps == 51
