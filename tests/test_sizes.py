"""What a file says about its size, or a record about its step, is not believed."""

import json
import os
import time
from pathlib import Path

import pytest

from core.export.export import load_export
from core.run.events import Evaluated, Steps
from core.rundir import checkpoint, notes
from core.rundir.errors import CheckpointError
from core.rundir.event_tail import EventTail, ListedEvents, parse_listed
from core.rundir.overview import Overview
from core.rundir.reader import PIECE, replay
from core.rundir.rundir import MAX_STEPS, RunDir
from core.rundir.status import read_status
from core.rundir.validation import parse_event
from tests.helpers.runs import copy_of_recorded

TERABYTE = 1 << 40


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    """A copy of a recorded run of 200 steps."""
    return copy_of_recorded(tmp_path / "runs")


def add_event(run: RunDir, **fields: object) -> None:
    with run.events.open("a") as file:
        file.write(json.dumps({"time": 1.8e9, **fields}) + "\n")


@pytest.mark.parametrize("name", ["failed", "finished", "diverged", "saved", "warned"])
def test_an_event_of_a_step_that_was_never_reached(run: RunDir, name: str) -> None:
    step = 4503599627370496
    fields = {"failed": {"text": "x"}, "finished": {"reason": "done", "seconds": 1.0},
              "diverged": {"loss": 1.0, "why": "x", "checkpoint": ""},
              "saved": {"file": "x", "best": False}, "warned": {"text": "x"}}[name]  # fmt: skip
    add_event(run, event=name, step=step, **fields)
    assert sum(len(event.losses) for event in replay(run) if isinstance(event, Steps)) == 200
    assert len(load_export(run).run.losses) == 200


def test_a_sparse_file_of_losses_is_read_in_pieces_up_to_a_limit(run: RunDir) -> None:
    os.truncate(run.losses, TERABYTE)
    assert read_status(run).steps == MAX_STEPS
    steps = [event for event in replay(run) if isinstance(event, Steps)]
    assert max(len(event.losses) for event in steps) <= PIECE
    assert sum(len(event.losses) for event in steps) == MAX_STEPS


def test_sparse_files_beside_the_losses(run: RunDir) -> None:
    for path in (run.events, run.clock, run.path / notes.FILE, run.path / "control.json",
                 run.path / "lock", run.path / "run.log"):  # fmt: skip
        path.touch()
        os.truncate(path, TERABYTE)
    begun = time.process_time()
    (entry,) = Overview(run.path.parent).poll()
    assert entry.summary.best is None  # its end alone was read
    assert sum(len(event.losses) for event in replay(run) if isinstance(event, Steps)) == 200
    assert time.process_time() - begun < 30


def test_a_sparse_checkpoint_is_refused(run: RunDir) -> None:
    path = checkpoint.list_checkpoints(run.checkpoints)[-1]
    os.truncate(path, TERABYTE)
    with pytest.raises(CheckpointError, match="larger than"):
        checkpoint.read(path)


def test_a_list_has_the_accuracies_that_the_dashboard_has(run: RunDir) -> None:
    lines = run.events.read_bytes().splitlines(keepends=True)
    whole, listed = [parse_event(line) for line in lines], [parse_listed(line) for line in lines]
    assert [type(event) for event in whole] == [type(event) for event in listed]
    for one, other in zip(whole, listed, strict=True):
        if isinstance(one, Evaluated) and isinstance(other, Evaluated):
            assert other.accuracy("validation") == one.accuracy("validation")
            assert (other.step, other.time) == (one.step, one.time)


@pytest.mark.parametrize(
    "matrix",
    ["[[1, 2], [3]]", "[[1, -2], [3, 4]]", "[[1.5, 2], [3, 4]]", "[]", "[[]]", '"x"', "1"],
)
def test_a_list_drops_a_malformed_evaluation(matrix: str) -> None:
    line = (
        '{"event": "evaluated", "time": 1.0, "step": 1, "confusion": {"train": [[1, 0], [0, 1]], '
        f'"validation": {matrix}, "test": [[1, 0], [0, 1]]}}, "loss": {{}}, "seconds": 1.0}}\n'
    )
    assert parse_event(line) is None
    assert parse_listed(line.encode()) is None


def test_many_evaluations_are_listed_soon_and_only_read_once(run: RunDir) -> None:
    lines = run.events.read_bytes().splitlines(keepends=True)
    (first, *_) = (line for line in lines if line.startswith(b'{"event": "evaluated"'))
    with run.events.open("ab") as file:
        file.write(first * 10_000)
    listed = ListedEvents(run.events)
    begun = time.process_time()
    count = len(listed.poll())
    assert time.process_time() - begun < 1.5
    add_event(run, event="paused", step=200)
    begun = time.process_time()
    assert len(listed.poll()) == count + 1
    assert time.process_time() - begun < 0.1


def test_a_line_without_an_end_does_not_fill_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b'{"event": "paused", "time": 1.0, "step": 1}\n')
    os.truncate(path, 40 << 20)
    tail = EventTail(path)
    assert len(tail.poll()) == 1
    with path.open("ab") as file:
        file.write(b'\n{"event": "paused", "time": 1.0, "step": 2}\n')
    assert len(tail.poll()) == 1
