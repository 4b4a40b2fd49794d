"""Load a run for export, and write files for people and programs that do not know trainpad.

Everything is read from the run directory by `replay`, so that a run of another machine, or one that
is still training, can be exported too. A file is written whole or not at all; ``-`` is standard
output.
"""

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.run.events import Evaluated, json_safe
from core.run.history import best_evaluation
from core.run.hparams import as_dict
from core.run.state import RunState
from core.rundir import checkpoint, notes
from core.rundir.checkpoint import Checkpoint
from core.rundir.errors import CheckpointError
from core.rundir.metrics import check_size
from core.rundir.notes import Note
from core.rundir.reader import replay
from core.rundir.resume import recorded_changes
from core.rundir.rundir import RunDir
from data.files import is_dir, is_file
from data.shared_files import write_shared
from trainpad.errors import RunError, UserError
from trainpad.files import RUN_FILE
from trainpad.place import expanded

STDOUT = "-"


@dataclass(frozen=True, slots=True, eq=False)
class Export:
    """A run directory, its run folded from all events, and the user's note on it."""

    directory: RunDir
    run: RunState
    note: Note

    @property
    def title(self) -> str:
        """The title that a user gave it, or else the name of its folder."""
        return self.note.title or self.directory.name


def load_export(directory: RunDir) -> Export:
    """Load everything that `directory` holds.

    Raises:
        RunError: it is no run directory, or cannot be read.
    """
    check_size(directory)
    run = RunState()
    for event in replay(directory):
        run.fold(event)
    return Export(directory, run, notes.read(directory))


def check_target(target: str, *, force: bool) -> None:
    """Check that writing `target` loses nothing.

    Raises:
        FileExistsError: there is such a file, and `force` is not given.
        RunError: it is a file of a run.
    """
    path = expanded(target)
    if target == STDOUT or not is_file(path):
        return
    folder = path.resolve().parent
    if is_file(folder / RUN_FILE) or is_file(folder.parent / RUN_FILE):
        raise RunError(f"{path} is a file of a run; write to another folder")
    if not force:
        raise FileExistsError(f"{path} exists")


def check_targets(targets: Iterable[str], *, force: bool) -> None:
    """Check that writing these files loses nothing, for a command that has ``--force``.

    Raises:
        UserError: one of them exists and `force` is not given, or is a file of a run.
    """
    for target in targets:
        try:
            check_target(target, force=force)
        except FileExistsError as error:
            raise UserError(f"{error}; --force replaces it") from error


def write_output(target: str, content: bytes) -> None:
    """Write `content` to the file `target`, as `write_shared` does, or to standard output.

    Raises:
        RunError: the file cannot be written.
    """
    if target == STDOUT:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    path = expanded(target)
    if is_dir(path):
        raise RunError(f"{path} is a folder; name a file in it")
    try:
        write_shared(path, content)
    except OSError as error:
        raise RunError(f"{path} cannot be written: {error.strerror}") from error


def resolve_checkpoint(export: Export, name: str) -> Checkpoint:
    """Return the checkpoint named by ``best``, ``last`` or a path.

    Raises:
        CheckpointError: there is none, or it is damaged.
    """
    if name == "last":
        return checkpoint.newest(export.directory.checkpoints)
    if name != "best":
        return checkpoint.read(expanded(name))
    file = best_checkpoint_file(export)
    if file is None:
        raise CheckpointError(
            f"{export.directory.name} has no evaluated checkpoint; give --checkpoint last or FILE"
        )
    return checkpoint.read(file)


def best_checkpoint_file(export: Export) -> Path | None:
    """Return the checkpoint of the best evaluation that has one; None where none has."""
    folder = export.directory.checkpoints
    kept = {checkpoint.step_of(path) for path in checkpoint.list_checkpoints(folder)}
    best = best_evaluation(entry for entry in export.run.evaluations if entry.step in kept)
    return folder / checkpoint.file_name(best.step) if best else None


def as_json(export: Export) -> bytes:
    """Return everything but the losses of single steps; NaN and infinities are strings."""
    run, note = export.run, export.note
    values = {
        "run": run.info,
        "directory": str(export.directory.path),
        "title": note.title,
        "tags": list(note.tags),
        "note": note.text,
        "state": run.status,
        "steps": run.step,
        "loss": run.loss,
        "hyperparameters": as_dict(run.hparams),
        "changes": [
            {"step": step, "name": name, "value": value}
            for step, name, value in recorded_changes(export.directory)
        ],
        "evaluations": [_evaluation(entry) for entry in run.evaluations],
    }
    return (json.dumps(json_safe(values), allow_nan=False) + "\n").encode()


def _evaluation(entry: Evaluated) -> dict[str, Any]:
    splits = {
        split: {
            **({"precision": entry.accuracy(split)} if split in entry.confusion else {}),
            "loss": entry.loss.get(split),
            **({"confusion": entry.confusion[split]} if split in entry.confusion else {}),
            **({"metrics": entry.metrics[split]} if split in entry.metrics else {}),
        }
        for split in entry.confusion or entry.loss
    }
    return {"step": entry.step, "time": entry.time, **splits}
