"""Run directories as a trainer would have left them at some moment."""

import json
import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.run.events import Evaluated, Event, Finished, Started, to_json
from core.run.hparams import as_dict, validate_hparams
from core.run.status import Outcome
from core.rundir.rundir import RunDir
from data.dataset import SPLITS

TESTS = Path(__file__).parent.parent
BEGAN = 1_700_000_000.0
"""Unix time at which these runs begin."""
VERSIONS = {"trainpad": "0.1.0"}
"""Without these, trainpad does not delete the run."""


def make_run(path: Path, *, losses: Sequence[float] = (), **info: Any) -> RunDir:
    """A run that has these losses and no events yet."""
    path.mkdir(parents=True, mode=0o700)
    content = {"name": path.name, "created": BEGAN, "host": "here", "hyperparameters": {}} | info
    (path / "run.json").write_text(json.dumps(content))
    run = RunDir(path)
    add_losses(run, losses)
    return run


def add_losses(run: RunDir, losses: Sequence[float]) -> None:
    """Append losses, as the trainer does."""
    with run.losses.open("ab") as file:
        file.write(np.asarray(losses, "<f4").tobytes())


def add_marks(run: RunDir, *marks: tuple[float, float]) -> None:
    """Append pairs of steps done and seconds since `BEGAN`."""
    with run.clock.open("ab") as file:
        file.write(np.asarray([(step, BEGAN + t) for step, t in marks], "<f8").tobytes())


def add_events(run: RunDir, *events: Event | bytes) -> None:
    """Append events to `events.jsonl`; bytes are written as they are."""
    with run.events.open("ab") as file:
        for event in events:
            file.write(event if isinstance(event, bytes) else to_json(event).encode() + b"\n")


def hold(run: RunDir, *, host: str = "here", pid: int = 2**22, age: float = 0.0) -> None:
    """Write the file `lock` of a process whose last heartbeat was `age` seconds ago."""
    lock = run.path / "lock"
    lock.write_text(json.dumps({"pid": pid, "host": host, "since": BEGAN}))
    moment = time.time() - age
    os.utime(lock, (moment, moment))


def confusion(right: int, wrong: int) -> dict[str, list[list[int]]]:
    """Matrices of two classes with these numbers of right and wrong predictions."""
    return {split: [[right, wrong], [0, 0]] for split in SPLITS}


def finished(path: Path, *, right: int = 9, steps: int = 4, **values: Any) -> RunDir:
    """A run that is done, with `right` of ten predictions correct."""
    hparams = as_dict(validate_hparams({"max_steps": steps, **values}))
    run = make_run(path, losses=[2.0] * steps, hyperparameters=hparams, versions=VERSIONS)
    add_events(
        run,
        Started(0, hparams, "CPU:0", 10, time=BEGAN),
        Evaluated(steps, confusion(right, 10 - right), {}, 0.1, time=BEGAN + 60),
        Finished(steps, Outcome.DONE, 60.0, time=BEGAN + 90),
    )
    for path, when in ((run.losses, BEGAN + 80), (run.path / "run.json", BEGAN)):
        os.utime(path, (when, when))
    return run


def three_runs(folder: Path) -> Path:
    """Three runs: ``c-run`` is the newest and the best."""
    finished(folder / "a-run", right=5)
    finished(folder / "b-run", right=7, learning_rate=0.1)
    finished(folder / "c-run", right=9, learning_rate=0.5, hidden=())
    return folder


def copy_of_recorded(folder: Path) -> RunDir:
    """A copy in `folder` of the run of 200 steps that version 0.1 has recorded."""
    (recorded,) = (p for p in (TESTS / "recorded_0_1").iterdir() if p.is_dir())
    shutil.copytree(recorded, folder / recorded.name)
    return RunDir(folder / recorded.name)
