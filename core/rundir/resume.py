"""Resume a run, or branch a new one from its checkpoint.

A checkpoint holds the state of training; `events.jsonl` holds the hyperparameter changes made after
it. Both together are replayed, so that a run that was killed and resumed gives the same results as
one that never stopped.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.run.events import Event
from core.run.history import changes_of
from core.rundir import checkpoint
from core.rundir.checkpoint import Checkpoint
from core.rundir.event_tail import MAX_BYTES, MAX_LINE_BYTES
from core.rundir.resolve import resolve_run
from core.rundir.rundir import RunDir
from core.rundir.validation import parse_event
from trainpad.errors import RunError
from trainpad.files import open_plain
from trainpad.place import absolute, expanded

Change = tuple[int, str, Any]
"""From this step on, the hyperparameter of this name has this value."""


@dataclass(frozen=True, slots=True, eq=False)
class ResumePoint:
    """What to resume or branch from: a run, one of its checkpoints, and the changes after it."""

    run: RunDir
    checkpoint: Checkpoint | None
    """None before the first one: a branch then starts as the run itself did."""
    later_changes: tuple[Change, ...] = ()


def find_resume_point(run_or_checkpoint: str, log_dir: Path) -> ResumePoint:
    """The resume point of a run, given by name or path, or of the checkpoint at a path.

    Raises:
        RunError: there is no such run, or it has no undamaged checkpoint.
    """
    path = expanded(run_or_checkpoint)
    if path.suffix == ".safetensors":
        run = RunDir(absolute(path).resolve().parent.parent)
        run.info()
        start = checkpoint.read(path)
    else:
        run = resolve_run(run_or_checkpoint, log_dir)
        start = checkpoint.newest(run.checkpoints)
    later = tuple(change for change in recorded_changes(run) if change[0] >= start.step)
    return ResumePoint(run, start, later)


def recorded_changes(run: RunDir) -> list[Change]:
    """Every hyperparameter change that holds in `run`, made or planned, by ascending step.

    Raises:
        RunError: the events cannot be read.
    """
    return [(change.step, change.name, change.new) for change in changes_of(read_events(run))]


def read_events(run: RunDir) -> Iterator[Event]:
    """The valid events of `events.jsonl`; a torn last line is skipped.

    Raises:
        RunError: the file cannot be read.
    """
    try:
        with open_plain(run.events) as file:
            while line := file.readline(MAX_LINE_BYTES):
                if file.tell() > MAX_BYTES:
                    raise RunError(f"{run.events} is larger than {MAX_BYTES:,} bytes")
                event = parse_event(line) if len(line) < MAX_LINE_BYTES else None
                if event is not None:
                    yield event
    except FileNotFoundError:
        return
    except OSError as error:
        raise RunError(f"{run.events} cannot be read: {error.strerror}") from error
