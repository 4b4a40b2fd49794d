"""Resume a run, or branch a new one from its checkpoint.

A checkpoint holds the state of training; `events.jsonl` holds the hyperparameter changes made after
it. Both together are replayed, so that a run that was killed and resumed gives the same results as
one that never stopped.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.run.events import Event, Saved, Started
from core.run.history import changes_of
from core.rundir import checkpoint
from core.rundir.attached import is_attached
from core.rundir.checkpoint import Checkpoint
from core.rundir.errors import CheckpointError
from core.rundir.event_tail import MAX_BYTES, MAX_LINE_BYTES
from core.rundir.resolve import resolve_run
from core.rundir.rundir import RunDir
from core.rundir.validation import count, fields_of, file_name, parse_event, plan_in
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
    """None before the first one: the run is then trained again from its beginning."""
    later_changes: tuple[Change, ...] = ()
    parent: "ResumePoint | None" = None
    """Where there is no checkpoint yet: what the run itself was branched from, if it was."""

    @property
    def step(self) -> int:
        """How many steps were done."""
        return self.checkpoint.step if self.checkpoint else 0

    @property
    def weights(self) -> Checkpoint | None:
        """The checkpoint with the weights to start from; None for new, random ones."""
        return (
            self.parent.checkpoint if self.checkpoint is None and self.parent else self.checkpoint
        )


def find_resume_point(run_or_checkpoint: str, log_dir: Path) -> ResumePoint:
    """The resume point of a run, given by name or path, or of the checkpoint at a path.

    A run of ours that ended before it saved anything can be trained again from its beginning.

    Raises:
        RunError: there is no such run, its checkpoint is damaged, or the ones it saved are gone.
    """
    path = expanded(run_or_checkpoint)
    if path.suffix == ".safetensors":
        run = RunDir(absolute(path).resolve().parent.parent)
        run.info()
        start: Checkpoint | None = checkpoint.read(path)
    else:
        run = resolve_run(run_or_checkpoint, log_dir)
        start = None if _has_saved_nothing(run) else checkpoint.newest(run.checkpoints)
    first = start.step if start else 0
    later = tuple(change for change in recorded_changes(run) if change[0] >= first)
    return ResumePoint(run, start, later, None if start else _parent(run))


def _has_saved_nothing(run: RunDir) -> bool:
    """Whether `run` is one of ours that ended before its first checkpoint."""
    if is_attached(run) or checkpoint.list_checkpoints(run.checkpoints):
        return False
    return not any(isinstance(event, Saved) for event in read_events(run))


def _parent(run: RunDir) -> ResumePoint | None:
    """The checkpoint that `run` was branched from; None where it began with random weights.

    Raises:
        RunError: it is gone or damaged.
    """
    parent = fields_of({"run": file_name, "step": count}, run.info().get("parent"))
    if len(parent) < 2 or not parent["step"]:
        return None
    origin = RunDir(run.path.parent / str(parent["run"]))
    path = origin.checkpoints / checkpoint.file_name(int(parent["step"]))
    try:
        return ResumePoint(origin, checkpoint.read(path))
    except CheckpointError as error:
        raise CheckpointError(
            f"{run.name} has no checkpoint yet, and the one that it was branched from cannot be "
            f"read: {error}"
        ) from error


def recorded_changes(run: RunDir) -> list[Change]:
    """Every hyperparameter change that holds in `run`, made or planned, by ascending step.

    Raises:
        RunError: the events cannot be read.
    """
    events = [*read_events(run)]
    if not any(isinstance(event, Started) for event in events):
        # It was killed before its first event was written.
        events.insert(0, Started(0, {}, "", 0, plan_in(run.info())))
    return [(change.step, change.name, change.new) for change in changes_of(events)]


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
