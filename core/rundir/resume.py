"""Going on with a run, or beginning a new one from where it stood.

A checkpoint says where the run stood; `events.jsonl` says which hyperparameters changed after it.
Both together are replayed, so that a run that was killed and resumed is the run that never stopped.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.run.events import Changed, Event, Started
from core.rundir import checkpoint
from core.rundir.checkpoint import Checkpoint
from core.rundir.rundir import RunDir, resolve_run
from core.rundir.validation import parse_event
from trainpad.errors import RunError

Change = tuple[int, str, Any]
"""From this step on, this hyperparameter is this."""


@dataclass(frozen=True, slots=True, eq=False)
class ResumePoint:
    """Where to go on from: a run, one of its checkpoints, and the changes that came after it."""

    run: RunDir
    checkpoint: Checkpoint | None
    """None before the first one: a branch then starts as the run itself did."""
    later_changes: tuple[Change, ...] = ()


def find_resume_point(run_or_checkpoint: str, log_dir: Path) -> ResumePoint:
    """What a user means by a run's name or path, or by the path of one of its checkpoints.

    Raises:
        RunError: there is no such run, or it has no whole checkpoint.
    """
    path = Path(run_or_checkpoint).expanduser()
    if path.suffix == ".safetensors":
        run = RunDir(path.resolve().parent.parent)
        run.info()
        start = checkpoint.read(path)
    else:
        run = resolve_run(run_or_checkpoint, log_dir)
        start = checkpoint.newest(run.checkpoints)
    later = tuple(change for change in recorded_changes(run) if change[0] >= start.step)
    return ResumePoint(run, start, later)


def recorded_changes(run: RunDir) -> list[Change]:
    """Every change of a hyperparameter that holds in `run`, in the order of their steps."""
    held: list[Change] = []
    for event in read_events(run):
        match event:
            case Started(step=step, planned=planned):
                held = [change for change in held if change[0] < step]
                held += [(int(at), str(name), value) for at, name, value in planned]
            case Changed(step=step, name=name, new=new):
                held = [change for change in held if change[:2] != (step, name)]
                held.append((step, name, new))
    return sorted(held, key=lambda change: change[0])


def read_events(run: RunDir) -> Iterator[Event]:
    """The events of `events.jsonl` that can be believed; a torn last line is none.

    Raises:
        RunError: the file cannot be read.
    """
    try:
        with run.events.open("rb") as file:
            for line in file:
                event = parse_event(line)
                if event is not None:
                    yield event
    except FileNotFoundError:
        return
    except OSError as error:
        raise RunError(f"{run.events} cannot be read: {error.strerror}") from error
