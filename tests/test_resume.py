"""Resuming a run from a checkpoint, and after its process was killed at any byte."""

import itertools
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from conftest import MakeRun

from core.run.events import Changed, Event, Started
from core.run.hparams import as_dict, validate_hparams
from core.rundir import checkpoint
from core.rundir.checkpoint import Checkpoint
from core.rundir.control import open_control
from core.rundir.recorder import record
from core.rundir.resume import find_resume_point, recorded_changes
from core.rundir.rundir import RunDir
from core.training.config import TrainConfig
from core.training.loop import Training
from data.dataset import Dataset
from tests.helpers.networks import in_bytes
from tests.helpers.program import run_program
from trainpad.errors import RunError, UserError

if TYPE_CHECKING:
    from core.training.engine import Engine

VALUES = {
    "hidden": (24, 16), "batch_size": 50, "max_steps": 120, "eval_every": 40,
    "optimizer": "momentum", "learning_rate": 0.02, "dropout": 0.2, "schedule": "cosine",
}  # fmt: skip
CHANGES = ((50, "learning_rate", 0.04), (70, "batch_size", 40), (90, "dropout", 0.3))


@pytest.fixture(scope="module")
def engine(tiny: Dataset) -> "Engine":
    from core.training.engine import Engine

    return Engine(tiny, validate_hparams(VALUES), device="cpu")


@pytest.fixture(scope="module")
def beginning(engine: "Engine") -> dict[str, Any]:
    return engine.state()


def train(engine: "Engine", tiny: Dataset, run: RunDir, **job: Any) -> list[Event]:
    """Train and record; the clock gives each call a chunk of another length."""
    rng = random.Random(run.name)  # noqa: S311 - for chunks, not for secrets
    now = 0.0

    def clock() -> float:
        nonlocal now
        now += rng.uniform(0.001, 0.05)
        return now

    hparams = job.pop("hparams", validate_hparams(VALUES))
    control = open_control(run.path, start=as_dict(hparams))
    training = Training(
        engine, TrainConfig(hparams, tiny, **job), control, clock, lambda _seconds: None
    )
    return list(record(training.events(), run))


@pytest.mark.parametrize("planned", [(), CHANGES], ids=["without changes", "with changes"])
@pytest.mark.parametrize("step", [40, 80])
def test_a_resumed_run_equals_one_that_never_stopped(
    engine: "Engine",
    beginning: dict[str, Any],
    tiny: Dataset,
    make_run: MakeRun,
    step: int,
    planned: tuple[tuple[int, str, Any], ...],
) -> None:
    engine.restore(beginning)
    run = make_run()
    train(engine, tiny, run, planned_changes=planned)
    losses = run.losses.read_bytes()
    last = checkpoint.newest(run.checkpoints)
    assert len(losses) == 4 * 120

    start = find_resume_point(str(run.checkpoints / checkpoint.file_name(step)), run.path.parent)
    assert start.checkpoint.step == step
    engine.restore(beginning)
    hparams = validate_hparams(start.checkpoint.metadata["hyperparameters"])
    train(
        engine, tiny, run,
        hparams=hparams, resume=start.checkpoint, planned_changes=start.later_changes,
    )  # fmt: skip
    assert run.losses.read_bytes() == losses
    again = checkpoint.newest(run.checkpoints)
    assert in_bytes(again.arrays) == in_bytes(last.arrays)
    assert again.metadata == last.metadata
    assert recorded_changes(run) == sorted(planned)


def test_a_branch_keeps_only_the_weights(
    engine: "Engine", beginning: dict[str, Any], tiny: Dataset, make_run: MakeRun
) -> None:
    engine.restore(beginning)
    parent, child = make_run(), make_run()
    train(engine, tiny, parent)
    start = checkpoint.newest(parent.checkpoints)
    engine.restore(beginning)
    events = train(engine, tiny, child, resume=start, branch=True)
    assert isinstance(events[0], Started)
    assert events[0].step == 0
    losses = np.fromfile(child.losses, "<f4")
    assert len(losses) == 120
    assert losses[0] < np.fromfile(parent.losses, "<f4")[0] / 2


def test_a_checkpoint_of_another_network_is_rejected(engine: "Engine") -> None:
    arrays = engine.state()
    arrays["layer1/weights"] = np.zeros((24, 17), np.float32)
    before = in_bytes(engine.state())
    with pytest.raises(UserError, match="does not fit this network and optimizer: layer1/weights"):
        engine.restore(arrays)
    del arrays["layer1/weights"]
    with pytest.raises(UserError, match="layer1/weights differs"):
        engine.restore(arrays)
    assert in_bytes(engine.state()) == before


def test_changes_after_the_checkpoint_are_replayed(make_run: MakeRun) -> None:
    run = make_run()
    folder = run.checkpoints
    events: list[Event] = [
        Started(0, {}, "CPU:0", 1),
        Changed(5, "l2", 0.0, 0.1),
        Changed(20, "l2", 0.1, 0.2),
        Changed(25, "dropout", 0.0, 0.5),
        Changed(25, "dropout", 0.5, 0.6),
    ]
    list(record(iter(events), run))
    for step in (10, 20):
        checkpoint.write(folder, Checkpoint({"layer0/weights": np.zeros(1)}, {"step": step}))
    assert find_resume_point(str(run.path), run.path).later_changes == (
        (20, "l2", 0.2),
        (25, "dropout", 0.6),
    )
    list(record(iter([Started(10, {}, "CPU:0", 1)]), run))
    assert recorded_changes(run) == [(5, "l2", 0.1)]


def test_a_run_that_was_killed_before_its_first_event_still_has_its_plan(make_run: MakeRun) -> None:
    run = make_run(planned=[[130, "learning_rate", 0.03], "none", [-1, "l2", 1]])
    assert find_resume_point(str(run.path), run.path).later_changes == ()  # one is no change
    run = make_run("other", planned=[[130, "learning_rate", 0.03]])
    run.events.write_bytes(b'{"event": "started", "time": ')
    expected = ((130, "learning_rate", 0.03),)
    assert find_resume_point(str(run.path), run.path).later_changes == expected
    list(record(iter([Started(0, {}, "CPU:0", 1)]), run))
    assert recorded_changes(run) == []


def test_a_missing_resume_point_is_reported(make_run: MakeRun) -> None:
    run = make_run()
    with pytest.raises(RunError, match="there is no run called 'elsewhere'"):
        find_resume_point("elsewhere", run.path.parent)
    with pytest.raises(RunError, match="is not a trainpad run"):
        find_resume_point(
            str(run.path.parent / "checkpoints" / "step-000001.safetensors"), run.path.parent
        )


# -- kill -9 ---------------------------------------------------------------------------------------

KILLS = 4
"""Each at a write of its own. `benchmarks/kills.py` does any number, at random moments."""
MACHINE = ["--no-xla", "--device", "cpu"]
FLAGS = [
    *MACHINE, "--fake_data", "--hidden", "32,16", "--batch_size", "50",
    "--max_steps", "360", "--eval_every", "30", "--optimizer", "momentum", "--dropout", "0.2",
    "--schedule", "cosine", "--learning_rate", "0.02", "--change", "130:learning_rate=0.03",
]  # fmt: skip

KILLED = """
import os, random, signal, sys
import core.rundir.checkpoint, main

last, report = int(sys.argv.pop(1)), sys.argv.pop(1)
count = 0
random.seed(last)
pwrite, write_atomic = os.pwrite, core.rundir.checkpoint.write_atomic

def counted(do, die):
    global count
    count += 1
    if count == last:
        die()
        os.kill(os.getpid(), signal.SIGKILL)
    return do()

def torn(descriptor, content, offset):
    half = content[: random.randrange(len(content) + 1)]
    return counted(lambda: pwrite(descriptor, content, offset),
                   lambda: pwrite(descriptor, half, offset))

def half_made(path, content, **options):
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    return counted(lambda: write_atomic(path, content, **options),
                   lambda: part.write_bytes(content[: len(content) // 2]))

os.pwrite, core.rundir.checkpoint.write_atomic = torn, half_made
try:
    main.main()
finally:
    with open(report, "w") as file:
        file.write(str(count))
"""
"""Dies, as of kill -9, in the middle of its write number `last`; else writes into `report` how
many there were."""


def only_run(log_dir: Path) -> RunDir:
    (path,) = log_dir.iterdir()
    return RunDir(path)


def test_kills_and_resumes_equal_one_training(tmp_path: Path) -> None:
    report = tmp_path / "writes"

    def status(last: int, *arguments: str | Path) -> int:
        return run_program(last, report, "--headless", *arguments, code=KILLED).returncode

    assert status(-1, "--log_dir", tmp_path / "whole", *FLAGS) == 0
    whole, writes = only_run(tmp_path / "whole"), int(report.read_text())

    def place_of(kills: int) -> int:
        return random.choice(range(1, writes // 3)) if kills < KILLS else -1  # noqa: S311

    kills, folders = 0, map(str, itertools.count())
    while kills < KILLS:
        # Each process goes on where the one before was killed, until one comes to the end; after
        # `KILLS` none is killed.
        log_dir = tmp_path / next(folders)
        arguments: list[str | Path] = ["--log_dir", log_dir, *FLAGS]
        while (ended := status(place_of(kills), *arguments)) != 0:
            assert ended == -9
            kills += 1
            arguments = ["--resume", only_run(log_dir).path, *MACHINE]
        run = only_run(log_dir)
        assert run.losses.read_bytes() == whole.losses.read_bytes()
        weights = in_bytes(checkpoint.newest(run.checkpoints).arrays)
        assert weights == in_bytes(checkpoint.newest(whole.checkpoints).arrays)


def test_a_checkpoint_without_resume_state_can_still_be_branched(
    engine: "Engine", beginning: dict[str, Any], tiny: Dataset, make_run: MakeRun
) -> None:
    engine.restore(beginning)
    bare = Checkpoint(engine.state(), {"step": 40})
    with pytest.raises(UserError, match="--branch RUN starts a new run"):
        train(engine, tiny, make_run(), resume=bare)
    assert train(engine, tiny, make_run(), resume=bare, branch=True)
