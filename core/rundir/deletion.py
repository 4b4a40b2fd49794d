"""Delete a run: only files that trainpad itself writes, only where trainpad made the folder.

Other files are kept, and with them the folder. `run.json` is deleted last, so that a run that could
not be deleted completely is still recognized as one.
"""

import re
import socket
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from core.rundir import checkpoint, notes
from core.rundir.rundir import RunDir
from core.rundir.status import has_writer
from trainpad.control import LOCK_FILE
from trainpad.errors import RunError
from trainpad.files import PARTIAL, RUN_FILE, size_of
from trainpad.supervised import WRITER_LOCK

OWN_FILES = frozenset(
    {
        "events.jsonl",
        "loss.f32",
        "clock.f64",
        "metrics.jsonl",
        "run.log",
        "model.py",
        "control.json",
        LOCK_FILE,
        "lock",
        WRITER_LOCK,
        notes.FILE,
    }
)
"""The files of a run directory besides `run.json`, checkpoints and TensorBoard's event files."""
ATTACHED_PATTERNS = {
    "checkpoints": re.compile(r"step-\d{6,}\.(keras|ckpt)"),
    "images": re.compile(r"step-\d{6,}-.+-\d\d\.png"),
}
"""What an attached run's library writes, by the folder; what its program wrote is kept."""
KERAS_PARTIAL = re.compile(r"\.part-(.+\.keras)")
"""The temporary names of Keras's files, which must end as the files do."""
EVENT_FILE_PATTERN = re.compile(r"events\.out\.tfevents\.\d+\..+")


def delete_run(run: RunDir) -> list[str]:
    """Delete `run`; returns the names of files kept, which trainpad did not write.

    Raises:
        RunError: trainpad did not make this folder, the run is being written, or it cannot be
            deleted.
    """
    check_deletable(run)
    try:
        with run.exclusive():
            return _delete(run)
    except OSError as error:
        raise RunError(f"{run.name} cannot be deleted: {error.strerror}") from error


def discard_empty(run: RunDir) -> None:
    """Delete a run that this process just made, unless it has steps or a checkpoint."""
    with suppress(OSError):
        if not size_of(run.losses) and not checkpoint.list_checkpoints(run.checkpoints):
            _delete(run)


def _delete(run: RunDir) -> list[str]:
    """Delete the files of a run that trainpad wrote; return the names of the others."""
    for path in list(_own_files(run)):
        path.unlink(missing_ok=True)
    for folder in (run.checkpoints, run.path / "images"):
        with suppress(OSError):
            folder.rmdir()
    kept = sorted(path.name for path in run.path.iterdir() if path.name != RUN_FILE)
    (run.path / RUN_FILE).unlink()
    if not kept:
        run.path.rmdir()
    return kept


def check_deletable(run: RunDir) -> None:
    """Raise a `RunError` where trainpad did not make the folder, or the run is being written."""
    versions = run.info().get("versions")
    if not isinstance(versions, dict) or "trainpad" not in versions or run.path.is_symlink():
        raise RunError(f"{run.name} was not made by trainpad; delete it by hand")
    if has_writer(run, socket.gethostname(), time.time()):
        raise RunError(f"{run.name} is being trained; stop it before deleting it")


def _own_files(run: RunDir) -> Iterator[Path]:
    for path in run.path.iterdir():
        own = _final_name(path.name) in OWN_FILES or EVENT_FILE_PATTERN.fullmatch(path.name)
        if own and _is_file(path):
            yield path
    if stat.S_ISDIR(_file_mode(run.checkpoints)):
        for path in run.checkpoints.iterdir():
            if _is_file(path) and checkpoint.NAME_PATTERN.fullmatch(_final_name(path.name)):
                yield path
    for name, pattern in ATTACHED_PATTERNS.items():
        if stat.S_ISDIR(_file_mode(run.path / name)):
            for path in (run.path / name).iterdir():
                if _is_file(path) and pattern.fullmatch(_final_name(path.name)):
                    yield path


def _final_name(name: str) -> str:
    """The name of a file, also where `name` is its temporary one."""
    partial = PARTIAL.fullmatch(name) or KERAS_PARTIAL.fullmatch(name)
    return partial[1] if partial else name


def _is_file(path: Path) -> bool:
    return stat.S_ISREG(_file_mode(path))


def _file_mode(path: Path) -> int:
    """The mode of `path` itself, not of a link's target; 0 where there is nothing."""
    try:
        return path.lstat().st_mode
    except OSError:
        return 0
