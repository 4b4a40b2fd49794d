"""Resuming a run from a checkpoint, and after its process was killed at any byte."""

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from conftest import REPOSITORY, MakeRun

from core.run.events import Changed, Event, Started
from core.run.hparams import as_dict, validate_hparams
from core.rundir import checkpoint
from core.rundir.checkpoint import Checkpoint
from core.rundir.control import open_control
from core.rundir.errors import CheckpointError
from core.rundir.recorder import record
from core.rundir.resume import find_resume_point, recorded_changes
from core.rundir.rundir import RunDir
from core.training.config import TrainConfig
from core.training.loop import Training
from data.dataset import Dataset
from trainpad.errors import RunError, UserError

if TYPE_CHECKING:
    from core.training.engine import Engine

VALUES = {
    "hidden": (24, 16), "batch_size": 50, "max_steps": 120, "eval_every": 40,
    "optimizer": "momentum", "learning_rate": 0.02, "dropout": 0.2, "schedule": "cosine",
}  # fmt: skip
CHANGES = ((50, "learning_rate", 0.04), (70, "batch_size", 40), (90, "dropout", 0.3))


def in_bytes(arrays: Any) -> dict[str, bytes]:
    return {name: np.asarray(array).tobytes() for name, array in arrays.items()}


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


def test_a_missing_resume_point_is_reported(make_run: MakeRun) -> None:
    run = make_run()
    with pytest.raises(CheckpointError, match="has no checkpoint to resume from"):
        find_resume_point(str(run.path), run.path)
    with pytest.raises(RunError, match="there is no run called 'elsewhere'"):
        find_resume_point("elsewhere", run.path.parent)
    with pytest.raises(RunError, match="is not a trainpad run"):
        find_resume_point(
            str(run.path.parent / "checkpoints" / "step-000001.safetensors"), run.path.parent
        )


# -- kill -9 ---------------------------------------------------------------------------------------

MACHINE = ["--no-xla", "--device", "cpu"]
FLAGS = [
    *MACHINE, "--fake_data", "--hidden", "32,16", "--batch_size", "50",
    "--max_steps", "600", "--eval_every", "50", "--optimizer", "momentum", "--dropout", "0.2",
    "--schedule", "cosine", "--learning_rate", "0.02", "--change", "130:learning_rate=0.03",
]  # fmt: skip

KILLED = """
import functools, json, os, random, signal, sys
import tensorflow, keras, safetensors.numpy, data.drawn
import core.training.engine, core.session.session, core.session.headless
from data import sources
import main

sources._fake = (lambda made: lambda asked: made)(sources.load_dataset(fake=True))
# Each child would convert the same functions again, which need no conversion.
tensorflow.function = functools.partial(tensorflow.function, autograph=False)
report = os.dup(1)

def killed_after(writes):
    '''Die, kill -9, in the middle of write number `writes`; -1 is never. Returns the count.'''
    pwrite, write_atomic, count = os.pwrite, core.rundir.checkpoint.write_atomic, 0
    def counted(do, die):
        nonlocal count
        count += 1
        if count == writes:
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
    return lambda: count

def child(arguments, writes):
    '''Run the command line in a child process; returns its exit status and number of writes.'''
    reading, writing = os.pipe()
    if (pid := os.fork()) == 0:
        random.seed(writes)
        count = killed_after(writes)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        try:
            main.main(arguments)
        except SystemExit as left:
            os.write(writing, str(count()).encode())
            os._exit(left.code or 0)
        os._exit(99)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return status, int(text or -1)

for line in sys.stdin:
    os.write(report, (json.dumps(child(*json.loads(line))) + "\\n").encode())
"""


class Children:
    """Runs of the command line, forked from a process that has imported TensorFlow once."""

    def __init__(self, folder: Path) -> None:
        script = folder / "killed.py"
        script.write_text(KILLED)
        self._process = subprocess.Popen(
            [sys.executable, script],
            cwd=REPOSITORY,
            env={"PATH": "", "PYTHONPATH": str(REPOSITORY), "HOME": str(folder)},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip

    def run(self, *arguments: str, writes: int = -1) -> tuple[int, int]:
        """The exit status of the command, and how often it wrote to its run directory."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps([arguments, writes]), file=self._process.stdin, flush=True)
        status, count = json.loads(self._process.stdout.readline())
        return status, count

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def only_run(log_dir: Path) -> RunDir:
    (path,) = log_dir.iterdir()
    return RunDir(path)


def test_ten_kills_and_resumes_equal_one_training(tmp_path: Path) -> None:
    children = Children(tmp_path)
    try:
        status, writes = children.run("--headless", "--log_dir", str(tmp_path / "whole"), *FLAGS)
        assert status == 0
        whole = only_run(tmp_path / "whole")
        weights = in_bytes(checkpoint.newest(whole.checkpoints).arrays)
        # How often the time is recorded depends on the machine: the last places may not be reached.
        for place in sorted(random.sample(range(1, writes * 3 // 4), 10)):
            folder = tmp_path / f"killed-{place}"
            status, _ = children.run(
                "--headless", "--log_dir", str(folder), *FLAGS, writes=place
            )  # fmt: skip
            assert status == -9
            run = only_run(folder)
            if not checkpoint.list_checkpoints(run.checkpoints):
                continue
            status, _ = children.run("--headless", "--resume", str(run.path), *MACHINE)
            assert status == 0
            assert run.losses.read_bytes() == whole.losses.read_bytes(), f"killed at {place}"
            assert in_bytes(checkpoint.newest(run.checkpoints).arrays) == weights
    finally:
        children.close()


def test_a_checkpoint_without_resume_state_can_still_be_branched(
    engine: "Engine", beginning: dict[str, Any], tiny: Dataset, make_run: MakeRun
) -> None:
    engine.restore(beginning)
    bare = Checkpoint(engine.state(), {"step": 40})
    with pytest.raises(UserError, match="use --branch"):
        train(engine, tiny, make_run(), resume=bare)
    assert train(engine, tiny, make_run(), resume=bare, branch=True)
