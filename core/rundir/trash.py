"""The trash: deleted runs, in a hidden folder of the folder of runs, until they are too old.

Deleting a run moves its whole folder, so that it takes no time and can be undone. A run that has
been in the trash for `KEPT` seconds is deleted for good when another one is moved there: then only
the files that trainpad wrote, as `core.rundir.deletion` says.
"""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from core.rundir.deletion import check_deletable, delete_run
from core.rundir.rundir import RunDir, run_folders
from trainpad.errors import RunError

FOLDER: Final = ".trash"
"""Below the folder of runs; its name hides it from lists."""
KEPT: Final = 30 * 24 * 3600.0
"""Seconds that a run stays in the trash at least."""


def move_to_trash(run: RunDir, log_dir: Path) -> RunDir:
    """Move `run`, which is below `log_dir`, to the trash; return it as it is there.

    Raises:
        RunError: trainpad did not make this folder, the run is being written, or it cannot be
            moved.
    """
    check_deletable(run)
    try:
        with run.exclusive():
            moved = RunDir(_free_path(log_dir / FOLDER / run.path.relative_to(log_dir)))
            moved.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            run.path.rename(moved.path)
    except ValueError as error:
        raise RunError(f"{run.name} is not in {log_dir}; delete it by hand") from error
    except OSError as error:
        raise RunError(f"{run.name} cannot be moved to the trash: {error.strerror}") from error
    with suppress(OSError):
        os.utime(moved.path)  # when it was deleted
    return moved


def restore(run: RunDir, log_dir: Path) -> RunDir:
    """Move `run` from the trash back to where it was; return it as it is there.

    Raises:
        RunError: something else has its place now, or it cannot be moved.
    """
    path = log_dir / run.path.relative_to(log_dir / FOLDER)
    if os.path.lexists(path):
        raise RunError(f"{path} exists; move it away, then undo again")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        run.path.rename(path)
    except OSError as error:
        raise RunError(f"{run.name} cannot be moved back: {error.strerror}") from error
    return RunDir(path)


def trashed(log_dir: Path) -> list[RunDir]:
    """The runs in the trash, the one that was deleted last first."""
    runs = [RunDir(path) for path in run_folders(log_dir / FOLDER)]
    return sorted(runs, key=_deleted_at, reverse=True)


def empty_trash(log_dir: Path, *, older_than: float = KEPT) -> int:
    """Delete the runs for good that were deleted that many seconds ago; return how many.

    Runs that cannot be deleted stay.
    """
    deleted = 0
    for run in trashed(log_dir):
        if time.time() - _deleted_at(run) >= older_than:
            with suppress(RunError):
                delete_run(run)
                deleted += 1
    for folder in _folders_below(log_dir / FOLDER):
        with suppress(OSError):
            folder.rmdir()  # of a project without runs
    return deleted


def _folders_below(trash: Path) -> Iterator[Path]:
    with suppress(OSError):
        yield from [path for path in trash.iterdir() if path.is_dir() and not path.is_symlink()]


def _deleted_at(run: RunDir) -> float:
    try:
        return run.path.stat().st_mtime
    except OSError:
        return 0.0


def _free_path(path: Path) -> Path:
    """Return `path`, with a number where there is something of that name."""
    number, free = 1, path
    while os.path.lexists(free):
        number += 1
        free = path.with_name(f"{path.name} ({number})")
    return free
