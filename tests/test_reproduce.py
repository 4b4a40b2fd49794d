"""The command line that trains a run again."""

import os
import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import main
from core.export.export import load_export
from core.export.reproduce import reproduce_command
from core.run.events import Changed, Event, Failed, Finished, Opened, Started, Steps
from core.run.hparams import as_dict, validate_hparams
from core.run.status import Outcome
from core.rundir import checkpoint
from core.rundir.checkpoint import Checkpoint
from core.rundir.rundir import RunDir
from core.session.request import request_from
from core.session.session import session
from tests.helpers.runs import add_events, make_run
from trainpad.errors import RunError


def trained(line: str, log_dir: Path, stop_after: int = 10**9) -> RunDir:
    """Do in this process what the command line says; after so many steps, stop as a user does."""
    arguments = [*shlex.split(line)[1:], "--log_dir", str(log_dir)]
    context = main.train.make_context("train", arguments)
    control = None
    for event in session(request_from(context.params)):
        if isinstance(event, Opened):
            control, run = event.control, RunDir(Path(event.directory))
        if isinstance(event, Steps) and event.first + len(event.losses) >= stop_after and control:
            control.request(stop="stopped")
    return run


def test_the_command_reproduces_the_run_to_the_byte(tmp_path: Path) -> None:
    first = trained(
        "trainpad --fake_data --device cpu --no-xla --max_steps 100000 --hidden 16,8 "
        "--optimizer momentum --schedule cosine --seed 3 "
        "--change 5:learning_rate=0.03 --change 20:batch_size=50",
        tmp_path / "first",
        stop_after=30,
    )
    line = reproduce_command(load_export(first))
    assert "--change 5:learning_rate=0.03 --change 20:batch_size=50" in line
    assert f"--fingerprint {first.info()['dataset']['fingerprint'][:16]}" in line
    second = trained(line, tmp_path / "second")
    assert first.losses.stat().st_size >= 4 * 30
    assert second.losses.read_bytes() == first.losses.read_bytes()


def test_the_command_names_only_values_that_are_not_defaults(tmp_path: Path) -> None:
    source = {"dataset": None, "input_data_dir": "/some where", "fake_data": False}
    values = as_dict(validate_hparams({"hidden": (), "learning_rate": 0.5}))
    rest = {"device": "cpu", "strategy": "mirrored", "xla": False}
    run = make_run(tmp_path / "r", hyperparameters=values, source=source, **rest)
    assert reproduce_command(load_export(run)) == (
        "trainpad --learning_rate 0.5 --network none --seed 0 --input_data_dir '/some where' "
        "--device cpu --strategy mirrored --no-xla"
    )


@pytest.mark.parametrize("name", ["mnist", "drawn"])
def test_the_command_names_the_data_that_the_run_took(tmp_path: Path, name: str) -> None:
    data = {"name": name, "fingerprint": "ab" * 32}
    line = reproduce_command(load_export(make_run(tmp_path / "r", source={}, dataset=data)))
    assert ("--dataset drawn" in line) == (name == "drawn")
    assert line.endswith("--fingerprint abababababababab")


def test_the_command_is_escaped_for_terminal_and_shell(tmp_path: Path) -> None:
    odd = "/data/\x1b]52;c;aGk=\x07it's \\ \x9b2J\u202e\udcff"
    line = reproduce_command(load_export(make_run(tmp_path / "a", source={"input_data_dir": odd})))
    assert line.isprintable()
    argument = subprocess.run(["bash", "-c", f"set -- {line}; printf %s \"${{@: -1}}\""],
                          capture_output=True, check=True).stdout  # fmt: skip
    assert os.fsdecode(argument) == odd


def test_a_branch_needs_the_checkpoint_that_it_started_from(tmp_path: Path) -> None:
    parent = make_run(tmp_path / "a-run")
    info = {"run": parent.name, "step": 4}
    branch = make_run(tmp_path / "branch", hyperparameters={"hidden": [8]}, parent=info)
    with pytest.raises(RunError, match="that checkpoint is gone"):
        reproduce_command(load_export(branch))
    arrays = {"layer0/weights": np.zeros((784, 2), np.float32)}
    path = checkpoint.write(parent.checkpoints, Checkpoint(arrays, {"step": 4}))
    context = main.train.make_context(
        "train", shlex.split(reproduce_command(load_export(branch)))[1:]
    )
    assert context.params["branch"] == str(path)
    assert context.params["network"] == "8"


# -- runs that were resumed after their end --------------------------------------------------------


def command_of(folder: Path, events: Sequence[Event], **values: object) -> str:
    """The command of a run that recorded these events and a loss for each step until the last."""
    hparams = as_dict(validate_hparams(values))
    losses = [1.0] * max(event.step for event in events if isinstance(event, Finished | Started))
    run = make_run(folder / "r", losses=losses, hyperparameters=hparams)
    add_events(run, start(0, **values), *events)
    return reproduce_command(load_export(run))


def start(step: int, **values: object) -> Started:
    return Started(step, as_dict(validate_hparams(values)), "CPU:0", 10)


def test_a_run_that_was_extended_is_extended_again(tmp_path: Path) -> None:
    events = [
        Finished(6, Outcome.DONE, 1.0), start(6, max_steps=6), Changed(6, "max_steps", 6, 9),
        Finished(9, Outcome.DONE, 1.0),
    ]  # fmt: skip
    line = command_of(tmp_path, events, max_steps=6)
    assert line == "trainpad --max_steps 6 --seed 0 --change 6:max_steps=9"


def test_a_run_that_went_on_after_it_stopped_early_does_so_again(tmp_path: Path) -> None:
    reason = "no improvement in 2 evaluations"
    events = [
        Finished(4, Outcome.DONE, 1.0, reason), start(4, patience=2, max_steps=50),
        Changed(4, "patience", 2, 3), Changed(5, "learning_rate", 0.01, 0.5),
        Finished(7, Outcome.DONE, 1.0, reason),
    ]  # fmt: skip
    line = command_of(tmp_path, events, patience=2, max_steps=50)
    changes = "--change 5:learning_rate=0.5 --change 7:max_steps=7"
    assert line == f"trainpad --max_steps 50 --seed 0 {changes}"


def test_a_run_that_stopped_early_stops_early_again(tmp_path: Path) -> None:
    events = [Finished(4, Outcome.DONE, 1.0, "precision 0.9900 reached")]
    line = command_of(tmp_path, events, target_precision=0.98)
    assert line == "trainpad --target_precision 0.98 --seed 0"


def test_a_run_that_failed_after_it_was_stopped_and_resumed_is_not_stopped(tmp_path: Path) -> None:
    events = [Finished(4, Outcome.STOPPED, 1.0), start(4), Failed(6, "no memory")]
    assert command_of(tmp_path, events) == "trainpad --seed 0"
